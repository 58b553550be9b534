// Moving numbers: fill, strided copy, conversion, rows by index. No arithmetic.

import { ConvertKind, GatherKind } from "../isa";
import { shareEnd, shareStart, split } from "../parallel";

/** dst[i] = value, i < count; ranks split i. */
export function fill(dst: usize, count: u32, value: u32, rank: u32, size: u32): void {
  split(count, 16, rank, size);
  const end = dst + (<usize>shareEnd << 2);
  let to = dst + (<usize>shareStart << 2);
  const four = i32x4.splat(value);
  for (; to + 16 <= end; to += 16) v128.store(to, four);
  for (; to < end; to += 4) store<u32>(to, value);
}

/** dst[Σ iₖ·dₖ] = src[Σ iₖ·sₖ] for all i; dims: depth × (size, d, s), strides in elements; no overlap of what is
 *  written; ranks split the outermost dimension. */
export function copy(dst: usize, src: usize, depth: u32, dims: usize, rank: u32, size: u32): void {
  const count = load<u32>(dims);
  split(count, 1, rank, size);
  const start = shareStart, end = shareEnd;
  copySlice(dst, src, depth, dims, start, end);
}

function copySlice(dst: usize, src: usize, depth: u32, dims: usize, start: u32, end: u32): void {
  const dstStride = <usize>load<u32>(dims, 4) << 2, srcStride = <usize>load<u32>(dims, 8) << 2;
  dst += start * dstStride;
  src += start * srcStride;
  if (depth > 1) {
    const inner = load<u32>(dims, 12);
    for (; start < end; start++, dst += dstStride, src += srcStride) copySlice(dst, src, depth - 1, dims + 12, 0, inner);
  } else if (dstStride == 4 && srcStride == 4) {
    memory.copy(dst, src, <usize>(end - start) << 2);
  } else {
    for (; start < end; start++, dst += dstStride, src += srcStride) store<u32>(dst, load<u32>(src));
  }
}

/** dst[i] = number of src[i] in the other 4-byte type, rounding towards 0; in place allowed; ranks split i. */
export function convert(kind: u32, dst: usize, src: usize, count: u32, rank: u32, size: u32): void {
  split(count, 16, rank, size);
  const end = <usize>shareEnd << 2;
  let i = <usize>shareStart << 2;
  if (kind == ConvertKind.IntToFloat) for (; i < end; i += 4) store<f32>(dst + i, <f32>load<i32>(src + i));
  else for (; i < end; i += 4) store<i32>(dst + i, <i32>load<f32>(src + i));
}

/** Bytes of rows that are asked for together. The rows of a shuffled batch lie anywhere: one after the other, each would be waited
 *  for. 32 rows of 52 bytes among a million, and their classes, cost 11 µs so, and 3 µs if their cache lines are under way all at once. */
const AHEAD: u32 = 16384;
/** Bytes of a cache line. */
const LINE: u32 = 64;

/** dst[r, :] = table[ids[cursor[0] + r], :], r < rows; dst must not overlap the table; ranks split r. */
export function gather(
  kind: u32, dst: usize, table: usize, ids: usize, cursor: usize, rows: u32, width: u32, rank: u32, size: u32,
): void {
  if (!width) return;
  if (cursor) ids += <usize>load<u32>(cursor) << 2;
  split(rows, 1, rank, size);
  const word = kind == GatherKind.Word, bytes = word ? width << 2 : width, some = <usize>max<u32>(1, AHEAD / bytes) << 2;
  const end = ids + (<usize>shareEnd << 2);
  dst += (<usize>shareStart * width) << 2;
  ids += <usize>shareStart << 2;
  if (ids >= end) return;
  touch(dst, table, ids, end, bytes, bytes); // pages first: 64 rows of 3136 bytes among 60,000 cost 45 µs without, and 38 µs so
  do {
    const stop = ids + min(some, end - ids);
    touch(dst, table, ids, stop, bytes, LINE);
    for (; ids < stop; ids += 4, dst += <usize>width << 2) {
      const from = table + <usize>load<u32>(ids) * bytes;
      if (!word) bytesToFloats(dst, from, width);
      else copyWords(dst, from, width);
    }
  } while (ids < end);
}

/** Asks for rows, `step` bytes at a time and for the last one of each. */
function touch(dst: usize, table: usize, ids: usize, end: usize, bytes: u32, step: u32): void {
  let touched: u32 = 0;
  for (; ids < end; ids += 4) {
    const from = table + <usize>load<u32>(ids) * bytes, last = from + bytes - 1;
    touched |= load<u8>(last);
    for (let at = from; at < last; at += step) touched |= load<u8>(at);
  }
  store<u32>(dst, touched); // for now, so that the loads are not left out
}

/** As memory.copy, which is a call out of WebAssembly: of 52 bytes, twice as fast. */
function copyWords(to: usize, from: usize, count: u32): void {
  for (; count >= 4; count -= 4, from += 16, to += 16) v128.store(to, v128.load(from));
  for (; count; count--, from += 4, to += 4) store<u32>(to, load<u32>(from));
}

/** They are below 2^31: a conversion of signed numbers does, which is one instruction, and the other one ten (Node 20: half the time). */
function bytesToFloats(to: usize, from: usize, count: u32): void {
  for (; count >= 8; count -= 8, from += 8, to += 32) {
    const eight = v128.load_ext<u8>(from);
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(eight)));
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(eight)), 16);
  }
  for (; count; count--, from++, to += 4) store<f32>(to, <f32>load<u8>(from));
}

/** dst[o, i] = src[o, ids[o, i], i], or NaN where the index lies outside; ranks split o. */
export function pick(
  dst: usize, src: usize, ids: usize, outer: u32, axis: u32, inner: u32, rank: u32, size: u32,
): void {
  split(outer, 1, rank, size);
  const end = shareEnd;
  for (let o = shareStart; o < end; o++) {
    for (let i: u32 = 0; i < inner; i++) {
      const at = (<usize>o * inner + i) << 2;
      const index = load<u32>(ids + at);
      store<f32>(dst + at, index < axis ? load<f32>(src + (((<usize>o * axis + index) * inner + i) << 2)) : NaN);
    }
  }
}

/** dst[o, a, i] = a == ids[o, i] ? src[o, i] : 0; no overlap; ranks split o. */
export function place(
  dst: usize, src: usize, ids: usize, outer: u32, axis: u32, inner: u32, rank: u32, size: u32,
): void {
  split(outer, 1, rank, size);
  const end = shareEnd;
  for (let o = shareStart; o < end; o++) {
    const block = dst + ((<usize>o * axis * inner) << 2);
    memory.fill(block, 0, (<usize>axis * inner) << 2);
    for (let i: u32 = 0; i < inner; i++) {
      const at = (<usize>o * inner + i) << 2;
      const index = load<u32>(ids + at);
      if (index < axis) store<f32>(block + ((<usize>index * inner + i) << 2), load<f32>(src + at));
    }
  }
}
