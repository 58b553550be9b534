// Check, Squares, Guard, and the scan of input data.

import { GuardCell, Opcode, Size } from "../../assembly/isa";
import { firstNonFinite } from "../../assembly/kernels/guard";
import {
  atEndOfMemory, bits, COUNTS, get, getInt, input, instruction, launch, near, noise, output, same, sameInt, set, setInt, setUp,
} from "./support";

const CHUNK: u32 = Size.GUARD_CHUNK;
const BAD: StaticArray<f32> = [NaN, Infinity, -Infinity];
const SOUND: StaticArray<f32> = [3.4028235e38, -3.4028235e38, 1e-45, -0];

describe("firstNonFinite", () => {
  it("finds the first NaN or infinity at every place, and none among the largest and smallest numbers", () => {
    setUp("firstNonFinite");
    const src = noise(40);
    for (let i = 0; i < SOUND.length; i++) set(src, 3 * i, SOUND[i]);
    for (let count: u32 = 0; count <= 40; count++) sameInt(count, firstNonFinite(src, count), count);
    for (let at: u32 = 0; at < 40; at++) {
      const held = get(src, at);
      set(src, at, BAD[at % 3]);
      if (at < 39) set(src, 39, NaN);
      for (let count: u32 = 0; count <= 40; count++) sameInt(at, firstNonFinite(src, count), min(at, count));
      set(src, at, held);
      set(src, 39, 1);
    }
  });
  it("reads nothing beyond the end of memory", () => {
    setUp("firstNonFinite at the end of memory");
    for (let n: u32 = 1; n < 18; n++) sameInt(n, firstNonFinite(atEndOfMemory(n), n), n);
  });
});

describe("Check", () => {
  it("raises the flag for a NaN or infinity at any place, for any number of ranks", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      for (let at: u32 = 0; at < COUNTS[c]; at += at < 20 ? 1 : 13) {
        setUp(`Check of ${COUNTS[c]} with one bad at ${at}`);
        const src = noise(COUNTS[c]), flag = output(1);
        set(src, at, BAD[at % 3]);
        setInt(flag, 0, 0);
        launch(instruction(Opcode.Check, [src, COUNTS[c], flag]), true);
        sameInt(at, getInt(flag, 0), 1);
      }
    }
  });
  it("leaves the flag as it was if all numbers are finite", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      for (let was = 0; was < 2; was++) {
        setUp(`Check of ${COUNTS[c]}`);
        const src = noise(COUNTS[c]), flag = output(1);
        for (let i: u32 = 0; i < COUNTS[c]; i += 5) set(src, i, SOUND[i & 3]);
        setInt(flag, 0, was);
        launch(instruction(Opcode.Check, [src, COUNTS[c], flag]), true);
        sameInt(0, getInt(flag, 0), was);
      }
    }
  });
});

/** Runs Squares over `count` numbers; returns the partials. */
function squares(src: usize, count: u32): usize {
  const partials = output((count + CHUNK - 1) / CHUNK * 2);
  launch(instruction(Opcode.Squares, [partials, src, count]));
  return partials;
}

function partial(partials: usize, c: u32): f64 {
  return load<f64>(partials + (<usize>c << 3));
}

describe("Squares", () => {
  it("sums the squares of each chunk, for every length around vector, block and chunk", () => {
    const counts: StaticArray<u32> = [
      0, 1, 3, 4, 5, 15, 16, 17, 511, 512, 513, 531, 4095, 4096, 4097, 8191, 8192, 8193, 40000,
    ];
    for (let n = 0; n < counts.length; n++) {
      setUp(`Squares of ${counts[n]}`);
      const src = noise(counts[n]), partials = squares(src, counts[n]);
      for (let from: u32 = 0; from < counts[n]; from += CHUNK) {
        let wanted: f64 = 0;
        for (let i = from; i < min(from + CHUNK, counts[n]); i++) wanted += <f64>get(src, i) * <f64>get(src, i);
        near(from / CHUNK, <f32>partial(partials, from / CHUNK), wanted, 4);
      }
    }
  });

  it("is exact for whole numbers, so none is left out", () => {
    for (let n: u32 = 1; n < 70; n++) {
      setUp(`Squares of 1 … ${n}`);
      const src = input(n);
      for (let i: u32 = 0; i < n; i++) set(src, i, <f32>(i + 1));
      near(n, <f32>partial(squares(src, n), 0), <f64>n * (n + 1) * (2 * n + 1) / 6, 0);
    }
  });

  it("neither overflows nor vanishes where the numbers are sound", () => {
    const sizes: StaticArray<f32> = [3.4028235e38, 1e30, 1e16, 1e-16, 1e-30, 1e-45];
    for (let s = 0; s < sizes.length; s++) {
      for (let n: u32 = 1; n <= CHUNK + 7; n += n < 5 ? 1 : CHUNK + 2) {
        setUp(`Squares of ${n} times ${sizes[s]}`);
        const src = input(n), x = <f64>sizes[s];
        for (let i: u32 = 0; i < n; i++) set(src, i, i & 1 ? -sizes[s] : sizes[s]);
        const got = partial(squares(src, n), 0), wanted = x * x * <f64>min(n, CHUNK);
        near(0, <f32>(got / wanted), 1, 8);
      }
    }
  });

  it("is finite exactly if all numbers of its chunk are", () => {
    for (let at: u32 = 0; at < 4200; at += at < 20 || at > 4080 ? 1 : 509) {
      for (let b = 0; b < BAD.length; b++) {
        setUp(`Squares with ${BAD[b]} at ${at}`);
        const src = noise(4200);
        set(src, at, BAD[b]);
        const partials = squares(src, 4200), chunk = at / CHUNK;
        assert(!isFinite(partial(partials, chunk)), `${BAD[b]} at ${at} was overlooked`);
        assert(isFinite(partial(partials, 1 - chunk)), `${BAD[b]} at ${at} reached the other chunk`);
      }
    }
  });

  it("reads nothing beyond the end of memory", () => {
    setUp("Squares at the end of memory");
    for (let n: u32 = 1; n < 18; n++) squares(atEndOfMemory(n), n);
  });
});

/** Runs Guard; returns its cells. flag < 0: none. */
function guard(partials: StaticArray<f64>, loss: f32, flag: i32, clip: f32): usize {
  setUp("Guard");
  const chunks = partials.length, from = input(2 * chunks), l = input(1), f = input(1), cells = output(GuardCell.SIZE);
  for (let c = 0; c < chunks; c++) store<f64>(from + (c << 3), partials[c]);
  set(l, 0, loss);
  setInt(f, 0, flag);
  launch(instruction(Opcode.Guard, [cells, from, chunks, l, flag < 0 ? 0 : f, bits(clip)]));
  return cells;
}

describe("Guard", () => {
  it("tells the norm of all gradients", () => {
    const cells = guard([9, 16, 0, 144], 0.5, 0, 0);
    sameInt(GuardCell.FINITE, getInt(cells, GuardCell.FINITE), 1);
    same(GuardCell.NORM, get(cells, GuardCell.NORM), 13);
    same(GuardCell.FACTOR, get(cells, GuardCell.FACTOR), 1);
    same(GuardCell.NORM, get(guard([], 0.5, -1, 0), GuardCell.NORM), 0);
  });
  it("clips a longer gradient to the norm wanted, and leaves a shorter one, as clip_grad_norm_ does", () => {
    near(0, get(guard([25], 1, -1, 0.5), GuardCell.FACTOR), 0.5 / (5 + 1e-6), 0.5);
    near(1, get(guard([25], 1, -1, 5), GuardCell.FACTOR), 5 / (5 + 1e-6), 0.5);
    same(2, get(guard([25], 1, -1, 5.1), GuardCell.FACTOR), 1);
    same(3, get(guard([0], 1, -1, 1), GuardCell.FACTOR), 1);
    near(4, get(guard([1e60], 1, -1, 1), GuardCell.FACTOR), 1e-30, 1);
  });
  it("says not finite if a gradient, the loss or the checked data are not", () => {
    const finite = GuardCell.FINITE;
    sameInt(0, getInt(guard([1, NaN], 1, 0, 1), finite), 0);
    sameInt(1, getInt(guard([Infinity, 1], 1, 0, 0), finite), 0);
    sameInt(2, getInt(guard([1], NaN, 0, 0), finite), 0);
    sameInt(3, getInt(guard([1], -Infinity, -1, 0), finite), 0);
    sameInt(4, getInt(guard([1], 1, 1, 0), finite), 0);
    sameInt(5, getInt(guard([1], 1, 0, 0), finite), 1);
    sameInt(6, getInt(guard([1], 1, -1, 0), finite), 1);
    sameInt(7, getInt(guard([], 3.4028235e38, -1, 0), finite), 1);
  });
});
