// How far a result is from what it should be, and the worst of a suite: the same code judges and measures. `npm run proof`
// prints what the suites have noted.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

/** A list of numbers as the fixtures have it: JSON knows no NaN and no infinities. */
export type Saved = readonly (number | "NaN" | "Infinity" | "-Infinity")[];

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

export interface Measured {
  error: number;
  most: number;
  /** Of numbers compared. */
  count: number;
  /** What is beyond `most`. */
  off: string[];
}

const SMALLEST_NORMAL = 2 ** -126;

/** The worst error of a result. Infinities, NaN and the sign of zeros have to be the same as what float64's becomes as a
 * float32. */
export function measure(got: ArrayLike<number>, saved: Saved, { most = 2e-6, relative = false, zeros, other }: Tolerance = {}): Measured {
  if (got.length !== saved.length) return { error: Infinity, most, count: 0, off: [`length: got ${got.length}, wanted ${saved.length}`] };
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
  return { error: worst, most, count: got.length, off };
}

/** @throws an assertion error that names the first numbers that are off. */
export function judge(what: string, { most, count, off }: Measured): void {
  if (off.length) expect.fail(`${what}: ${off.length} of ${count} are off by more than ${most}: ${off.slice(0, 8).join("; ")}`);
}

export function compare(what: string, got: ArrayLike<number>, saved: Saved, tolerance?: Tolerance): void {
  judge(what, measure(got, saved, tolerance));
}

/** One of a suite's worst errors: of an activation, a loss …, and of which part of it. */
export interface Noted {
  of: string;
  part: string;
  error: number;
  most: number;
  /** The result that it was found in. */
  where: string;
  results: number;
}

/** The worst errors of a suite, for the line that it prints at its end and for `npm run proof`. */
export class Worst {
  private readonly suite: string;
  private readonly rows = new Map<string, Noted>();

  constructor(suite: string) {
    this.suite = suite;
  }

  /** Compares and notes; then throws if it is off. */
  check(of: string, part: string, where: string, got: ArrayLike<number>, saved: Saved, tolerance?: Tolerance): void {
    const measured = measure(got, saved, tolerance);
    this.note(of, part, where, measured.error, measured.most);
    judge(where, measured);
  }

  /** Results with other tolerances are noted by how much of them is used up. */
  note(of: string, part: string, where: string, error: number, most: number): void {
    const key = `${of} ${part}`, old = this.rows.get(key), results = (old?.results ?? 0) + 1;
    const worse = !old || !(error / most <= old.error / old.most);
    this.rows.set(key, worse ? { of, part, where, error, most, results } : { ...old, results });
  }

  print(): void {
    const rows = [...this.rows.values()], parts = [...new Set(rows.map(({ part }) => part))];
    const texts = parts.map((part) => {
      const { error, most, of, where } = rows.filter((row) => row.part === part).reduce((a, b) => (b.error / b.most > a.error / a.most ? b : a));
      return `${part} ${error.toExponential(1)} of ${most.toExponential(0)} (${of}: ${where})`;
    });
    console.info(`${this.suite}: ${rows.reduce((sum, { results }) => sum + results, 0)} results compared; worst errors: ${texts.join(", ")}`);
    forProof(this.suite, rows);
  }
}

/** Leaves figures where `npm run proof` finds them. */
export function forProof(name: string, figures: unknown): void {
  const folder = process.env["LANEWISE_PROOF"];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(figures, (_, value: unknown) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value)));
}
