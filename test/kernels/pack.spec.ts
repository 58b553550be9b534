// Pack: where each element of the matrix goes, as drawn in assembly/kernels/pack.ts.

import { Opcode, Size } from "../../assembly/isa";
import { atEndOfMemory, get, input, instruction, launch, noise, output, same, set, setUp } from "./support";
import { blockLength } from "./products";

const LINES: StaticArray<u32> = [1, 3, 4, 5, 7, 8, 9, 16, 29];
const DEPTHS: StaticArray<u32> = [1, 3, 4, 5, 7, 255, 256, 257, 513];

function run(dst: usize, src: usize, lines: u32, depth: u32, line: u32, along: u32, width: u32): void {
  launch(instruction(Opcode.Pack, [dst, src, lines, depth, line, along, width]));
}

function packedSize(lines: u32, depth: u32, width: u32): u32 {
  return (lines + width - 1) / width * width * depth;
}

/** Packs and compares every element, those beyond the last line too. */
function runAndCompare(lines: u32, depth: u32, line: u32, along: u32, width: u32): void {
  setUp(`${lines} lines of ${depth}, strides ${line} and ${along}, ${width} wide`);
  const src = noise((lines - 1) * line + (depth - 1) * along + 1), dst = output(packedSize(lines, depth, width));
  run(dst, src, lines, depth, line, along, width);
  const panels = (lines + width - 1) / width, block = blockLength(depth);
  for (let k: u32 = 0; k < depth; k++) {
    const k0 = k / block * block, kc = min(block, depth - k0);
    for (let l: u32 = 0; l < panels * width; l++) {
      const at = k0 * panels * width + l / width * kc * width + (k - k0) * width + l % width;
      same(at, get(dst, at), l < lines ? get(src, l * line + k * along) : 0);
    }
  }
}

describe("Pack", () => {
  it("puts every element into its panel, lines dense or depth dense, for any number of ranks", () => {
    for (let l = 0; l < LINES.length; l++) {
      for (let d = 0; d < DEPTHS.length; d++) {
        const lines = LINES[l], depth = DEPTHS[d];
        for (let width: u32 = Size.MR; width <= <u32>Size.NR; width += 4) {
          runAndCompare(lines, depth, depth, 1, width);
          runAndCompare(lines, depth, 1, lines, width);
        }
      }
    }
  });

  it("packs a part of a wider matrix", () => {
    for (let l = 0; l < LINES.length; l++) {
      for (let width: u32 = Size.MR; width <= <u32>Size.NR; width += 4) {
        runAndCompare(LINES[l], 11, 14, 1, width);
        runAndCompare(LINES[l], 11, 1, LINES[l] + 3, width);
      }
    }
  });

  it("copies bits: NaN, infinities, zeros of either sign and denormals", () => {
    const odd: StaticArray<f32> = [-0, 0, Infinity, -Infinity, NaN, 1e-45, -1e-45, 3.4028235e38];
    for (let width: u32 = Size.MR; width <= <u32>Size.NR; width += 4) {
      setUp("edges");
      const src = input(64), dst = output(64);
      for (let i: u32 = 0; i < 64; i++) set(src, i, odd[(i + i / 8) & 7]);
      run(dst, src, 8, 8, 8, 1, width);
      for (let l: u32 = 0; l < 8; l++)
        for (let k: u32 = 0; k < 8; k++)
          same(l, get(dst, l / width * 8 * width + k * width + l % width), get(src, l * 8 + k));
    }
  });

  it("does nothing where there are no lines or no depth", () => {
    setUp("nothing");
    const src = noise(8), dst = output(0);
    run(dst, src, 0, 5, 5, 1, Size.MR);
    run(dst, src, 5, 0, 1, 5, Size.NR);
  });

  it("reads nothing beyond the end of memory", () => {
    for (let lines: u32 = 1; lines < 18; lines++) {
      for (let depth: u32 = 1; depth < 9; depth++) {
        for (let width: u32 = Size.MR; width <= <u32>Size.NR; width += 4) {
          setUp(`${lines} lines of ${depth} at the end of memory`);
          const src = atEndOfMemory(lines * depth), dst = output(packedSize(lines, depth, width));
          run(dst, src, lines, depth, depth, 1, width);
          run(dst, src, lines, depth, 1, lines, width);
        }
      }
    }
  });
});
