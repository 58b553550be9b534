// What the machine can do in this engine: loops that do nothing but arithmetic, or nothing but loads and stores, with the
// vectors of 128 bits that the core has. A module of its own: only a profile and the bench load it.
//
// Streams: loads come from `from`, `from + stride` …, stores go to `to`, `to + stride` …, each of `bytes` (a multiple of 64);
// `to` may be `from`. All of it is done `times` times.

import { Version } from "../isa";

/** First byte that is free. */
export const heapBase: usize = __heap_base;

/** Built together with the core. */
export function isaVersion(): u32 {
  return Version.ISA;
}

// Constants are loaded: engines that know them make each vector of them anew wherever it is used (Node 24: a fifth of the rate).
const NUMBERS = memory.data<f32>([0.5, 0.25, 1.5, 1, 1e-6, 0.9, 0.1, 0.999, 0.001, 1e-8]);

// @ts-ignore: decorator
@inline
function number(i: usize): v128 {
  return v128.load32_splat(NUMBERS + (i << 2));
}

/** Twelve chains of a product and a sum in registers: 96 operations each time. */
export function multiplyAdd(times: u32): f32 {
  const a = number(0), b = number(1);
  let c0 = a, c1 = b, c2 = a, c3 = b, c4 = a, c5 = b, c6 = a, c7 = b, c8 = a, c9 = b, c10 = a, c11 = b;
  for (; times; times--) {
    c0 = f32x4.add(f32x4.mul(c0, a), b);
    c1 = f32x4.add(f32x4.mul(c1, a), b);
    c2 = f32x4.add(f32x4.mul(c2, a), b);
    c3 = f32x4.add(f32x4.mul(c3, a), b);
    c4 = f32x4.add(f32x4.mul(c4, a), b);
    c5 = f32x4.add(f32x4.mul(c5, a), b);
    c6 = f32x4.add(f32x4.mul(c6, a), b);
    c7 = f32x4.add(f32x4.mul(c7, a), b);
    c8 = f32x4.add(f32x4.mul(c8, a), b);
    c9 = f32x4.add(f32x4.mul(c9, a), b);
    c10 = f32x4.add(f32x4.mul(c10, a), b);
    c11 = f32x4.add(f32x4.mul(c11, a), b);
  }
  c0 = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
  return f32x4.extract_lane(f32x4.add(c0, f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11))), 0);
}

/** The same with the loads of a micro-kernel of 4 × 8: for each step in depth four numbers of `a` and eight of `b`, 64
 *  operations. Panels of a depth of some hundred stay in the first-level cache. */
export function multiplyAddLoads(a: usize, b: usize, depth: u32, times: u32): f32 {
  let all = f32x4.splat(0);
  for (; times; times--) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    let p = a, q = b;
    for (const end = a + (<usize>depth << 4); p < end; p += 16, q += 32) {
      const b0 = v128.load(q), b1 = v128.load(q, 16);
      let s = v128.load32_splat(p);
      c00 = f32x4.add(c00, f32x4.mul(s, b0));
      c01 = f32x4.add(c01, f32x4.mul(s, b1));
      s = v128.load32_splat(p, 4);
      c10 = f32x4.add(c10, f32x4.mul(s, b0));
      c11 = f32x4.add(c11, f32x4.mul(s, b1));
      s = v128.load32_splat(p, 8);
      c20 = f32x4.add(c20, f32x4.mul(s, b0));
      c21 = f32x4.add(c21, f32x4.mul(s, b1));
      s = v128.load32_splat(p, 12);
      c30 = f32x4.add(c30, f32x4.mul(s, b0));
      c31 = f32x4.add(c31, f32x4.mul(s, b1));
    }
    all = f32x4.add(f32x4.add(f32x4.add(c00, c01), f32x4.add(c10, c11)), f32x4.add(f32x4.add(c20, c21), f32x4.add(c30, c31)));
  }
  return f32x4.extract_lane(all, 0);
}

/** Eight chains of quotients: 32 each time. */
export function divide(times: u32): f32 {
  const a = number(2);
  let c0 = number(3), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  for (; times; times--) {
    c0 = f32x4.div(a, c0);
    c1 = f32x4.div(a, c1);
    c2 = f32x4.div(a, c2);
    c3 = f32x4.div(a, c3);
    c4 = f32x4.div(a, c4);
    c5 = f32x4.div(a, c5);
    c6 = f32x4.div(a, c6);
    c7 = f32x4.div(a, c7);
  }
  return f32x4.extract_lane(f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7))), 0);
}

/** One stream of loads. */
export function load1(from: usize, to: usize, stride: usize, bytes: usize, times: u32): i32 {
  let a = i32x4.splat(0), b = a, c = a, d = a;
  for (; times; times--)
    for (let p = from, end = from + bytes; p < end; p += 64) {
      a = v128.or(a, v128.load(p));
      b = v128.or(b, v128.load(p, 16));
      c = v128.or(c, v128.load(p, 32));
      d = v128.or(d, v128.load(p, 48));
    }
  return i32x4.extract_lane(v128.or(v128.or(a, b), v128.or(c, d)), 0);
}

/** One stream of stores. */
export function store1(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  const one = number(3);
  for (; times; times--)
    for (let p = to, end = to + bytes; p < end; p += 64) {
      v128.store(p, one);
      v128.store(p, one, 16);
      v128.store(p, one, 32);
      v128.store(p, one, 48);
    }
}

export function load1Store1(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  for (; times; times--) {
    let p = from, q = to;
    for (const end = to + bytes; q < end; p += 64, q += 64) {
      const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
      v128.store(q, a);
      v128.store(q, b, 16);
      v128.store(q, c, 32);
      v128.store(q, d, 48);
    }
  }
}

export function load2Store1(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  for (; times; times--) {
    let p = from, r = from + stride, q = to;
    for (const end = to + bytes; q < end; p += 64, r += 64, q += 64) {
      v128.store(q, v128.xor(v128.load(p), v128.load(r)));
      v128.store(q, v128.xor(v128.load(p, 16), v128.load(r, 16)), 16);
      v128.store(q, v128.xor(v128.load(p, 32), v128.load(r, 32)), 32);
      v128.store(q, v128.xor(v128.load(p, 48), v128.load(r, 48)), 48);
    }
  }
}

export function load3Store1(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  for (; times; times--) {
    let p = from, r = from + stride, s = r + stride, q = to;
    for (const end = to + bytes; q < end; p += 32, r += 32, s += 32, q += 32) {
      v128.store(q, v128.xor(v128.xor(v128.load(p), v128.load(r)), v128.load(s)));
      v128.store(q, v128.xor(v128.xor(v128.load(p, 16), v128.load(r, 16)), v128.load(s, 16)), 16);
    }
  }
}

export function load3Store2(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  for (; times; times--) {
    let p = from, r = from + stride, s = r + stride, q = to, t = to + stride;
    for (const end = to + bytes; q < end; p += 32, r += 32, s += 32, q += 32, t += 32) {
      const a = v128.load(s), b = v128.load(s, 16);
      v128.store(q, v128.xor(v128.load(p), a));
      v128.store(t, v128.xor(v128.load(r), a));
      v128.store(q, v128.xor(v128.load(p, 16), b), 16);
      v128.store(t, v128.xor(v128.load(r, 16), b), 16);
    }
  }
}

export function load4Store3(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  for (; times; times--) {
    let p = from, r = from + stride, s = r + stride, g = s + stride, q = to, t = to + stride, u = t + stride;
    for (const end = to + bytes; q < end; p += 32, r += 32, s += 32, g += 32, q += 32, t += 32, u += 32) {
      const a = v128.load(g), b = v128.load(g, 16);
      v128.store(q, v128.xor(v128.load(p), a));
      v128.store(t, v128.xor(v128.load(r), a));
      v128.store(u, v128.xor(v128.load(s), a));
      v128.store(q, v128.xor(v128.load(p, 16), b), 16);
      v128.store(t, v128.xor(v128.load(r, 16), b), 16);
      v128.store(u, v128.xor(v128.load(s, 16), b), 16);
    }
  }
}

/** Streams p and g: p −= rate · g */
export function sgd(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  const rate = number(4);
  for (; times; times--) {
    let p = from, g = from + stride, q = to;
    for (const end = to + bytes; q < end; p += 64, g += 64, q += 64) {
      v128.store(q, f32x4.sub(v128.load(p), f32x4.mul(rate, v128.load(g))));
      v128.store(q, f32x4.sub(v128.load(p, 16), f32x4.mul(rate, v128.load(g, 16))), 16);
      v128.store(q, f32x4.sub(v128.load(p, 32), f32x4.mul(rate, v128.load(g, 32))), 32);
      v128.store(q, f32x4.sub(v128.load(p, 48), f32x4.mul(rate, v128.load(g, 48))), 48);
    }
  }
}

/** Streams p, m, v and g: m = 0.9 m + 0.1 g; v = 0.999 v + 0.001 g²; p −= rate · m / (√v + ε) */
export function adam(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  const rate = number(4), beta1 = number(5), rest1 = number(6), beta2 = number(7), rest2 = number(8), epsilon = number(9);
  for (; times; times--) {
    let p = from, m = from + stride, v = m + stride, g = v + stride, q = to, s = to + stride, t = s + stride;
    for (const end = to + bytes; q < end; p += 16, m += 16, v += 16, g += 16, q += 16, s += 16, t += 16) {
      const d = v128.load(g);
      const first = f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(rest1, d));
      const second = f32x4.add(f32x4.mul(beta2, v128.load(v)), f32x4.mul(rest2, f32x4.mul(d, d)));
      v128.store(s, first);
      v128.store(t, second);
      v128.store(q, f32x4.sub(v128.load(p), f32x4.mul(rate, f32x4.div(first, f32x4.add(f32x4.sqrt(second), epsilon)))));
    }
  }
}

/** memory.copy */
export function copy(from: usize, to: usize, stride: usize, bytes: usize, times: u32): void {
  for (; times; times--) memory.copy(to, from, bytes);
}
