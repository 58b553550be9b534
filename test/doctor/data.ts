// Small problems for sick and healthy runs, from whole numbers.

import { createModel, doctor, type Finding, type FitOptions, type Layer, type Model, NonFiniteError } from "../../src/index.ts";
import { numbers } from "../helpers.ts";

/** y = sin 3x, with noise. */
export function wave(rows: number, stream = 1, noise = 0): { x: Float32Array; y: Float32Array } {
  const x = numbers(rows, stream), n = numbers(rows, stream + 50);
  return { x, y: Float32Array.from(x, (v, i) => Math.sin(3 * v) + noise * n[i]!) };
}

/** y = a - b. */
export function line(rows: number, stream = 1): { x: Float32Array; y: Float32Array } {
  const x = numbers(2 * rows, stream);
  return { x, y: Float32Array.from({ length: rows }, (_, i) => x[2 * i]! - x[2 * i + 1]!) };
}

/** Is a point of the square within a circle? */
export function circle(rows: number, stream = 2): { x: Float32Array; y: Float32Array } {
  const x = numbers(2 * rows, stream);
  return { x, y: Float32Array.from({ length: rows }, (_, i) => (x[2 * i]! * x[2 * i]! + x[2 * i + 1]! * x[2 * i + 1]! < 0.6 ? 1 : 0)) };
}

/** Points on arms that turn about each other, one turn each, with a little noise. */
export function spirals(rows: number, arms: number, stream = 3): { x: Float32Array; y: Int32Array | Float32Array } {
  const draw = numbers(3 * rows, stream), x = new Float32Array(2 * rows), y = Array.from({ length: rows }, (_, i) => i % arms);
  y.forEach((arm, i) => {
    const out = (draw[3 * i]! + 1) / 2, turn = 2 * Math.PI * (out + arm / arms);
    x[2 * i] = 1.5 * (out + 0.05) * Math.cos(turn) + 0.03 * draw[3 * i + 1]!;
    x[2 * i + 1] = 1.5 * (out + 0.05) * Math.sin(turn) + 0.03 * draw[3 * i + 2]!;
  });
  return { x, y: arms === 2 ? Float32Array.from(y) : Int32Array.from(y) };
}

/** Class numbers as rows of 0 and a single 1. */
export function oneHot(labels: ArrayLike<number>, classes: number): number[][] {
  return Array.from(labels, (label) => Array.from({ length: classes }, (_, c) => (c === label ? 1 : 0)));
}

export interface Outcome {
  /** Codes of warnings and errors in any epoch. */
  codes: string[];
  /** Codes of what was told as information. */
  info: string[];
  /** All that was found in the last epoch. */
  last: Finding[];
  loss: number;
  validation: number;
  model: Model<any, any>;
}

/** A run with the doctor; one that stops at a step that is not finite ends with what its error tells. */
export async function run(layers: Layer, input: number[], data: { x: any; y: any; weight?: any }, options: FitOptions, seed = 1): Promise<Outcome> {
  const model: Model<any, any> = await createModel(layers, { input, seed }), reports: { findings: readonly Finding[]; loss: number; validation?: unknown }[] = [];
  try {
    for await (const report of model.fit(data, { doctor: doctor(), ...options })) reports.push(report);
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
    reports.push({ findings: error.details.findings as Finding[], loss: Infinity });
  }
  const { findings, loss, validation } = reports.at(-1)!;
  const codes = (info: boolean): string[] => [...new Set(reports.flatMap((report) => report.findings.filter(({ severity }) => (severity === "info") === info).map(({ code }) => code)))];
  return { codes: codes(false), info: codes(true), last: [...findings], loss, validation: (validation as { loss: number } | undefined)?.loss ?? NaN, model };
}
