// Timing and its statistics. Clocks and machines vary, so whatever is compared is timed in turns, in one run, and the
// figure is the median of the ratios of neighbours.

export const now = () => performance.now();

export function median(values) {
  const sorted = Float64Array.from(values).sort(), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The median's interval at the given confidence, from order statistics alone: value number k from below and from
 * above, the largest k for which fewer than k of n fair coins show heads with probability at most (1 − confidence)/2.
 * Whatever the distribution of the values, the true median lies inside so often; of fewer than six values it is all. */
export function medianInterval(values, confidence = 0.95) {
  const sorted = Float64Array.from(values).sort(), n = sorted.length;
  let k = 0, term = 0.5 ** n, below = term;
  while (k < n / 2 && below <= (1 - confidence) / 2) {
    k++;
    term *= (n - k + 1) / k;
    below += term;
  }
  return [sorted[Math.max(k, 1) - 1], sorted[n - Math.max(k, 1)]];
}

/** ms of one run, from `times` runs. */
export function perRun(run, times) {
  const start = now();
  run(times);
  return (now() - start) / times;
}

/** How often to run for about `ms`; tells after a warm-up of `warmup` ms, in which engines compile what is hot. */
export function timesFor(run, ms, warmup = 30) {
  const start = now();
  let times = 1;
  for (;;) {
    const each = perRun(run, times);
    if (now() - start >= warmup) return Math.max(1, Math.round(ms / each));
    times = Math.max(times, Math.min(2 * times, Math.ceil(ms / Math.max(each, 1e-6))));
  }
}

/** A function that times about `ms` of `run` and gives the ms of one run. */
export function timer(run, ms, warmup) {
  const times = timesFor(run, ms, warmup);
  return () => perRun(run, times);
}

/** Calls timers (functions that give ms, or a promise of them) in turns: for each its ms, round by round. */
export async function interleave(timers, rounds) {
  const found = timers.map(() => []);
  for (let round = 0; round < rounds; round++) for (const [i, time] of timers.entries()) found[i].push(await time());
  return found;
}

/** The median of the ratios of neighbours. */
export function medianRatio(above, below) {
  return median(above.map((value, i) => value / below[i]));
}
