// A data set in linear memory: its columns one after the other, and row numbers in the order of their use. Bytes stay
// bytes; the instruction that gathers a batch makes numbers of them.

import type { Column, Columns } from "../data/columns.ts";
import { WEIGHT } from "../data/columns.ts";
import { DataError, show } from "../errors.ts";
import { bytesOf } from "../graph.ts";
import type { Network } from "../network.ts";
import { alignUp } from "../plan.ts";
import type { Block } from "../session.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { DataLayout } from "./programs.ts";

/** Numbers that are copied or checked between two looks at the clock. */
const CHUNK = 1 << 20;

/** Where the columns will lie. */
export function layOut({ rows, columns }: Columns): DataLayout & { bytes: number } {
  const offsets = new Map<string, number>();
  let at = 0;
  for (const { name, dtype, shape } of columns) {
    offsets.set(name, at);
    at += alignUp(rows * sizeOf(shape) * bytesOf(dtype));
  }
  return { columns, offsets, rows, ids: at, bytes: at + 4 * rows };
}

export class DataSet {
  readonly layout: DataLayout;
  readonly block: Block;
  private readonly network: Network;
  private readonly weights: ArrayLike<number> | undefined;

  private constructor(network: Network, block: Block, layout: DataLayout) {
    this.network = network;
    this.block = block;
    this.layout = layout;
    this.weights = layout.columns.find(({ name }) => name === WEIGHT)?.data;
  }

  /** Copies a data set into memory and looks for NaN and infinities; `pause` is awaited now and then.
   *
   * @throws DataError that names the column and row; the memory is free again then.
   */
  static async upload(network: Network, columns: Columns, pause: () => Promise<void> | undefined): Promise<DataSet> {
    const layout = layOut(columns), { session } = network;
    const data = new DataSet(network, session.allocate(layout.bytes, "the data"), layout);
    try {
      for (const column of columns.columns) {
        const size = columns.rows * sizeOf(column.shape);
        for (let from = 0; from < size; from += CHUNK) {
          data.copy(column, from, Math.min(size, from + CHUNK));
          await pause();
        }
      }
    } catch (error) {
      data.free();
      throw error;
    }
    return data;
  }

  private copy(column: Column, from: number, to: number): void {
    const { session } = this.network, start = this.block.offset + this.layout.offsets.get(column.name)!;
    const source = column.data, part = Array.isArray(source) ? source.slice(from, to) : (source as Float32Array).subarray(from, to);
    if (column.dtype === "uint8") session.bytes(this.block).set(part, start - this.block.offset + from);
    else if (column.dtype === "int32") session.words.set(part, start / 4 + from);
    else {
      session.floats.set(part, start / 4 + from);
      const bad = session.core.firstNonFinite(start + 4 * from, to - from);
      if (bad < to - from) throw notFinite(column, from + bad, part[bad]);
    }
  }

  /** Sets the order of use. */
  order(ids: ArrayLike<number>): void {
    this.network.session.words.set(ids, (this.block.offset + this.layout.ids) / 4);
  }

  /** Shuffles the first `count` row numbers; the order depends on seed, epoch and stream alone. */
  shuffle(count: number, seed: { low: number; high: number }, epoch: number, stream = SHUFFLE): void {
    this.network.session.core.shuffle(this.block.offset + this.layout.ids, count, stream, seed.low, seed.high, epoch);
  }

  /** Row number at a place of the order. */
  id(at: number): number {
    return this.network.session.words[(this.block.offset + this.layout.ids) / 4 + at]!;
  }

  /** Sum of the weights of rows at places from … to − 1. */
  weight(from: number, to: number): number {
    const { weights } = this;
    if (!weights) return to - from;
    let sum = 0;
    for (let at = from; at < to; at++) sum += Math.fround(weights[this.id(at)]!);
    return sum;
  }

  /** A column's rows at places from `first` on, as the caller gave them. */
  rowsOf(name: string, first: number, count: number): Tensor<Float32Array | Int32Array> {
    const { dtype, shape, data } = this.layout.columns.find((column) => column.name === name)!, width = sizeOf(shape);
    const numbers = dtype === "int32" ? new Int32Array(count * width) : new Float32Array(count * width);
    for (let at = 0; at < count; at++)
      for (let i = 0, id = this.id(first + at); i < width; i++) numbers[at * width + i] = data[id * width + i]!;
    return { data: numbers, shape: [count, ...shape] };
  }

  free(): void {
    this.network.session.free(this.block);
  }
}

/** Streams of random numbers beside those of the model's nodes, which count from 0. */
export const SHUFFLE = 0xffffffff;
export const SPLIT = 0xfffffffe;

/** The error for a NaN or infinity at a position of a column. */
export function notFinite({ label, shape }: Column, position: number, value: unknown): DataError {
  const width = sizeOf(shape), row = Math.floor(position / width);
  return new DataError("not-finite", `${label}: wanted finite numbers, got ${show(value)} in row ${row}${width > 1 ? `, position ${position % width}` : ""}`,
    { option: label, got: value, wanted: "finite numbers", row, position: position % width });
}
