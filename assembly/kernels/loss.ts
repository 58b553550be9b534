// Losses of single pairs, forward and derivative side by side. That of rows of logits, cross-entropy, is in softmax.ts.

import { LossKind } from "../isa";
import { expOf, log1p, log, sigmoidOf } from "../math";

@final class SquaredError {
  @inline f(p: v128, t: v128): v128 {
    const d = f32x4.sub(p, t);
    return f32x4.mul(d, d);
  }
  @inline df(p: v128, t: v128): v128 {
    const d = f32x4.sub(p, t);
    return f32x4.add(d, d);
  }
}

@final class AbsoluteError {
  @inline f(p: v128, t: v128): v128 { return f32x4.abs(f32x4.sub(p, t)); }
  // sign(p − t), 0 at 0
  @inline df(p: v128, t: v128): v128 {
    const d = f32x4.sub(p, t);
    const one = v128.or(v128.and(d, i32x4.splat(0x80000000)), f32x4.splat(1));
    return v128.bitselect(d, one, v128.or(f32x4.eq(d, f32x4.splat(0)), f32x4.ne(d, d)));
  }
}

@final class LogitCrossEntropy {
  @inline f(p: v128, t: v128): v128 {
    const hinge = f32x4.sub(f32x4.pmax(p, f32x4.splat(0)), f32x4.mul(p, t));
    return f32x4.add(hinge, softplusOfMinusAbs(p));
  }
  @inline df(p: v128, t: v128): v128 { return f32x4.sub(sigmoidOf(p), t); }
}

@final class ProbabilityCrossEntropy {
  @inline f(p: v128, t: v128): v128 {
    const least = f32x4.splat(-100), one = f32x4.splat(1);
    const q = f32x4.sub(one, p);
    // log(1 − p), with Kahan's factor for what rounding 1 − p lost
    const rest = f32x4.sub(q, one);
    let no = v128.bitselect(f32x4.neg(p), f32x4.mul(log(q), f32x4.div(f32x4.neg(p), rest)), f32x4.eq(rest, f32x4.splat(0)));
    no = f32x4.pmax(no, least);
    const yes = f32x4.pmax(log(p), least);
    return f32x4.neg(f32x4.add(f32x4.mul(t, yes), f32x4.mul(f32x4.sub(one, t), no)));
  }
  // (p − t) / max(p · (1 − p), 1e-12), PyTorch's bound
  @inline df(p: v128, t: v128): v128 {
    const variance = f32x4.mul(p, f32x4.sub(f32x4.splat(1), p));
    return f32x4.div(f32x4.sub(p, t), f32x4.pmax(variance, f32x4.splat(1e-12)));
  }
}

@final class Hinge {
  @inline f(p: v128, t: v128): v128 {
    return f32x4.pmax(f32x4.sub(f32x4.splat(1), f32x4.mul(t, p)), f32x4.splat(0));
  }
  @inline df(p: v128, t: v128): v128 {
    return v128.and(f32x4.neg(t), f32x4.lt(f32x4.mul(t, p), f32x4.splat(1)));
  }
}

/** log(1 + e^−|x|) */
// @ts-ignore: decorator
@inline
function softplusOfMinusAbs(x: v128): v128 {
  return log1p(expOf(f32x4.neg(f32x4.abs(x))));
}

/** dst[i] = loss(p[i], t[i]) for whole vectors until dst is end; see elements.ts. */
export function lossVectors(kind: u32, dst: usize, end: usize, p: usize, t: usize): void {
  switch (kind) {
    case LossKind.SquaredError: return loss<SquaredError>(dst, end, p, t);
    case LossKind.AbsoluteError: return loss<AbsoluteError>(dst, end, p, t);
    case LossKind.LogitCrossEntropy: return loss<LogitCrossEntropy>(dst, end, p, t);
    case LossKind.ProbabilityCrossEntropy: return loss<ProbabilityCrossEntropy>(dst, end, p, t);
    case LossKind.Hinge: return loss<Hinge>(dst, end, p, t);
  }
}

/** dst[i] = g[i] · ∂loss/∂p (p[i], t[i]), likewise. */
export function lossGradientVectors(kind: u32, dst: usize, end: usize, g: usize, p: usize, t: usize): void {
  switch (kind) {
    case LossKind.SquaredError: return lossGradient<SquaredError>(dst, end, g, p, t);
    case LossKind.AbsoluteError: return lossGradient<AbsoluteError>(dst, end, g, p, t);
    case LossKind.LogitCrossEntropy: return lossGradient<LogitCrossEntropy>(dst, end, g, p, t);
    case LossKind.ProbabilityCrossEntropy: return lossGradient<ProbabilityCrossEntropy>(dst, end, g, p, t);
    case LossKind.Hinge: return lossGradient<Hinge>(dst, end, g, p, t);
  }
}

function loss<F>(dst: usize, end: usize, p: usize, t: usize): void {
  const fn = changetype<F>(0);
  p -= dst, t -= dst;
  for (; dst < end; dst += 16) v128.store(dst, fn.f(v128.load(p + dst), v128.load(t + dst)));
}

function lossGradient<F>(dst: usize, end: usize, g: usize, p: usize, t: usize): void {
  const fn = changetype<F>(0);
  g -= dst, p -= dst, t -= dst;
  for (; dst < end; dst += 16)
    v128.store(dst, f32x4.mul(v128.load(g + dst), fn.df(v128.load(p + dst), v128.load(t + dst))));
}
