// Powers with any exponent.

import { BinaryKind } from "../../assembly/isa.ts";
import type { Value } from "../graph.ts";
import type { Operand } from "../op.ts";
import { log, sqrt, square } from "./activation.ts";
import { applyBinary, binary, multiply, subtract } from "./binary.ts";
import { constantValue } from "./constant.ts";

export const powerOp = /* @__PURE__ */ binary({
  name: "power", kind: BinaryKind.Power, formula: "pow(a, b)",
  gradient(a, b, y, g) {
    const exponent = constantValue(b);
    const toA = multiply(g, multiply(b, power(a, exponent === undefined ? subtract(b, 1) : exponent - 1)));
    return [toA, exponent === undefined ? multiply(g, multiply(y, log(a))) : undefined];
  },
});

/** a to the power b, with broadcasting and the special cases of IEEE 754; error below 1 ulp. The gradient to b wants
 * a > 0. https://pytorch.org/docs/stable/generated/torch.pow.html
 *
 * @example
 * const f = await compile((x) => power(x, 3), [[3]]);
 * f.run([[2, -1, 0]])[0].data // → [8, -1, 0]
 */
export function power(a: Operand, b: Operand): Value {
  if (typeof a !== "number") {
    if (b === 1) return a;
    if (b === 2) return square(a);
    if (b === 0.5) return sqrt(a);
  }
  return applyBinary(powerOp, a, b);
}
