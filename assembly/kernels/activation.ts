// Functions of one number, forward and derivative side by side. A class is a row of the catalogue: f(x), and
// df(v) where v is the input or the output, as isa.ts says of the kind; p and q are its parameters, splat.

import { MapKind } from "../isa";
import { loadPart, read, storePart, write } from "../lanes";
import { erf, exp, expm1, expOf, log, sigmoid, sigmoidOf, softplus, tanh } from "../math";
import { share } from "../parallel";

@final class Relu {
  // pmax(x, 0) is x where x is NaN
  @inline f(x: v128, p: v128, q: v128): v128 { return f32x4.pmax(x, f32x4.splat(0)); }
  @inline df(g: v128, y: v128, p: v128, q: v128): v128 { return v128.andnot(g, f32x4.le(y, f32x4.splat(0))); }
}

@final class LeakyRelu {
  @inline f(x: v128, p: v128, q: v128): v128 {
    return v128.bitselect(x, f32x4.mul(x, p), f32x4.gt(x, f32x4.splat(0)));
  }
  @inline df(g: v128, x: v128, p: v128, q: v128): v128 {
    return v128.bitselect(g, f32x4.mul(g, p), f32x4.gt(x, f32x4.splat(0)));
  }
}

@final class Sigmoid {
  @inline f(x: v128, p: v128, q: v128): v128 { return sigmoid(x); }
  @inline df(g: v128, y: v128, p: v128, q: v128): v128 {
    return f32x4.mul(g, f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)));
  }
}

@final class Tanh {
  @inline f(x: v128, p: v128, q: v128): v128 { return tanh(x); }
  @inline df(g: v128, y: v128, p: v128, q: v128): v128 {
    return f32x4.mul(g, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
  }
}

@final class Exp {
  @inline f(x: v128, p: v128, q: v128): v128 { return exp(x); }
  @inline df(g: v128, y: v128, p: v128, q: v128): v128 { return f32x4.mul(g, y); }
}

@final class Log {
  @inline f(x: v128, p: v128, q: v128): v128 { return log(x); }
  @inline df(g: v128, x: v128, p: v128, q: v128): v128 { return f32x4.div(g, x); }
}

@final class Sqrt {
  @inline f(x: v128, p: v128, q: v128): v128 { return f32x4.sqrt(x); }
  @inline df(g: v128, y: v128, p: v128, q: v128): v128 { return f32x4.div(g, f32x4.add(y, y)); }
}

@final class Square {
  @inline f(x: v128, p: v128, q: v128): v128 { return f32x4.mul(x, x); }
  @inline df(g: v128, x: v128, p: v128, q: v128): v128 { return f32x4.mul(g, f32x4.add(x, x)); }
}

@final class Abs {
  @inline f(x: v128, p: v128, q: v128): v128 { return f32x4.abs(x); }
  // g · sign x, and 0 at 0; NaN where x is NaN, whose sign is the engine's
  @inline df(g: v128, x: v128, p: v128, q: v128): v128 {
    const signed = v128.xor(g, v128.and(x, i32x4.splat(0x80000000)));
    return v128.bitselect(x, v128.andnot(signed, f32x4.eq(x, f32x4.splat(0))), f32x4.ne(x, x));
  }
}

@final class Scale {
  @inline f(x: v128, p: v128, q: v128): v128 { return f32x4.mul(p, x); }
}

@final class Erf {
  @inline f(x: v128, p: v128, q: v128): v128 { return erf(x); }
  // 2/√π · e^−x²
  @inline df(g: v128, x: v128, p: v128, q: v128): v128 {
    return f32x4.mul(g, f32x4.mul(f32x4.splat(1.12837917), expOf(f32x4.neg(f32x4.mul(x, x)))));
  }
}

@final class Clamp {
  @inline f(x: v128, p: v128, q: v128): v128 { return f32x4.min(f32x4.max(x, p), q); }
  @inline df(g: v128, x: v128, p: v128, q: v128): v128 {
    return v128.andnot(g, v128.or(f32x4.le(x, p), f32x4.ge(x, q)));
  }
}

@final class Elu {
  @inline f(x: v128, p: v128, q: v128): v128 {
    return v128.bitselect(x, f32x4.mul(p, expm1(f32x4.mul(q, x))), f32x4.gt(x, f32x4.splat(0)));
  }
  @inline df(g: v128, x: v128, p: v128, q: v128): v128 {
    const slope = f32x4.mul(f32x4.mul(p, q), expOf(f32x4.mul(q, x)));
    return v128.bitselect(g, f32x4.mul(g, slope), f32x4.gt(x, f32x4.splat(0)));
  }
}

@final class Softplus {
  @inline f(x: v128, p: v128, q: v128): v128 {
    const t = f32x4.mul(p, x);
    return v128.bitselect(x, f32x4.div(softplus(t), p), f32x4.gt(t, q));
  }
  @inline df(g: v128, x: v128, p: v128, q: v128): v128 {
    const t = f32x4.mul(p, x);
    return v128.bitselect(g, f32x4.mul(g, sigmoidOf(t)), f32x4.gt(t, q));
  }
}

/** dst[i] = f(src[i]), i < count; in place allowed; ranks split i. */
export function map(
  kind: u32, dst: usize, src: usize, count: u32, p: f32, q: f32, rank: u32, size: u32,
): void {
  switch (kind) {
    case MapKind.Relu: return light<Relu>(dst, src, count, p, q, rank, size);
    case MapKind.LeakyRelu: return light<LeakyRelu>(dst, src, count, p, q, rank, size);
    case MapKind.Sigmoid: return heavy<Sigmoid>(dst, src, count, p, q, rank, size);
    case MapKind.Tanh: return heavy<Tanh>(dst, src, count, p, q, rank, size);
    case MapKind.Exp: return heavy<Exp>(dst, src, count, p, q, rank, size);
    case MapKind.Log: return heavy<Log>(dst, src, count, p, q, rank, size);
    case MapKind.Sqrt: return light<Sqrt>(dst, src, count, p, q, rank, size);
    case MapKind.Square: return light<Square>(dst, src, count, p, q, rank, size);
    case MapKind.Abs: return light<Abs>(dst, src, count, p, q, rank, size);
    case MapKind.Scale: return light<Scale>(dst, src, count, p, q, rank, size);
    case MapKind.Erf: return heavy<Erf>(dst, src, count, p, q, rank, size);
    case MapKind.Clamp: return light<Clamp>(dst, src, count, p, q, rank, size);
    case MapKind.Elu: return heavy<Elu>(dst, src, count, p, q, rank, size);
    case MapKind.Softplus: return heavy<Softplus>(dst, src, count, p, q, rank, size);
  }
}

/** dst[i] = g[i] · f′(v[i]), i < count; dst may be g or v; ranks split i. */
export function mapGradient(
  kind: u32, dst: usize, g: usize, v: usize, count: u32, p: f32, q: f32, rank: u32, size: u32,
): void {
  switch (kind) {
    case MapKind.Relu: return lightGradient<Relu>(dst, g, v, count, p, q, rank, size);
    case MapKind.LeakyRelu: return lightGradient<LeakyRelu>(dst, g, v, count, p, q, rank, size);
    case MapKind.Sigmoid: return lightGradient<Sigmoid>(dst, g, v, count, p, q, rank, size);
    case MapKind.Tanh: return lightGradient<Tanh>(dst, g, v, count, p, q, rank, size);
    case MapKind.Exp: return lightGradient<Exp>(dst, g, v, count, p, q, rank, size);
    case MapKind.Log: return lightGradient<Log>(dst, g, v, count, p, q, rank, size);
    case MapKind.Sqrt: return lightGradient<Sqrt>(dst, g, v, count, p, q, rank, size);
    case MapKind.Square: return lightGradient<Square>(dst, g, v, count, p, q, rank, size);
    case MapKind.Abs: return lightGradient<Abs>(dst, g, v, count, p, q, rank, size);
    case MapKind.Erf: return heavyGradient<Erf>(dst, g, v, count, p, q, rank, size);
    case MapKind.Clamp: return lightGradient<Clamp>(dst, g, v, count, p, q, rank, size);
    case MapKind.Elu: return heavyGradient<Elu>(dst, g, v, count, p, q, rank, size);
    case MapKind.Softplus: return heavyGradient<Softplus>(dst, g, v, count, p, q, rank, size);
  }
}

// Light functions get a loop of their own for the last one to three elements (with a branch in the loop, relu
// takes 1.8 times as long). Heavy ones are compiled once for both: 2 % slower, but half the bytes.

function light<F>(dst: usize, src: usize, count: u32, p: f32, q: f32, rank: u32, size: u32): void {
  const fn = changetype<F>(0);
  const pp = f32x4.splat(p), qq = f32x4.splat(q);
  const end = <usize>share(count, 16, rank + 1, size) << 2;
  let i = <usize>share(count, 16, rank, size) << 2;
  for (; i + 16 <= end; i += 16) v128.store(dst + i, fn.f(v128.load(src + i), pp, qq));
  const rest = <u32>(end - i) >> 2;
  if (rest) storePart(dst + i, fn.f(loadPart(src + i, rest), pp, qq), rest);
}

function heavy<F>(dst: usize, src: usize, count: u32, p: f32, q: f32, rank: u32, size: u32): void {
  const fn = changetype<F>(0);
  const pp = f32x4.splat(p), qq = f32x4.splat(q);
  const end = share(count, 16, rank + 1, size);
  for (let i = share(count, 16, rank, size); i < end; i += 4) {
    const at = <usize>i << 2;
    write(dst + at, fn.f(read(src + at, end - i), pp, qq), end - i);
  }
}

function lightGradient<F>(
  dst: usize, g: usize, v: usize, count: u32, p: f32, q: f32, rank: u32, size: u32,
): void {
  const fn = changetype<F>(0);
  const pp = f32x4.splat(p), qq = f32x4.splat(q);
  const end = <usize>share(count, 16, rank + 1, size) << 2;
  let i = <usize>share(count, 16, rank, size) << 2;
  for (; i + 16 <= end; i += 16) v128.store(dst + i, fn.df(v128.load(g + i), v128.load(v + i), pp, qq));
  const rest = <u32>(end - i) >> 2;
  if (rest) storePart(dst + i, fn.df(loadPart(g + i, rest), loadPart(v + i, rest), pp, qq), rest);
}

function heavyGradient<F>(
  dst: usize, g: usize, v: usize, count: u32, p: f32, q: f32, rank: u32, size: u32,
): void {
  const fn = changetype<F>(0);
  const pp = f32x4.splat(p), qq = f32x4.splat(q);
  const end = share(count, 16, rank + 1, size);
  for (let i = share(count, 16, rank, size); i < end; i += 4) {
    const at = <usize>i << 2;
    write(dst + at, fn.df(read(g + at, end - i), read(v + at, end - i), pp, qq), end - i);
  }
}
