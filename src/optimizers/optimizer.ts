// What an optimizer is: the kind of update that the core runs, or a formula in ops (formula.ts), and how its numbers
// (cells) follow from options, rate and step. The core sees cells only, so a schedule never changes a program.

import { OptionError } from "../errors.ts";
import type { UpdateKind } from "../../assembly/isa.ts";
import type { Store } from "../compile.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { badOption, checkNames, isRecord, wantNumber } from "../options.ts";
import type { Address } from "../program.ts";
import type { Shape } from "../shape.ts";

/** What a group's `match` is asked about. */
export interface ParameterInfo {
  readonly name: string;
  readonly layer: string;
  /** As in PyTorch. */
  readonly shape: Shape;
}

/** Chooses parameters: by name, or by a function, e.g. `(p) => p.shape.length < 2`. */
export type Match = RegExp | ((parameter: ParameterInfo) => boolean);

/** Numbers and flags of one group. */
export type Hyper = Readonly<Record<string, number | boolean>>;

export interface Optimizer {
  readonly optimizer: string;
  /** The options of parameters that no group matches; plain data. */
  readonly hyper: Hyper & { readonly learningRate: number };
  readonly groups: readonly { readonly match: Match; readonly hyper: Hyper & { readonly learningRate: number } }[];
  /** What the options are where nothing is said. */
  readonly defaults: Hyper;
  readonly kind?: UpdateKind;
  /** Without a kind: adds the update to a program, after its guard. */
  readonly build?: (site: Site) => Node[];
  /** Without both: makes the step by runs of a program that has no update; for full batches. */
  readonly drive?: (run: Driven) => Iterable<void>;
  /** Throws for options of fit, or a checkpoint's memory, that do not go with it. */
  readonly refuse?: (options: Readonly<Record<string, unknown>>, rows: number) => void;
  /** Names of the states that each parameter has. */
  readonly states: readonly string[];
  /** Cells of a group. */
  readonly cells: number;
  /** Of one's own: adds its formulas to a graph, by which a checkpoint knows it again; its new values, by place. */
  readonly computes?: (graph: Graph, layout: Layout) => Iterable<readonly [unknown, Value]>;
  /** Writes a group's cells for step t = 1, 2, …; allocates nothing. */
  write(cells: Float32Array, at: number, hyper: Hyper, learningRate: number, t: number): void;
}

/** What an optimizer is told of a fit's block; see train/state.ts. */
export interface Layout {
  readonly slots: readonly { readonly parameter: { readonly name: string; readonly stored: Shape; readonly offset: number }; readonly offset: number }[];
  /** Neighbours of one group; START and COUNT in numbers of the gradient block. */
  readonly segments: readonly { readonly parameter: number; readonly start: number; readonly count: number; readonly group: number }[];
  readonly count: number;
  readonly state: number;
  readonly stride: number;
  readonly groups: number;
  readonly guard: number;
  readonly seed: number;
}

/** A program that gets its update. */
export interface Site {
  readonly layout: Layout;
  /** Computed before. */
  readonly loss: Value;
  /** A place in the fit's block, and one among the parameters. */
  fit(offset: number): Address;
  parameters(offset: number): Address;
  /** What it adds to. */
  readonly stores: Store[];
  readonly sources: Map<Value, Address>;
}

/** A run in the hands of an optimizer that drives: loss and gradients are there, and are computed anew wherever it yields. */
export interface Driven {
  readonly state: {
    readonly layout: Layout;
    readonly block: { readonly offset: number };
    readonly updates: number;
    readonly loss: number;
    readonly finite: boolean;
    /** Numbers that the optimizer keeps from step to step; checkpoints have them. */
    memory: readonly number[];
  };
  readonly network: { readonly session: { readonly floats: Float32Array; wrote(at: number, bytes: number): void }; readonly block: { readonly offset: number } };
  readonly learningRate: number;
}

/** Options of every optimizer. */
export interface OptimizerOptions {
  /** How far a step goes; a schedule multiplies it. */
  learningRate?: number;
  /** Other options for some parameters: the first group that matches counts. */
  groups?: readonly ({ match: Match } & Record<string, unknown>)[];
}

/** Options for the parameters that `match` chooses. */
export type Group<Options> = { match: Match } & Omit<Options, "groups">;

interface Recipe {
  defaults: Record<string, number | boolean>;
  /** Ranges of the numbers: [low, high], open at `high` for betas. */
  check(hyper: Hyper, where: string): void;
}

/** Fills in defaults, checks every number, and does the same for each group. */
export function resolve(
  name: string, options: OptimizerOptions, { defaults, check }: Recipe,
): Pick<Optimizer, "hyper" | "groups" | "defaults"> {
  const own = Object.keys(defaults);
  const settle = (given: object, base: Record<string, number | boolean>, of: string, more: string[]): Hyper & { learningRate: number } => {
    checkNames(of, given, [...own, ...more]);
    const hyper: Record<string, number | boolean> = { ...base };
    for (const key of own) {
      const value = (given as Record<string, unknown>)[key];
      if (value === undefined) continue;
      if (typeof value !== typeof defaults[key]) throw badOption(key, value, `a ${typeof defaults[key]}`, { of });
      hyper[key] = value as number | boolean;
    }
    wantNumber(`${of}: learningRate`, hyper.learningRate, 0);
    check(hyper, of);
    return hyper as Hyper & { learningRate: number };
  };
  const hyper = settle(options, defaults, name, ["groups"]);
  const groups = options.groups ?? [];
  if (!Array.isArray(groups)) throw badOption("groups", groups, "an array", { of: name });
  return {
    hyper,
    defaults,
    groups: groups.map((group, i) => {
      const of = `${name}: groups[${i}]`;
      return { match: wantMatch(of, group?.match), hyper: settle(group, hyper, of, ["match"]) };
    }),
  };
}

/** Least epsilon beside √v, the root of a mean of squares: such means are kept in multiples of 2^−104 (assembly/kernels/update.ts), so that √v
 * may be 0 where gradients of 1e-16 have just come. Divided by an epsilon far below, their mean would be a step of any length, and 0 / 0 is
 * no number. */
export const LEAST_EPSILON = 1e-16;

export function wantMatch(of: string, match: unknown): Match {
  if (match instanceof RegExp || typeof match === "function") return match as Match;
  throw badOption("match", match, "a RegExp or a function of { name, layer, shape }", { of });
}

/** The error for a match that chooses none of the parameters that are left for it. */
export function unmatched(option: string, match: Match, parameters: readonly ParameterInfo[]): OptionError {
  const names = parameters.map(({ name }) => name).join(", ");
  return new OptionError("unmatched-group", { option, wanted: `a match among ${names || "no parameters"}`, got: String(match) });
}

export function matches(match: Match, parameter: ParameterInfo): boolean {
  if (typeof match === "function") return match(parameter);
  match.lastIndex = 0; // a RegExp with the flag g remembers where it was
  return match.test(parameter.name);
}

export function isOptimizer(value: unknown): value is Optimizer {
  return isRecord(value) && typeof value.write === "function" && ![value.hyper, value.groups, value.states, value.kind ?? value.build].includes(undefined);
}

/** The group of a parameter: its number, or groups.length for the rest. A group that matches none throws. */
export function assignGroups(optimizer: Optimizer, parameters: readonly ParameterInfo[]): number[] {
  const { groups } = optimizer;
  const assigned = parameters.map((parameter) => {
    const i = groups.findIndex(({ match }) => matches(match, parameter));
    return i < 0 ? groups.length : i;
  });
  groups.forEach(({ match }, i) => {
    if (!assigned.includes(i)) throw unmatched(`groups[${i}]`, match, parameters.filter((_, p) => assigned[p]! > i));
  });
  return assigned;
}
