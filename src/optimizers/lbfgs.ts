// L-BFGS, the second-order choice for small models. The host drives: it runs one program of loss and gradients as often
// as the line search asks, with vectors in f64 and sums in the order of the parameters, so the bits are the same
// everywhere. What goes on to the next step lies in states, rounded to f32, and checkpoints have it.

import { FormatError, OptionError, StateError } from "../errors.ts";
import { badOption, wantCount, wantNumber } from "../options.ts";
import { type Driven, type Optimizer, resolve } from "./optimizer.ts";

export interface LbfgsOptions {
  /** The first step that each line search tries; 1 by default. */
  learningRate?: number;
  /** Directions of a step, each with its line search; 20 by default. */
  iterations?: number;
  /** Runs of the model after which a step ends; iterations · 5/4 by default. */
  evaluations?: number;
  /** Past directions that the curvature is known from; 100 by default. Each takes the memory of two copies of the
   * parameters. */
  history?: number;
  /** Ends a step where no gradient is greater; 1e-7 by default. */
  gradientTolerance?: number;
  /** Ends a step where parameters or loss change by less; 1e-9 by default. */
  changeTolerance?: number;
}

type Vector = Float64Array<ArrayBuffer>;

/** States before the history: the last direction, and the gradient that it was taken at. */
const DIRECTION = 0, GRADIENT = 1, HISTORY = 2;

/** L-BFGS with a line search for the strong Wolfe conditions: p += t·d with d = −H·g, where H is the inverse Hessian
 * that the last changes of parameters and gradient tell. For small models and full batches: a step of fit (an epoch) is
 * one round of up to `iterations` directions. Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5, 3.6
 * and 7.4; https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html with line_search_fn="strong_wolfe"
 *
 * fit takes all rows as one batch, in their order, and refuses a smaller batchSize, shuffle, clipping and accumulate. A
 * trial step whose loss is not finite counts as one that goes too far.
 *
 * Beside PyTorch in float64 its losses are within 1e-4 and its parameters within 2e-3, where other optimizers are within 1e-5:
 * line searches amplify what float32 rounds, for the curvature is a difference of gradients, and each step is made from it.
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[0], [1]], y: [1, 3] }, { loss: mse(), optimizer: lbfgs() });
 * model.predict([[0], [1]]).data // → [1, 3]
 */
export function lbfgs(options: LbfgsOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("lbfgs", options, {
    defaults: { learningRate: 1, iterations: 20, evaluations: 0, history: 100, gradientTolerance: 1e-7, changeTolerance: 1e-9 },
    check({ iterations, evaluations, history, gradientTolerance, changeTolerance }, where) {
      wantCount(`${where}: iterations`, iterations);
      if (options.evaluations !== undefined) wantCount(`${where}: evaluations`, evaluations);
      wantCount(`${where}: history`, history);
      wantNumber(`${where}: gradientTolerance`, gradientTolerance, 0);
      wantNumber(`${where}: changeTolerance`, changeTolerance, 0);
    },
  });
  if (groups.length)
    throw new OptionError("bad-option", { of: "lbfgs", option: "groups", problem: "all parameters share one direction", fix: "freeze parameters, or take another optimizer" });
  const { iterations, evaluations, history, gradientTolerance, changeTolerance } = hyper as Record<string, number> as Required<LbfgsOptions>;
  const pairs = Array.from({ length: history }, (_, i) => [`change ${i}`, `turn ${i}`]).flat();
  return {
    optimizer: "lbfgs", hyper, groups, defaults, states: ["direction", "gradient", ...pairs], cells: 0,
    write() {},
    build() {
      throw new StateError("no-gradients", { of: "apply", problem: "lbfgs runs the model to make its step", fix: "call step" });
    },
    refuse(given, rows) {
      const { batchSize, memory } = given;
      if (memory !== undefined) wantMemory(memory, history);
      if (batchSize !== undefined && (batchSize as number) < rows)
        throw badOption("batchSize", batchSize, `all ${rows} rows, as lbfgs wants full batches`, { fix: "leave it out, or take another optimizer" });
      for (const option of ["shuffle", "clipNorm", "clipValue", "accumulate"])
        if (given[option] && !(option === "accumulate" && given[option] === 1)) throw badOption(option, given[option], "none with lbfgs, which takes all rows at once and their gradient as it is");
    },
    *drive(run) {
      const at = access(run), most = evaluations || Math.floor((iterations * 5) / 4);
      const { state, learningRate } = run, memory = (state.memory.length ? [...state.memory] : [0, 0, 0, 0, 1]) as Memory;
      let gradient = at.get(-1), loss = state.loss, direction = at.get(DIRECTION), runs = 1;
      if (greatest(gradient) <= gradientTolerance) return;
      for (let n = 1; n <= iterations; n++) {
        if (++memory[0] === 1) direction = gradient.map((g) => -g);
        else direction = turn(at, memory, gradient, direction, history);
        at.set(DIRECTION, direction);
        at.set(GRADIENT, gradient);
        const before = loss, slope = dot(gradient, direction);
        memory[3] = (memory[0] === 1 ? Math.min(1, 1 / gradient.reduce((sum, g) => sum + Math.abs(g), 0)) : 1) * learningRate;
        if (slope > -changeTolerance) break;
        const start = at.parameters();
        const go = (t: number): void => at.put(start, direction, t);
        const found = yield* search(function* (t) {
          go(t);
          yield;
          runs++;
          return { t, loss: state.finite ? state.loss : Infinity, gradient: state.finite ? at.get(-1) : gradient };
        }, { t: 0, loss, gradient }, memory[3], direction, slope, changeTolerance);
        ({ loss, gradient, t: memory[3] } = found);
        go(memory[3]);
        if (runs >= most || greatest(gradient) <= gradientTolerance || greatest(direction) * memory[3] <= changeTolerance
          || Math.abs(loss - before) < changeTolerance) break;
      }
      state.memory = memory;
    },
  };
}

/** What is kept between steps beside the states: directions taken so far, pairs in the history, where the oldest lies,
 * the length of the last step along its direction, and the scale of H that the last pair tells. */
type Memory = [number, number, number, number, number];

/** Throws for a memory from a file that could not have been written. */
function wantMemory(memory: unknown, history: number): void {
  const whole = (n: number, most: number): boolean => Number.isSafeInteger(n) && n >= 0 && n <= most;
  const sound = ([taken, known, oldest]: Memory): boolean => whole(taken, Infinity) && whole(known, history) && whole(oldest, history - 1);
  const list = Array.isArray(memory) ? memory : undefined, begun = list?.length === 5 && list.every(Number.isFinite) && sound(list as Memory);
  if (!begun && list?.length !== 0) throw new FormatError("bad-file", { option: "resume", problem: "this checkpoint is broken" });
}

/** The next direction: the history takes the last change in, and gives −H·g by two loops over it. */
function turn(at: Access, memory: Memory, gradient: Vector, direction: Vector, history: number): Vector {
  const last = at.get(GRADIENT), change = direction.map((d) => Math.fround(d * memory[3]));
  const turned = gradient.map((g, i) => Math.fround(g - last[i]!)); // as the states will have them
  const curvature = dot(turned, change);
  if (curvature > 1e-10) {
    // a ring: the oldest pair gives its place away
    const place = (memory[2] + memory[1]) % history;
    if (memory[1] === history) memory[2] = (memory[2] + 1) % history;
    else memory[1]++;
    at.set(HISTORY + 2 * place, change);
    at.set(HISTORY + 2 * place + 1, turned);
    memory[4] = curvature / dot(turned, turned);
  }
  const result = gradient.map((g) => -g), shares: number[] = [];
  const pair = (i: number): { s: Vector; y: Vector; inverse: number } => {
    const place = HISTORY + 2 * ((memory[2] + i) % history), s = at.get(place), y = at.get(place + 1);
    return { s, y, inverse: 1 / dot(y, s) };
  };
  for (let i = memory[1] - 1; i >= 0; i--) {
    const { s, y, inverse } = pair(i), share = (shares[i] = dot(s, result) * inverse);
    result.forEach((q, k) => (result[k] = q - share * y[k]!));
  }
  result.forEach((q, k) => (result[k] = q * memory[4]));
  for (let i = 0; i < memory[1]; i++) {
    const { s, y, inverse } = pair(i), share = shares[i]! - dot(y, result) * inverse;
    result.forEach((q, k) => (result[k] = q + share * s[k]!));
  }
  return result;
}

/** A point of the line. */
interface Point {
  t: number;
  loss: number;
  gradient: Vector;
}

interface Sloped extends Point {
  /** Derivative along the direction. */
  slope: number;
}

/** Conditions of Wolfe: the loss falls by LESS of what the slope promises, and the slope shrinks to FLATTER of itself. */
const LESS = 1e-4, FLATTER = 0.9;
const TRIALS = 25;

/** A step that meets the strong Wolfe conditions, or the best that TRIALS runs find: first a bracket, then inside it. */
function* search(run: (t: number) => Generator<void, Point>, from: Point, first: number, direction: Vector, slope: number, tolerance: number): Generator<void, Point> {
  const length = greatest(direction), start: Sloped = { ...from, slope };
  const look = function* (t: number): Generator<void, Sloped> {
    const point = yield* run(t);
    return { ...point, slope: dot(point.gradient, direction) };
  };
  const high = ({ t, loss }: Point): boolean => loss > start.loss + LESS * t * slope;
  const flat = (point: Sloped): boolean => Math.abs(point.slope) <= -FLATTER * slope;
  let before = start, now = yield* look(first), trials = 0, bracket: [Sloped, Sloped] | undefined;
  for (; trials < TRIALS; trials++) {
    if (high(now) || (trials > 1 && now.loss >= before.loss)) bracket = [before, now];
    else if (flat(now)) return now;
    else if (now.slope >= 0) bracket = [before, now];
    if (bracket) break;
    const t = lowest(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
    before = now;
    now = yield* look(t);
  }
  bracket ??= [start, now];
  let low = bracket[0].loss <= bracket[1].loss ? 0 : 1, close = false;
  for (; trials < TRIALS; trials++) {
    const [a, b] = bracket, least = Math.min(a.t, b.t), most = Math.max(a.t, b.t), edge = 0.1 * (most - least);
    if (Math.abs(b.t - a.t) * length < tolerance) break;
    let t = lowest(a, b, least, most);
    // near an end twice, or at it: a tenth of the bracket away from it
    if (Math.min(most - t, t - least) < edge) {
      if (close || t >= most || t <= least) {
        t = Math.abs(t - most) < Math.abs(t - least) ? most - edge : least + edge;
        close = false;
      } else close = true;
    } else close = false;
    now = yield* look(t);
    const best = bracket[low]!, other = bracket[1 - low]!;
    if (high(now) || now.loss >= best.loss) {
      bracket[1 - low] = now;
      low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
    } else {
      if (!flat(now) && now.slope * (other.t - best.t) >= 0) bracket[1 - low] = best;
      bracket[low] = now;
      if (flat(now)) break;
    }
  }
  return bracket[low]!;
}

/** Where the cubic through two points and their slopes is lowest, within bounds; the middle if it is so nowhere. */
function lowest(a: Sloped, b: Sloped, least: number, most: number): number {
  const [x, z] = a.t <= b.t ? [a, b] : [b, a];
  const bend = x.slope + z.slope - (3 * (x.loss - z.loss)) / (x.t - z.t), square = bend * bend - x.slope * z.slope, root = Math.sqrt(square);
  const t = z.t - (z.t - x.t) * ((z.slope + root - bend) / (z.slope - x.slope + 2 * root));
  return square >= 0 && Number.isFinite(t) ? Math.min(Math.max(t, least), most) : (least + most) / 2;
}

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function greatest(vector: Vector): number {
  let most = 0;
  for (const x of vector) most = Math.max(most, Math.abs(x));
  return most;
}

/** The vectors of a run in memory. */
interface Access {
  /** The gradient (−1) or a state. */
  get(state: number): Vector;
  set(state: number, vector: Vector): void;
  /** All parameters that are trained, in the layout of the gradient. */
  parameters(): Vector;
  /** parameters = start + t · direction */
  put(start: Vector, direction: Vector, t: number): void;
}

function access({ state: { layout, block }, network }: Driven): Access {
  const { count, segments, state, stride } = layout;
  const place = (i: number): number => (block.offset + (i < 0 ? 0 : state + i * stride)) / 4;
  const home = (parameter: number): number => (network.block.offset + parameter) / 4;
  return {
    get: (i) => Float64Array.from(network.session.floats.subarray(place(i), place(i) + count)),
    set(i, vector) {
      network.session.floats.set(vector, place(i));
      network.session.wrote(4 * place(i), 4 * count);
    },
    parameters() {
      const all = new Float64Array(count);
      for (const { parameter, start, count: n } of segments) all.set(network.session.floats.subarray(home(parameter), home(parameter) + n), start);
      return all;
    },
    put(start, direction, t) {
      const { floats } = network.session;
      for (const { parameter, start: first, count: n } of segments) {
        const to = home(parameter);
        for (let i = 0; i < n; i++) floats[to + i] = start[first + i]! + t * direction[first + i]!;
        network.session.wrote(4 * to, 4 * n);
      }
    },
  };
}
