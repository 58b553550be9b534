// Every op against PyTorch: values, gradients, gradients of gradients.

import { afterAll, expect, test } from "vitest";
import { namesOf, opCases, runCase, title } from "./cases.ts";
import { g } from "./fixtures.ts";
import { type Tolerance, Worst } from "../worst.ts";

type Part = "value" | "gradient" | "second";

/** Nothing is lost in a difference: errors are relative, down to the smallest normal number. */
const RELATIVE: Readonly<Record<Exclude<Part, "second">, ReadonlySet<string>>> = {
  value: new Set([
    "relu", "leakyRelu", "sigmoid", "tanh", "exp", "log", "sqrt", "square", "abs", "negate", "add", "subtract", "multiply", "divide",
    "maximum", "minimum", "power", "logSoftmax", "max", "slice", "transpose", "reshape", "broadcastTo", "concat",
    "squaredError", "absoluteError", "hingeLoss", "softmaxCrossEntropy",
  ]),
  gradient: new Set(["relu", "leakyRelu", "exp", "log", "sqrt", "square", "abs", "negate", "max", "slice", "transpose", "reshape", "concat"]),
};

const MASKED = "where a gradient does not go, PyTorch fills in zeros, and we multiply by 0, or the other way round";

/** Why a zero may have the other sign. */
const ZEROS: Readonly<Record<Part, Readonly<Record<string, string>>>> = {
  value: {
    maximum: "which of 0 and −0 PyTorch takes depends on its vector width; ours is IEEE 754's maximum, 0",
    minimum: "as for maximum: −0",
    softmaxCrossEntropy: "a loss of 0 is −log 1 in PyTorch, so −0",
    relu6: "PyTorch keeps −0, and we have IEEE 754's maximum of −0 and 0", hardSigmoid: "as relu6", clamp: "as relu6",
    elu: "PyTorch's expm1 of −0 is not reached: it adds and takes away 1", selu: "as elu", celu: "as elu",
    logSigmoid: "a loss of 0 has no sign to keep", softplus: "0 has no sign to keep",
    gelu: "x · 0, where PyTorch adds and takes away 1", silu: "e^−1500 is 0 in float32, and has no sign to hand on", mish: "as silu",
  },
  gradient: {
    hardSwish: MASKED,
    gelu: "e^−200 is 0 in float32, and has no sign to hand on", silu: "as gelu", mish: "as gelu",
     abs: MASKED, maximum: MASKED, minimum: MASKED, power: MASKED, absoluteError: MASKED, hingeLoss: MASKED, softmaxCrossEntropy: MASKED },
  second: {
    logSoftmax: "e^−190 is 0 in float32, and 0 has no sign to hand on",
    absoluteError: MASKED, hingeLoss: MASKED, softmaxCrossEntropy: MASKED,
  },
};

/** Composed of ops that multiply with 0 or 1 where PyTorch branches: their zeros have either sign. */
const COMPOSED = new Set([
  "huberError", "smoothL1Error", "squaredHingeLoss", "marginLoss", "logitFocalLoss", "softmaxFocalLoss", "divergence", "cosineDistance", "tripletLoss",
]);

/** Errors of second gradients beyond 2e-6, and why. */
const SECOND: Readonly<Record<string, number>> = {
  gelu: 4e-6, // by tanh: 1 − sigmoid, of which little is left near 1, times the square of a slope of 4
};

const float = (i: number, input: readonly unknown[]): number => Math.fround(Number(input[i]));

/** Where the answer is another than PyTorch's. */
function other(name: string, part: Part, input: number, [a = [], b = []]: readonly (readonly unknown[])[]): Tolerance["other"] {
  if (name === "abs" && part === "gradient")
    return { at: (i) => Number.isNaN(float(i, a)), wants: () => NaN, why: "PyTorch's sign of NaN is 0, which would hide it" };
  if (name === "hardSwish" && part === "gradient")
    return {
      at: (i) => Number.isNaN(float(i, a)) || float(i, a) === -3, wants: (i) => (float(i, a) === -3 ? 0 : NaN),
      why: "at NaN, PyTorch's scalar code falls into the last branch; at −3 it has the slope from within, −½, and at 3 that from without; we have both from without",
    };
  if (name === "hardSigmoid" && part === "gradient" && a.includes("NaN"))
    return { at: (i) => Number.isNaN(float(i, a)), wants: (i) => g(i + 1)[i]! / 6, why: "at NaN, PyTorch's scalar code falls into the last branch" };
  if ((name === "elu" || name === "celu" || name === "selu") && part === "gradient")
    return { at: (i) => Number.isNaN(float(i, a)), wants: () => NaN, why: "at NaN, PyTorch's vector code falls into the linear branch, which would hide it" };
  if (name === "logitCrossEntropy" && part === "value")
    return {
      at: (i) => float(i, a) === (float(i, b) === 0 ? Infinity : -Infinity), wants: (i) => (float(i, b) === 0 ? NaN : Infinity),
      why: "an infinite logit on the wrong side: ∞ (as the limit is) or NaN, in PyTorch the other way round; no step is made on either",
    };
  if (name === "probabilityCrossEntropy" && part === "gradient" && input === 1)
    return {
      at: (i) => float(i, a) === 0 || float(i, a) === 1, wants: (i) => (float(i, a) === 0 ? 100 : -100) * g(i + 1)[i]!,
      why: "the loss holds logarithms at −100, which PyTorch's derivative to the target forgets: it is infinite",
    };
  return undefined;
}

const worst = new Worst("ops");
afterAll(() => worst.print());

opCases.forEach((row, i) => {
  const { call, inputs, shape, wrt = [], y, gradients = [], second = [] } = row;
  const of = `${i}: ${title(call)}, ${inputs.map(({ shape }) => `[${shape.join(", ")}]`).join(" and ")}`;
  test(of, async () => {
    const got = await runCase(row), names = namesOf(call), name = names[0]!;
    const check = (what: string, part: Part, numbers: ArrayLike<number>, saved: typeof y, input = -1): void => {
      const zeros = COMPOSED.has(name) ? "composed" : ZEROS[part][name], elsewhere = other(name, part, input, inputs.map(({ data }) => data));
      worst.check(name, part, `${of}, ${what}`, numbers, saved, {
        relative: part !== "second" && names.every((one) => RELATIVE[part].has(one)),
        ...(part === "second" && SECOND[name] && { most: SECOND[name] }), ...(zeros && { zeros }), ...(elsewhere && { other: elsewhere }),
      });
    };
    expect(got.shape).toEqual(shape);
    check("value", "value", got.y, y);
    wrt.forEach((input, j) => {
      check(`gradient of input ${input}`, "gradient", got.gradients[j]!, gradients[j]!, input);
      if (second.length) check(`second gradient of input ${input}`, "second", got.second[j]!, second[j]!, input);
    });
  });
});
