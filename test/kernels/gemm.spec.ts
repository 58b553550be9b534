// Gemm and Direct: each element has the bits of one plain loop, whatever the path, the tile or the number of ranks.

import { Opcode, Size } from "../../assembly/isa";
import { atEndOfMemory, get, input, instruction, launch, noise, output, outputOf, same, set, setUp, within } from "./support";
import { Product } from "./products";

const ROWS: StaticArray<u32> = [1, 2, 3, 4, 5, 7, 8, 9, 17];
const COLUMNS: StaticArray<u32> = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23];
const DEPTHS: StaticArray<u32> = [1, 3, 4, 5, 16];

function name(m: u32, n: u32, k: u32, layout: u32): string {
  return `${m} × ${k} times ${k} × ${n}, ${layout & 1 ? "T" : "N"}${layout & 2 ? "T" : "N"}`;
}

/** The product by every path, in one of the layouts NN, TN, NT, TT (0 … 3), equals the plain loop. */
function everyPath(m: u32, n: u32, k: u32, layout: u32): void {
  setUp(name(m, n, k, layout));
  const p = new Product(m, n, k, (layout & 1) != 0, (layout & 2) != 0), a = noise(m * k), b = noise(k * n);
  const packed = p.packed(a, b), inPlace = p.packed(a, b, true, true), half = p.packed(a, b, false, true), direct = p.direct(a, b);
  for (let i: u32 = 0; i < m; i++) {
    for (let j: u32 = 0; j < n; j++) {
      const wanted = p.element(a, b, i, j);
      same(i * n + j, get(packed, i * n + j), wanted);
      same(i * n + j, get(inPlace, i * n + j), wanted);
      same(i * n + j, get(half, i * n + j), wanted);
      same(i * n + j, get(direct, i * n + j), wanted);
    }
  }
}

describe("Matrix products", () => {
  it("have the same bits by Gemm, by Direct and by a plain loop, at every edge of the tile, in all layouts", () => {
    for (let layout: u32 = 0; layout < 4; layout++)
      for (let m = 0; m < ROWS.length; m++)
        for (let n = 0; n < COLUMNS.length; n++)
          for (let k = 0; k < DEPTHS.length; k++) everyPath(ROWS[m], COLUMNS[n], DEPTHS[k], layout);
  });

  it("have them across blocks of depth", () => {
    const depths: StaticArray<u32> = [255, 256, 257, 511, 512, 513, 784];
    for (let layout: u32 = 0; layout < 4; layout++) {
      for (let k = 0; k < depths.length; k++) {
        everyPath(1, 17, depths[k], layout);
        everyPath(5, 9, depths[k], layout);
        everyPath(5, 8, depths[k], layout); // A in its place, and m no multiple of MR
        everyPath(4, 5, depths[k], layout);
        everyPath(9, 21, depths[k], layout);
      }
    }
  });

  it("have them where the rows fill more than one block of panels, or columns are many", () => {
    const rows: StaticArray<u32> = [127, 128, 129, 131, 132, 133, 260];
    for (let m = 0; m < rows.length; m++) everyPath(rows[m], 9, 3, m & 3);
    everyPath(5, 300, 3, 0);
    everyPath(2, 300, 3, 2);
    everyPath(130, 70, 260, 1);
  });

  it("give a row the same bits alone and among 2 … 64 others", () => {
    const n: u32 = 13, k: u32 = 300;
    for (let m: u32 = 1; m <= 64; m += m < 9 ? 1 : 55) {
      setUp(`rows among ${m}`);
      const a = noise(64 * k), b = noise(k * n);
      const many = new Product(m, n, k).packed(a, b), few = new Product(m, n, k).direct(a, b);
      for (let i: u32 = 0; i < m; i++) {
        const alone = new Product(1, n, k).direct(a + ((i * k) << 2), b);
        for (let j: u32 = 0; j < n; j++) {
          same(i * n + j, get(many, i * n + j), get(alone, j));
          same(i * n + j, get(few, i * n + j), get(alone, j));
        }
      }
    }
  });

  it("are close to f64", () => {
    setUp("784 deep");
    const p = new Product(6, 10, 784), a = noise(6 * 784, 1), b = noise(784 * 10, 1), c = p.packed(a, b);
    // Σ |a·b| is about 784 / 4, partial sums about its root: some hundred roundings of at most 2⁻²⁴ · 16 each
    for (let i: u32 = 0; i < 6; i++)
      for (let j: u32 = 0; j < 10; j++) within(i * 10 + j, get(c, i * 10 + j), p.exact(a, b, i, j), 200);
  });

  it("keep NaN, infinities, denormals and zeros in their own rows and columns", () => {
    setUp("edges");
    const p = new Product(9, 19, 6), a = input(9 * 6), b = input(6 * 19);
    for (let i: u32 = 0; i < 9 * 6; i++) set(a, i, <f32>i - 20);
    for (let i: u32 = 0; i < 6 * 19; i++) set(b, i, <f32>(i % 7) - 3);
    set(a, 1 * 6 + 2, NaN);
    set(a, 3 * 6 + 5, Infinity);
    set(b, 4 * 19 + 18, -Infinity);
    set(b, 0 * 19 + 7, NaN);
    for (let k: u32 = 0; k < 6; k++) { set(a, 5 * 6 + k, -0); set(a, 6 * 6 + k, 1e-45); set(b, k * 19 + 2, 0.5); }
    const packed = p.packed(a, b), direct = p.direct(a, b);
    for (let i: u32 = 0; i < 9; i++) {
      for (let j: u32 = 0; j < 19; j++) {
        same(i * 19 + j, get(packed, i * 19 + j), p.element(a, b, i, j));
        same(i * 19 + j, get(direct, i * 19 + j), p.element(a, b, i, j));
        if (i != 1 && i != 3 && j != 7 && j != 18) assert(isFinite(get(packed, i * 19 + j)), "NaN has spread");
      }
    }
    same(0, get(packed, 5 * 19), 0); // sums start at +0
  });

  it("are nothing without rows or columns", () => {
    setUp("no rows or columns");
    const a = noise(64), b = noise(64), none = output(0);
    launch(instruction(Opcode.Gemm, [none, a, b, 0, 5, 4, 0, 0]));
    launch(instruction(Opcode.Gemm, [none, a, b, 5, 0, 4, 0, 0]));
    launch(instruction(Opcode.Direct, [none, a, b, 0, 5, 4, 4, 1, 5]));
    launch(instruction(Opcode.Direct, [none, a, b, 5, 0, 4, 4, 1, 0]));
  });

  it("read nothing beyond the end of memory", () => {
    for (let layout: u32 = 0; layout < 4; layout++) {
      for (let m: u32 = 1; m < 6; m++) {
        for (let n: u32 = 1; n < 18; n++) {
          setUp(`${name(m, n, 5, layout)} at the end of memory`);
          const p = new Product(m, n, 5, (layout & 1) != 0, (layout & 2) != 0);
          p.direct(atEndOfMemory(m * 5), noise(5 * n));
          p.direct(noise(m * 5), atEndOfMemory(5 * n));
          p.packed(atEndOfMemory(m * 5), noise(5 * n), true, true);
          p.packed(noise(m * 5), atEndOfMemory(5 * n), true, true);
        }
      }
    }
    setUp("panels at the end of memory");
    launch(instruction(Opcode.Gemm, [output(15), atEndOfMemory(Size.MR * 7), noise(Size.NR * 7), 3, 5, 7, 0, 0]));
    launch(instruction(Opcode.Gemm, [output(15), noise(Size.MR * 7), atEndOfMemory(Size.NR * 7), 3, 5, 7, 0, 0]));
  });
});
