// Functions of one number. A row says all the host knows of one; its test, its gradient check and its benchmark
// come from the row's formulas.

import { Map, MapGradient, MapKind, Opcode } from "../../assembly/isa.ts";
import { wantNumber } from "../options.ts";
import type { Node, Op, Value } from "../graph.ts";
import { apply, misfit, wantFloats, wantSecond } from "../op.ts";
import { bits } from "../program.ts";
import { divide, multiply, subtract } from "./binary.ts";
import { constant } from "./constant.ts";
import { withGain } from "./gain.ts";
import { negate, scale } from "./scale.ts";

/** Numbers that shape a function, such as leakyRelu's slope. */
export type Parameters = readonly number[];

/** A row of the catalogue. Formulas are in JavaScript's notation, over f64; `p` is the first parameter. */
export interface ActivationRow {
  name: string;
  kind: MapKind;
  /** f(x) */
  formula: string;
  /** f′ from x or from y = f(x); what the formula names is what the core reads. */
  derivative: string;
  /** Does the derivative read the output y? Then x need not be kept. */
  from: "x" | "y";
  /** d f′(v) / d v in ops, v being x or y; "zero" where f′ is flat; absent: no second derivative. */
  second?: "zero" | ((v: Value, parameters: Parameters) => Value);
}

export interface ActivationOp extends Op<Parameters> {
  readonly row: ActivationRow;
}

export function activation(row: ActivationRow): ActivationOp {
  const { name, kind } = row;
  const derivative = derivativeOf(row);
  return {
    name,
    row,
    derivative,
    inPlace: [0],
    shape([x], parameters) {
      wantFloats(name, [x!]);
      const bad = parameters.find((p) => typeof p !== "number" || Number.isNaN(p));
      if (bad !== undefined) throw misfit(name, x!, "a number", bad, "not-a-number");
      return [{ shape: x!.shape }];
    },
    gradient: ({ inputs: [x], outputs: [y], attributes }, [g]) =>
      [apply(derivative, [g!, row.from === "x" ? x! : y!], attributes)],
    emit(node, to) {
      const [x] = node.inputs;
      to.instruction(Opcode.Map, Map.SIZE, {
        [Map.KIND]: kind, [Map.DST]: to.at(node.outputs[0]!), [Map.SRC]: to.at(x!), [Map.COUNT]: x!.size,
        [Map.P0]: bits(node.attributes[0] ?? 0), [Map.P1]: bits(node.attributes[1] ?? 0),
      });
    },
  };
}

/** g · f′(v), of g and v. */
function derivativeOf(row: ActivationRow): Op<Parameters> {
  const { name, kind, second } = row;
  const op: Op<Parameters> = {
    name: `${name}Gradient`,
    inPlace: [0, 1],
    shape: ([g]) => [{ shape: g!.shape }],
    gradient({ inputs: [g, v], attributes, graph }: Node<Parameters>, [h]) {
      wantSecond(name, graph, second);
      const toG = apply(op, [h!, v!], attributes);
      return [toG, second === "zero" ? undefined : multiply(multiply(h!, g!), second(v!, attributes))];
    },
    emit(node, to) {
      const [g, v] = node.inputs;
      to.instruction(Opcode.MapGradient, MapGradient.SIZE, {
        [MapGradient.KIND]: kind, [MapGradient.DST]: to.at(node.outputs[0]!), [MapGradient.G]: to.at(g!),
        [MapGradient.V]: to.at(v!), [MapGradient.COUNT]: g!.size,
        [MapGradient.P0]: bits(node.attributes[0] ?? 0), [MapGradient.P1]: bits(node.attributes[1] ?? 0),
      });
    },
  };
  return op;
}

const none: Parameters = [];

export const reluOp = /* @__PURE__ */ activation({
  name: "relu", kind: MapKind.Relu, formula: "x > 0 ? x : 0", derivative: "y > 0 ? 1 : 0", from: "y", second: "zero",
});

/** max(x, 0); derivative 0 at 0. https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 *
 * @example
 * const f = await compile((x) => relu(x), [[3]]);
 * f.run([[-1, 0, 2]])[0].data // → [0, 0, 2]
 */
export function relu(x: Value): Value {
  return withGain(apply(reluOp, [x], none), x);
}

export const leakyReluOp = /* @__PURE__ */ activation({
  name: "leakyRelu", kind: MapKind.LeakyRelu, formula: "x > 0 ? x : p * x", derivative: "x > 0 ? 1 : p", from: "x",
  second: "zero",
});

/** The layer asks too, before there is a model; so do those of the others. */
export function wantSlope(slope: number): number {
  return wantNumber("leakyRelu: slope", slope);
}

/** x where x > 0, else slope · x. https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 *
 * @throws OptionError if the slope is not a finite number.
 * @example
 * const f = await compile((x) => leakyRelu(x, 0.5), [[2]]);
 * f.run([[-1, 2]])[0].data // → [-0.5, 2]
 */
export function leakyRelu(x: Value, slope = 0.01): Value {
  return withGain(apply(leakyReluOp, [x], [wantSlope(slope)]), x, 2 / (1 + slope * slope));
}

export const sigmoidOp = /* @__PURE__ */ activation({
  name: "sigmoid", kind: MapKind.Sigmoid, formula: "1 / (1 + exp(-x))", derivative: "y * (1 - y)", from: "y",
  second: (y) => subtract(1, scale(y, 2)),
});

/** 1 / (1 + e^−x), stable at any size; error below 2.5 ulp.
 * https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 *
 * @example
 * const f = await compile((x) => sigmoid(x), [[3]]);
 * f.run([[-1000, 0, 1000]])[0].data // → [0, 0.5, 1]
 */
export function sigmoid(x: Value): Value {
  return apply(sigmoidOp, [x], none);
}

export const tanhOp = /* @__PURE__ */ activation({
  name: "tanh", kind: MapKind.Tanh, formula: "tanh(x)", derivative: "1 - y * y", from: "y",
  second: (y) => scale(y, -2),
});

/** Hyperbolic tangent, (e^x − e^−x) / (e^x + e^−x); error below 2 ulp.
 * https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 *
 * @example
 * const f = await compile((x) => tanh(x), [[2]]);
 * f.run([[0, 100]])[0].data // → [0, 1]
 */
export function tanh(x: Value): Value {
  return apply(tanhOp, [x], none);
}

export const expOp = /* @__PURE__ */ activation({
  name: "exp", kind: MapKind.Exp, formula: "exp(x)", derivative: "y", from: "y",
  second: (y) => constant(y.graph, 1, y.shape),
});

/** e^x; error below 1 ulp. https://pytorch.org/docs/stable/generated/torch.exp.html
 *
 * @example
 * const f = await compile((x) => exp(x), [[2]]);
 * f.run([[0, -Infinity]])[0].data // → [1, 0]
 */
export function exp(x: Value): Value {
  return apply(expOp, [x], none);
}

export const logOp = /* @__PURE__ */ activation({
  name: "log", kind: MapKind.Log, formula: "log(x)", derivative: "1 / x", from: "x",
  second: (x) => negate(divide(1, multiply(x, x))),
});

/** Natural logarithm; error below 1 ulp. https://pytorch.org/docs/stable/generated/torch.log.html
 *
 * @example
 * const f = await compile((x) => log(x), [[2]]);
 * f.run([[1, 0]])[0].data // → [0, -Infinity]
 */
export function log(x: Value): Value {
  return apply(logOp, [x], none);
}

export const sqrtOp = /* @__PURE__ */ activation({
  name: "sqrt", kind: MapKind.Sqrt, formula: "sqrt(x)", derivative: "1 / (2 * y)", from: "y",
  second: (y) => scale(divide(1, multiply(y, y)), -0.5),
});

/** √x. https://pytorch.org/docs/stable/generated/torch.sqrt.html
 *
 * @example
 * const f = await compile((x) => sqrt(x), [[2]]);
 * f.run([[4, 2.25]])[0].data // → [2, 1.5]
 */
export function sqrt(x: Value): Value {
  return apply(sqrtOp, [x], none);
}

export const squareOp = /* @__PURE__ */ activation({
  name: "square", kind: MapKind.Square, formula: "x * x", derivative: "2 * x", from: "x",
  second: (x) => constant(x.graph, 2, x.shape),
});

/** x². https://pytorch.org/docs/stable/generated/torch.square.html
 *
 * @example
 * const f = await compile((x) => square(x), [[2]]);
 * f.run([[3, -2]])[0].data // → [9, 4]
 */
export function square(x: Value): Value {
  return apply(squareOp, [x], none);
}

export const absOp = /* @__PURE__ */ activation({
  name: "abs", kind: MapKind.Abs, formula: "abs(x)", derivative: "sign(x)", from: "x", second: "zero",
});

/** |x|; derivative 0 at 0. https://pytorch.org/docs/stable/generated/torch.abs.html
 *
 * @example
 * const f = await compile((x) => abs(x), [[2]]);
 * f.run([[3, -2]])[0].data // → [3, 2]
 */
export function abs(x: Value): Value {
  return apply(absOp, [x], none);
}
