// A data set in linear memory: its columns one after the other, and row numbers in the order of their use. Bytes stay
// bytes; the instruction that gathers a batch makes numbers of them.

import type { Column, Columns } from "../data/columns.ts";
import { inputName, WEIGHT } from "../data/columns.ts";
import { DataError } from "../errors.ts";
import { bytesOf } from "../graph.ts";
import type { Network } from "../network.ts";
import { SHUFFLE } from "../ops/random.ts";
import { alignUp } from "../plan.ts";
import type { Block, Session } from "../session.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Pause } from "../yield.ts";
import type { DataLayout } from "./programs.ts";

/** Numbers that are copied or checked between two looks at the clock. */
const CHUNK = 1 << 20;

/** Where the columns will lie. */
export function layOut({ rows, columns }: Columns): DataLayout {
  const offsets = new Map<string, number>();
  let at = 0;
  for (const { name, dtype, shape } of columns) {
    offsets.set(name, at);
    at += alignUp(rows * sizeOf(shape) * bytesOf(dtype));
  }
  return { columns, offsets, rows, ids: at, bytes: at + 4 * rows };
}

/** A data set in memory. Its places are the rows in the order of their use. */
export interface DataSet {
  readonly layout: DataLayout;
  readonly block: Block;
  /** Sets the order of use; at first it is that of the rows. */
  order(ids: ArrayLike<number>): void;
  /** Shuffles the first `count` row numbers; the order depends on seed, epoch and stream alone. */
  shuffle(count: number, seed: { low: number; high: number }, epoch: number, stream?: number): void;
  /** Row number at a place. */
  id(at: number): number;
  /** Sum of the weights of rows at places from … to − 1. */
  weight(from: number, to: number): number;
  /** A column's rows at places from `first` on, as the caller gave them. */
  rowsOf(name: string, first: number, count: number): Tensor<Float32Array | Int32Array>;
  free(): void;
}

/** Copies a data set into memory and looks for NaN and infinities; `pause` is awaited now and then. With `transfer`, inputs go
 * to a worker without a copy.
 *
 * @throws DataError that names the column and row; the memory is free again then.
 */
export async function upload(network: Network, layout: DataLayout, pause: Pause, transfer = false): Promise<DataSet> {
  const { columns, offsets, rows } = layout, block = network.session.allocate(layout.bytes, "the data", false);
  const free = (): void => network.session.free(block);
  try {
    for (const column of columns) {
      const size = rows * sizeOf(column.shape), start = block.offset + offsets.get(column.name)!, moved = transfer && column.name.startsWith(inputName("")) && network.session.twin?.takes(column.data, column.dtype);
      for (let from = 0; from < size; from += CHUNK) {
        const to = Math.min(size, from + CHUNK), at = start + from * bytesOf(column.dtype), bytes = (to - from) * bytesOf(column.dtype);
        const { session } = network, here = session.twin?.stage(bytes) ?? at;
        copyNumbers(session, column, from, to, here);
        if (!moved) session.wrote(here, bytes, at);
        await pause();
      }
      if (moved) network.session.twin?.move(start, column.data);
    }
  } catch (error) {
    if (network.attached) free();
    throw error;
  }
  const ids = block.offset + layout.ids, told = (): void => network.session.wrote(ids, 4 * rows), weights = columns.find(({ name }) => name === WEIGHT)?.data;
  const id = (at: number): number => network.session.words[ids / 4 + at]!;
  const order = (list: ArrayLike<number>): void => {
    network.session.words.set(list, ids / 4);
    told();
  };
  order(Uint32Array.from({ length: rows }, (_, i) => i));
  return {
    layout,
    block,
    order,
    shuffle(count, { low, high }, epoch, stream = SHUFFLE) {
      network.session.core.shuffle(ids, count, stream, low, high, epoch);
      told();
    },
    id,
    weight(from, to) {
      if (!weights) return to - from;
      let sum = 0;
      for (let at = from; at < to; at++) sum += Math.fround(weights[id(at)]!);
      return sum;
    },
    rowsOf(wanted, first, count) {
      const { dtype, shape, data } = columns.find(({ name }) => name === wanted)!, width = sizeOf(shape);
      const numbers = dtype === "int32" ? new Int32Array(count * width) : new Float32Array(count * width);
      for (let at = 0; at < count; at++)
        for (let i = 0, row = id(first + at); i < width; i++) numbers[at * width + i] = data[row * width + i]!;
      return { data: numbers, shape: [count, ...shape] };
    },
    free,
  };
}

/** Copies numbers `from` to `to` − 1 of a column into memory, to the byte address `at`, as its type or another.
 *
 * @throws DataError for NaN and infinities.
 */
export function copyNumbers(session: Session, column: Column, from: number, to: number, at: number, dtype = column.dtype): void {
  const { data } = column, part = Array.isArray(data) ? data.slice(from, to) : (data as Float32Array).subarray(from, to), { length } = part;
  if (dtype === "uint8") session.bytes({ offset: at, bytes: length }).set(part);
  else if (dtype === "int32") session.words.set(part, at / 4);
  else {
    session.floats.set(part, at / 4);
    const bad = session.core.firstNonFinite(at, length);
    if (bad < length) throw notFinite(column, from + bad);
  }
}

/** The error for a NaN or infinity among a column's numbers. */
export function notFinite({ label, shape, data }: Column, at: number): DataError {
  const width = sizeOf(shape), position = width > 1 ? at % width : undefined;
  return new DataError("not-finite", { option: label, row: Math.floor(at / width), position, wanted: "a finite number (float32)", got: data[at] });
}
