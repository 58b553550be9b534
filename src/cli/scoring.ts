// A model against rows whose answers are known, in the words and units of the data.

import { textAt } from "../data/table.ts";
import { areNumbers, categoryOf } from "../data/transforms.ts";
import { type Model, rowsWith, type Table, takeRows } from "../index.ts";
import { type Arrays, takeArrays } from "../advice/data.ts";
import { failed } from "../advice/failure.ts";
import { type ClassScores, type NumberScores, scoreClasses, scoreNumbers } from "../advice/scores.ts";

/** Rows of classes that the model does not know. It can be right about none of them: they are in no other figure. */
export interface Unknown {
  readonly rows: number;
  /** How many of each, the most first. */
  readonly classes: Readonly<Record<string, number>>;
  /** The accuracy with them. */
  readonly accuracy: number;
}

export type Scored =
  | { readonly kind: "classes"; readonly scores: ClassScores; readonly unknown: Unknown | undefined; /** Of what was said, */ readonly probability: ArrayLike<number>; /** and whether it was right. */ readonly hit: ArrayLike<number> }
  | { readonly kind: "numbers"; readonly scores: NumberScores; readonly right: ArrayLike<number>; readonly predicted: ArrayLike<number> };

type Part = Table | Arrays;

export const isTable = (part: Part): part is Table => "columns" in part;

/** What a model's predict and classify take of a part. */
export const inputOf = (part: Part): any => (isTable(part) ? part : part.x);

/** The names of a model's classes; undefined where it tells numbers. */
export function classesOf(model: Model, part: Part): readonly string[] | undefined {
  if (model.preprocessing) return model.preprocessing.classes;
  try {
    const [first = []] = model.classify(inputOf(isTable(part) ? part : oneRow(part)));
    return [...first].sort((a, b) => a.index - b.index).map(({ label }) => label);
  } catch (error) {
    if ((error as { code?: unknown }).code === "no-classes") return undefined;
    throw error;
  }
}

/** Numbers of the rows whose class is among `names`; the others are counted. */
function knownRows(count: number, names: readonly string[] | undefined, labelOf: (row: number) => string, strange: Map<string, number>): number[] {
  const all = Array.from({ length: count }, (_, row) => row), known = names && new Set(names);
  if (!known) return all;
  return all.filter((row) => {
    const label = labelOf(row), sound = known.has(label);
    if (!sound) strange.set(label, (strange.get(label) ?? 0) + 1);
    return sound;
  });
}

function oneRow({ x, ...rest }: Arrays): Arrays {
  const width = x.data.length / x.shape[0]!;
  return { ...rest, rows: 1, x: { data: x.data.subarray(0, width), shape: [1, ...x.shape.slice(1)] } };
}

/** Takes one part after the other.
 *
 * @throws Error where no row has an answer, or the model and the rows do not go together.
 */
export async function score(model: Model, parts: Iterable<Part> | AsyncIterable<Part>): Promise<Scored> {
  const strange = new Map<string, number>(), right: number[] = [], said: number[] = [], sure: number[] = [], probability: number[] = [];
  let name = "the data", names: readonly string[] | undefined;
  for await (const part of parts) {
    ({ name } = part);
    names ??= classesOf(model, part);
    const known = answered(model, part, names, strange);
    if (!known) continue;
    const { rows, answers } = known;
    for (const answer of answers) right.push(answer);
    if (names) model.classify(inputOf(rows)).forEach((told, row) => {
      said.push(told[0]!.index);
      probability.push(told[0]!.probability);
      sure.push(told.find(({ index }) => index === answers[row])?.probability ?? 0);
    });
    else for (const number of model.predict(inputOf(rows)).data) said.push(number);
  }
  const unknown = [...strange].sort((a, b) => b[1] - a[1]);
  if (!right.length && unknown.length) throw failed(name, `no row has a class that the model knows: wanted ${names!.join(", ")}, got ${unknown.slice(0, 5).map(([label]) => label).join(", ")}`, "unknown-class", { got: unknown.slice(0, 5).map(([label]) => label) });
  if (!right.length) throw failed(name, "has no row whose answer is known", "no-answers");
  if (!names) return { kind: "numbers", scores: scoreNumbers(right, said), right, predicted: said };
  const scores = scoreClasses(names, right, said, sure), rows = unknown.reduce((sum, [, count]) => sum + count, 0);
  return {
    kind: "classes", scores, unknown: rows ? { rows, classes: Object.fromEntries(unknown), accuracy: (scores.accuracy * scores.rows) / (scores.rows + rows) } : undefined, probability, hit: said.map((label, row) => (label === right[row] ? 1 : 0)),
  };
}

/** The rows of a part that have an answer, and their answers: class numbers, or numbers in the target's units. Rows of classes that are not
 * among `names` are left out, and counted in `strange`. */
function answered({ preprocessing }: Model, part: Part, names: readonly string[] | undefined, strange: Map<string, number>): { rows: Part; answers: ArrayLike<number> & Iterable<number> } | undefined {
  if (!isTable(part)) {
    if (!part.y) throw failed(part.name, "has no labels: --labels FILE says where they are (IDX), --target ARRAY what they are called (npz)", "no-labels");
    const { data } = part.y, ids = knownRows(part.rows, names, (row) => (part.classes ?? names!)[data[row]!] ?? String(data[row]), strange);
    const rows = ids.length < part.rows ? takeArrays(part, ids) : part;
    return ids.length ? { rows, answers: rows.y!.data } : undefined;
  }
  if (!preprocessing?.target) throw failed(part.name, "is a table, and the model has no preprocessing for tables", "no-preprocessing");
  const { name } = preprocessing.target, present = rowsWith(part, name), values = part.columns.get(name)!, numeric = names !== undefined && areNumbers(names);
  const known = knownRows(present.length, names, (i) => categoryOf(textAt(values, present[i]!)!, numeric), strange).map((i) => present[i]!), rows = known.length < part.rows ? takeRows(part, known) : part;
  if (!known.length) return undefined;
  const { y } = preprocessing.apply(rows, { target: true });
  return { rows, answers: preprocessing.classes ? y : (preprocessing.words(y) as Float32Array) };
}
