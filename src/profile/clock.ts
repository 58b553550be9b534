// The clock: how fine it is, and how long to look at it. Browsers round it to 5 … 100 µs, some to a millisecond; edge engines let
// it stand still while code runs.

/** An interval of so many grains is off by less than one of them, 5 %. */
const GRAINS = 20;
/** Microseconds of the shortest interval that is timed, where the clock is fine: what else a machine does takes some µs. */
const SHORTEST = 20;
/** Calls after which a clock that has not moved stands still: some tenth of a second. */
const CALLS = 2e6;
/** Microseconds of an interval that takes long. */
const LONG = 2000;
/** Runs after which it is given up. */
const MANY = 1e8;

export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Microseconds of its smallest step. Where it is finer than a call of it: those of a call. */
  readonly grain: number;
  /** Microseconds that an interval must have at the least. */
  readonly shortest: number;
}

/** Looks how fine a clock is; undefined if it stands still. */
export function clockOf(now: () => number): Clock | undefined {
  const steps: number[] = [];
  // the first calls of a clock take longer
  for (let calls = 0, last = now(); steps.length < 15 || calls < 1000; calls++) {
    const next = now();
    if (calls > CALLS) return undefined;
    if (next > last) steps.push(1000 * (next - last));
    last = next;
  }
  const [, , , grain] = steps.slice(-15).sort((a, b) => a - b) as [number, number, number, number]; // other steps may have been disturbed
  return { now, grain, shortest: Math.max(SHORTEST, GRAINS * grain) };
}

/** Runs `run(times)` with so many `times` that it takes an interval that can be timed; µs of one, as often as `rounds` says, but
 * three times where that takes long. */
export function timed({ now, shortest }: Clock, run: (times: number) => void, rounds: number): number[] {
  const interval = (times: number): number => {
    const start = now();
    run(times);
    return 1000 * (now() - start);
  };
  const count = shortest < LONG ? rounds : Math.min(rounds, 3), found: number[] = [];
  for (let times = 1; found.length < count;) {
    const took = interval(times);
    // one that was long enough by a disturbance alone is followed by others that are not
    if (took >= shortest || times > MANY) found.push(took / times);
    else times = Math.ceil(times * Math.min(16, Math.max(1.5, (1.5 * shortest) / Math.max(took, 1e-3))));
  }
  return found;
}

/** The mean of the middle half: as steady as a median, and finer where values have been rounded. */
export function middle(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort(), from = Math.floor((sorted.length + 1) / 4), inner = sorted.subarray(from, sorted.length - from);
  return inner.reduce((a, b) => a + b, 0) / inner.length;
}

/** Gives the event loop a turn now and then. Undefined, or what is to be waited for: others may have used the memory then. */
export type Turn = () => Promise<void> | undefined;
