// Updates as formulas in ops, and optimizers of one's own. The training program has them behind its guard, so a step is
// still one call into the core:
//
//   … | guard | stop if not finite | formula of segment 0 | formula of segment 1 | …
//
// A new value is written where the old one lies: by the op that makes it, where nobody reads the old one any more, else
// by a copy when all of the segment has been computed. States are flushed, as those
// of sgd and adam are now and then (assembly/kernels/update.ts): what decays would else stop among the denormal numbers.

import { GuardCell } from "../../assembly/isa.ts";
import type { Store } from "../compile.ts";
import { GraphError, ShapeError } from "../errors.ts";
import { type Node, notAValue, origin, Value } from "../graph.ts";
import { parameterOp } from "../op.ts";
import { checkNames, isRecord, wantFunction, badOption } from "../options.ts";
import { add, multiply, subtract } from "../ops/binary.ts";
import { constant } from "../ops/constant.ts";
import { seedOf } from "../ops/random.ts";
import { copy } from "../ops/shape.ts";
import { effect, stopOp } from "../ops/update.ts";
import { isSource } from "../passes/storage.ts";
import type { Address } from "../program.ts";
import { sameShape, type Shape } from "../shape.ts";
import { type Hyper, type Match, type Optimizer, resolve } from "./optimizer.ts";

/** What a formula is given, by name: `parameter`, `gradient` (clipped), the states and the cells. */
export type FormulaValues<Name extends string = string> = Readonly<Record<Name | "parameter" | "gradient", Value>>;

/** The new values by name; what is not there stays. */
export type Formula<Name extends string = string> = (values: FormulaValues<Name>, hyper: Hyper) => Partial<Record<Name | "parameter", Value>>;

interface Parts {
  states: readonly string[];
  /** Scalars that the host writes for each group and step. */
  cells: readonly string[];
  /** Each parameter by itself, in its shape in memory, rather than flat stretches of one group. */
  apart?: boolean;
}

/** An optimizer's `build` from a formula. */
export function inOps<State extends string, Cell extends string>(
  { states, cells, apart }: Parts & { states: readonly State[]; cells: readonly Cell[] },
  groups: Optimizer["groups"], hyper: Hyper, formula: Formula<State | Cell>,
): NonNullable<Optimizer["build"]> {
  return ({ layout, loss, fit, parameters, stores, sources }) => {
    const { graph } = loss, { slots, segments } = layout;
    const source = (name: string, shape: Shape, address: Address): Value => {
      const value = graph.add(parameterOp, [], { name, shape })[0]!;
      sources.set(value, address);
      return value;
    };
    const stop = effect(stopOp, [loss], { guard: fit(layout.guard) });
    const factor = source("factor", [], fit(layout.guard + 4 * GuardCell.FACTOR));
    const stretches = apart
      ? slots.map(({ parameter: { name, stored, offset }, offset: at }) =>
        ({ name, shape: stored, at, parameter: offset, group: segments.find(({ start, count }) => 4 * start <= at && at < 4 * (start + count))!.group }))
      : segments.map(({ start, count, parameter, group }) => ({ name: "", shape: [count], at: 4 * start, parameter, group }));
    for (const { name, shape, at, parameter, group } of stretches) {
      const homes = new Map([
        ["parameter", parameters(parameter)],
        ...states.map((state, i) => [state as string, fit(layout.state + i * layout.stride + at)] as const),
      ]);
      const old = new Map([...homes].map(([key, address]) => [key, source(key, shape, address)]));
      const scalars = cells.map((cell, i) => [cell, source(cell, [], fit(layout.groups + 4 * (group * cells.length + i)))]);
      const gradient = multiply(source("gradient", shape, fit(at)), factor), first = graph.nodes.length;
      const made = formula({ ...Object.fromEntries([...old, ...scalars]), gradient }, groups[group]?.hyper ?? hyper) as Record<string, unknown>;
      const wanted = apart ? [...homes.keys()] : Object.keys(made);
      if (!isRecord(made) || Object.keys(made).length !== wanted.length || wanted.some((key) => !(key in made)))
        throw new GraphError("wrong-names", { ...AT, wanted: `a record of ${wanted.join(", ")}`, got: made });
      const results = wanted.flatMap((key) => {
        const value = made[key];
        if (!(value instanceof Value) || value.graph !== graph) throw notAValue(key, value, { ...AT, layer: name, fix: "make it from what update is given" });
        if (value.dtype !== "float32" || !sameShape(value.shape, shape))
          throw new ShapeError("shape-mismatch", { ...AT, layer: name, option: key, wanted: shape, got: value.dtype === "float32" ? value.shape : value.dtype });
        if (value === old.get(key)) return [];
        if (key !== "parameter") return [{ key, value: subtract(add(value, COARSE), COARSE) }];
        // other places are overwritten: what lies there is taken away first
        return [{ key, value: isSource(origin(value)) ? copy(value) : value }];
      });
      const nodes = graph.nodes.slice(first), taken = new Set<Value>();
      const settled = results.map(({ key, value }) => {
        const direct = !taken.has(value) && mayReplace(value, old.get(key)!, nodes);
        taken.add(value);
        return { key, value, direct };
      });
      for (const { key, value, direct } of settled) stores.push([direct ? value : copy(value), homes.get(key)!]);
    }
    // an update of one's own may draw at random, where nothing before it does
    const seed = seedOf(graph);
    if (seed) sources.set(seed, fit(layout.seed));
    return [stop];
  };
}

/** 2^−80: adding and subtracting it leaves multiples of 2^−104 of small numbers. */
const COARSE = 8.271806125530277e-25;

/** Details of what a caller's update returned. */
const AT = { of: "optimizer", option: "update" };

/** May the op that makes a value write it over an old one? Not if the old one is read later, or by an op that cannot
 * work in place. */
function mayReplace(value: Value, old: Value, nodes: readonly Node[]): boolean {
  const { node } = value;
  if (!nodes.includes(node) || !node.op.inPlace) return false;
  const reads = (other: Node, i: number): boolean => origin(other.inputs[i]!) === old;
  return nodes.every((other) => other.inputs.every((_, i) =>
    !reads(other, i) || other.index < node.index || (other === node && node.op.inPlace!.includes(i))));
}

/** A group's numbers, which a formula of one's own is given beside the Values. */
export interface OwnOptions<State extends string = string> {
  /** 1e-3 by default. */
  learningRate?: number;
  /** Names of the states that each parameter has; they begin with zeros. */
  state?: readonly State[];
  /** From a parameter, its gradient (clipped), the rate, the number of the step (1, 2, …) and the states to the new
   * parameter and states; with ops. */
  update: (
    values: Readonly<Record<State | "parameter" | "gradient" | "learningRate" | "step", Value>>, options: Hyper,
  ) => Readonly<Record<State | "parameter", Value>>;
  /** Numbers and flags that `update` gets as its second argument, and that groups may change. */
  options?: Readonly<Record<string, number | boolean>>;
  groups?: readonly ({ match: Match; learningRate?: number } & Record<string, unknown>)[];
}

const RESERVED = ["parameter", "gradient", "learningRate", "step"];

/** An optimizer of one's own. `update` is called when a run begins, by which its checkpoints know it again, and when a training program
 * is compiled, once for each parameter each time; what it returns becomes a part of that program: { parameter, …states } in ops, each in the shape that it came in (a dense
 * layer's weight lies in memory as [in, units]). Checkpoints keep the states by their names.
 *
 * Source of the example: Polyak, Some methods of speeding up the convergence of iteration methods (1964).
 *
 * @throws OptionError for options that do not fit; at fit, GraphError or ShapeError if update returns other names, no
 * Values, or other shapes.
 * @example
 * const heavyBall = optimizer("heavyBall", {
 *   learningRate: 0.25, state: ["m"], options: { beta: 0.9 },
 *   update({ parameter, gradient, learningRate, m }, { beta }) {
 *     const next = ops.add(ops.multiply(m, beta), gradient);
 *     return { parameter: ops.subtract(parameter, ops.multiply(next, learningRate)), m: next };
 *   },
 * });
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: heavyBall, epochs: 2 });
 * model.predict([[1]]).data // → [1.2]
 */
export function optimizer<const State extends string = never>(name: string, options: OwnOptions<State>): Optimizer {
  if (typeof name !== "string" || name === "") throw badOption("name", name, "a name", { of: "optimizer" });
  checkNames(name, options, ["learningRate", "state", "update", "options", "groups"]);
  const { learningRate, groups: given, state = [], update } = options ?? {};
  wantFunction(`${name}: update`, update);
  const good = Array.isArray(state) && new Set(state).size === state.length
    && state.every((key) => typeof key === "string" && key !== "" && !RESERVED.includes(key));
  if (!good) throw badOption("state", state, `different names, none of them ${RESERVED.join(", ")}`, { of: name });
  const more = options.options ?? {};
  if (!isRecord(more)) throw badOption("options", more, "a record of numbers and flags", { of: name });
  for (const [key, value] of Object.entries(more))
    if (!(typeof value === "boolean" || Number.isFinite(value)) || ["match", "groups", "learningRate"].includes(key))
      throw badOption(key, value, "a finite number or a flag", { of: name });
  const { hyper, groups, defaults } = resolve(name, { ...(learningRate !== undefined && { learningRate }), ...(given && { groups: given }) }, {
    defaults: { learningRate: 1e-3, ...more }, check() {},
  });
  const cells = ["learningRate", "step"] as const, build = inOps({ states: state, cells, apart: true }, groups, hyper, update);
  return {
    optimizer: name, hyper, groups, defaults, states: state, cells: cells.length, build,
    computes(graph, layout) {
      const stores: Store[] = [], at = (region: string) => (offset: number): Address => ({ region, offset });
      build({ layout, loss: constant(graph, 0), fit: at("fit"), parameters: at("parameters"), stores, sources: new Map() });
      return stores.map(([value, to]) => [to, value]);
    },
    write(floats, at, _, rate, t) {
      floats[at] = rate;
      floats[at + 1] = t;
    },
  };
}
