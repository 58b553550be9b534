// The cases of ops.json: a call as data becomes a compiled function that gives the value, its gradients, and the
// gradients of these.

import { ops } from "../../src/index.ts";
import type { Graph } from "../../src/graph.ts";
import type { Compiled, Value } from "../../src/ops/index.ts";
import { fixture, g, h, type Input, type Saved, typed } from "./fixtures.ts";

/** "$0" among the arguments stands for the first input; arguments may be calls. */
export interface Call {
  op: string;
  args: unknown[];
}

export interface OpCase {
  call: Call;
  inputs: Input[];
  /** Of y. */
  shape: number[];
  y: Saved;
  /** The inputs that it is differentiated by. */
  wrt?: number[];
  gradients?: Saved[];
  second?: Saved[];
}

export const opCases = [...fixture<OpCase>("ops.json"), ...fixture<OpCase>("catalogue_losses_ops.json")];

const isCall = (arg: unknown): arg is Call => arg !== null && typeof arg === "object" && "op" in arg;

export function title({ op, args }: Call): string {
  const show = (arg: unknown): string => isCall(arg) ? title(arg) : Array.isArray(arg) ? `[${arg.map(show).join(", ")}]`
    : typeof arg === "string" ? arg : JSON.stringify(arg);
  return `${op}(${args.map(show).join(", ")})`;
}

/** The names of a call and of the calls in it. */
export function namesOf({ op, args }: Call): string[] {
  return [op, ...args.flat().flatMap((arg) => (isCall(arg) ? namesOf(arg) : []))];
}

function evaluate(arg: unknown, inputs: readonly Value[]): unknown {
  if (typeof arg === "string") return arg.startsWith("$") ? inputs[Number(arg.slice(1))] : arg;
  if (Array.isArray(arg)) return arg.map((item) => evaluate(item, inputs));
  if (!isCall(arg)) return arg;
  const f = ops[arg.op as keyof typeof ops] as (...args: unknown[]) => Value;
  return f(...arg.args.map((item) => evaluate(item, inputs)));
}

/** The function of a case: its arguments are the inputs, g, and an h for each gradient. */
export async function compileCase({ call, inputs, shape, wrt = [], gradients, second }: OpCase): Promise<{ f: Compiled; used: Set<string> }> {
  let graph: Graph | undefined;
  const f = await ops.compile((...args) => {
    graph = args[0]!.graph;
    const values = args.slice(0, inputs.length), [weights, ...more] = args.slice(inputs.length);
    const y = evaluate(call, values) as Value, by = wrt.map((i) => values[i]!), results = [y];
    if (gradients) {
      const first = ops.grad(ops.sum(ops.multiply(y, weights!)), by);
      results.push(...first);
      const again = (): Value => first.map((d, i) => ops.sum(ops.multiply(d, more[i]!))).reduce((a, b) => ops.add(a, b));
      if (second) results.push(...ops.grad(again(), by));
    }
    return results;
  }, [...inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype ?? ("float32" as const) })), shape, ...wrt.map((i) => inputs[i]!.shape)]);
  return { f, used: new Set(graph!.nodes.map(({ op }) => op.name)) };
}

/** What a case's function gives. */
export async function runCase(row: OpCase): Promise<{ shape: number[]; y: ArrayLike<number>; gradients: ArrayLike<number>[]; second: ArrayLike<number>[] }> {
  const { inputs, wrt = [], y } = row, data = inputs.map(typed), { f } = await compileCase(row);
  const [value, ...more] = f.run([...data, g(y.length), ...wrt.map((i) => h(data[i]!.length))]);
  f.dispose();
  const lists = more.map(({ data }) => data);
  return { shape: value!.shape, y: value!.data, gradients: lists.slice(0, wrt.length), second: lists.slice(wrt.length) };
}
