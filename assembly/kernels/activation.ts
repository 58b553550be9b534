// Functions of one number, forward and derivative side by side. A class is a row of the catalogue: f(x), and
// df(v) where v is the input or the output, as isa.ts says of the kind; p and q are its parameters, splat.

import { MapKind } from "../isa";
import { erf, exp, expm1, expOf, isNormal, log, logNormal, sigmoid, sigmoidOf, softplus, tanh } from "../math";

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
  @inline is(x: v128, y: v128): bool { return true; }
  @inline f(x: v128): v128 { return exp(x); }
  @inline any(x: v128): v128 { return x; }
  @inline df(g: v128, y: v128, p: v128, q: v128): v128 { return f32x4.mul(g, y); }
}

@final class Log {
  // where all are normal positive numbers, f() needs nothing for others
  @inline is(x: v128, y: v128): bool { return isNormal(x, y); }
  @inline f(x: v128): v128 { return logNormal(x); }
  @inline any(x: v128): v128 { return log(x); }
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

/** dst[i] = f(src[i]) for whole vectors until dst is end; see elements.ts. */
export function mapVectors(kind: u32, dst: usize, end: usize, src: usize, p: v128, q: v128): void {
  switch (kind) {
    case MapKind.Relu: return map<Relu>(dst, end, src, p, q);
    case MapKind.LeakyRelu: return map<LeakyRelu>(dst, end, src, p, q);
    case MapKind.Sigmoid: return map<Sigmoid>(dst, end, src, p, q);
    case MapKind.Tanh: return map<Tanh>(dst, end, src, p, q);
    case MapKind.Exp: return pairs<Exp>(dst, end, src);
    case MapKind.Log: return pairs<Log>(dst, end, src);
    case MapKind.Sqrt: return map<Sqrt>(dst, end, src, p, q);
    case MapKind.Square: return map<Square>(dst, end, src, p, q);
    case MapKind.Abs: return map<Abs>(dst, end, src, p, q);
    case MapKind.Scale: return map<Scale>(dst, end, src, p, q);
    case MapKind.Erf: return map<Erf>(dst, end, src, p, q);
    case MapKind.Clamp: return map<Clamp>(dst, end, src, p, q);
    case MapKind.Elu: return map<Elu>(dst, end, src, p, q);
    case MapKind.Softplus: return map<Softplus>(dst, end, src, p, q);
  }
}

/** dst[i] = g[i] · f′(v[i]), likewise. */
export function mapGradientVectors(kind: u32, dst: usize, end: usize, g: usize, v: usize, p: v128, q: v128): void {
  switch (kind) {
    case MapKind.Relu: return mapGradient<Relu>(dst, end, g, v, p, q);
    case MapKind.LeakyRelu: return mapGradient<LeakyRelu>(dst, end, g, v, p, q);
    case MapKind.Sigmoid: return mapGradient<Sigmoid>(dst, end, g, v, p, q);
    case MapKind.Tanh: return mapGradient<Tanh>(dst, end, g, v, p, q);
    case MapKind.Exp: return mapGradient<Exp>(dst, end, g, v, p, q);
    case MapKind.Log: return mapGradient<Log>(dst, end, g, v, p, q);
    case MapKind.Sqrt: return mapGradient<Sqrt>(dst, end, g, v, p, q);
    case MapKind.Square: return mapGradient<Square>(dst, end, g, v, p, q);
    case MapKind.Abs: return mapGradient<Abs>(dst, end, g, v, p, q);
    case MapKind.Erf: return mapGradient<Erf>(dst, end, g, v, p, q);
    case MapKind.Clamp: return mapGradient<Clamp>(dst, end, g, v, p, q);
    case MapKind.Elu: return mapGradient<Elu>(dst, end, g, v, p, q);
    case MapKind.Softplus: return mapGradient<Softplus>(dst, end, g, v, p, q);
  }
}

function map<F>(dst: usize, end: usize, src: usize, p: v128, q: v128): void {
  const fn = changetype<F>(0);
  src -= dst; // one number to count with: it finds both
  for (; dst < end; dst += 16) v128.store(dst, fn.f(v128.load(src + dst), p, q));
}

/** Long functions, two vectors at a time: 1.4 times as fast, since twice as much is under way at once. f() is for what is(), and
 *  any() for the rest. */
function pairs<F>(dst: usize, end: usize, src: usize): void {
  const fn = changetype<F>(0);
  for (src -= dst; dst < end; dst += 32) {
    const next = dst + (dst + 16 < end ? 16 : 0); // the last one of an odd number goes twice
    const x = v128.load(src + dst), y = v128.load(src + next);
    if (fn.is(x, y)) {
      const a = fn.f(x), b = fn.f(y);
      v128.store(dst, a);
      v128.store(next, b);
    } else {
      v128.store(dst, fn.any(x));
      v128.store(next, fn.any(y));
    }
  }
}

function mapGradient<F>(dst: usize, end: usize, g: usize, v: usize, p: v128, q: v128): void {
  const fn = changetype<F>(0);
  g -= dst, v -= dst;
  for (; dst < end; dst += 16) v128.store(dst, fn.df(v128.load(g + dst), v128.load(v + dst), p, q));
}
