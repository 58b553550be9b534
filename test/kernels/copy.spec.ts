// Fill, Copy, Convert, Gather, Pick, Place: which number goes where.

import { ConvertKind, GatherKind, Opcode } from "../../assembly/isa";
import {
  atEndOfMemory, bits, COUNTS, EDGES, get, getInt, input, instruction, integers, launch, noise, output, outputOf, randomBits, same,
  sameInt, set, setInt, setUp,
} from "./support";

describe("Fill", () => {
  it("writes the value to every element and to no other", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      setUp(`Fill of ${COUNTS[c]}`);
      const dst = output(COUNTS[c]);
      launch(instruction(Opcode.Fill, [dst, COUNTS[c], bits(-1.5)]));
      for (let i: u32 = 0; i < COUNTS[c]; i++) same(i, get(dst, i), -1.5);
    }
  });
  it("takes the bits of a whole number", () => {
    setUp("Fill with −7");
    const dst = output(21);
    launch(instruction(Opcode.Fill, [dst, 21, -7]));
    for (let i: u32 = 0; i < 21; i++) sameInt(i, getInt(dst, i), -7);
  });
});

/** Runs Copy and compares with a walk over all indices. dims: (size, stride in dst, stride in src). */
function copyAndCompare(dst: usize, src: usize, dims: StaticArray<u32>): void {
  const depth = dims.length / 3;
  launch(instruction(Opcode.Copy, StaticArray.concat<u32>([dst, src, depth], dims)));
  let count: u32 = 1;
  for (let d = 0; d < depth; d++) count *= dims[3 * d];
  for (let i: u32 = 0; i < count; i++) {
    let rest = i, to: u32 = 0, from: u32 = 0;
    for (let d = depth - 1; d >= 0; d--) {
      const index = rest % dims[3 * d];
      rest /= dims[3 * d];
      to += index * dims[3 * d + 1];
      from += index * dims[3 * d + 2];
    }
    sameInt(to, getInt(dst, to), getInt(src, from));
  }
}

describe("Copy", () => {
  it("copies a dense tensor of any length, bit for bit", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      setUp(`Copy of ${COUNTS[c]}`);
      const src = integers(COUNTS[c], i32.MIN_VALUE, -1);
      copyAndCompare(output(COUNTS[c]), src, [COUNTS[c], 1, 1]);
    }
  });
  it("transposes, stretches, steps and cuts, up to five dimensions", () => {
    setUp("Copy with strides");
    const src = noise(800);
    copyAndCompare(output(35), src, [5, 7, 1, 7, 1, 5]);                      // [7, 5] transposed
    copyAndCompare(output(35), src, [5, 1, 7, 7, 5, 1]);                      // into a transposed one
    copyAndCompare(output(60), src, [3, 20, 4, 4, 5, 1, 5, 1, 12]);           // [5, 3, 4] → [3, 4, 5]
    copyAndCompare(output(60), src, [3, 20, 0, 4, 5, 1, 5, 1, 0]);            // a row of four stretched
    copyAndCompare(output(24), src, [4, 6, 9, 6, 1, 1]);                      // a window of a wider matrix
    copyAndCompare(output(4 * 9), src, [4, 9, 6, 6, 1, 1]);                   // into a wider one
    copyAndCompare(output(17), src, [17, 1, 3]);                              // every third
    copyAndCompare(output(49), src, [17, 3, 1]);                              // to every third
    copyAndCompare(output(72), src, [2, 36, 1, 3, 12, 2, 2, 6, 6, 3, 2, 12, 2, 1, 36]);
    copyAndCompare(output(1), src, [1, 0, 0]);
  });
  it("leaves alone what lies between", () => {
    setUp("Copy to every third");
    const before = noise(49), dst = outputOf(before, 49), src = noise(17);
    copyAndCompare(dst, src, [17, 3, 1]);
    for (let i: u32 = 0; i < 49; i++) if (i % 3) same(i, get(dst, i), get(before, i));
  });
  it("does nothing where a dimension is 0", () => {
    setUp("Copy of nothing");
    copyAndCompare(output(0), noise(4), [0, 4, 4, 4, 1, 1]);
    copyAndCompare(output(0), noise(4), [4, 1, 1, 0, 1, 1]);
  });
});

describe("Convert", () => {
  it("turns whole numbers into floats, rounded to nearest", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      setUp(`IntToFloat of ${COUNTS[c]}`);
      const src = integers(COUNTS[c], i32.MIN_VALUE, i32.MAX_VALUE), dst = output(COUNTS[c]);
      launch(instruction(Opcode.Convert, [ConvertKind.IntToFloat, dst, src, COUNTS[c]]));
      for (let i: u32 = 0; i < COUNTS[c]; i++) same(i, get(dst, i), <f32>(<f64>getInt(src, i)));
    }
  });
  it("turns floats into whole numbers, towards 0; NaN is 0, and what is too large the largest, never a trap", () => {
    setUp("FloatToInt");
    const from: StaticArray<f32> = [0, -0, 0.99, -0.99, 1.5, -1.5, 2147483500, -2147483600, 3e9, -3e9, Infinity, -Infinity, NaN, 1e-45];
    const to: StaticArray<i32> = [
      0, 0, 0, 0, 1, -1, 2147483520, -2147483648, i32.MAX_VALUE, i32.MIN_VALUE, i32.MAX_VALUE, i32.MIN_VALUE, 0, 0,
    ];
    const n = from.length, src = input(n), dst = output(n);
    for (let i = 0; i < n; i++) set(src, i, from[i]);
    launch(instruction(Opcode.Convert, [ConvertKind.FloatToInt, dst, src, n]));
    for (let i = 0; i < n; i++) sameInt(i, getInt(dst, i), to[i]);
  });
  it("works in place", () => {
    setUp("there and back");
    const src = integers(113, -1000, 1000), dst = outputOf(src, 113);
    launch(instruction(Opcode.Convert, [ConvertKind.IntToFloat, dst, dst, 113]));
    for (let i: u32 = 0; i < 113; i++) same(i, get(dst, i), <f32>getInt(src, i));
    launch(instruction(Opcode.Convert, [ConvertKind.FloatToInt, dst, dst, 113]));
    for (let i: u32 = 0; i < 113; i++) sameInt(i, getInt(dst, i), getInt(src, i));
  });
});

describe("Gather", () => {
  it("copies rows by index, first and last and repeated ones, from a cursor on", () => {
    for (let c = 0; c < COUNTS.length; c++) {
      for (let start: u32 = 0; start < 6; start += 5) {
        const width = COUNTS[c], rows: u32 = 9;
        setUp(`Gather of rows of ${width} from ${start} on`);
        const table = noise(7 * width), ids = integers(start + rows, 0, 7), cursor = input(1), dst = output(rows * width);
        setInt(ids, start, 6);
        setInt(ids, start + 1, 0);
        setInt(cursor, 0, start);
        launch(instruction(Opcode.Gather, [GatherKind.Word, dst, table, ids, start ? cursor : 0, rows, width]));
        for (let i: u32 = 0; i < rows * width; i++)
          same(i, get(dst, i), get(table, getInt(ids, start + i / width) * width + i % width));
      }
    }
  });
  it("turns bytes into floats: 0 … 255, for rows of any width and alignment", () => {
    for (let width: u32 = 0; width < 19; width++) {
      setUp(`Gather of rows of ${width} bytes`);
      const table = input(64), ids = integers(9, 0, 13), dst = output(9 * width);
      for (let i: usize = 0; i < 256; i++) store<u8>(table + i, <u8>(255 - i));
      launch(instruction(Opcode.Gather, [GatherKind.ByteToFloat, dst, table, ids, 0, 9, width]));
      for (let i: u32 = 0; i < 9 * width; i++)
        same(i, get(dst, i), <f32>load<u8>(table + getInt(ids, i / width) * width + i % width));
    }
  });
  it("takes more rows than it asks for together, and long ones", () => {
    for (let width: u32 = 60; width < 10000; width *= 80) {
      setUp(`Gather of rows of ${width}`);
      const rows: u32 = width > 1000 ? 4 : 90, some: u32 = width > 1000 ? 2 : 40;
      const table = noise(some * width), ids = integers(rows, 0, some), dst = output(rows * width);
      launch(instruction(Opcode.Gather, [GatherKind.Word, dst, table, ids, 0, rows, width]));
      for (let i: u32 = 0; i < rows * width; i++) same(i, get(dst, i), get(table, getInt(ids, i / width) * width + i % width));
      launch(instruction(Opcode.Gather, [GatherKind.ByteToFloat, dst, table, ids, 0, rows, width]));
      for (let i: u32 = 0; i < rows * width; i++) same(i, get(dst, i), <f32>load<u8>(table + getInt(ids, i / width) * width + i % width));
    }
  });
  it("reads nothing beyond the end of memory", () => {
    for (let width: u32 = 1; width < 19; width++) {
      setUp("Gather at the end of memory");
      const id = input(1), dst = output(width);
      setInt(id, 0, 0);
      launch(instruction(Opcode.Gather, [GatherKind.Word, dst, atEndOfMemory(width), id, 0, 1, width]));
      const last = atEndOfMemory((width + 3) / 4) + (width + 3) / 4 * 4 - width;
      launch(instruction(Opcode.Gather, [GatherKind.ByteToFloat, dst, last, id, 0, 1, width]));
    }
  });
});

describe("Pick", () => {
  it("takes one number of each column, NaN where the index lies outside", () => {
    const inners: StaticArray<u32> = [0, 1, 3, 4, 5, 17];
    for (let n = 0; n < inners.length; n++) {
      const outer: u32 = 13, axis: u32 = 5, inner = inners[n];
      setUp(`Pick of ${inner} columns`);
      const src = noise(outer * axis * inner), ids = integers(outer * inner, 0, 5), dst = output(outer * inner);
      for (let i: u32 = 3; i < outer * inner; i += 7) setInt(ids, i, i & 1 ? 5 : i & 2 ? -1 : randomBits() | i32.MIN_VALUE);
      launch(instruction(Opcode.Pick, [dst, src, ids, outer, axis, inner]));
      for (let i: u32 = 0; i < outer * inner; i++) {
        const index = getInt(ids, i), inside = index >= 0 && index < 5;
        same(i, get(dst, i), inside ? get(src, (i / inner * axis + index) * inner + i % inner) : NaN);
      }
    }
  });
});

describe("Place", () => {
  it("puts one number into each column of zeros, none where the index lies outside", () => {
    const inners: StaticArray<u32> = [0, 1, 3, 4, 5, 17];
    for (let n = 0; n < inners.length; n++) {
      const outer: u32 = 13, axis: u32 = 5, inner = inners[n];
      setUp(`Place into ${inner} columns`);
      const src = noise(outer * inner), ids = integers(outer * inner, 0, 5), dst = output(outer * axis * inner);
      for (let i: u32 = 3; i < outer * inner; i += 7) setInt(ids, i, i & 1 ? 5 : i & 2 ? -1 : randomBits() | i32.MIN_VALUE);
      launch(instruction(Opcode.Place, [dst, src, ids, outer, axis, inner]));
      for (let i: u32 = 0; i < outer * axis * inner; i++) {
        const o = i / inner / axis, a = i / inner % axis, at = o * inner + i % inner;
        same(i, get(dst, i), getInt(ids, at) == <i32>a ? get(src, at) : 0);
      }
    }
  });
  it("keeps NaN, infinities and the sign of zero", () => {
    setUp("Place of edges");
    const n = <u32>EDGES.length, src = input(n), ids = integers(n, 1, 2), dst = output(2 * n);
    for (let i: u32 = 0; i < n; i++) set(src, i, EDGES[i]);
    launch(instruction(Opcode.Place, [dst, src, ids, n, 2, 1]));
    for (let i: u32 = 0; i < n; i++) { same(i, get(dst, 2 * i), 0); same(i, get(dst, 2 * i + 1), EDGES[i]); }
  });
});
