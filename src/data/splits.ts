// Data sets in memory, and their parts: what fit, evaluate and the splits below take and give.

import { DataError } from "../errors.ts";
import { badOption, wantCount } from "../options.ts";
import type { Numbers } from "../tensor.ts";
import type { Data } from "./columns.ts";
import { type FoldOptions, foldIds, type SplitOptions, splitIds } from "./partition.ts";
import { classNumbersOf, type Fields, fieldsOf, type Known, takeRows } from "./rows.ts";

export type { FoldOptions, SplitBy, SplitOptions } from "./partition.ts";

/** The parts of a data set; `test` where it was asked for. */
export interface Parts<Test = Dataset | undefined> {
  training: Dataset;
  validation: Dataset;
  test: Test;
}

/** One of k ways to hold a part out. */
export interface Fold {
  training: Dataset;
  validation: Dataset;
}

/** What may be known of rows beside their numbers. */
export interface Named {
  classes: readonly string[] | undefined;
  names: readonly string[] | undefined;
}

type TestOf<O> = O extends { test: number } ? Dataset : undefined;

/** A data set in memory: `{ x, y, weight }` as fit and evaluate take it, of arrays that are not copied; predict takes its x.
 *
 * @example
 * const data = await dataset({ x: [[1], [2], [3]], y: [2, 4, 6] });
 * data.rows // → 3
 * data.take([2, 0]).y // → [6, 2]
 */
export class Dataset<X = any, Y = any> implements Data<X, Y> {
  readonly x: X;
  readonly y: Y;
  declare readonly weight?: Numbers;
  // nothing else is a property of its own: fit refuses what is not x, y or weight
  readonly #fields: Fields;
  readonly #ids: Uint32Array | undefined;
  readonly #known: Partial<Named>;

  /** @internal */
  constructor(data: Data<X, Y>, known: Partial<Named> & Known = {}, ids?: Uint32Array) {
    this.#fields = fieldsOf(data, known);
    this.#known = { classes: known.classes, names: known.names };
    this.#ids = ids;
    this.x = data.x;
    this.y = data.y;
    if (data.weight !== undefined) this.weight = data.weight;
  }

  get rows(): number {
    return this.#fields.rows;
  }

  /** Names of the classes that the numbers of y stand for, where they are known. */
  get classes(): readonly string[] | undefined {
    return this.#known.classes;
  }

  /** Names of the rows, such as the files of images, where they are known. */
  get names(): readonly string[] | undefined {
    return this.#known.names;
  }

  /** Row numbers in the data set that this one was taken from; its own if from none. */
  get ids(): Uint32Array {
    return this.#ids ?? Uint32Array.from({ length: this.rows }, (_, id) => id);
  }

  /** These rows, in this order, as copies.
   *
   * @throws OptionError for what is no row number.
   */
  take(ids: ArrayLike<number>): Dataset {
    const wanted = Uint32Array.from(ids, (id) => wantRow(id, this.rows)), { classes, names } = this.#known;
    return new Dataset(takeRows(this.#fields, wanted), { classes, names: names && Array.from(wanted, (id) => names[id]!) }, wanted);
  }

  /** Batches of `size` rows, one after the other, as copies; the last may have fewer. */
  *batches(size = 32): Generator<Data<any, any>, void> {
    const { rows } = this, step = wantCount("batches", size);
    for (let from = 0; from < rows; from += step) yield takeRows(this.#fields, Array.from({ length: Math.min(step, rows - from) }, (_, i) => from + i));
  }

  /** As split(data). */
  split<const O extends SplitOptions>(options: O = {} as O): Parts<TestOf<O>> {
    const { training, validation, test } = splitIds(this.rows, options, () => this.classNumbers());
    return { training: this.take(training), validation: this.take(validation), test: (test && this.take(test)) as TestOf<O> };
  }

  /** As kFold(data). */
  kFold(options: FoldOptions = {}): Fold[] {
    return foldIds(this.rows, options, () => this.classNumbers()).map(({ training, validation }) => ({ training: this.take(training), validation: this.take(validation) }));
  }

  /** @internal The class of each row by y. */
  classNumbers(): Float64Array {
    const { rows, fields } = this.#fields, ys = fields.filter(({ label }) => label.startsWith("y"));
    if (ys.length !== 1) throw new DataError("no-classes", { option: "y", wanted: "one output that tells classes", got: ys.map(({ label }) => label), fix: "give them: by: { classes }" });
    return classNumbersOf(ys[0]!.data, rows, "y", this.classes).numbers;
  }
}

function wantRow(id: number, rows: number): number {
  if (!Number.isInteger(id) || id < 0 || id >= rows) throw badOption("take", id, `row numbers from 0 to ${rows - 1}`);
  return id;
}

/** Data as a Dataset. */
export function asDataset<X, Y>(data: Data<X, Y>): Dataset<X, Y> {
  return data instanceof Dataset ? data : new Dataset(data);
}

/** Parts a data set for training, validation and, with `test`, a test; `ids` of a part are its row numbers. What is drawn is a function
 * of the seed and the number of rows (and the classes or groups) alone. With "random", or "stratified" where the loss tells
 * classes, `validation: 0.2` holds out the rows that fit's does, in the same order, so that training has the same bits.
 *
 * By time and by group, parts are as near to their shares as whole groups and equal times allow.
 *
 * @throws OptionError for shares that leave a part without rows; DataError where y has no classes, or there are too few groups or times.
 * @example
 * const { training, validation } = split({ x: [[1], [2], [3], [4], [5]], y: [0, 1, 0, 1, 0] }, { validation: 0.4, by: { time: [5, 1, 2, 4, 3] } });
 * [training.ids, validation.x] // → [[1, 2, 4], { data: [4, 1], shape: [2, 1] }]
 */
export function split<const O extends SplitOptions>(data: Data<any, any>, options: O = {} as O): Parts<TestOf<O>> {
  return asDataset(data).split(options);
}

/** Cuts a data set into folds, each of which is held out once: k pairs of training and validation rows. Sizes of folds differ by one
 * row at most; with `stratified`, the rows of a class in them too; with `groups`, the largest go first into the smallest fold.
 *
 * @throws OptionError for more folds than rows, or than rows of the largest class; DataError for too few groups.
 * @example
 * const folds = kFold({ x: [[1], [2], [3], [4]], y: [0, 0, 1, 1] }, { folds: 2, stratified: true, seed: 1 });
 * folds.map(({ validation }) => [...validation.y].sort()) // → [[0, 1], [0, 1]]
 */
export function kFold(data: Data<any, any>, options: FoldOptions = {}): Fold[] {
  return asDataset(data).kFold(options);
}
