// Reduce: sums and means against f64, extremes exactly.

import { Opcode, ReduceKind } from "../../assembly/isa";
import {
  atEndOfMemory, fillNoise, get, getInt, input, instruction, integers, launch, near, noise, output, same, sameInt, set, setUp, within,
} from "./support";

const NAMES: string[] = ["Sum", "Mean", "Max", "ArgMax"];

/** [outer, axis, inner]: by row (inner 1), by column (outer 1), and both; around the vector, the tile and the blocks. */
const SHAPES: StaticArray<u32> = [
  1, 1, 1, 1, 3, 1, 1, 4, 1, 1, 15, 1, 1, 16, 1, 1, 17, 1, 1, 511, 1, 1, 512, 1, 1, 513, 1, 1, 1043, 1, 9, 5, 1, 9, 37, 1,
  1, 5, 3, 1, 5, 4, 1, 5, 5, 1, 5, 15, 1, 5, 16, 1, 5, 17, 1, 63, 21, 1, 64, 21, 1, 65, 21, 1, 200, 113,
  2, 5, 3, 3, 1, 7, 5, 64, 16, 5, 65, 19, 7, 3, 35, 0, 3, 1, 0, 3, 5, 3, 4, 0, 1, 4, 0,
];

function run(kind: ReduceKind, dst: usize, src: usize, outer: u32, axis: u32, inner: u32): void {
  launch(instruction(Opcode.Reduce, [kind, dst, src, outer, axis, inner]));
}

/** The first of equals; the first NaN if any. */
function argMax(src: usize, axis: u32, step: u32): i32 {
  let at = 0;
  for (let a: u32 = 0; a < axis; a++) {
    if (isNaN(get(src, a * step))) return a;
    if (get(src, a * step) > get(src, at * step)) at = a;
  }
  return at;
}

describe("Reduce", () => {
  it("sums and averages random numbers over every shape, to a rounding for each level", () => {
    for (let s = 0; s < SHAPES.length; s += 3) {
      const outer = SHAPES[s], axis = SHAPES[s + 1], inner = SHAPES[s + 2], count = outer * inner;
      setUp(`[${outer}, ${axis}, ${inner}]`);
      const src = noise(count * axis), sums = output(count), means = output(count);
      run(ReduceKind.Sum, sums, src, outer, axis, inner);
      run(ReduceKind.Mean, means, src, outer, axis, inner);
      for (let i: u32 = 0; i < count; i++) {
        let wanted: f64 = 0, size: f64 = 0;
        for (let a: u32 = 0; a < axis; a++) {
          const x = <f64>get(src, (i / inner * axis + a) * inner + i % inner);
          wanted += x;
          size += abs(x);
        }
        within(i, get(sums, i), wanted, 4 * size);
        within(i, get(means, i), wanted / <f64>axis, 4 * size / <f64>axis);
      }
    }
  });

  it("sums whole numbers exactly, so none is left out or taken twice", () => {
    for (let s = 0; s < SHAPES.length; s += 3) {
      const outer = SHAPES[s], axis = SHAPES[s + 1], inner = SHAPES[s + 2], count = outer * inner;
      setUp(`[${outer}, ${axis}, ${inner}] of whole numbers`);
      const whole = integers(count * axis, 1, 4096), src = input(count * axis), dst = output(count);
      for (let i: u32 = 0; i < count * axis; i++) set(src, i, <f32>getInt(whole, i));
      run(ReduceKind.Sum, dst, src, outer, axis, inner);
      for (let i: u32 = 0; i < count; i++) {
        let wanted = 0;
        for (let a: u32 = 0; a < axis; a++) wanted += getInt(whole, (i / inner * axis + a) * inner + i % inner);
        same(i, get(dst, i), <f32>wanted);
      }
    }
  });

  it("sums a million equal numbers to a part in a million", () => {
    const n: u32 = 1 << 20;
    setUp("Σ 0.1 by row");
    let src = input(n), dst = output(3);
    for (let i: u32 = 0; i < n; i++) set(src, i, 0.1);
    const wanted = <f64>n * <f64>(<f32>0.1);
    run(ReduceKind.Sum, dst, src, 1, n, 1);
    near(0, get(dst, 0), wanted, 16);
    run(ReduceKind.Mean, dst, src, 1, n, 1);
    near(0, get(dst, 0), <f64>(<f32>0.1), 16);
    setUp("Σ 0.1 by column");
    src = input(n);
    dst = output(4);
    for (let i: u32 = 0; i < n; i++) set(src, i, 0.1);
    run(ReduceKind.Sum, dst, src, 1, n / 4, 4);
    for (let i: u32 = 0; i < 4; i++) near(i, get(dst, i), wanted / 4, 16);
  });

  it("finds the greatest and where it stands, the first of equals", () => {
    for (let s = 0; s < SHAPES.length; s += 3) {
      const outer = SHAPES[s], axis = SHAPES[s + 1], inner = SHAPES[s + 2], count = outer * inner;
      setUp(`greatest of [${outer}, ${axis}, ${inner}]`);
      const src = input(count * axis), greatest = output(count), places = output(count);
      fillNoise(src, count * axis);
      for (let i: u32 = 0; i < count * axis; i += 2) set(src, i, <f32>(<i32>get(src, i))); // equals
      run(ReduceKind.Max, greatest, src, outer, axis, inner);
      run(ReduceKind.ArgMax, places, src, outer, axis, inner);
      for (let i: u32 = 0; i < count; i++) {
        const column = src + ((i / inner * axis * inner + i % inner) << 2), at = argMax(column, axis, inner);
        sameInt(i, getInt(places, i), at);
        same(i, get(greatest, i), get(column, at * inner));
      }
    }
  });

  it("lets NaN and infinities through, in their own row or column only", () => {
    for (let kind: ReduceKind = 0; kind <= ReduceKind.ArgMax; kind++) {
      for (let byColumn: u32 = 0; byColumn < 2; byColumn++) {
        const lines: u32 = 21, axis: u32 = 21;
        setUp(`${NAMES[kind]} with NaN, ${byColumn ? "by column" : "by row"}`);
        const src = noise(lines * axis), dst = output(lines), clean = output(lines);
        const outer: u32 = byColumn ? 1 : lines, inner: u32 = byColumn ? lines : 1;
        const along: u32 = byColumn ? lines : 1, across: u32 = byColumn ? 1 : axis;
        run(kind, clean, src, outer, axis, inner);
        set(src, 2 * across + 3 * along, NaN);
        set(src, 2 * across + 5 * along, NaN);
        set(src, 2 * across + 7 * along, Infinity);
        set(src, 17 * across + 20 * along, NaN);
        set(src, 4 * across + 20 * along, Infinity);
        set(src, 4 * across + 1 * along, Infinity);
        set(src, 6 * across + 0 * along, -Infinity);
        run(kind, dst, src, outer, axis, inner);
        for (let i: u32 = 0; i < lines; i++) {
          const at = argMax(src + ((i * across) << 2), axis, along);
          if (kind == ReduceKind.ArgMax) sameInt(i, getInt(dst, i), at);
          else if (i == 2 || i == 17) same(i, get(dst, i), NaN);
          else if (i == 4) same(i, get(dst, i), Infinity);
          else if (i == 6) same(i, get(dst, i), kind == ReduceKind.Max ? get(clean, i) : -Infinity);
          else same(i, get(dst, i), get(clean, i));
        }
      }
    }
  });

  it("finds the greatest of negative infinities", () => {
    setUp("all −∞");
    const src = input(5), dst = output(1);
    for (let i: u32 = 0; i < 5; i++) set(src, i, -Infinity);
    run(ReduceKind.Max, dst, src, 1, 5, 1);
    same(0, get(dst, 0), -Infinity);
    run(ReduceKind.ArgMax, dst, src, 1, 5, 1);
    sameInt(0, getInt(dst, 0), 0);
  });

  it("sums nothing to 0", () => {
    setUp("axis of 0");
    const src = noise(1), dst = output(12);
    run(ReduceKind.Sum, dst, src, 12, 0, 1);
    for (let i: u32 = 0; i < 12; i++) same(i, get(dst, i), 0);
    run(ReduceKind.Sum, dst, src, 1, 0, 12);
    for (let i: u32 = 0; i < 12; i++) same(i, get(dst, i), 0);
    run(ReduceKind.Mean, dst, src, 3, 0, 4);
    for (let i: u32 = 0; i < 12; i++) same(i, get(dst, i), NaN); // as PyTorch's
  });

  it("reads nothing beyond the end of memory", () => {
    for (let kind: ReduceKind = 0; kind < ReduceKind.Count; kind++) {
      for (let n: u32 = 1; n < 20; n++) {
        setUp(`${NAMES[kind]} at the end of memory`);
        run(kind, output(1), atEndOfMemory(n), 1, n, 1);
        run(kind, output(n), atEndOfMemory(3 * n), 1, 3, n);
      }
    }
  });
});
