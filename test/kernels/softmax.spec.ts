// Softmax, log-softmax and their gradients, against f64.

import { Opcode, SoftmaxKind } from "../../assembly/isa";
import {
  atEndOfMemory, get, input, instruction, launch, near, noise, output, outputOf, same, set, setUp, within,
} from "./support";

const NAMES: string[] = ["Softmax", "LogSoftmax"];
const WIDTHS: StaticArray<u32> = [1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 17, 100];

function run(kind: SoftmaxKind, dst: usize, src: usize, rows: u32, width: u32): void {
  launch(instruction(Opcode.Softmax, [kind, dst, src, rows, width]));
}

function runGradient(kind: SoftmaxKind, dst: usize, g: usize, y: usize, rows: u32, width: u32): void {
  launch(instruction(Opcode.SoftmaxGradient, [kind, dst, g, y, rows, width]));
}

let top: f64 = 0, sum: f64 = 0; // of a row: its maximum and Σ e^(x − top)
let roundings: f64 = 0; // relative error of the sum, in 2⁻²⁴: rounding x − top costs its size in ulp of e^(x − top)

function measureRow(x: usize, width: u32): void {
  top = -Infinity;
  for (let c: u32 = 0; c < width; c++) top = max(top, <f64>get(x, c));
  sum = 0;
  roundings = 0;
  for (let c: u32 = 0; c < width; c++) {
    const distance = top - <f64>get(x, c), e = NativeMath.exp(-distance);
    sum += e;
    if (distance > 0 && e > 0) roundings += e * (distance + 2);
  }
  roundings /= sum;
}

/** Compares rows of softmax and of log-softmax with f64. */
function compare(kind: SoftmaxKind, dst: usize, src: usize, rows: u32, width: u32): void {
  for (let r: u32 = 0; r < rows; r++) {
    const x = src + (r * width << 2);
    measureRow(x, width);
    for (let c: u32 = 0; c < width; c++) {
      const i = r * width + c, distance = top - <f64>get(x, c);
      if (kind == SoftmaxKind.Softmax) near(i, get(dst, i), NativeMath.exp(-distance) / sum, distance + roundings + 3);
      else within(i, get(dst, i), -distance - NativeMath.log(sum), 2 * distance + NativeMath.log(sum) + roundings);
    }
  }
}

describe("Softmax", () => {
  it("computes both kinds for rows of every width, for any number of ranks", () => {
    for (let kind: SoftmaxKind = 0; kind < SoftmaxKind.Count; kind++) {
      for (let w = 0; w < WIDTHS.length; w++) {
        for (let rows: u32 = 0; rows < 17; rows += rows < 3 ? 1 : 13) {
          setUp(`${NAMES[kind]} of [${rows}, ${WIDTHS[w]}]`);
          const src = noise(rows * WIDTHS[w], 6), dst = output(rows * WIDTHS[w]);
          run(kind, dst, src, rows, WIDTHS[w]);
          compare(kind, dst, src, rows, WIDTHS[w]);
        }
      }
    }
  });

  it("is right for large logits, ±400, and for ones far apart", () => {
    for (let kind: SoftmaxKind = 0; kind < SoftmaxKind.Count; kind++) {
      setUp(`${NAMES[kind]} of large numbers`);
      const src = noise(6 * 5), dst = output(6 * 5);
      for (let i: u32 = 0; i < 30; i++) {
        const shift: f32 = i / 5 == 0 ? 400 : i / 5 == 1 ? -400 : i / 5 == 2 ? (i & 1 ? 400 : -400) : 0;
        set(src, i, get(src, i) + shift);
        if (i / 5 == 3) set(src, i, 3e38);
        if (i / 5 == 4) set(src, i, i & 1 ? -3e38 : 3e38);
        if (i / 5 == 5) set(src, i, i & 1 ? 1e-45 : -1.1754942e-38);
      }
      run(kind, dst, src, 6, 5);
      compare(kind, dst, src, 6, 5);
    }
  });

  it("gives rows that sum to 1, and log-softmax's exponentials too", () => {
    setUp("sums of rows");
    const src = noise(9 * 100, 10), y = output(900), l = output(900);
    run(SoftmaxKind.Softmax, y, src, 9, 100);
    run(SoftmaxKind.LogSoftmax, l, src, 9, 100);
    for (let r: u32 = 0; r < 9; r++) {
      let one: f64 = 0, logOne: f64 = 0;
      for (let c: u32 = 0; c < 100; c++) {
        one += get(y, r * 100 + c);
        logOne += NativeMath.exp(get(l, r * 100 + c));
      }
      near(r, <f32>one, 1, 4);
      near(r, <f32>logOne, 1, 16);
    }
  });

  it("works in place", () => {
    for (let kind: SoftmaxKind = 0; kind < SoftmaxKind.Count; kind++) {
      for (let width: u32 = 3; width < 20; width += 7) {
        setUp(`${NAMES[kind]} in place`);
        const src = noise(11 * width), dst = output(11 * width), inPlace = outputOf(src, 11 * width);
        run(kind, dst, src, 11, width);
        run(kind, inPlace, inPlace, 11, width);
        for (let i: u32 = 0; i < 11 * width; i++) same(i, get(inPlace, i), get(dst, i));
      }
    }
  });

  it("takes −∞ as a class that cannot be", () => {
    for (let width: u32 = 3; width < 12; width++) {
      setUp("a logit of −∞");
      const src = noise(width), y = output(width), l = output(width);
      set(src, width - 1, -Infinity);
      run(SoftmaxKind.Softmax, y, src, 1, width);
      run(SoftmaxKind.LogSoftmax, l, src, 1, width);
      same(0, get(y, width - 1), 0);
      same(1, get(l, width - 1), -Infinity);
      measureRow(src, width);
      near(2, get(y, 0), NativeMath.exp(<f64>get(src, 0) - top) / sum, 12);
    }
  });

  it("makes the whole row NaN where one logit is NaN or +∞, or all are −∞, and no other row", () => {
    for (let kind: SoftmaxKind = 0; kind < SoftmaxKind.Count; kind++) {
      for (let width: u32 = 1; width < 12; width++) {
        for (let at: u32 = 0; at < width; at++) {
          setUp(`${NAMES[kind]} with NaN in place ${at} of ${width}`);
          const src = noise(7 * width), dst = output(7 * width);
          set(src, 1 * width + at, NaN);
          set(src, 3 * width + at, Infinity);
          for (let c: u32 = 0; c < width; c++) set(src, 5 * width + c, -Infinity);
          run(kind, dst, src, 7, width);
          for (let i: u32 = 0; i < 7 * width; i++) {
            if (i / width & 1) same(i, get(dst, i), NaN);
            else if (isNaN(get(dst, i))) same(i, get(dst, i), 0);
          }
        }
      }
    }
  });

  it("reads nothing beyond the end of memory", () => {
    for (let kind: SoftmaxKind = 0; kind < SoftmaxKind.Count; kind++) {
      for (let width: u32 = 1; width < 10; width++) {
        setUp(`${NAMES[kind]} at the end of memory`);
        run(kind, output(2 * width), atEndOfMemory(2 * width), 2, width);
        runGradient(kind, output(2 * width), atEndOfMemory(2 * width), noise(2 * width), 2, width);
        runGradient(kind, output(2 * width), noise(2 * width), atEndOfMemory(2 * width), 2, width);
      }
    }
  });
});

describe("SoftmaxGradient", () => {
  it("computes both kinds for rows of every width, for any number of ranks", () => {
    for (let kind: SoftmaxKind = 0; kind < SoftmaxKind.Count; kind++) {
      for (let w = 0; w < WIDTHS.length; w++) {
        const width = WIDTHS[w], rows: u32 = 9;
        setUp(`gradient of ${NAMES[kind]} of [${rows}, ${width}]`);
        const x = noise(rows * width), g = noise(rows * width), y = output(rows * width), dst = output(rows * width);
        run(kind, y, x, rows, width);
        runGradient(kind, dst, g, y, rows, width);
        for (let r: u32 = 0; r < rows; r++) {
          let all: f64 = 0, size: f64 = 0;
          for (let c: u32 = 0; c < width; c++) {
            const i = r * width + c, term = <f64>get(g, i) * (kind == SoftmaxKind.Softmax ? <f64>get(y, i) : 1);
            all += term;
            size += abs(term);
          }
          for (let c: u32 = 0; c < width; c++) {
            const i = r * width + c, gi = <f64>get(g, i), yi = <f64>get(y, i);
            if (kind == SoftmaxKind.Softmax) within(i, get(dst, i), yi * (gi - all), 3 * yi * (abs(gi) + size));
            else within(i, get(dst, i), gi - NativeMath.exp(yi) * all, abs(gi) + 4 * NativeMath.exp(yi) * size);
          }
        }
      }
    }
  });

  it("may overwrite the gradient or the output", () => {
    for (let kind: SoftmaxKind = 0; kind < SoftmaxKind.Count; kind++) {
      for (let width: u32 = 3; width < 20; width += 7) {
        setUp(`gradient of ${NAMES[kind]} in place`);
        const n = width * 11, g = noise(n), y = noise(n), dst = output(n), overG = outputOf(g, n), overY = outputOf(y, n);
        runGradient(kind, dst, g, y, 11, width);
        runGradient(kind, overG, overG, y, 11, width);
        runGradient(kind, overY, g, overY, 11, width);
        for (let i: u32 = 0; i < n; i++) {
          same(i, get(overG, i), get(dst, i));
          same(i, get(overY, i), get(dst, i));
        }
      }
    }
  });

  it("sums to 0 along a row for softmax, whose outputs always sum to 1", () => {
    setUp("gradient of a row");
    const x = noise(100), g = noise(100), y = output(100), dst = output(100);
    run(SoftmaxKind.Softmax, y, x, 1, 100);
    runGradient(SoftmaxKind.Softmax, dst, g, y, 1, 100);
    let all: f64 = 0;
    for (let c: u32 = 0; c < 100; c++) all += get(dst, c);
    within(0, <f32>all, 0, 8);
  });

  it("keeps NaN in its row", () => {
    for (let kind: SoftmaxKind = 0; kind < SoftmaxKind.Count; kind++) {
      setUp(`gradient of ${NAMES[kind]} with NaN`);
      const g = noise(5 * 6), y = input(5 * 6), dst = output(5 * 6);
      for (let i: u32 = 0; i < 30; i++) set(y, i, kind == SoftmaxKind.Softmax ? 1.0 / 6 : -1.7917595);
      set(g, 2 * 6 + 5, NaN);
      runGradient(kind, dst, g, y, 5, 6);
      for (let i: u32 = 0; i < 30; i++) if (i / 6 == 2 || isNaN(get(dst, i))) same(i, get(dst, i), i / 6 == 2 ? NaN : 0);
    }
  });
});
