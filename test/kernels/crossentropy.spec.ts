// CrossEntropy and its gradient (assembly/kernels/loss.ts), for labels and for distributions, against f64.

import { CrossEntropyKind, Opcode } from "../../assembly/isa";
import {
  atEndOfMemory, get, getInt, input, instruction, integers, launch, near, noise, output, outputOf, randomBits, same, set, setInt,
  setUp, within,
} from "./support";

const LABELS = CrossEntropyKind.Labels, DISTRIBUTION = CrossEntropyKind.Distribution;
const WIDTHS: StaticArray<u32> = [1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 17, 100];

function run(kind: CrossEntropyKind, loss: usize, probabilities: usize, logits: usize, target: usize, rows: u32, width: u32): void {
  launch(instruction(Opcode.CrossEntropy, [kind, loss, probabilities, logits, target, rows, width]));
}

function runGradient(kind: CrossEntropyKind, dst: usize, g: usize, probabilities: usize, target: usize, rows: u32, width: u32): void {
  launch(instruction(Opcode.CrossEntropyGradient, [kind, dst, g, probabilities, target, rows, width]));
}

/** Class numbers, or rows of weights that do not sum to 1. */
function targets(kind: CrossEntropyKind, rows: u32, width: u32): usize {
  if (kind == LABELS) return integers(rows, 0, width);
  const t = noise(rows * width);
  for (let i: u32 = 0; i < rows * width; i++) set(t, i, i % 5 ? abs<f32>(get(t, i)) / 4 : 0);
  return t;
}

function weight(kind: CrossEntropyKind, target: usize, r: u32, width: u32, c: u32): f64 {
  return kind == LABELS ? (getInt(target, r) == <i32>c ? 1 : 0) : <f64>get(target, r * width + c);
}

/** Loss and probabilities of every row. Rounding x − top costs its size in ulp of e^(x − top). */
function compare(kind: CrossEntropyKind, loss: usize, probabilities: usize, x: usize, t: usize, rows: u32, width: u32): void {
  for (let r: u32 = 0; r < rows; r++) {
    let top: f64 = -Infinity, sum: f64 = 0, roundings: f64 = 0, wanted: f64 = 0, size: f64 = 0;
    for (let c: u32 = 0; c < width; c++) top = max(top, <f64>get(x, r * width + c));
    for (let c: u32 = 0; c < width; c++) {
      const distance = top - <f64>get(x, r * width + c), e = NativeMath.exp(-distance);
      sum += e;
      if (distance > 0 && e > 0) roundings += e * (distance + 2);
    }
    roundings /= sum;
    for (let c: u32 = 0; c < width; c++) {
      const w = weight(kind, t, r, width, c), distance = top - <f64>get(x, r * width + c);
      if (w == 0) continue;
      wanted += w * (distance + NativeMath.log(sum));
      size += w * (distance + roundings);
    }
    within(r, get(loss, r), wanted, size + abs(wanted));
    for (let c: u32 = 0; probabilities && c < width; c++) {
      const distance = top - <f64>get(x, r * width + c);
      near(r * width + c, get(probabilities, r * width + c), NativeMath.exp(-distance) / sum, distance + roundings + 3);
    }
  }
}

describe("CrossEntropy", () => {
  it("gives loss and probabilities for rows of every width, for any number of ranks", () => {
    for (let kind: CrossEntropyKind = 0; kind < CrossEntropyKind.Count; kind++) {
      for (let w = 0; w < WIDTHS.length; w++) {
        const rows: u32 = 16, width = WIDTHS[w];
        setUp(`kind ${kind} of [${rows}, ${width}]`);
        const x = noise(rows * width, 6), t = targets(kind, rows, width), loss = output(rows), p = output(rows * width);
        run(kind, loss, p, x, t, rows, width);
        compare(kind, loss, p, x, t, rows, width);
      }
    }
  });

  it("gives the same loss without probabilities, and with them over the logits", () => {
    for (let kind: CrossEntropyKind = 0; kind < CrossEntropyKind.Count; kind++) {
      for (let width: u32 = 3; width < 20; width += 7) {
        setUp(`kind ${kind}, ${width} wide, in place`);
        const x = noise(width * 11), t = targets(kind, 11, width), loss = output(11), p = output(width * 11);
        const alone = output(11), beside = output(11), inPlace = outputOf(x, width * 11);
        run(kind, loss, p, x, t, 11, width);
        run(kind, alone, 0, x, t, 11, width);
        run(kind, beside, inPlace, inPlace, t, 11, width);
        for (let r: u32 = 0; r < 11; r++) { same(r, get(alone, r), get(loss, r)); same(r, get(beside, r), get(loss, r)); }
        for (let i: u32 = 0; i < width * 11; i++) same(i, get(inPlace, i), get(p, i));
      }
    }
  });

  it("is right for large logits", () => {
    for (let kind: CrossEntropyKind = 0; kind < CrossEntropyKind.Count; kind++) {
      setUp(`kind ${kind} of large logits`);
      const x = noise(4 * 5), t = targets(kind, 4, 5), loss = output(4), p = output(4 * 5);
      for (let i: u32 = 0; i < 20; i++) set(x, i, get(x, i) + (i / 5 == 0 ? 400 : i / 5 == 1 ? -400 : i & 1 ? 400 : -400));
      run(kind, loss, p, x, t, 4, 5);
      compare(kind, loss, p, x, t, 4, 5);
    }
  });

  it("of a class that cannot be is infinite; a class of no weight costs nothing even then", () => {
    setUp("a logit of −∞");
    const x = noise(2 * 5), t = input(2), weights = input(10), loss = output(2), p = output(10);
    set(x, 2, -Infinity);
    set(x, 7, -Infinity);
    setInt(t, 0, 2);
    setInt(t, 1, 3);
    run(LABELS, loss, p, x, t, 2, 5);
    same(0, get(loss, 0), Infinity);
    assert(isFinite(get(loss, 1)), "the other class");
    for (let i: u32 = 0; i < 10; i++) set(weights, i, i == 2 || i == 8 ? 1 : 0);
    run(DISTRIBUTION, loss, p, x, weights, 2, 5);
    same(0, get(loss, 0), Infinity);
    assert(isFinite(get(loss, 1)), "the other distribution");
  });

  it("is NaN for a label outside the classes, in that row only", () => {
    const wrong: StaticArray<i32> = [5, -1, i32.MIN_VALUE, i32.MAX_VALUE, 6];
    for (let n = 0; n < wrong.length; n++) {
      setUp(`label ${wrong[n]} of 5 classes`);
      const x = noise(9 * 5), t = integers(9, 0, 5), loss = output(9), p = output(45);
      setInt(t, 0, wrong[n]);
      setInt(t, 4, wrong[n]);
      setInt(t, 8, wrong[n]);
      run(LABELS, loss, p, x, t, 9, 5);
      for (let r: u32 = 0; r < 9; r++) if (r % 4 == 0 || isNaN(get(loss, r))) same(r, get(loss, r), r % 4 ? 0 : NaN);
    }
  });

  it("is NaN where any logit is NaN or +∞, whatever the label, in that row only", () => {
    for (let kind: CrossEntropyKind = 0; kind < CrossEntropyKind.Count; kind++) {
      for (let width: u32 = 2; width < 12; width++) {
        for (let at: u32 = 0; at < width; at++) {
          setUp(`kind ${kind} with NaN in place ${at} of ${width}`);
          const x = noise(7 * width), t = targets(kind, 7, width), loss = output(7);
          set(x, 1 * width + at, NaN);
          set(x, 3 * width + at, Infinity);
          run(kind, loss, output(7 * width), x, t, 7, width);
          for (let r: u32 = 0; r < 7; r++) {
            const bad = r == 1 || r == 3;
            if (bad || isNaN(get(loss, r))) same(r, get(loss, r), bad ? NaN : 0);
          }
        }
      }
    }
  });

  it("reads nothing beyond the end of memory", () => {
    for (let width: u32 = 1; width < 10; width++) {
      setUp("at the end of memory");
      const ids = integers(2, 0, 1);
      run(LABELS, output(2), output(2 * width), atEndOfMemory(2 * width), ids, 2, width);
      run(DISTRIBUTION, output(2), output(2 * width), noise(2 * width), atEndOfMemory(2 * width), 2, width);
      runGradient(LABELS, output(2 * width), noise(2), atEndOfMemory(2 * width), ids, 2, width);
      runGradient(DISTRIBUTION, output(2 * width), noise(2), noise(2 * width), atEndOfMemory(2 * width), 2, width);
    }
  });
});

describe("CrossEntropyGradient", () => {
  it("is g · (p · Σt − t) for rows of every width, for any number of ranks", () => {
    for (let kind: CrossEntropyKind = 0; kind < CrossEntropyKind.Count; kind++) {
      for (let w = 0; w < WIDTHS.length; w++) {
        const rows: u32 = 16, width = WIDTHS[w];
        setUp(`gradient of kind ${kind} of [${rows}, ${width}]`);
        const p = noise(rows * width), t = targets(kind, rows, width), g = noise(rows), dst = output(rows * width);
        for (let i: u32 = 0; i < rows * width; i++) set(p, i, abs<f32>(get(p, i)) / 4);
        runGradient(kind, dst, g, p, t, rows, width);
        for (let r: u32 = 0; r < rows; r++) {
          let all: f64 = 0;
          for (let c: u32 = 0; c < width; c++) all += weight(kind, t, r, width, c);
          for (let c: u32 = 0; c < width; c++) {
            const i = r * width + c, x = <f64>get(p, i) * all, y = weight(kind, t, r, width, c), by = <f64>get(g, r);
            within(i, get(dst, i), by * (x - y), abs(by) * (3 * x + abs(x - y)));
          }
        }
      }
    }
  });

  it("may overwrite the probabilities", () => {
    for (let kind: CrossEntropyKind = 0; kind < CrossEntropyKind.Count; kind++) {
      for (let width: u32 = 3; width < 20; width += 7) {
        setUp(`gradient of kind ${kind}, ${width} wide, in place`);
        const p = noise(width * 11), t = targets(kind, 11, width), g = noise(11), dst = output(width * 11);
        const inPlace = outputOf(p, width * 11);
        runGradient(kind, dst, g, p, t, 11, width);
        runGradient(kind, inPlace, g, inPlace, t, 11, width);
        for (let i: u32 = 0; i < width * 11; i++) same(i, get(inPlace, i), get(dst, i));
      }
    }
  });

  it("is a row of NaN for a label outside the classes, and touches no other row", () => {
    const wrong: StaticArray<i32> = [5, -1, i32.MIN_VALUE, i32.MAX_VALUE, 5 + (randomBits() & 0xffff)];
    for (let n = 0; n < wrong.length; n++) {
      setUp(`gradient for label ${wrong[n]} of 5 classes`);
      const p = noise(9 * 5), t = integers(9, 0, 5), g = noise(9), dst = output(45);
      setInt(t, 0, wrong[n]);
      setInt(t, 4, wrong[n]);
      setInt(t, 8, wrong[n]);
      runGradient(LABELS, dst, g, p, t, 9, 5);
      for (let i: u32 = 0; i < 45; i++) if (i / 5 % 4 == 0 || isNaN(get(dst, i))) same(i, get(dst, i), i / 5 % 4 ? 0 : NaN);
    }
  });

  it("keeps NaN of probabilities and of g in its row", () => {
    for (let kind: CrossEntropyKind = 0; kind < CrossEntropyKind.Count; kind++) {
      setUp(`gradient of kind ${kind} with NaN`);
      const p = noise(5 * 6), t = targets(kind, 5, 6), g = noise(5), dst = output(30);
      set(g, 1, NaN);
      for (let c: u32 = 0; c < 6; c++) set(p, 18 + c, NaN);
      runGradient(kind, dst, g, p, t, 5, 6);
      for (let i: u32 = 0; i < 30; i++) if (i / 6 & 1 || isNaN(get(dst, i))) same(i, get(dst, i), i / 6 & 1 ? NaN : 0);
    }
  });
});
