// Powers with any exponent.

import { BinaryKind } from "../../assembly/isa.ts";
import type { Value } from "../graph.ts";
import type { Operand } from "../op.ts";
import { log, sqrt, square } from "./activation.ts";
import { add, applyBinary, binary, equal, greater, multiply, subtract } from "./binary.ts";
import { constantValue } from "./constant.ts";

export const powerOp = /* @__PURE__ */ binary({
  name: "power", kind: BinaryKind.Power, formula: "pow(a, b)",
  gradient(a, b, y, g) {
    const exponent = constantValue(b);
    if (exponent !== undefined) return [exponent === 0 ? undefined : multiply(g, multiply(b, power(a, exponent - 1))), undefined];
    // as PyTorch has it, 0 and not 0 · ∞: to a where b = 0 (a⁰ instead of a⁻¹), to b where a = 0 ≤ b (log 1 instead of log 0)
    const flat = multiply(equal(a, 0), subtract(1, greater(0, b)));
    return [
      multiply(g, multiply(b, power(a, add(subtract(b, 1), equal(b, 0))))),
      multiply(g, multiply(y, log(add(a, flat)))),
    ];
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
