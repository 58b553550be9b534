// What weights are followed by, for the initializer "auto". An activation of relu's kin says so itself when it is
// applied: a page without one carries nothing of this.

import type { Value } from "../graph.ts";
import { parameterOp } from "../op.ts";

/** Ops whose output grows as their inputs do. */
const LINEAR = ["reshape", "scale", "transpose", "slice", "concat", "copy", "pad", "add", "subtract", "mean", "sum", "broadcastTo"];

/** Notes that an activation made y from x, and how large weights before it should be: their variance times the number of
 * inputs. Goes back from x over linear ops to the products, whose weights get it; what was noted first stays. Returns y. */
export function withGain(y: Value, x: Value, gain = 2): Value {
  const { gains } = x.graph, list = [x];
  for (const value of list) {
    const { op, inputs } = value.node;
    if (gains.has(value)) continue;
    gains.set(value, gain);
    if (LINEAR.includes(op.name)) list.push(...inputs.filter(({ node }) => node.op !== parameterOp));
    else if (op.name === "matmul") for (const input of inputs) noteWeight(input, gain);
  }
  return y;
}

/** A weight, as it is or seen from another side. */
function noteWeight(value: Value, gain: number): void {
  const { graph: { gains }, node: { op, inputs: [first] } } = value;
  if (op === parameterOp && !gains.has(value)) gains.set(value, gain);
  else if (op.name === "transpose" || op.name === "reshape") noteWeight(first!, gain);
}
