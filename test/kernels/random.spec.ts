// Philox against Random123's vectors, random tensors, and the shuffle.

import { Opcode, RandomKind, SeedCell } from "../../assembly/isa";
import { shuffle } from "../../assembly/kernels/random";
import { philox, unit, word0, word1, word2, word3 } from "../../assembly/random";
import {
  bits, COUNTS, get, getInt, input, instruction, launch, output, randomBits, report, same, sameInt, setInt, setUp, within,
} from "./support";

// ---- one block at a time, as the paper writes it -----------------------------------------------------------------

let x0: u32 = 0, x1: u32 = 0, x2: u32 = 0, x3: u32 = 0;

/** Philox4x32-10 of a counter (four words) and a key (two). */
function block(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): void {
  for (let round = 0; round < 10; round++) {
    const p0 = <u64>0xd2511f53 * c0, p1 = <u64>0xcd9e8d57 * c2;
    const n0 = <u32>(p1 >> 32) ^ c1 ^ k0, n2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c1 = <u32>p1;
    c3 = <u32>p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  x0 = c0; x1 = c1; x2 = c2; x3 = c3;
}

function isBlock(a: u32, b: u32, c: u32, d: u32): void {
  sameInt(0, x0, a);
  sameInt(1, x1, b);
  sameInt(2, x2, c);
  sameInt(3, x3, d);
}

/** The 32 bits that element i of a tensor is made of: word w of block 4·b + l, i = 16·b + 4·w + l. */
function bitsOf(i: u32, step: u32, stream: u32, low: u32, high: u32): u32 {
  block((i >> 4) * 4 + (i & 3), step, stream, 0, low, high);
  const w = (i >> 2) & 3;
  return w == 0 ? x0 : w == 1 ? x1 : w == 2 ? x2 : x3;
}

/** 24 bits of them as a number in [0, 1). */
function unitOf(i: u32, step: u32, stream: u32, low: u32, high: u32): f64 {
  return <f64>(bitsOf(i, step, stream, low, high) >> 8) / 16777216;
}

describe("Philox4x32-10", () => {
  it("has Random123's known answers, in the plain version that these tests compare with", () => {
    setUp("kat_vectors");
    block(0, 0, 0, 0, 0, 0);
    isBlock(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    block(-1, -1, -1, -1, -1, -1);
    isBlock(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0);
    isBlock(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  });

  it("has the known answer for zeros in the core", () => {
    setUp("philox(0)");
    philox(0, 0, 0, 0, 0);
    sameInt(0, i32x4.extract_lane(word0, 0), 0x6627e8d5);
    sameInt(1, i32x4.extract_lane(word1, 0), 0xe169c58d);
    sameInt(2, i32x4.extract_lane(word2, 0), 0xbc57ac4c);
    sameInt(3, i32x4.extract_lane(word3, 0), 0x9b00dbd8);
  });

  it("makes four blocks at once, one a lane, for any counter and key", () => {
    setUp("four blocks");
    const at = output(16);
    for (let n = 0; n < 2000; n++) {
      const from: u32 = n == 0 ? 0xfffffffe : n == 1 ? 0x7fffffff : randomBits();
      const step = randomBits(), stream = randomBits(), low = randomBits(), high = randomBits();
      philox(from, step, stream, low, high);
      v128.store(at, word0);
      v128.store(at, word1, 16);
      v128.store(at, word2, 32);
      v128.store(at, word3, 48);
      for (let lane: u32 = 0; lane < 4; lane++) {
        block(from + lane, step, stream, 0, low, high);
        isBlock(getInt(at, lane), getInt(at, 4 + lane), getInt(at, 8 + lane), getInt(at, 12 + lane));
      }
    }
  });

  it("gives numbers from 0 to just below 1", () => {
    setUp("unit");
    const u = unit(i32x4(0, -1, 255, i32.MIN_VALUE));
    same(0, f32x4.extract_lane(u, 0), 0);
    same(1, f32x4.extract_lane(u, 1), 0.99999994);
    same(2, f32x4.extract_lane(u, 2), 0);
    same(3, f32x4.extract_lane(u, 3), 0.5);
  });
});

// ---- tensors -------------------------------------------------------------------------------------------------------

const STREAM: u32 = 7, LOW: u32 = 0x12345678, HIGH: u32 = 0x9abcdef0, STEP: u32 = 3;

function run(
  kind: RandomKind, count: u32, p: f32, q: f32, stream: u32 = STREAM, low: u32 = LOW, high: u32 = HIGH, step: u32 = STEP,
): usize {
  const seed = input(SeedCell.SIZE), dst = output(count);
  setInt(seed, SeedCell.LOW, low);
  setInt(seed, SeedCell.HIGH, high);
  setInt(seed, SeedCell.STEP, step);
  launch(instruction(Opcode.Random, [kind, dst, count, stream, seed, bits(p), bits(q)]));
  return dst;
}

let mean: f64 = 0, variance: f64 = 0, skewness: f64 = 0, kurtosis: f64 = 0;

function moments(x: usize, n: u32): void {
  mean = 0;
  for (let i: u32 = 0; i < n; i++) mean += get(x, i);
  mean /= n;
  let s2: f64 = 0, s3: f64 = 0, s4: f64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const d = <f64>get(x, i) - mean;
    s2 += d * d;
    s3 += d * d * d;
    s4 += d * d * d * d;
  }
  variance = s2 / n;
  skewness = s3 / n / (variance * sqrt(variance));
  kurtosis = s4 / n / (variance * variance);
}

/** Correlation of elements that are `lag` apart, after moments(). */
function correlation(x: usize, n: u32, lag: u32): f64 {
  let s: f64 = 0;
  for (let i: u32 = 0; i + lag < n; i++) s += (<f64>get(x, i) - mean) * (<f64>get(x, i + lag) - mean);
  return s / (n - lag) / variance;
}

function about(what: string, got: f64, wanted: f64, tolerance: f64): void {
  expect<bool>(abs(got - wanted) < tolerance).toBe(true, `${what}: ${got}, wanted ${wanted} ± ${tolerance}`);
}

const MANY: u32 = 1 << 19; // five standard errors of a mean: 0.007 deviations

describe("Random", () => {
  it("uniform: element i is p + q · u of its own block and word, whatever the count and the ranks", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      setUp(`Uniform of ${COUNTS[c]}`);
      const dst = run(RandomKind.Uniform, COUNTS[c], -0.5, 2);
      for (let i: u32 = 0; i < COUNTS[c]; i++)
        same(i, get(dst, i), <f32>-0.5 + <f32>2 * <f32>unitOf(i, STEP, STREAM, LOW, HIGH));
    }
  });

  it("bernoulli: q where u is at least p, else 0", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      setUp(`Bernoulli of ${COUNTS[c]}`);
      const dst = run(RandomKind.Bernoulli, COUNTS[c], 0.2, 1.25);
      for (let i: u32 = 0; i < COUNTS[c]; i++)
        same(i, get(dst, i), unitOf(i, STEP, STREAM, LOW, HIGH) >= <f64>(<f32>0.2) ? 1.25 : 0);
    }
  });

  it("normal: Box and Muller's pairs, words 0 and 1 for the radius, 2 and 3 for the angle", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      setUp(`Normal of ${COUNTS[c]}`);
      const dst = run(RandomKind.Normal, COUNTS[c], 3, 0.5);
      for (let i: u32 = 0; i < COUNTS[c]; i++) {
        const w = (i >> 2) & 3, first = i - 4 * w; // the same block's word 0
        const u = unitOf(first + (w < 2 ? 0 : 4), STEP, STREAM, LOW, HIGH);
        const turn = 2 * NativeMath.PI * unitOf(first + (w < 2 ? 8 : 12), STEP, STREAM, LOW, HIGH);
        const z = sqrt<f64>(-2 * NativeMath.log(1 - u)) * (w & 1 ? NativeMath.sin(turn) : NativeMath.cos(turn));
        within(i, get(dst, i), 3 + 0.5 * z, 24);
      }
    }
  });

  it("gives a longer tensor the same first numbers", () => {
    for (let kind: RandomKind = 0; kind < RandomKind.Count; kind++) {
      setUp(`kind ${kind}, longer`);
      const long = run(kind, 1000, 0.25, 1);
      for (let n: u32 = 1; n < 100; n += 7) {
        const short = run(kind, n, 0.25, 1);
        for (let i: u32 = 0; i < n; i++) same(i, get(short, i), get(long, i));
      }
    }
  });

  it("gives other numbers for another seed, step or stream, and the same for the same", () => {
    for (let kind: RandomKind = 0; kind < RandomKind.Bernoulli; kind++) {
      setUp(`kind ${kind}, other seeds`);
      const one = run(kind, 64, 0, 1), again = run(kind, 64, 0, 1);
      const others = [
        run(kind, 64, 0, 1, STREAM + 1), run(kind, 64, 0, 1, STREAM, LOW + 1), run(kind, 64, 0, 1, STREAM, LOW, HIGH + 1),
        run(kind, 64, 0, 1, STREAM, LOW, HIGH, STEP + 1),
      ];
      for (let i: u32 = 0; i < 64; i++) same(i, get(again, i), get(one, i));
      for (let o = 0; o < 4; o++) {
        let equal = 0;
        for (let i: u32 = 0; i < 64; i++) if (get(others[o], i) == get(one, i)) equal++;
        expect<i32>(equal).toBeLessThan(2, `variant ${o} repeats`);
      }
    }
  });

  it("uniform numbers have the moments of a uniform distribution, and neighbours know nothing of each other", () => {
    setUp("Uniform");
    const x = run(RandomKind.Uniform, MANY, 0, 1), counts = new StaticArray<u32>(64);
    moments(x, MANY);
    report(`uniform: mean ${mean}, variance ${variance}`);
    about("mean", mean, 0.5, 0.002);
    about("variance", variance, 1.0 / 12, 0.0006);
    for (let lag: u32 = 1; lag <= 16; lag++) about(`correlation at ${lag}`, correlation(x, MANY, lag), 0, 0.007);
    let chi: f64 = 0;
    for (let i: u32 = 0; i < MANY; i++) counts[<i32>(get(x, i) * 64)]++;
    for (let b = 0; b < 64; b++) chi += (<f64>counts[b] - MANY / 64) * (<f64>counts[b] - MANY / 64) / (MANY / 64);
    about("χ² of 64 bins", chi, 63, 56); // five deviations
  });

  it("normal numbers have the moments and the tails of a normal distribution, and are not correlated", () => {
    setUp("Normal");
    const x = run(RandomKind.Normal, MANY, 0, 1), beyond = new StaticArray<f64>(5);
    moments(x, MANY);
    report(`normal: mean ${mean}, variance ${variance}, skewness ${skewness}, kurtosis ${kurtosis}`);
    about("mean", mean, 0, 0.007);
    about("variance", variance, 1, 0.01);
    about("skewness", skewness, 0, 0.017);
    about("kurtosis", kurtosis, 3, 0.034);
    for (let lag: u32 = 1; lag <= 16; lag++) about(`correlation at ${lag}`, correlation(x, MANY, lag), 0, 0.007);
    for (let i: u32 = 0; i < MANY; i++) for (let s = 1; s < 5; s++) if (abs(get(x, i)) > <f32>s) beyond[s] += 1.0 / MANY;
    about("beyond 1", beyond[1], 0.3173105, 0.0033);
    about("beyond 2", beyond[2], 0.0455003, 0.0015);
    about("beyond 3", beyond[3], 0.0026998, 0.00036);
    about("beyond 4", beyond[4], 0.0000633, 0.000055);
  });

  it("bernoulli numbers come at their rate; at 0 always, at 1 never", () => {
    const rates: StaticArray<f32> = [0, 0.1, 0.5, 0.9, 1];
    for (let r = 0; r < rates.length; r++) {
      setUp(`Bernoulli at ${rates[r]}`);
      const x = run(RandomKind.Bernoulli, MANY, rates[r], 1);
      moments(x, MANY);
      if (r == 0 || r == 4) same(0, <f32>mean, 1 - rates[r]);
      else about(`rate ${rates[r]}`, mean, 1 - rates[r], 0.0035);
    }
  });
});

// ---- shuffle -------------------------------------------------------------------------------------------------------

function shuffled(count: u32, stream: u32, low: u32, high: u32, step: u32): usize {
  const ids = output(count);
  for (let i: u32 = 0; i < count; i++) setInt(ids, i, i);
  shuffle(ids, count, stream, low, high, step);
  return ids;
}

describe("shuffle", () => {
  it("puts every number somewhere, once", () => {
    for (let c = 0; c <= COUNTS.length; c++) {
      const n = c < COUNTS.length ? COUNTS[c] : 60000;
      setUp(`shuffle of ${n}`);
      const ids = shuffled(n, 1, 2, 3, 4), seen = new StaticArray<bool>(n);
      let moved: u32 = 0;
      for (let i: u32 = 0; i < n; i++) {
        const id = getInt(ids, i);
        assert(<u32>id < n && !seen[id], "not a permutation");
        seen[id] = true;
        if (id != <i32>i) moved++;
      }
      assert(n < 15 || moved > n / 2, "hardly shuffled");
    }
  });

  it("depends on seed, stream and step, and on nothing else", () => {
    setUp("shuffle");
    const one = shuffled(1000, 1, 2, 3, 4);
    philox(99, 98, 97, 96, 95); // whatever was drawn before
    const again = shuffled(1000, 1, 2, 3, 4);
    for (let i: u32 = 0; i < 1000; i++) sameInt(i, getInt(again, i), getInt(one, i));
    const others = [
      shuffled(1000, 2, 2, 3, 4), shuffled(1000, 1, 3, 3, 4), shuffled(1000, 1, 2, 4, 4), shuffled(1000, 1, 2, 3, 5),
    ];
    for (let o = 0; o < 4; o++) {
      let equal = 0;
      for (let i: u32 = 0; i < 1000; i++) if (getInt(others[o], i) == getInt(one, i)) equal++;
      expect<i32>(equal).toBeLessThan(10, `variant ${o} is the same order`);
    }
  });

  it("draws as Fisher and Yates did, from the end, with the numbers of its stream in order", () => {
    setUp("shuffle by hand");
    const n: u32 = 100, ids = shuffled(n, 11, 12, 13, 14), plain = new StaticArray<i32>(n);
    for (let i: u32 = 0; i < n; i++) plain[i] = i;
    for (let i = n; i > 1; i--) {
      const draw = n - i, other = <u32>(<u64>bitsOf(draw, 14, 11, 12, 13) * i >> 32), held = plain[i - 1];
      plain[i - 1] = plain[other];
      plain[other] = held;
    }
    for (let i: u32 = 0; i < n; i++) sameInt(i, getInt(ids, i), plain[i]);
  });

  it("gives each of the 24 orders of four about equally often", () => {
    const seen = new StaticArray<f64>(256);
    for (let step: u32 = 0; step < 24000; step++) {
      setUp("shuffle of four");
      const ids = shuffled(4, 1, 2, 3, step);
      seen[getInt(ids, 0) | (getInt(ids, 1) << 2) | (getInt(ids, 2) << 4) | (getInt(ids, 3) << 6)] += 1;
    }
    let orders = 0, chi: f64 = 0;
    for (let o = 0; o < 256; o++) if (seen[o] > 0) { orders++; chi += (seen[o] - 1000) * (seen[o] - 1000) / 1000; }
    expect<i32>(orders).toBe(24);
    about("χ² of 24 orders", chi, 23, 34);
  });
});
