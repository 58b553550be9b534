// A model as a module of plain JavaScript: predict without this library, where a few kilobytes are all that there is room for,
// or WebAssembly is not allowed. It computes what the core computes in the core's own order, with every step rounded to float32
// as there, so its bits are those of model.predict: NaN aside, and but for derivatives and losses that a function of one's own
// holds, which are within 1e-6. Each function that a model needs is written into its module, and
// no other.

import { ConvertKind, Version } from "../../assembly/isa.ts";
import { GraphError } from "../errors.ts";
import type { Model } from "../model.ts";
import { inputName } from "../data/columns.ts";
import { DAY_MONTH, ISO, MONTH_DAY, MONTHS, SLASHES, YEAR_MONTH } from "../data/dates.ts";
import { OUTPUT } from "../network.ts";
import { exported, readingOf } from "./exported.ts";
import { type Length, portableGraph, type PortableNode, type PortableValue } from "./portable.ts";
import { rawRowsOf } from "./rawRows.ts";

/** A number of a program: as float32, in JavaScript. */
const f32 = (x: number): string => number(Math.fround(x));
const number = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

/** What each name stands for in the module, by name: its text and the names that it uses. Formulas and constants are those of
 * assembly/math.ts, lanes.ts and kernels/. */
const library = (): ReadonlyMap<string, readonly [uses: string, text: string]> => new Map(Object.entries({
  f: ["", "const f = Math.fround;"],
  size: ["", "const size = (s) => s.reduce((a, b) => a * b, 1);"],
  tensor: ["size", "const tensor = (s, T = Float32Array) => ({ d: new T(size(s)), s });"],
  map: ["tensor", `function map(x, g) {
  const y = tensor(x.s);
  for (let i = 0; i < y.d.length; i++) y.d[i] = g(x.d[i]);
  return y;
}`],
  // strides of x read as if it had the shape s
  steps: ["", `function steps(x, s) {
  const own = [];
  let step = 1;
  for (let k = x.length - 1; k >= 0; k--) { own[k] = step; step *= x[k]; }
  return s.map((n, k) => { const at = k - s.length + x.length; return at < 0 || (x[at] === 1 && n !== 1) ? 0 : own[at]; });
}`],
  walk: ["size", `function walk(s, A, B, g) {
  const c = s.map(() => 0);
  let p = 0, q = 0;
  for (let i = 0, n = size(s); i < n; i++) {
    g(i, p, q);
    for (let k = s.length - 1; k >= 0; k--) {
      p += A[k]; q += B[k];
      if (++c[k] < s[k]) break;
      p -= A[k] * s[k]; q -= B[k] * s[k]; c[k] = 0;
    }
  }
}`],
  zip: ["tensor steps walk", `function zip(a, b, s, g) {
  const y = tensor(s), { d } = y;
  walk(s, steps(a.s, s), steps(b.s, s), (i, p, q) => { d[i] = g(a.d[p], b.d[q]); });
  return y;
}`],
  take: ["tensor walk", `function take(x, s, A, from = 0) {
  const y = tensor(s, x.d.constructor);
  walk(s, A, A, (i, p) => { y.d[i] = x.d[from + p]; });
  return y;
}`],
  put: ["steps walk", `function put(y, x, axis, start) {
  const to = steps(y.s, y.s), from = steps(x.s, x.s);
  walk(x.s, to, from, (_, p, q) => { y.d[start * to[axis] + p] = x.d[q]; });
  return y;
}`],
  concat: ["tensor put", `function concat(list, s, axis) {
  const y = tensor(s, list[0].d.constructor);
  let at = 0;
  for (const x of list) { put(y, x, axis, at); at += x.s[axis]; }
  return y;
}`],
  fill: ["tensor", "function fill(s, v) { const y = tensor(s); y.d.fill(v); return y; }"],
  // sums of blocks of depth, one product after the other
  matmul: ["f tensor", `function matmul(a, b, ta, tb) {
  const m = a.s[ta ? 1 : 0], k = a.s[ta ? 0 : 1], n = b.s[tb ? 0 : 1], y = tensor([m, n]);
  const blocks = Math.ceil(k / 256), depth = blocks > 1 ? (Math.ceil(k / blocks) + 3) & ~3 : k;
  const ar = ta ? 1 : k, ac = ta ? m : 1, br = tb ? 1 : n, bc = tb ? k : 1, sums = new Float32Array(n), A = a.d, B = b.d;
  for (let i = 0; i < m; i++)
    for (let from = 0; from < k; from += depth) {
      sums.fill(0);
      for (let l = from, end = Math.min(k, from + depth); l < end; l++) {
        const x = A[i * ar + l * ac];
        for (let j = 0, at = l * br; j < n; j++, at += bc) sums[j] = f(sums[j] + f(x * B[at]));
      }
      for (let j = 0; j < n; j++) y.d[i * n + j] = from ? y.d[i * n + j] + sums[j] : sums[j];
    }
  return y;
}`],
  rowSum: ["f", `function rowSum(d, at, count) {
  let s0 = 0, s1 = 0;
  const add = (a, b, c, e) => { s0 += a + c; s1 += b + e; };
  while (count >= 16) {
    const block = Math.min(count & ~15, 512), v = new Float32Array(16);
    for (let i = 0; i < block; i++) v[i & 15] += d[at + i];
    const lane = (l) => f(f(v[l] + v[l + 4]) + f(v[l + 8] + v[l + 12]));
    add(lane(0), lane(1), lane(2), lane(3));
    at += block; count -= block;
  }
  for (; count > 0; count -= 4, at += 4) add(d[at], count > 1 ? d[at + 1] : 0, count > 2 ? d[at + 2] : 0, count > 3 ? d[at + 3] : 0);
  return s0 + s1;
}`],
  reduce: ["tensor size rowSum f", `function reduce(x, s, axis, count, mean) {
  const y = tensor(s), n = size(x.s.slice(axis, axis + count)), inner = size(x.s.slice(axis + count)), by = mean ? n : 1;
  for (let i = 0; i < y.d.length; i++) {
    const at = inner === 1 ? i * n : Math.floor(i / inner) * n * inner + i % inner;
    let all = 0;
    if (inner === 1) all = rowSum(x.d, at, n);
    else for (let r = 0; r < n; r += 64) {
      let sum = 0;
      for (let e = r; e < Math.min(n, r + 64); e++) sum = f(sum + x.d[at + e * inner]);
      all += sum;
    }
    y.d[i] = all / by;
  }
  return y;
}`],
  extreme: ["tensor size", `function extreme(x, s, axis, count, place) {
  const y = tensor(s, place ? Int32Array : Float32Array), n = size(x.s.slice(axis, axis + count)), inner = size(x.s.slice(axis + count));
  for (let i = 0; i < y.d.length; i++) {
    const at = Math.floor(i / inner) * n * inner + i % inner;
    let best = x.d[at], where = 0;
    for (let e = 1; e < n && best === best; e++) { const v = x.d[at + e * inner]; if (!(v <= best)) { best = v; where = e; } }
    y.d[i] = place ? where : best;
  }
  return y;
}`],
  softmax: ["f tensor exp log64", `function softmax(x, logs) {
  const y = tensor(x.s), w = x.s[x.s.length - 1];
  for (let at = 0; at < y.d.length; at += w) {
    let top = x.d[at], a = 0, b = 0;
    for (let c = 1; c < w; c++) if (top < x.d[at + c]) top = x.d[at + c];
    const term = (c) => (c < w ? (y.d[at + c] = exp(f(x.d[at + c] - top))) : 0);
    for (let c = 0; c < w; c += 4) {
      const e = [term(c), term(c + 1), term(c + 2), term(c + 3)];
      a += e[0] + e[2]; b += e[1] + e[3];
    }
    const sum = logs ? f(log64(a + b)) : f(a + b);
    for (let c = 0; c < w; c++) y.d[at + c] = logs ? f(f(x.d[at + c] - top) - sum) : y.d[at + c] / sum;
  }
  return y;
}`],
  pick: ["tensor", `function pick(x, ids) {
  const y = tensor(ids.s), [, n, inner] = x.s;
  for (let i = 0; i < y.d.length; i++) y.d[i] = x.d[(Math.floor(i / inner) * n + ids.d[i]) * inner + i % inner];
  return y;
}`],
  place: ["tensor", `function place(x, ids, n) {
  const [outer, inner] = x.s, y = tensor([outer, n, inner]);
  for (let i = 0; i < x.d.length; i++)
    if (ids.d[i] >= 0 && ids.d[i] < n) y.d[(Math.floor(i / inner) * n + ids.d[i]) * inner + i % inner] = x.d[i];
  return y;
}`],
  // the same word as a float and as a whole number
  word: ["", "const F = new Float32Array(1), I = new Int32Array(F.buffer);"],
  horner: ["f", "const horner = (x, c) => { let p = f(c[0]); for (let i = 1; i < c.length; i++) p = f(f(c[i]) + f(p * x)); return p; };"],
  signed: ["", "const signed = (y, x) => (x < 0 || Object.is(x, -0) ? -Math.abs(y) : Math.abs(y));"],
  exp: ["f word horner", `const E = [0.00139507256, 0.00836902484, 0.0416662022, 0.166665182, 0.5];
const two = (n) => { I[0] = (n + 127) << 23; return F[0]; };
function exp(x) {
  x = f(88.8) < x ? f(88.8) : x < -104 ? -104 : x;
  const n = f(f(12582912 + f(x * f(1.44269504))) - 12582912), high = f(x - f(n * 0.693145751953125)), low = f(n * f(1.42860677e-6)), r = f(high - low);
  const q = f(f(high + f(f(f(r * r) * horner(r, E)) - low)) + 1), half = n >> 1;
  return f(f(q * two(half)) * two(n - half));
}`],
  logOf: ["f word horner", `const L = [0.06915427, -0.1178983, 0.11872964, -0.12384343, 0.14218660, -0.16669251, 0.20002227, -0.24999987, 0.33333310];
F[0] = 0.707106769;
const ROOT = I[0];
function logOf(x, e) {
  F[0] = x;
  const bits = I[0], shift = (bits - ROOT) >> 23;
  I[0] = bits - (shift << 23);
  const m = f(F[0] - 1), n = shift + e, z = f(m * m);
  const p = f(f(f(f(z * m) * horner(m, L)) + f(n * f(-2.12194440e-4))) - f(z * 0.5));
  return f(f(m + p) + f(n * 0.693359375));
}`],
  log: ["logOf", `function log(x) {
  if (x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (!(x < Infinity)) return x;
  return x < 1.1754943508222875e-38 ? logOf(f(x * 8388608), -23) : logOf(x, 0);
}`],
  log1p: ["logOf", "const log1p = (x) => { const w = f(1 + x), rest = f(w - 1); return rest === 0 ? x : f(logOf(w, 0) * f(x / rest)); };"],
  tanh: ["exp signed", `const T = [-0.00571704516, 0.020650588, -0.0537434965, 0.133314908, -0.333332837];
function tanh(x) {
  const size = Math.abs(x);
  if (size >= 0.625) return signed(f(1 - f(2 / f(exp(Math.min(f(size + size), 40)) + 1))), x);
  const z = f(x * x);
  return signed(f(x + f(f(x * z) * horner(z, T))), x);
}`],
  sigmoid: ["exp", "const sigmoid = (x) => { const e = exp(-Math.abs(x)); return f((x < 0 ? e : 1) / f(1 + e)); };"],
  expm1: ["exp signed", "const expm1 = (x) => signed(Math.abs(x) < f(0.34) ? f(x + f(f(x * x) * horner(x, E))) : f(exp(x) - 1), x);"],
  erf: ["exp signed", `const R1 = [-0.000599940742, 0.0049948307, -0.0267677202, 0.11281846, -0.376124965, 0.12837915];
const R2 = [1.04329615e-5, -0.000314856635, 0.00361033617, -0.0236945542, 0.106159036, 0.635198042, 1.12863707];
function erf(x) {
  const a = Math.abs(x), size = 4 < a ? 4 : a;
  if (size < f(0.92)) return signed(f(x + f(x * horner(f(x * x), R1))), x);
  return signed(f(1 - exp(-f(horner(size, R2) * size))), x);
}`],
  softplus: ["exp log1p", "const softplus = (x) => f(Math.max(x, 0) + log1p(exp(-Math.abs(x))));"],
  log64: ["", `const D = new Float64Array(1), B = new BigInt64Array(D.buffer);
function log64(x) {
  if (!(x < Infinity)) return x;
  D[0] = x;
  const e = (B[0] - 0x3fe6a09e667f3bcdn) >> 52n;
  B[0] -= e << 52n;
  const t = (D[0] - 1) / (D[0] + 1), z = t * t;
  let p = 1 / 19;
  for (const d of [17, 15, 13, 11, 9, 7, 5, 3, 1]) p = p * z + 1 / d;
  return 2 * t * p + Number(e) * 0.6931471805599453;
}`],
  power: ["f log64", `function exp64(x) {
  let n = Math.round(x * 1.4426950408889634);
  if (n - x * 1.4426950408889634 === 0.5 && n % 2) n--;
  const r = x - n * 0.6931471805599453;
  let p = 1 / 479001600;
  for (const d of [39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1]) p = p * r + 1 / d;
  B[0] = BigInt(n + 1023) << 52n;
  return p * D[0];
}
function power(x, y) {
  if (y === 0 || x === 1) return 1;
  if (x !== x || y !== y) return NaN;
  const whole = Math.floor(y) === y, a = Math.abs(x), odd = whole && Math.abs(y) < 16777216 && (y & 1) === 1;
  if (a === 1 && Math.abs(y) === Infinity) return 1;
  if (x < 0 && !whole) return x === -Infinity ? (y < 0 ? 0 : Infinity) : NaN;
  const sign = odd && (x < 0 || Object.is(x, -0)) ? -1 : 1;
  if (a === 0) return y < 0 ? sign * Infinity : sign * 0;
  if (a === Infinity) return y < 0 ? sign * 0 : sign * Infinity;
  const e = y * log64(a);
  return e > 90 ? sign * Infinity : e < -106 ? sign * 0 : f(sign * exp64(e));
}`],
  // as in src/math.ts
  signedLog: ["", `function logarithm(x) {
  let twos = 0, m = x;
  for (; m > Math.SQRT2; m /= 2) twos++;
  for (; m < Math.SQRT1_2; m *= 2) twos--;
  const s = (m - 1) / (m + 1), z = s * s;
  let term = s, sum = 0;
  for (let n = 3; n <= 25; n += 2) sum += (term *= z) / n;
  return twos * 0.6931471803691238 + (2 * s + (2 * sum + twos * 1.9082149292705877e-10));
}
function signedLog(x) {
  const a = Math.abs(x), u = 1 + a, y = u === 1 ? a : logarithm(u) * (a / (u - 1));
  return x < 0 ? -y : y;
}`],
  signedExp: ["", `function whole(base, n) {
  let result = 1;
  for (let square = base, rest = n; rest > 0; rest = Math.floor(rest / 2), square *= square) if (rest % 2 === 1) result *= square;
  return result;
}
function signedExp(z) {
  const x = Math.abs(z);
  if (x < 1e-5) return z < 0 ? -(x + (x * x) / 2) : x + (x * x) / 2;
  if (!(x < 710)) return z * Infinity;
  const twos = Math.round(x / 0.6931471803691238), r = x - twos * 0.6931471803691238 - twos * 1.9082149292705877e-10, half = Math.floor(twos / 2);
  let term = 1, sum = 1;
  for (let n = 1; n <= 18; n++) sum += term *= r / n;
  const y = sum * whole(2, half) * whole(2, twos - half) - 1;
  return z < 0 ? -y : y;
}`],
  // MurmurHash3 of a text, or of its words, as data/murmur.ts has it
  hashed: ["", `function murmur3(text, seed) {
  const b = new TextEncoder().encode(text), whole = b.length & ~3, mix = (w) => { const k = Math.imul(w, 0xcc9e2d51); return Math.imul((k << 15) | (k >>> 17), 0x1b873593); };
  let h = seed | 0, rest = 0;
  for (let i = 0; i < whole; i += 4) {
    h ^= mix(b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24));
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  for (let i = b.length - 1; i >= whole; i--) rest = (rest << 8) | b[i];
  if (b.length > whole) h ^= mix(rest);
  h ^= b.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
function hashed(text, { by, buckets, seed }) {
  const y = new Array(buckets).fill(0), words = text.replace(/[A-Z]+/g, (w) => w.toLowerCase()).split(/[\\0-/:-@[-\`{-\\u00a0\\u2000-\\u206f\\u3000-\\u3003]+/).filter((w) => w !== "");
  for (const word of by === "value" ? [text] : words) y[murmur3(word, seed) % buckets]++;
  const length = Math.sqrt(y.reduce((sum, n) => sum + n * n, 0));
  return length > 0 ? y.map((n) => n / length) : y;
}`],
  // dates as data/dates.ts reads them, and sine and cosine of math.ts
  dated: ["", `const MONTHS = ${JSON.stringify(MONTHS)}, DAY = 86400000;
const [ISO, YEAR_MONTH, SLASHES] = [${[ISO, YEAR_MONTH, SLASHES].map(({ source }) => JSON.stringify(source)).join(", ")}].map((p) => new RegExp(p)), [DAY_MONTH, MONTH_DAY] = [${[DAY_MONTH, MONTH_DAY].map(({ source }) => JSON.stringify(source)).join(", ")}].map((p) => new RegExp(p, "i"));
function daysOf(year, month, day) {
  const y = month <= 2 ? year - 1 : year, era = Math.floor(y / 400), own = y - 400 * era;
  return 146097 * era + 365 * own + Math.floor(own / 4) - Math.floor(own / 100) + Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 719469;
}
function instantOf(text, format) {
  const t = text.trim(), month = (name) => { const s = name.toLowerCase(); return s === "sept" ? 9 : MONTHS.findIndex((m) => m === s || m.slice(0, 3) === s) + 1; };
  const at = (y, m, d, [hours, minutes, seconds = "0", part = "", half, offset]) => {
    if (!(m >= 1 && m <= 12 && d >= 1 && daysOf(y, m, d) < daysOf(m < 12 ? y : y + 1, m % 12 + 1, 1))) return NaN;
    const midnight = daysOf(y, m, d) * DAY;
    if (hours === undefined) return midnight;
    let h = Number(hours);
    if (half !== undefined) {
      if (h < 1 || h > 12) return NaN;
      h = h % 12 + (half.toLowerCase() === "pm" ? 12 : 0);
    }
    if (h > 23 || Number(minutes) > 59 || Number(seconds) > 60) return NaN;
    const local = midnight + 3600000 * h + 60000 * Number(minutes) + 1000 * Number(seconds) + Number(part.padEnd(3, "0").slice(0, 3)), zone = /^([+-])(\\d{2}):?(\\d{2})$/.exec(offset ?? "");
    return zone ? local - (zone[1] === "-" ? -1 : 1) * (3600000 * Number(zone[2]) + 60000 * Number(zone[3])) : local;
  };
  if (t.length > 64) return NaN;
  const own = format === "dmy" || format === "mdy" ? SLASHES.exec(t) : null, named = format === "named" ? DAY_MONTH.exec(t) : null, turned = format === "named" ? MONTH_DAY.exec(t) : null;
  if (own && !(format === "mdy" && own[2] === ".")) {
    const y = format === "dmy" ? at(+own[4], +own[3], +own[1], own.slice(5)) : at(+own[4], +own[1], +own[3], own.slice(5));
    if (y === y) return y;
  } else if (named || turned) {
    const y = named ? at(+named[3], month(named[2]), +named[1], named.slice(4)) : at(+turned[3], month(turned[1]), +turned[2], turned.slice(4));
    if (y === y) return y;
  }
  const day = ISO.exec(t), first = day ? null : YEAR_MONTH.exec(t);
  return day ? at(+day[1], +day[3], +day[4], day.slice(5)) : first ? at(+first[1], +first[2], 1, []) : NaN;
}
function series(x, odd) {
  const z = -x * x;
  let term = odd ? x : 1, sum = term;
  for (let n = 1; n <= 8; n++) sum += term *= z / (2 * n * (odd ? 2 * n + 1 : 2 * n - 1));
  return sum;
}
const cosPi = (x) => (x > 0.5 ? -cosPi(1 - x) : x <= 0.25 ? series(Math.PI * x, false) : series(Math.PI * (0.5 - x), true));
const sinTurn = (x) => (x > 0.5 ? -sinTurn(x - 0.5) : cosPi(Math.abs(2 * x - 0.5))), cosTurn = (x) => cosPi(x > 0.5 ? 2 - 2 * x : 2 * x);
function dated(column, text, { format, parts, shift, scale }) {
  const t = format !== "milliseconds" ? instantOf(text, format) : NUMBER.test(text) && Math.abs(Number(text)) <= 8.64e15 ? Number(text) : NaN, days = Math.floor(t / DAY);
  if (t !== t) throw new TypeError(\`\${column}: a date is wanted (\${format}), not \${text}\`);
  const z = days + 719468, d = z - 146097 * Math.floor(z / 146097), y = Math.floor((d - Math.floor(d / 1460) + Math.floor(d / 36524) - Math.floor(d / 146096)) / 365);
  const m = Math.floor((5 * (d - (365 * y + Math.floor(y / 4) - Math.floor(y / 100))) + 2) / 153), turns = { month: (m < 10 ? m + 2 : m - 10) / 12, weekday: (((days + 3) % 7) + 7) % 7 / 7, hour: (t - days * DAY) / DAY };
  return parts.flatMap((part) => (part === "elapsed" ? [(t / DAY - shift) / scale] : [sinTurn(turns[part]), cosTurn(turns[part])]));
}`],
  // rows of the user's own as numbers: what each column became is in COLUMNS
  numbersOf: ["", `const NUMBER = /^\\s*[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?\\s*$/;
function numbersOf(rows) {
  const d = [], has = (row, column) => Object.prototype.hasOwnProperty.call(row, column);
  for (const { column } of COLUMNS) if (!rows.some((row) => has(row, column))) throw new TypeError(\`\${column}: no row has this column\`);
  for (const row of rows) for (const own of COLUMNS) {
    const { column, use, fill, shift, scale, categories, numeric, indicator } = own, raw = has(row, column) ? row[column] : undefined;
    const cell = raw instanceof Date ? (isNaN(raw) ? null : raw.toISOString()) : raw;
    let text = cell === null || cell === undefined || cell !== cell || String(cell).trim() === "" ? null : String(cell);
    const missing = text === null;
    if (use === "hash") d.push(...(missing ? new Array(own.buckets).fill(0) : hashed(text, own)));
    else if (use === "cyclic") d.push(...(missing ? own.parts.flatMap((part) => (part === "elapsed" ? [0] : [0, 0])) : dated(column, text, own)));
    else if (categories) {
      if (missing) text = fill;
      const at = text === null ? -1 : categories.indexOf(numeric && NUMBER.test(text) ? String(Number(text) + 0) : text);
      if (use === "ordinal") d.push(at + 1);
      else categories.forEach((_, i) => d.push(Number(i === at)));
    } else {
      const x = missing ? fill : typeof cell === "number" ? cell : NUMBER.test(text) ? Number(text) : NaN;
      if (!Number.isFinite(x)) throw new TypeError(\`\${column}: a number is wanted, not \${text}\`);
      d.push(((use === "log" ? signedLog(x) : x) - shift) / scale);
    }
    if (indicator) d.push(Number(missing));
  }
  return d;
}`],
} as const));

/** How an op is called: the names that it uses, and the expression of its output. */
type Call = (x: readonly string[], node: PortableNode, shape: string) => readonly [uses: string, expression: string];

const map = (uses: string, g: string): Call => ([x]) => [`map f ${uses}`, `map(${x}, ${g})`];
const zip = (uses: string, g: string): Call => ([a, b], _, shape) => [`zip f ${uses}`, `zip(${a}, ${b}, ${shape}, ${g})`];

const calls = (): ReadonlyMap<string, Call> => new Map(Object.entries<Call>({
  relu: map("", "(x) => x < 0 ? 0 : x"), sigmoid: map("sigmoid", "sigmoid"), tanh: map("tanh", "tanh"), exp: map("exp", "exp"), log: map("log", "log"),
  sqrt: map("", "Math.sqrt"), square: map("", "(x) => x * x"), abs: map("", "Math.abs"), erf: map("erf", "erf"),
  leakyRelu: ([x], { attributes: [p] }) => ["map", `map(${x}, (x) => x > 0 ? x : x * ${f32(p)})`],
  scale: ([x], { attributes: { factor } }) => ["map", `map(${x}, (x) => x * ${f32(factor)})`],
  clamp: ([x], { attributes: [p, q] }) => ["map", `map(${x}, (x) => Math.min(Math.max(x, ${f32(p)}), ${f32(q)}))`],
  elu: ([x], { attributes: [p, q] }) => ["map f expm1", `map(${x}, (x) => x > 0 ? x : ${f32(p)} * expm1(f(${f32(q)} * x)))`],
  softplus: ([x], { attributes: [p, q] }) =>
    ["map f softplus", `map(${x}, (x) => f(${f32(p)} * x) > ${f32(q)} ? x : softplus(f(${f32(p)} * x)) / ${f32(p)})`],
  add: zip("", "(a, b) => a + b"), subtract: zip("", "(a, b) => a - b"), multiply: zip("", "(a, b) => a * b"), divide: zip("", "(a, b) => a / b"),
  maximum: zip("", "Math.max"), minimum: zip("", "Math.min"), power: zip("power", "power"), greater: zip("", "(a, b) => a > b ? 1 : 0"),
  equal: zip("", "(a, b) => a === b ? 1 : 0"), equalInt: zip("", "(a, b) => a === b ? 1 : 0"), heaviside: zip("", "(a, b) => a < b ? 0 : a === b ? 0.5 : 1"),
  constant: (_, { attributes: { value } }, shape) => ["fill", `fill(${shape}, ${f32(value)})`],
  vector: (_, { attributes }) => ["", `{ d: Float32Array.of(${attributes.map(f32).join(", ")}), s: [${attributes.length}] }`],
  convert: ([x], { attributes: { kind } }) => kind === ConvertKind.FloatToInt
    ? ["", `{ d: Int32Array.from(${x}.d, (x) => Math.max(-2147483648, Math.min(2147483647, x))), s: ${x}.s }`]
    : ["", `{ d: Float32Array.from(${x}.d), s: ${x}.s }`],
  matmul: ([a, b], { attributes: { transposeA, transposeB } }) => ["matmul", `matmul(${a}, ${b}, ${Boolean(transposeA)}, ${Boolean(transposeB)})`],
  sum: ([x], { attributes: { axis, count } }, shape) => ["reduce", `reduce(${x}, ${shape}, ${axis}, ${count}, false)`],
  mean: ([x], { attributes: { axis, count } }, shape) => ["reduce", `reduce(${x}, ${shape}, ${axis}, ${count}, true)`],
  max: ([x], { attributes: { axis, count } }, shape) => ["extreme", `extreme(${x}, ${shape}, ${axis}, ${count}, false)`],
  argmax: ([x], { attributes: { axis, count } }, shape) => ["extreme", `extreme(${x}, ${shape}, ${axis}, ${count}, true)`],
  broadcastTo: ([x], _, shape) => ["take steps", `take(${x}, ${shape}, steps(${x}.s, ${shape}))`],
  place: ([x, ids], { attributes: { length } }) => ["place", `place(${x}, ${ids}, ${length})`],
  pick: ([x, ids]) => ["pick", `pick(${x}, ${ids})`],
  copy: ([x]) => ["", x!],
  reshape: ([x], _, shape) => ["", `{ d: ${x}.d, s: ${shape} }`],
  transpose: ([x], { attributes: { order } }, shape) => ["take steps", `take(${x}, ${shape}, [${order}].map((k) => steps(${x}.s, ${x}.s)[k]))`],
  slice: ([x], { attributes: { axis, start } }, shape) =>
    ["take steps", `take(${x}, ${shape}, steps(${x}.s, ${x}.s), ${length(start)} * steps(${x}.s, ${x}.s)[${axis}])`],
  pad: ([x], { attributes: { axis, start } }, shape) => ["tensor put", `put(tensor(${shape}), ${x}, ${axis}, ${length(start)})`],
  concat: (x, { attributes: { axis } }, shape) => ["concat", `concat([${x.join(", ")}], ${shape}, ${axis})`],
  softmax: ([x]) => ["softmax", `softmax(${x}, false)`],
  logSoftmax: ([x]) => ["softmax", `softmax(${x}, true)`],
}));

/** A length in the module, where n is the number of rows. */
const length = (n: Length): string => (typeof n === "number" ? String(n) : n.rows === 1 ? "n" : `${n.rows} * n`);

/** The model as the text of a JavaScript module of its own, which needs nothing else, in any engine of ES2020, and under any
 * policy: no eval, no WebAssembly. Its weights stand in it. It exports `predict(x)`, as that of the model (x: rows in nested
 * arrays, a flat array, or `{ data, shape }`; a record of them by name for several inputs), whose bits are the model's
 * (1e-6 where a function of your own has derivatives or losses in it); with
 * classes, or where the loss tells them, `classify(x)` too, with all classes of each row, the most probable first; and `classes`.
 * Of a model with preprocessing, both take records of the raw columns too, and a regression's answers are in the target's units then.
 *
 * @throws GraphError "not-portable" as toONNX, but for columns of texts and dates, which it takes; NonFiniteError if an update has taken parameters beyond float32; StateError
 * after dispose.
 * @example
 * const model = await createModel(dense(1, { initializer: () => [2, 3] }), { input: [2] });
 * toPredictor(model).includes("export function predict(x)") // → true
 */
export function toPredictor(model: Model<any, any>): string {
  const { network, classes } = exported(model, "toPredictor"), graph = portableGraph(network);
  const used = new Set<string>(["size", "tensor"]), table = calls(), texts = library();
  const names = new Map<PortableValue, string>(), lines: string[] = [], weights: string[] = [], numbers: Float32Array[] = [];
  let total = 0;
  const use = (list: string): void => list.split(" ").filter(Boolean).forEach((name) => {
    if (used.has(name)) return;
    used.add(name);
    use(texts.get(name)![0]);
  });
  for (const node of graph.nodes) {
    const { op, attributes, inputs, outputs: [y], layer } = node, shape = `[${y!.shape.map(length).join(", ")}]`;
    if (op === "input") {
      const i = network.inputs.findIndex(({ name }) => inputName(name) === attributes.name);
      names.set(y!, `inputs[${i}]`);
    } else if (op === "parameter") {
      const parameter = network.parameters.find(({ name }) => name === attributes.name)!, name = `w${weights.length}`, { floats } = network.session;
      const at = (network.block.offset + parameter.offset) / 4;
      names.set(y!, name);
      weights.push(`const ${name} = weight(${total}, [${parameter.stored.join(", ")}]); // ${parameter.name}`);
      numbers.push(floats.slice(at, at + parameter.size));
      total += parameter.size;
    } else {
      const call = table.get(op);
      if (!call) throw new GraphError("not-portable", { of: "toPredictor", layer, problem: `nothing is written for the op ${op}` });
      const [uses, expression] = call(inputs.map((value) => names.get(value)!), node, shape), name = `t${lines.length}`;
      use(uses);
      names.set(y!, name);
      lines.push(`  const ${name} = ${expression};${layer ? ` // ${layer}` : ""}`);
    }
  }
  const raw = rawRowsOf(model), has = (kind: string): boolean => raw?.columns.some((column) => column.use === kind) ?? false;
  if (raw) use("numbersOf signedLog");
  if (has("hash")) use("hashed");
  if (has("cyclic")) use("dated");
  const units = raw && network.singleOutput && raw.target?.task === "regression" && raw.target.use !== "none" ? raw.target : undefined;
  if (units?.use === "log") use("signedExp");
  const outputs = [...graph.outputs].map(([name, value]) => `${JSON.stringify(name)}: out(${names.get(value)})`);
  const reading = network.singleOutput ? readingOf(model, OUTPUT, true) : undefined, width = network.singleOutput ? network.outputs.get(OUTPUT)![0] ?? 1 : 0;
  if (reading === "logits") use("softmax");
  if (reading === "logit") use("map sigmoid f");
  if (reading === "sign") use("map");
  const chances = { logits: "softmax(y, false)", logit: "map(y, sigmoid)", sign: "map(y, (x) => x > 0 ? 1 : 0)", probabilities: "y", probability: "y" };
  const one = network.singleOutput;
  return [
    `// A model of lanewise (numerics version ${Version.NUMERICS}) as plain JavaScript: predict(x) gives the bits of model.predict(x).`,
    ...[...texts].filter(([name]) => used.has(name)).map(([, [, text]]) => text),
    ...(total ? [
      `const bytes = Uint8Array.from(atob("${base64(numbers)}"), (c) => c.charCodeAt(0)), view = new DataView(bytes.buffer);`,
      "const weight = (at, s) => { const y = tensor(s); for (let i = 0; i < y.d.length; i++) y.d[i] = view.getFloat32(4 * (at + i), true); return y; };",
      ...weights,
    ] : []),
    ...(raw ? [`const COLUMNS = ${JSON.stringify(raw.columns)};`, "const isRaw = (x) => Array.isArray(x) && x[0] !== null && typeof x[0] === \"object\" && !Array.isArray(x[0]) && !ArrayBuffer.isView(x[0]);"] : []),
    `const SPECS = ${JSON.stringify(network.inputs.map(({ name, shape, dtype }) => ({ name, shape, whole: dtype === "int32" })))};`,
    `function read(x) {
  const inputs = SPECS.map(({ name, shape, whole }) => {
    const given = ${network.single ? "x" : "x?.[name]"}, data = ArrayBuffer.isView(given) ? given : Array.isArray(given) ? given.flat(Infinity) : given?.data;
    if (!data?.length || data.length % size(shape)) throw new TypeError(\`\${name}: rows of \${size(shape)} numbers are wanted\`);
    const d = (whole ? Int32Array : Float32Array).from(data);
    if (d.some((v, i) => typeof data[i] !== "number" || !Number.isFinite(v) || (whole && v !== data[i]))) throw new TypeError(\`\${name}: not a finite \${whole ? "whole " : ""}number\`);
    return { d, s: [data.length / size(shape), ...shape] };
  });
  if (inputs.some(({ s }) => s[0] !== inputs[0].s[0])) throw new TypeError("inputs of unequal numbers of rows");
  return inputs;
}`,
    "const out = ({ d, s }) => ({ data: d.slice(), shape: [...s] });",
    `/** What the model gives for rows x: { data, shape }${one ? "" : ", by name"}. */`,
    `export function predict(x) {\n  const inputs = read(${raw ? "isRaw(x) ? numbersOf(x) : x" : "x"}), n = inputs[0].s[0];`, ...lines, ...(units ? [
      `  const y = out(${names.get(graph.outputs.get(OUTPUT)!)}), value = (z) => z * ${number(units.deviation)} + ${number(units.mean)};`,
      `  if (isRaw(x)) y.data.forEach((z, i) => { y.data[i] = ${units.use === "log" ? "signedExp(value(z))" : "value(z)"}; });`, "  return y;\n}",
    ] : [`  return ${one ? `out(${names.get(graph.outputs.get(OUTPUT)!)})` : `{ ${outputs.join(", ")} }`};\n}`]),
    ...(classes ? [`export const classes = ${JSON.stringify(classes)};`] : []),
    ...(reading ? [
      `/** For each row { label, index, probability } of all classes, the most probable first. */`,
      `export function classify(x) {
  const { data, shape } = predict(x), y = { d: data, s: shape }, { d } = ${chances[reading]};
  return Array.from({ length: shape[0] }, (_, row) => {
    const p = ${width === 1 ? "[1 - d[row], d[row]]" : `[...d.subarray(row * ${width}, (row + 1) * ${width})]`};
    return p.map((probability, index) => ({ label: ${classes ? "classes[index]" : "String(index)"}, index, probability })).sort((a, b) => b.probability - a.probability || a.index - b.index);
  });
}`,
    ] : []),
    "",
  ].join("\n");
}

/** Numbers as little-endian bytes in base64. */
function base64(parts: readonly Float32Array[]): string {
  let text = "";
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bytes = new Uint8Array(4 * parts.reduce((sum, { length }) => sum + length, 0)), view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) for (const x of part) view.setFloat32(4 * at++, x, true);
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0), left = bytes.length - i;
    text += digits[word >> 18]! + digits[(word >> 12) & 63]! + (left > 1 ? digits[(word >> 6) & 63]! : "=") + (left > 2 ? digits[word & 63]! : "=");
  }
  return text;
}
