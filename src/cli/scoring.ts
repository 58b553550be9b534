// A model against rows whose answers are known, in the words and units of the data.

import { type Model, rowsWith, type Table, takeRows } from "../index.ts";
import { type Arrays, failed } from "./data.ts";
import { type ClassScores, type NumberScores, scoreClasses, scoreNumbers } from "./scores.ts";

export type Scored =
  | { readonly kind: "classes"; readonly scores: ClassScores; /** Of what was said, */ readonly probability: ArrayLike<number>; /** and whether it was right. */ readonly hit: ArrayLike<number> }
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

function oneRow({ x, ...rest }: Arrays): Arrays {
  const width = x.data.length / x.shape[0]!;
  return { ...rest, rows: 1, x: { data: x.data.subarray(0, width), shape: [1, ...x.shape.slice(1)] } };
}

/** Takes one part after the other.
 *
 * @throws Error where no row has an answer, or the model and the rows do not go together.
 */
export async function score(model: Model, parts: Iterable<Part> | AsyncIterable<Part>): Promise<Scored> {
  const right: number[] = [], said: number[] = [], sure: number[] = [], probability: number[] = [];
  let name = "the data", names: readonly string[] | undefined;
  for await (const part of parts) {
    ({ name } = part);
    names ??= classesOf(model, part);
    const known = answered(model, part);
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
  if (!right.length) throw failed(name, "has no row whose answer is known");
  if (!names) return { kind: "numbers", scores: scoreNumbers(right, said), right, predicted: said };
  const alien = right.find((label) => !(Number.isInteger(label) && label >= 0 && label < names.length));
  if (alien !== undefined) throw failed(name, `has the class ${alien}; the model knows ${names.length}`, "label-out-of-range");
  return { kind: "classes", scores: scoreClasses(names, right, said, sure), probability, hit: said.map((label, row) => (label === right[row] ? 1 : 0)) };
}

/** The rows of a part that have an answer, and their answers: class numbers, or numbers in the target's units. */
function answered({ preprocessing }: Model, part: Part): { rows: Part; answers: ArrayLike<number> & Iterable<number> } | undefined {
  if (!isTable(part)) {
    if (!part.y) throw failed(part.name, "has no labels: --labels FILE says where they are (IDX), --target ARRAY what they are called (npz)", "no-labels");
    return { rows: part, answers: part.y.data };
  }
  if (!preprocessing?.target) throw failed(part.name, "is a table, and the model has no preprocessing for tables", "no-preprocessing");
  const known = rowsWith(part, preprocessing.target.name), rows = known.length < part.rows ? takeRows(part, known) : part;
  if (!known.length) return undefined;
  const { y } = preprocessing.apply(rows, { target: true });
  return { rows, answers: preprocessing.classes ? y : (preprocessing.words(y) as Float32Array) };
}
