// How good a model is on the rows that were held out.

import { scoreClasses, scoreNumbers } from "../../advice/scores.ts";
import { textAt } from "../../data/table.ts";
import type { Chosen, Example, Scores, UnderstandApi } from "./api.ts";
import { importanceOf } from "./importance.ts";
import { heldOutOf, type Outcomes, outcomesOf } from "./outcomes.ts";
import { pictureOf, pictureWanted } from "./pictures.ts";
import type { Project } from "./project.ts";
import { rocOf } from "./roc.ts";
import type { Run } from "./run.ts";
import { surfaceOf } from "./surface.ts";

/** Dots of a picture, and examples, that are told at the most. */
const DOTS = 2000, EXAMPLES = 24;

export function understandApi(project: Project): UnderstandApi {
  return {
    async scores(id) {
      const run = await project.awake(id);
      return scoresOf(run, await outcomesOf(run));
    },
    async examples(id, chosen) {
      const run = await project.awake(id), outcomes = await outcomesOf(run), rows = rowsOf(outcomes, chosen);
      return { of: rows.length, columns: columnsOf(run), rows: Array.from(rows.slice(0, EXAMPLES), (row) => exampleOf(run, outcomes, row)) };
    },
    importance: async (id, column) => importanceOf(await project.awake(id), column),
    surface: async (id) => surfaceOf(await project.awake(id)),
  };
}

function scoresOf({ ready: { preprocessing } }: Run, { names, right, said, chances }: Outcomes): Scores {
  const columns = preprocessing?.columns.map(({ column }) => column) ?? [], rows = right.length;
  if (!names) {
    const { r2, mae, rmse } = scoreNumbers(right, said), stride = Math.ceil(rows / DOTS), dots = (all: ArrayLike<number>): number[] => Array.from(all).filter((_, i) => i % stride === 0);
    return { kind: "numbers", rows, columns, r2, mae, rmse, right: dots(right), predicted: dots(said) };
  }
  const count = names.length, ofClass = (index: number): Float32Array => Float32Array.from({ length: rows }, (_, row) => chances[row * count + index]!);
  const { accuracy, logLoss, macroF1, classes, matrix } = scoreClasses(names, right, said, Float32Array.from({ length: rows }, (_, row) => chances[row * count + right[row]!]!));
  const curves = (count === 2 ? [1] : names.map((_, index) => index)).map((index) => rocOf(names[index]!, ofClass(index), (row) => right[row] === index));
  return { kind: "classes", rows, columns, accuracy, logLoss, macroF1, classes, matrix, roc: curves };
}

/** Numbers of the rows that are chosen. */
function rowsOf({ names, right, said, loss }: Outcomes, chosen: Chosen): Uint32Array {
  const all = Uint32Array.from(loss, (_, row) => row);
  const some = chosen !== "worst" ? all.filter((row) => right[row] === chosen.right && said[row] === chosen.said) : names ? all.filter((row) => right[row] !== said[row]) : all;
  return some.sort((a, b) => loss[b]! - loss[a]! || a - b);
}

function columnsOf({ ready }: Run): string[] {
  const raw = heldOutOf(ready);
  return "columns" in raw ? [...raw.columns.keys()] : [];
}

/** A held-out row, and what was said of it. */
export function exampleOf({ ready }: Run, { names, right, said, chances, loss }: Outcomes, row: number): Example {
  const raw = heldOutOf(ready), name = (value: number): string | number => names?.[value] ?? value;
  return {
    row, right: name(right[row]!), said: name(said[row]!), loss: loss[row]!, probability: names ? chances[row * names.length + said[row]!] : undefined,
    cells: "columns" in raw ? [...raw.columns.values()].map((values) => textAt(values, row) ?? "") : [],
    picture: "columns" in raw ? undefined : pictureOf(pictureWanted(ready), raw.x.data, row),
  };
}
