// The fixtures that test/fixtures/make.py wrote with PyTorch.

import { readFileSync } from "node:fs";
import { type Schedule, schedules } from "../../src/index.ts";
import type { Saved } from "../worst.ts";

export type { Saved };


/** An input: float32, or int32 where it says so. */
export interface Input {
  shape: number[];
  dtype?: "int32";
  data: Saved;
}

export function fixture<Row>(name: string): Row[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8")) as Row[];
}

export const numbers = (saved: Saved): number[] => saved.map(Number);

export function typed({ data, dtype }: Input): Float32Array | Int32Array {
  return dtype === "int32" ? Int32Array.from(numbers(data)) : Float32Array.from(numbers(data));
}

const G = [1, -0.5, 2, -1.5, 0.25, -3, 0.75], H = [-1, 2, 0.5, 1.5, -0.25];
const cycle = (values: readonly number[], size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => values[i % values.length]!);

/** The factors of a result in the scalar that is differentiated, and of a gradient in the one that is differentiated
 * again; as in make.py. */
export const g = (size: number): Float32Array => cycle(G, size);
export const h = (size: number): Float32Array => cycle(H, size);

/** A schedule as data; its arguments may be others. */
export interface SavedSchedule {
  schedule: keyof typeof schedules;
  args: (SavedSchedule | object | SavedSchedule[])[];
}

export function toSchedule({ schedule, args }: SavedSchedule): Schedule {
  const make = schedules[schedule] as (...args: unknown[]) => Schedule;
  return make(...args.map((arg) => ("schedule" in arg ? toSchedule(arg) : Array.isArray(arg) ? arg.map(toSchedule) : arg)));
}
