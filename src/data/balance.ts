// For classes that have unequally many rows: weights, and rows that are taken more than once.

import { DataError } from "../errors.ts";
import { SPLIT } from "../ops/random.ts";
import { badOption, checkNames, wantCount, wantSeed } from "../options.ts";
import { shuffle } from "./philox.ts";
import { flatten, isFlat } from "../tensor.ts";
import type { Data, Labels } from "./columns.ts";
import { countClasses } from "./partition.ts";
import { classNumbersOf } from "./rows.ts";
import { asDataset, type Dataset } from "./splits.ts";

export interface ClassWeightsOptions {
  /** How many classes there are, or their names in the model's order; by default as many as y has, names in the order of their code points. */
  classes?: number | readonly string[];
}

/** Step of the stream SPLIT, behind those of partition.ts. */
const OVERSAMPLE = 4;

/** The classes of y by number, and how many there are. */
function classesOf(y: unknown, options: ClassWeightsOptions, of: string): { numbers: Float64Array; count: number } {
  checkNames(of, options, ["classes"]);
  const { classes } = options, names = Array.isArray(classes) ? classes as readonly string[] : undefined;
  if (classes !== undefined && !names) wantCount("classes", classes);
  if (names && !names.every((name) => typeof name === "string")) throw badOption("classes", classes, "how many, or their names");
  const texts = Array.isArray(y) && typeof y[0] === "string", { data, shape } = texts ? { data: y as string[], shape: undefined } : flatten(y, "y");
  const rows = shape ? shape[0]! : data.length;
  if (rows === 0) throw new DataError("no-rows", { option: "y", wanted: "at least one row", got: 0 });
  const { numbers, classes: known } = classNumbersOf(isFlat(data) || texts ? data : Float64Array.from(data as readonly number[]), rows, "y", names);
  const least = numbers.findIndex((number) => number < 0), most = numbers.reduce((a, b) => Math.max(a, b));
  if (least >= 0) throw new DataError("label-out-of-range", { option: "y", row: least, wanted: "class numbers from 0 on", got: numbers[least] });
  const count = names?.length ?? (typeof classes === "number" ? classes : known?.length ?? Math.max(most + 1, data.length / rows));
  if (most >= count) throw new DataError("label-out-of-range", { option: "y", row: numbers.indexOf(most), wanted: `class numbers from 0 to ${count - 1}`, got: most });
  return { numbers, count };
}

/** Weights that make classes count alike, as crossEntropy({ classWeights }) takes them: rows / (classes · rows of the class), scikit-learn's
 * "balanced" (https://scikit-learn.org/stable/modules/generated/sklearn.utils.class_weight.compute_class_weight.html; King and Zeng,
 * Logistic Regression in Rare Events Data, 2001). y are class numbers, names, or one-hot rows.
 *
 * @throws DataError for labels that are none, or a class without rows.
 * @example
 * classWeights([0, 0, 0, 1]) // → [0.6666667, 2]
 * classWeights(["dog", "cat", "dog"], { classes: ["dog", "cat"] }) // → [0.75, 1.5]
 */
export function classWeights(y: Labels, options: ClassWeightsOptions = {}): number[] {
  const { numbers, count } = classesOf(y, options, "classWeights"), counts = countClasses(numbers);
  return Array.from({ length: count }, (_, number) => {
    const own = counts.get(number);
    if (own === undefined) {
      const name = Array.isArray(options.classes) ? options.classes[number] : number;
      throw new DataError("empty-class", { option: "y", wanted: `rows of each of ${count} classes`, got: `none of class ${name}` });
    }
    return numbers.length / (count * own);
  });
}

/** A weight for each row, of its class: what `weight` of a data set takes, for losses without classWeights. Their mean is 1.
 *
 * @throws As classWeights.
 * @example
 * rowWeights([0, 0, 0, 1]) // → [0.6666667, 0.6666667, 0.6666667, 2]
 */
export function rowWeights(y: Labels, options: ClassWeightsOptions = {}): Float32Array {
  const weights = classWeights(y, options), { numbers } = classesOf(y, options, "rowWeights");
  return Float32Array.from(numbers, (number) => weights[number]!);
}

/** The data set with rows of rarer classes taken more than once, so that each class has as many as the most frequent: all rows as
 * often as others of their class, but for the rest, which the seed draws. They come in a shuffled order; `ids` has their row numbers.
 * Take it of training rows only: else rows that are held out are trained on as well.
 *
 * @throws DataError where y has no classes; OptionError for a seed that is none.
 * @example
 * const data = oversample({ x: [[1], [2], [3], [4]], y: [0, 0, 0, 1] });
 * [...data.y].sort() // → [0, 0, 0, 1, 1, 1]
 */
export function oversample(data: Data<any, any>, options: { seed?: number } = {}): Dataset {
  checkNames("oversample", options, ["seed"]);
  const { low, high } = wantSeed(options.seed ?? 0), seed = { low, high }, given = asDataset(data), numbers = given.classNumbers();
  const rowsOf = new Map<number, number[]>();
  for (const [row, number] of numbers.entries()) {
    const rows = rowsOf.get(number);
    if (rows) rows.push(row);
    else rowsOf.set(number, [row]);
  }
  const most = [...rowsOf.values()].reduce((longest, { length }) => Math.max(longest, length), 0);
  const ids: number[] = [];
  for (const rows of [...rowsOf].sort(([a], [b]) => a - b).map(([, rows]) => rows)) {
    const order = shuffle(rows, seed, SPLIT, OVERSAMPLE);
    for (let i = 0; i < most; i++) ids.push(order[i % order.length]!);
  }
  return given.take(shuffle(ids, seed, SPLIT, OVERSAMPLE + 1));
}
