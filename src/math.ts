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
