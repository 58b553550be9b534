// exp, log, tanh, sigmoid and erf against f64, over all exponents of either sign, denormals included, and densely where
// they live. f64 is some 2^29 times finer than the ulp that is measured, so it stands for the correctly rounded result.
// `npm run proof` takes finer steps.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, type Compiled, erf, exp, log, sigmoid, tanh, type Value } from "../../src/ops/index.ts";
import { Worst } from "../worst.ts";

const FINE = process.env["LANEWISE_PROOF"] !== undefined;
/** Mantissas of each exponent and sign, and every how-manyth float of the dense ranges; a prime, so that all low bits occur. */
const MANTISSAS = FINE ? 4096 : 128, STEP = FINE ? 61 : 2003;
const LANES = 1 << 16;

const word = new Uint32Array(1), float = new Float32Array(word.buffer);
const bitsOf = (x: number): number => ((float[0] = x), word[0]!);
const floatOf = (bits: number): number => ((word[0] = bits), float[0]!);

/** The error function: its series, or the continued fraction of erfc (Abramowitz and Stegun 7.1.5, 7.1.14). */
function erf64(x: number): number {
  const size = Math.abs(x);
  if (size > 6 || x === 0) return size > 6 ? Math.sign(x) : x;
  if (size < 2) {
    let term = x, total = x;
    for (let n = 1; n < 90 && Math.abs(term) > 1e-18 * size; n++) total += (term *= -x * x / n) / (2 * n + 1);
    return total * 1.1283791670955126;
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = 0.5 * n / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) * 0.5641895835477563 / (size + fraction));
}

/** Off by so many units in the last place that a float32 of this size has. What rounds to infinity has to be infinite. */
function ulps(got: number, wanted: number): number {
  if (Number.isNaN(wanted)) return Number.isNaN(got) ? 0 : Infinity;
  const want = Math.fround(wanted);
  if (!Number.isFinite(want) || !Number.isFinite(got)) return got === want ? 0 : Infinity;
  if (want === 0 && got === 0) return Object.is(got, want) ? Math.abs(wanted) * 2 ** 149 : Infinity;
  const exponent = Math.max((bitsOf(Math.abs(wanted)) >>> 23) - 127, -126);
  // fround may have rounded up to the next power of two
  const size = 2 ** exponent > Math.abs(wanted) && exponent > -126 ? exponent - 1 : exponent;
  return Math.abs(got - wanted) / 2 ** (size - 23);
}

interface Elementary {
  build: (x: Value) => Value;
  f: (x: number) => number;
  /** ulp */
  most: number;
  /** What it is exactly; x and y by turns. */
  exactly: number[];
  /** Inputs that were the worst of all 2^32, in bits. */
  known: number[];
}

const EVEN_SMALLER = [1e-45, 1e-40, 1.1754942e-38, 1.17549435e-38];

const FUNCTIONS: Readonly<Record<string, Elementary>> = {
  exp: {
    build: exp, f: Math.exp, most: 1, known: [0xc0a552d7, 0x426ffa20],
    exactly: [0, 1, -0, 1, NaN, NaN, Infinity, Infinity, -Infinity, 0, 88.72284, Infinity, -103.97208, 1e-45, -103.97209, 0, 3.4e38, Infinity, -3.4e38, 0,
      ...EVEN_SMALLER.flatMap((x) => [x, 1, -x, 1])],
  },
  log: {
    build: log, f: Math.log, most: 1, known: [0x3fb3c59f],
    exactly: [0, -Infinity, -0, -Infinity, 1, 0, NaN, NaN, Infinity, Infinity, -Infinity, NaN, -1e-45, NaN, -1, NaN, -1e-40, NaN, -3.4e38, NaN],
  },
  tanh: {
    build: tanh, f: Math.tanh, most: 2, known: [0x3f208aab],
    exactly: [0, 0, -0, -0, NaN, NaN, Infinity, 1, -Infinity, -1, 20, 1, -400, -1, 3.4e38, 1, ...EVEN_SMALLER.flatMap((x) => [x, x, -x, -x])],
  },
  sigmoid: {
    build: sigmoid, f: (x) => 1 / (1 + Math.exp(-x)), most: 2.5, known: [0xc085088d],
    exactly: [0, 0.5, -0, 0.5, NaN, NaN, Infinity, 1, -Infinity, 0, 400, 1, -400, 0, ...EVEN_SMALLER.flatMap((x) => [x, 0.5, -x, 0.5])],
  },
  erf: {
    build: erf, f: erf64, most: 2, known: [0x3f6b53ce],
    exactly: [0, 0, -0, -0, NaN, NaN, Infinity, 1, -Infinity, -1, 4, 1, -400, -1, 3.4e38, 1],
  },
};

/** Runs of inputs: every exponent and sign with mantissas spread evenly, the ends among them; then, densely, what lies
 * between 2^-13 and 128, where the functions bend, overflow (88.7), vanish (−104) and saturate. */
function* inputs(known: readonly number[]): Generator<Float32Array> {
  const block = new Float32Array(LANES);
  let at = 0;
  function* push(bits: number): Generator<Float32Array> {
    block[at++] = floatOf(bits);
    if (at === LANES) {
      yield block;
      at = 0;
    }
  }
  for (const bits of known) yield* push(bits);
  for (const sign of [0, 0x80000000])
    for (let exponent = 0; exponent < 255; exponent++)
      for (let i = 0; i < MANTISSAS; i++) {
        const part = 0x800000 / MANTISSAS, mantissa = i === MANTISSAS - 1 ? 0x7fffff : i * part + ((i * 40503) % part);
        yield* push((sign | (exponent << 23) | mantissa) >>> 0);
      }
  for (const sign of [0, 0x80000000]) for (let bits = 0x39000000; bits <= 0x43000000; bits += STEP) yield* push((sign | bits) >>> 0);
  yield block.fill(1, at);
}

const worst = new Worst("vector math");
afterAll(() => worst.print());

describe.each(Object.entries(FUNCTIONS))("%s", (name, { build, f, most, exactly, known }) => {
  let run: Compiled;
  beforeAll(async () => void (run = await compile(build, [[LANES]])));
  afterAll(() => run.dispose());

  test(`is right to ${most} ulp at all exponents`, () => {
    let error = -1, at = 0, denormals = 0, compared = 0;
    const exponents = new Set<number>();
    for (const x of inputs(known)) {
      const y = run.run([x])[0]!.data;
      x.forEach((value, i) => {
        const off = ulps(y[i]!, f(value));
        compared++;
        if (value !== 0 && Math.abs(value) < 2 ** -126) denormals++;
        exponents.add(bitsOf(value) >>> 23);
        if (!(off <= error)) [error, at] = [off, value];
      });
    }
    expect([exponents.size, denormals], "the sweep is too thin").toEqual([510, 2 * (MANTISSAS - 1)]);
    worst.note(name, "ulp", `at ${Number(at.toPrecision(9))}, of ${compared} points`, error, most);
    expect(error, `${name}(${at})`).toBeLessThanOrEqual(most);
  }, 120_000);

  test("is exact where it can be: zeros with their sign, NaN, infinities, denormals, the ends", () => {
    const x = new Float32Array(LANES), count = exactly.length / 2;
    for (let i = 0; i < count; i++) x[i] = exactly[2 * i]!;
    const y = run.run([x])[0]!.data;
    for (let i = 0; i < count; i++) expect(y[i], `${name}(${x[i]})`).toBe(Math.fround(exactly[2 * i + 1]!));
  });
});

// mpmath's, of thirty digits; before 2 and at 2, where one formula hands over to the other
test.each([
  [1e-40, 1.1283791670955126e-40], [0.001, 0.0011283787909692364], [0.25, 0.27632639016823693], [0.5, 0.52049987781304654], [1, 0.84270079294971487],
  [1.5, 0.96610514647531073], [1.9990234375, 0.99530204295197914], [2, 0.99532226501895273], [2.5, 0.99959304798255504], [3, 0.99997790950300141],
])("the reference for erf(%d) is right", (x, y) => {
  expect(Math.abs(erf64(x) / y - 1)).toBeLessThan(1e-13);
});
