// The confusion matrix: a table, and so no metric of a report but a function.

import { DataError } from "../errors.ts";
import { badOption, checkNames, isRecord } from "../options.ts";
import { flatten } from "../tensor.ts";
import { hasNaN } from "./metric.ts";

/** Counts of rows by class. */
export interface ConfusionMatrix {
  classes: string[];
  /** matrix[right][said]: rows of a class that were taken for another. */
  matrix: number[][];
}

/** What confusionMatrix needs of a model. */
interface Classifier {
  classify(x: any, options: { output?: string }): { label: string; index: number; probability?: number }[][];
}

/** How often each class was taken for each: `matrix[right][said]`. From a model, which classifies the rows of { x, y }, or
 * from what was said and what is right: lists of class numbers or names, or rows of outputs, of which the greatest is the class.
 * Rows with an output that is NaN are left out.
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.confusion_matrix.html
 *
 * @throws DataError for lists of unequal length, no rows, or a class that is none; OptionError for an unknown option; as
 * classify for a model.
 * @example
 * confusionMatrix([0, 0, 2, 2, 0, 2], [2, 0, 2, 2, 0, 1]).matrix // → [[2, 0, 0], [0, 0, 1], [1, 0, 2]]
 */
export function confusionMatrix(model: Classifier, data: { readonly x: unknown; readonly y: any }, options?: { output?: string }): ConfusionMatrix;
export function confusionMatrix(said: unknown, right: unknown, options?: { classes?: readonly string[] }): ConfusionMatrix;
export function confusionMatrix(first: unknown, second: any, options: { output?: string; classes?: readonly string[] } = {}): ConfusionMatrix {
  const model = typeof (first as Partial<Classifier> | null)?.classify === "function" ? (first as Classifier) : undefined;
  checkNames("confusionMatrix", options, model ? ["output"] : ["classes"]);
  const { output } = options;
  let { classes } = options, said: Label[], right: Label[];
  if (model) {
    if (!isRecord(second) || !("x" in second && "y" in second))
      throw new DataError("wrong-names", { of: "confusionMatrix", option: "data", wanted: "{ x, y }", got: second });
    const rows = model.classify(second.x, output === undefined ? {} : { output });
    classes = [...rows[0]!].sort((a, b) => a.index - b.index).map(({ label }) => label);
    said = rows.map((row) => (row.some(({ probability }) => Number.isNaN(probability)) ? NONE : row[0]!.index));
    right = labelsOf(output === undefined ? second.y : (second.y as Record<string, unknown>)?.[output], "y", rows.length);
    // hinge has -1 and 1 for no and yes
    if (classes.length === 2) right = right.map((label) => (label === -1 ? 0 : label));
  } else {
    if (classes !== undefined && !(Array.isArray(classes) && classes.every((name) => typeof name === "string")))
      throw badOption("classes", classes, "names", { of: "confusionMatrix" });
    [said, right] = [labelsOf(first, "said"), labelsOf(second, "right")];
  }
  if (said.length !== right.length || said.length === 0)
    throw new DataError("rows-mismatch", { of: "confusionMatrix", option: model ? "y" : "right", wanted: `${said.length || "some"} rows, as said`, got: right.length });
  const all = [...said, ...right].filter((label) => label !== NONE);
  // names that occur, in order; or numbers up to the greatest
  const names = classes ?? (all.some((label) => typeof label === "string") ? [...new Set(all.map(String))].sort()
    : Array.from({ length: 1 + all.reduce((most: number, label) => Math.max(most, label as number), 0) }, (_, i) => String(i)));
  const place = (label: Label, row: number): number => {
    const at = typeof label === "string" ? names.indexOf(label) : label;
    if (names[at] !== undefined) return at;
    throw new DataError("label-out-of-range", { of: "confusionMatrix", option: "class", row, wanted: `one of ${names.join(", ")}`, got: label });
  };
  const matrix = names.map(() => names.map(() => 0));
  right.forEach((label, row) => {
    if (said[row] !== NONE && label !== NONE) matrix[place(label, row)]![place(said[row]!, row)]!++;
  });
  return { classes: [...names], matrix };
}

type Label = number | string;

/** Stands where outputs are NaN. */
const NONE = -2;

/** More classes than these are a mistake, and would make a matrix that fills the memory. */
const CLASSES = 10_000;

/** Class numbers or names; of rows of numbers, the places of the greatest. */
function labelsOf(value: unknown, option: string, rows?: number): Label[] {
  if (Array.isArray(value) && value.some((label) => typeof label === "string")) return value.map(String);
  const { data, shape } = flatten(value, option), count = rows ?? (shape && shape.length > 1 ? data.length / shape.at(-1)! : data.length);
  const width = data.length / count;
  return Array.from({ length: Number.isInteger(width) ? count : 0 }, (_, row) => {
    const label = data[row]!;
    if (width === 1 && !(Number.isInteger(label) && label >= -1 && label < CLASSES))
      throw new DataError("label-out-of-range", { of: "confusionMatrix", option, row, wanted: "a class number", got: label });
    if (width === 1) return label;
    if (hasNaN(data, row * width, width)) return NONE;
    let best = 0;
    for (let i = 1; i < width; i++) if (data[row * width + i]! > data[row * width + best]!) best = i;
    return best;
  });
}
