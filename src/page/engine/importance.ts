// Permutation importance: what a model's score loses when the values of one column stand in other rows. Breiman, Random Forests (2001);
// https://scikit-learn.org/stable/modules/permutation_importance.html

import { OptionError, type Tensor } from "../../index.ts";
import { numbersOf } from "../../advice/prepare.ts";
import { shuffle } from "../../data/philox.ts";
import { widthOf } from "../../data/transforms.ts";
import { scoreNumbers } from "../../advice/scores.ts";
import { wantSeed } from "../../options.ts";
import { nextTask } from "../../yield.ts";
import type { Importance } from "./api.ts";
import { inUnits } from "./outcomes.ts";
import type { Run } from "./run.ts";

const REPEATS = 5;
/** Rows that are looked at, every so-many-th of those held out. */
const ROWS = 2000;
/** The random numbers' stream: none of the core's. */
const STREAM = 0xfffffffd;

/** Of one column. What becomes of a row's value does not depend on other rows, so its numbers are moved as the value would be. */
export async function importanceOf({ model, ready, design }: Run, column: string): Promise<Importance> {
  const { preprocessing, heldOut, classes } = ready, columns = preprocessing?.columns ?? [], at = columns.findIndex((one) => one.column === column);
  if (at < 0) throw new OptionError("unknown-option", { option: "column", got: column, wanted: columns.map((one) => one.column) });
  const { data, shape: [all, width] } = heldOut.x as Tensor<Float32Array>, y = numbersOf(heldOut.y), stride = Math.ceil(all! / ROWS);
  const rows = Array.from({ length: Math.ceil(all! / stride) }, (_, i) => i * stride), right = rows.map((row) => y[row]!), answers = classes ? right : inUnits(model, right);
  const x = new Float32Array(rows.length * width!), from = columns.slice(0, at).reduce((sum, one) => sum + widthOf(one), 0), to = from + widthOf(columns[at]!);
  rows.forEach((row, i) => x.set(data.subarray(row * width!, (row + 1) * width!), i * width!));
  const score = (): number => {
    const block = { data: x, shape: [rows.length, width!] } as Tensor;
    if (!classes) return scoreNumbers(answers, inUnits(model, model.predict(block).data as Float32Array)).r2;
    return model.classify(block, { top: 1 }).reduce((hits, [told], i) => hits + (told!.index === answers[i] ? 1 : 0), 0) / rows.length;
  };
  const whole = score(), drops: number[] = [], seed = wantSeed(design.seed);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    await nextTask();
    const order = shuffle(Uint32Array.from(rows, (_, i) => i), seed, STREAM, REPEATS * at + repeat);
    order.forEach((other, i) => {
      const row = rows[other]! * width!;
      x.set(data.subarray(row + from, row + to), i * width! + from);
    });
    drops.push(whole - score());
  }
  return { column, mean: drops.reduce((a, b) => a + b, 0) / REPEATS, least: Math.min(...drops), most: Math.max(...drops) };
}
