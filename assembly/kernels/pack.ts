// Panels for Gemm. A matrix of LINES × DEPTH (the rows of A, or the columns of B) becomes, for each block of
// depth (see blockDepth) and each group of `width` lines, a panel in which the lines of the group stand side by side:
//
//   depth block 0                            | depth block 1 …
//   panel 0          | panel 1         | …   |
//   k=0 : l0 l1 l2 l3  k=0 : l4 l5 l6 l7
//   k=1 : l0 l1 l2 l3  k=1 : l4 l5 l6 l7
//   …
//
// Lines beyond the last are 0. A panel is read once, front to back, by the register tile.

import { Size } from "../isa";
import { shareEnd, shareStart, split } from "../parallel";

const KC: u32 = Size.KC;

/** Length of the blocks that a depth of k is cut into: equal ones of at most KC, a multiple of 4. It depends on k
 *  alone, so every path adds up an element in the same order. */
export function blockDepth(k: u32): u32 {
  const blocks = (k + KC - 1) / KC;
  return blocks > 1 ? ((k + blocks - 1) / blocks + 3) & ~3 : k;
}

/** See the header; strides in elements, one of them 1; ranks split the panels. */
export function pack(
  dst: usize, src: usize, lines: u32, depth: u32, lineStride: u32, depthStride: u32, width: u32,
  rank: u32, size: u32,
): void {
  const panels = (lines + width - 1) / width, block = blockDepth(depth);
  split(panels, 1, rank, size);
  const start = shareStart, end = shareEnd;
  const line = <usize>lineStride << 2, along = <usize>depthStride << 2;
  for (let k: u32 = 0; k < depth; k += block) {
    const kc = min(block, depth - k);
    let to = dst + ((<usize>k * panels * width + <usize>start * kc * width) << 2);
    for (let p = start; p < end; p++, to += (<usize>kc * width) << 2) {
      const first = p * width, count = min(width, lines - first);
      const from = src + <usize>first * line + <usize>k * along;
      if (count < width) ragged(to, from, count, kc, line, along, width);
      else if (line == 4) sideBySide(to, from, kc, along, width);
      else for (let l: u32 = 0; l < width; l += 4)
        transposed(to + (<usize>l << 2), from + l * line, kc, line, <usize>width << 2);
    }
  }
}

/** The lines of a group already lie side by side. */
function sideBySide(to: usize, from: usize, kc: u32, along: usize, width: u32): void {
  if (width == 4) for (; kc; kc--, to += 16, from += along) v128.store(to, v128.load(from));
  else for (; kc; kc--, to += 32, from += along) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  }
}

/** Four lines that lie one after the other, depth by depth; `pitch` is that of a panel, 16 or 32 bytes. */
function transposed(to: usize, from: usize, kc: u32, line: usize, pitch: usize): void {
  let l1 = from + line, l2 = l1 + line, l3 = l2 + line;
  for (; kc >= 4; kc -= 4, from += 16, l1 += 16, l2 += 16, l3 += 16, to += 4 * pitch) {
    const a = v128.load(from), b = v128.load(l1), c = v128.load(l2), d = v128.load(l3);
    const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const AB = v128.shuffle<i32>(a, b, 2, 6, 3, 7), CD = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    const k0 = v128.shuffle<i64>(ab, cd, 0, 2), k1 = v128.shuffle<i64>(ab, cd, 1, 3);
    const k2 = v128.shuffle<i64>(AB, CD, 0, 2), k3 = v128.shuffle<i64>(AB, CD, 1, 3);
    v128.store(to, k0);
    if (pitch == 16) { // offsets that the compiler knows: 1.4 times as fast as addresses that are added up
      v128.store(to, k1, 16);
      v128.store(to, k2, 32);
      v128.store(to, k3, 48);
    } else {
      v128.store(to, k1, 32);
      v128.store(to, k2, 64);
      v128.store(to, k3, 96);
    }
  }
  for (; kc; kc--, from += 4, l1 += 4, l2 += 4, l3 += 4, to += pitch) {
    store<f32>(to, load<f32>(from));
    store<f32>(to, load<f32>(l1), 4);
    store<f32>(to, load<f32>(l2), 8);
    store<f32>(to, load<f32>(l3), 12);
  }
}

/** The last group, with fewer lines than the panel is wide. */
function ragged(to: usize, from: usize, count: u32, kc: u32, line: usize, along: usize, width: u32): void {
  for (; kc; kc--, from += along) {
    for (let l: u32 = 0; l < width; l++, to += 4) store<f32>(to, l < count ? load<f32>(from + l * line) : 0);
  }
}
