// Functions of f64 whose bits are the same on every engine; those of Math.pow, exp, log, sin and cos are not.

/** base to the power of a whole number n ≥ 0, by repeated squaring. */
export function integerPower(base: number, n: number): number {
  let result = 1;
  for (let square = base, rest = n; rest > 0; rest = Math.floor(rest / 2), square *= square) if (rest % 2 === 1) result *= square;
  return result;
}

/** cos(π·x) for x in [0, 1]; error below 2e-16. */
export function cosPi(x: number): number {
  if (x > 0.5) return -cosPi(1 - x);
  return x <= 0.25 ? cosine(Math.PI * x) : sine(Math.PI * (0.5 - x));
}

/** Taylor's series, for |x| ≤ π/4. */
function cosine(x: number): number {
  const z = -x * x;
  let term = 1, sum = 1;
  for (let n = 1; n <= 8; n++) sum += term *= z / (2 * n * (2 * n - 1));
  return sum;
}

function sine(x: number): number {
  const z = -x * x;
  let term = x, sum = x;
  for (let n = 1; n <= 8; n++) sum += term *= z / (2 * n * (2 * n + 1));
  return sum;
}

/** base to the power x, for base ≥ 0 and x ≥ 0; relative error below 1e-14 + 2e-16 · x. */
export function power(base: number, x: number): number {
  const whole = Math.floor(x), rest = x - whole;
  const start = integerPower(base, whole);
  return rest === 0 || base === 1 ? start : base === 0 ? 0 : start * exponential(rest * logarithm(base));
}

const LN2_HIGH = 0.6931471803691238, LN2_LOW = 1.9082149292705877e-10; // the first with 21 zeros at its end

/** e to the power x; relative error below 1e-15. */
export function exponential(x: number): number {
  if (!(x > -746 && x < 710)) return x < 0 ? 0 : x * Infinity; // NaN stays NaN
  const twos = Math.round(x / LN2_HIGH), z = x - twos * LN2_HIGH - twos * LN2_LOW;
  let term = 1, sum = 1;
  for (let n = 1; n <= 18; n++) sum += term *= z / n;
  // in two halves, for 2^1024 and 2^-1075 are no numbers
  const half = Math.floor(Math.abs(twos) / 2), two = twos < 0 ? 0.5 : 2;
  return sum * integerPower(two, half) * integerPower(two, Math.abs(twos) - half);
}

/** ln x for x > 0; error below 2e-16 · max(1, |ln x|). */
export function logarithm(x: number): number {
  let twos = 0, m = x;
  for (; m > Math.SQRT2; m /= 2) twos++;
  for (; m < Math.SQRT1_2; m *= 2) twos--;
  // ln m = 2 artanh s
  const s = (m - 1) / (m + 1), z = s * s;
  let term = s, sum = 0;
  for (let n = 3; n <= 25; n += 2) sum += (term *= z) / n;
  return twos * LN2_HIGH + (2 * s + (2 * sum + twos * LN2_LOW));
}

/** ln(1 + x) for x ≥ 0; relative error below 1e-15. */
export function logarithm1p(x: number): number {
  const u = 1 + x;
  return u === 1 ? x : u === Infinity ? Infinity : logarithm(u) * (x / (u - 1)); // what 1 + x has lost, x / (u − 1) makes good
}

/** e^x − 1 for x ≥ 0; relative error below 1e-10. */
export function exponentialM1(x: number): number {
  return x < 1e-5 ? x + (x * x) / 2 : exponential(x) - 1;
}

/** sin(2π·x) for x in [0, 1). */
export function sinTurn(x: number): number {
  return x > 0.5 ? -sinTurn(x - 0.5) : cosPi(Math.abs(2 * x - 0.5));
}

/** cos(2π·x) for x in [0, 1). */
export function cosTurn(x: number): number {
  return cosPi(x > 0.5 ? 2 - 2 * x : 2 * x);
}
