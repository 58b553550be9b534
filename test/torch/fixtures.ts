// The fixtures that test/fixtures/make.py wrote with PyTorch, and how far a result is from them.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type Schedule, schedules } from "../../src/index.ts";

/** A list of numbers as the files have it: JSON knows no NaN and no infinities. */
export type Saved = readonly (number | "NaN" | "Infinity" | "-Infinity")[];

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

/** How near a result has to be, and what is let pass. */
export interface Tolerance {
  /** Greatest error: 2e-6. */
  most?: number;
  /** Relative to |x| down to the smallest normal float32, rather than to max(1, |x|). */
  relative?: boolean;
  /** Why zeros may have the other sign. */
  zeros?: string;
  /** Positions where the answer is another than PyTorch's, and why that is right. */
  other?: { at: (i: number) => boolean; wants: (i: number) => number; why: string };
}

const SMALLEST_NORMAL = 2 ** -126;

/** The worst error of a result. Infinities, NaN and the sign of zeros have to be the same as what PyTorch's float64
 * becomes as a float32.
 *
 * @throws an assertion error that names the first number that is off.
 */
export function compare(what: string, got: ArrayLike<number>, saved: Saved, { most = 2e-6, relative = false, zeros, other }: Tolerance = {}): number {
  expect(got.length, `${what}: length`).toBe(saved.length);
  let worst = 0;
  const off: string[] = [];
  for (let i = 0; i < got.length; i++) {
    const exact = other?.at(i) ? other.wants(i) : Number(saved[i]), want = Math.fround(exact), x = got[i]!;
    const same = Object.is(x, want) || (x === 0 && want === 0 && zeros !== undefined);
    const special = !Number.isFinite(want) || !Number.isFinite(x) || (x === 0 && want === 0);
    const error = same ? 0 : special ? Infinity : Math.abs(x - exact) / Math.max(relative ? SMALLEST_NORMAL : 1, Math.abs(exact));
    worst = Math.max(worst, error);
    if (!(error <= most)) off.push(`[${i}]: got ${Object.is(x, -0) ? "-0" : x}, wanted ${Object.is(exact, -0) ? "-0" : exact}`);
  }
  if (off.length) expect.fail(`${what}: ${off.length} of ${got.length} are off by more than ${most}: ${off.slice(0, 8).join("; ")}`);
  return worst;
}

/** The worst errors of a suite, for the line that it prints at its end. */
export class Worst {
  private readonly parts = new Map<string, { name: string; error: number }>();
  private compared = 0;

  add(name: string, part: string, error: number): void {
    this.compared++;
    if (error > (this.parts.get(part)?.error ?? -1)) this.parts.set(part, { name, error });
  }

  print(suite: string): void {
    const parts = [...this.parts].map(([part, { name, error }]) => `${part} ${error.toExponential(1)} (${name})`);
    console.info(`${suite}: ${this.compared} results compared with PyTorch's; worst errors: ${parts.join(", ")}`);
  }
}

/** A schedule as data; its arguments may be others. */
export interface SavedSchedule {
  schedule: keyof typeof schedules;
  args: (SavedSchedule | object | SavedSchedule[])[];
}

export function toSchedule({ schedule, args }: SavedSchedule): Schedule {
  const make = schedules[schedule] as (...args: unknown[]) => Schedule;
  return make(...args.map((arg) => ("schedule" in arg ? toSchedule(arg) : Array.isArray(arg) ? arg.map(toSchedule) : arg)));
}
