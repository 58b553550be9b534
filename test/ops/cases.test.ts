// Every op against its formula in f64, its gradient against central differences of that formula, and, where it has one,
// its second derivative.

import { describe, expect, test } from "vitest";
import { add, grad, multiply, reshape, sum } from "../../src/ops/index.ts";
import { compile } from "../../src/compiled.ts";
import { Opcode } from "../../assembly/isa.ts";
import { opTable } from "../../src/ops/table.ts";
import { cases, type OpCase } from "./cases.ts";

const SIZES = [1, 3, 4, 5, 15, 16, 17, 100, 1000];

/** Numbers in a range, from a hash of their place; away from kinks, no two arguments nearly equal. */
function draw({ ranges, labels, kinks }: OpCase, shapes: readonly number[][]): Float64Array[] {
  return shapes.map((shape, argument) => {
    const size = shape.reduce((a, b) => a * b, 1), [low, high] = ranges?.[argument] ?? [-2, 2];
    return Float64Array.from({ length: size }, (_, i) => {
      const u = ((Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(argument + 3, 0x85ebca6b)) >>> 0) / 4294967296;
      if (labels?.argument === argument) return Math.floor(u * shapes[labels.of]!.at(-1)!);
      let x = low + u * (high - low);
      for (const kink of kinks ?? []) if (Math.abs(x - kink) < 0.05) x = kink + 0.1;
      return Math.fround(x);
    });
  });
}

/** Relative to max(1, |wanted|). */
function worst(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length);
  let most = 0;
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i]! - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!));
    if (!(error <= most)) most = error;
  }
  return most;
}

/** Fixed weights that make a scalar of an op's result. */
const weights = (size: number): Float64Array => Float64Array.from({ length: size }, (_, i) => Math.fround(((i * 7 + 3) % 11) / 5.5 - 0.9));

/** Σ w · f(args), in f64. */
function scalar(its: OpCase, args: readonly Float64Array[], shapes: readonly number[][]): number {
  const y = its.formula(args, shapes), w = weights(y.length);
  return y.reduce((total, value, i) => total + value * w[i]!, 0);
}

/** ∂/∂args[a] of the scalar by central differences. */
function differences(its: OpCase, args: readonly Float64Array[], shapes: readonly number[][], a: number, h: number): Float64Array {
  return args[a]!.map((_, i) => {
    const at = (step: number): number => scalar(its, args.map((arg, b) => (b === a ? arg.map((x, j) => (j === i ? x + step : x)) : arg)), shapes);
    return (at(h) - at(-h)) / (2 * h);
  });
}

describe.each(cases)("$name", (its) => {
  test.each(SIZES)("forward of %i numbers is its formula's value", async (size) => {
    const shapes = its.shapes(size), args = draw(its, shapes);
    using f = await compile((...values) => its.build(...values), shapes);
    const wanted = its.formula(args, shapes);
    expect(worst(f.run(args)[0]!.data, wanted)).toBeLessThan(2e-6);
  });

  test("in the memory of its input it has the same bits", async () => {
    const shapes = its.shapes(100), args = draw(its, shapes);
    using f = await compile((...values) => its.build(...values), shapes);
    using g = await compile((...values) => its.build(...values), shapes, { passes: { inPlace: false } });
    expect(f.run(args)[0]!.data).toEqual(g.run(args)[0]!.data);
  });

  const wrt = (shapes: readonly number[][]): number[] => shapes.map((_, a) => a).filter((a) => !its.flat?.includes(a) && its.labels?.argument !== a);

  test.each([5, 23])("gradient of %i numbers is that of central differences", async (size) => {
    const shapes = its.shapes(size), args = draw(its, shapes), chosen = wrt(shapes);
    if (chosen.length === 0) {
      // flat: the gradient is zero
      using flat = await compile((...values) => grad(sum(its.build(...values)), values), shapes);
      for (const { data } of flat.run(args)) expect(Math.max(...Array.from(data, Math.abs))).toBe(0);
      return;
    }
    const w = weights(its.formula(args, shapes).length);
    using f = await compile((weight, ...values) => grad(sum(multiply(reshape(its.build(...values), [-1]), weight!)), chosen.map((a) => values[a]!)), [outOf(its, shapes), ...shapes]);
    const gradients = f.run([w, ...args]);
    chosen.forEach((a, i) => expect(worst(gradients[i]!.data, differences(its, args, shapes, a, 1e-5))).toBeLessThan(1e-5));
  });

  if (wrt(its.shapes(5)).length === 0) return; // flat

  test(its.once ? "says that it has no second derivative" : "second derivative is that of central differences", async () => {
    const shapes = its.shapes(5), args = draw(its, shapes), chosen = wrt(shapes);
    const twice = compile((weight, ...values) => {
      const inputs = chosen.map((a) => values[a]!);
      const first = grad(sum(multiply(reshape(its.build(...values), [-1]), weight!)), inputs);
      // Σ u · gradient, u fixed: a scalar that depends on the arguments again
      const along = first.map((g, i) => sum(multiply(g, U[i]!))).reduce((a, b) => add(a, b));
      return grad(along, inputs);
    }, [outOf(its, shapes), ...shapes]);
    if (its.once) {
      await expect(twice).rejects.toMatchObject({ code: "no-second-derivative" });
      return;
    }
    using f = await twice;
    const got = f.run([weights(its.formula(args, shapes).length), ...args]);
    // d/dε of the gradient at args + ε·u
    const h = 1e-3, moved = (sign: number): Float64Array[] => args.map((arg, a) => (chosen.includes(a) ? arg.map((x) => x + sign * h * U[chosen.indexOf(a)]!) : arg));
    chosen.forEach((a, i) => {
      const up = differences(its, moved(1), shapes, a, h), down = differences(its, moved(-1), shapes, a, h);
      expect(worst(got[i]!.data, up.map((value, j) => (value - down[j]!) / (2 * h)))).toBeLessThan(2e-4);
    });
  });
});

/** The direction of the second derivative: one number for each argument. */
const U = [0.7, -0.4, 0.3];

function outOf(its: OpCase, shapes: readonly number[][]): number[] {
  return [its.formula(draw(its, shapes), shapes).length];
}

test("every op of the table has a case", () => {
  const covered = new Set(cases.map(({ name }) => name.split(" ")[0]));
  const inner = ["constant", "vector", "convert", "scale", "copy", "pad", "pick", "place", "equalInt"]; // run as parts of others
  expect([...opTable().keys()].filter((name) => !covered.has(name.replace(/Gradient$/, "")) && !inner.includes(name))).toEqual([]);
});

test("the opcodes that formulas can reach are all executed by a case", async () => {
  const seen = new Set<number>();
  for (const its of cases) {
    for (const size of [5, 1000]) {
      const shapes = its.shapes(size);
      using f = await compile((...values) => {
        const y = its.build(...values);
        return [y, ...grad(sum(y), values)];
      }, shapes);
      for (const { word } of f.program.instructions) seen.add(f.program.words[word]! & 0xffff);
    }
  }
  // those that only a training program has are executed in the tests of fit and in test/kernels
  const training = [Opcode.End, Opcode.Gather, Opcode.Random, Opcode.Check, Opcode.Squares, Opcode.Guard, Opcode.Update, Opcode.Stop, Opcode.Pick, Opcode.Count];
  const all = Array.from({ length: Opcode.Count }, (_, opcode) => opcode);
  expect(all.filter((opcode) => !seen.has(opcode) && !training.includes(opcode)).map((opcode) => Opcode[opcode])).toEqual([]);
});
