// A new order for the rows of a stream, which is larger than memory: a buffer of rows, in which each row that comes takes the place of
// one that is drawn and goes. The order is a function of the rows' number, the buffer's size, seed and epoch alone; batches may have any sizes.

import { DataError } from "../errors.ts";
import { SHUFFLE } from "../ops/random.ts";
import { draws, type SeedWords } from "./philox.ts";
import { type Flat } from "../tensor.ts";
import type { Data } from "./columns.ts";
import { assemble, blank, copyRow, type Field, type Fields, takeField } from "./rows.ts";

/** Rows of the batches in which the buffer is emptied. */
const CHUNK = 256;

/** Kind of a field's numbers: what a batch must have as the first did. */
function kindOf({ data }: Field): string {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return "bytes";
  return data instanceof Int32Array ? "int32" : Array.isArray(data) ? "texts" : "floats";
}

export class ShuffleBuffer {
  private readonly size: number;
  private readonly draw: (below: number) => number;
  /** The first batch's fields; the data of each are the buffer's own. */
  private held: (Omit<Field, "data"> & { data: Flat | string[]; kind: string })[] = [];
  private rows = 0;
  private room = 0;

  constructor(size: number, seed: SeedWords, epoch: number) {
    this.size = size;
    this.draw = draws(seed, SHUFFLE, epoch);
  }

  /** Takes a batch in; gives the rows that had to go, if any. */
  take({ rows, fields }: Fields, at: string): Data<any, any> | undefined {
    this.fit(rows, fields, at);
    const first = this.rows, stay = Math.min(rows, this.size - first), go = rows - stay;
    const places = Uint32Array.from({ length: go }, () => this.draw(this.size));
    const gone = this.held.map((own, i) => {
      const { width } = own, { data } = fields[i]!, out = blank(own.data, go * width);
      for (let row = 0; row < stay; row++) copyRow(data, row, own.data, first + row, width);
      for (let row = 0; row < go; row++) {
        copyRow(own.data, places[row]!, out, row, width);
        copyRow(data, stay + row, own.data, places[row]!, width);
      }
      return out;
    });
    this.rows += stay;
    return go ? assemble(go, this.held, (_, i) => gone[i]!) : undefined;
  }

  /** The rows that are left, in an order drawn on. */
  *rest(): Generator<Data<any, any>> {
    const order = Uint32Array.from({ length: this.rows }, (_, i) => i);
    for (let i = order.length; i > 1; i--) {
      const other = this.draw(i), held = order[i - 1]!;
      order[i - 1] = order[other]!;
      order[other] = held;
    }
    for (let from = 0; from < order.length; from += CHUNK) {
      const ids = order.subarray(from, from + CHUNK);
      yield assemble(ids.length, this.held, (field) => takeField(field, ids));
    }
  }

  /** Makes room for more rows, that are as those of the first batch. */
  private fit(rows: number, fields: readonly Field[], at: string): void {
    if (!this.held.length) this.held = fields.map((field) => ({ ...field, label: field.label.slice(at.length), data: blank(field.data, 0), kind: kindOf(field) }));
    const told = ({ label, width, shape }: Omit<Field, "data">, kind: string): string => `${label}: ${kind} [${["rows", ...(shape ?? (width > 1 ? [width] : []))].join(", ")}]`;
    for (let i = 0; i < Math.max(fields.length, this.held.length); i++) {
      const own = this.held[i], field = fields[i] && { ...fields[i]!, label: fields[i]!.label.slice(at.length) };
      const wanted = own ? told(own, own.kind) : "nothing more", got = field ? told(field, kindOf(field)) : "none";
      if (wanted !== got) throw new DataError("batch-mismatch", { option: fields[i]?.label ?? at + own!.label, wanted: `${wanted}, as in the first batch`, got });
    }
    const wanted = Math.min(this.size, this.rows + rows);
    if (wanted <= this.room) return;
    this.room = Math.min(this.size, Math.max(wanted, 2 * this.room));
    for (const own of this.held) {
      const grown = blank(own.data, this.room * own.width);
      if (Array.isArray(own.data)) own.data.forEach((text, i) => ((grown as string[])[i] = text));
      else (grown as Flat).set(own.data);
      own.data = grown;
    }
  }
}
