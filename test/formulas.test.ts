// The guide's numbers and formulas are the library's: defaults in the calls of losses, activations and schedules (those of
// optimizers are in catalogue.test.ts), and each activation's formula and derivative, which are nearly code, evaluated beside
// its layer and the gradient of its op; those of the decays beside their rates;
// and what lbfgs is said to refuse.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createModel, dense, dropout, layers, lbfgs, losses, mse, OptionError, schedules, sequential } from "../src/index.ts";
import * as ops from "../src/ops/index.ts";

const guide = readFileSync(join(import.meta.dirname, "../docs/choosing.md"), "utf8");
const chapter = (name: string): Map<string, string> =>
  new Map(guide.split(/^## /m).find((text) => text.startsWith(`${name}\n`))!.split(/^### /m).slice(1).map((text) => [text.split("\n")[0]!, text]));
const line = (text: string, name: string): string => new RegExp(`^- \\*\\*${name}:\\*\\* \`([^\`]+)\``, "m").exec(text)![1]!;

/** The options with defaults in the call that a section opens with. */
function defaultsOf(text: string): [key: string, value: unknown][] {
  const call = /^`(\w+\(.*?\))`/m.exec(text)![1]!;
  return [...call.matchAll(/(\w+) = ("[^"]*"|[\w./-]+)/g)].map(([, key, value]) => [key!, /^\d+\/\d+$/.test(value!) ? Number(value!.split("/")[0]) / Number(value!.split("/")[1]) : JSON.parse(value!)]);
}

/** Losses that do not keep what they were not told: rows that show it, what an option wants beside, and another value for it. */
const UNSAID: Readonly<Record<string, { p: number[][]; t: number[] | number[][]; wanted?: object; other: unknown }>> = {
  labelSmoothing: { p: [[1, 2, 4]], t: [[0, 1, 0]], other: 0.1 }, posWeight: { p: [[1, -2]], t: [[1, 0]], other: 2 },
  pairs: { p: [[1, 2]], t: [[2, 1]], other: undefined }, margin: { p: [[1, 2, 3, 4]], t: [-1], wanted: { pairs: true }, other: 0.5 },
};

describe("the defaults that the guide tells", () => {
  test("of losses are theirs", async () => {
    let compared = 0;
    for (const [name, text] of chapter("Losses")) {
      const make = losses[name as "huber"] as unknown as (options?: object) => ReturnType<typeof losses.huber> & { options: Record<string, unknown> }, { options } = make();
      for (const [key, value] of defaultsOf(text)) {
        compared++;
        if (key in options) expect(options[key], `${name}: ${key}`).toBe(value);
        else {
          const { p, t, wanted, other } = UNSAID[key]!;
          const of = async (own: object): Promise<number[]> =>
            [...(await ops.compile((x, y) => make({ ...wanted, ...own })(x, y), [[1, p[0]!.length], Array.isArray(t[0]) ? [1, t[0].length] : [1]])).run([p, t])[0]!.data];
          expect(await of({ [key]: value }), `${name}: ${key}`).toEqual(await of({}));
          if (other !== undefined) expect(await of({ [key]: other }), `${name}: ${key}, which the loss should show`).not.toEqual(await of({}));
        }
      }
    }
    expect(compared).toBe(19);
  });

  test("of activations are theirs", () => {
    let compared = 0;
    for (const [name, text] of chapter("Activations")) {
      const { options } = (layers[name as "softplus"] as () => unknown as () => { options: Record<string, unknown> })();
      for (const [key, value] of defaultsOf(text)) {
        compared++;
        expect(options[key], `${name}: ${key}`).toBe(value);
      }
    }
    expect(compared).toBe(11);
  });

  /** What a schedule wants beside, and another value for each of its options. */
  const length = { steps: 40 };
  const asked: Readonly<Record<string, [wanted: object, others: Record<string, unknown>]>> = {
    stepDecay: [length, { factor: 0.2 }], multiStepDecay: [{ steps: [10, 30] }, { factor: 0.2 }], polynomialDecay: [{}, { power: 1.1, minimum: 1e-3 }],
    cosine: [{}, { minimum: 1e-3 }], cosineWarmRestarts: [length, { multiplier: 1.1, minimum: 1e-3 }],
    oneCycle: [{}, { warmup: 0.31, anneal: "linear", startDivisor: 26, finalDivisor: 2e4, threePhase: true }], warmup: [{ steps: 10 }, { startFactor: 0.34 }],
    reduceOnPlateau: [{}, { monitor: "loss", factor: 0.2, patience: 9, threshold: 2e-4, cooldown: 1, minimum: 0.2 }],
  };
  const make = (name: string, options: object): ((step: number, info: object) => number) => (name === "warmup" ? (schedules.warmup as any)(undefined, options) : (schedules as any)[name](options));
  /** Losses by epoch: they fall by 3e-4 of themselves every 11 epochs, then twice by 1.5e-4, and else stand. */
  const reports = Array.from({ length: 100 }, (_, i) => ({ loss: 2 ** -i, validation: { loss: (1 - 3e-4) ** Math.floor(Math.min(i, 50) / 11) * (1 - 1.5e-4) ** Math.floor(Math.min(22, Math.max(0, i - 50)) / 11) } }));
  const rates = (name: string, options: object): number[] => {
    const schedule = make(name, options);
    return Array.from({ length: 100 }, (_, step) => schedule(step, { steps: 100, epochs: 100, base: 1, monitors: ["loss", "validation.loss"], reports: reports.slice(0, step) }));
  };

  test("of schedules are theirs: they change no rate, and another value does", () => {
    let compared = 0;
    for (const [name, text] of chapter("Schedules"))
      for (const [key, value] of defaultsOf(text)) {
        const [wanted, others] = asked[name]!, plain = rates(name, wanted);
        compared++;
        expect(rates(name, { ...wanted, [key]: value }), `${name}: ${key}`).toEqual(plain);
        expect(rates(name, { ...wanted, [key]: others[key] }), `${name}: ${key}, which a rate should show`).not.toEqual(plain);
      }
    expect(compared).toBe(19);
  });
});

/** Φ(x) by its series, which is good to 1e-7 up to 6.5. */
function normal(x: number): number {
  let term = x / Math.sqrt(2 * Math.PI), sum = term;
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / (2 * n);
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum;
}

/** What formulas call, and the signs that JavaScript writes otherwise. */
const CALLED = {
  max: Math.max, min: Math.min, tanh: Math.tanh, abs: Math.abs, sqrt: Math.sqrt, exp: Math.exp, ln: Math.log, cos: Math.cos, floor: Math.floor, π: Math.PI,
  Φ: normal, σ: (x: number) => 1 / (1 + Math.exp(-x)), elu: (x: number, alpha: number) => (x > 0 ? x : alpha * (Math.exp(x) - 1)),
};
const SIGNS: [RegExp, string][] = [
  [/−/g, "-"], [/·/g, "*"], [/½/g, "0.5"], [/≤/g, "<="], [/≥/g, ">="], [/(\d)π/g, "$1*π"], [/√\(/g, "sqrt("], [/⌊/g, "floor("], [/⌋/g, ")"], [/\|([^|]+)\|/g, "abs($1)"],
  [/e⁻ˣ/g, "exp(-x)"], [/eˣ/g, "exp(x)"], [/\be\^\(/g, "exp("], [/\^/g, "**"], [/ln σ\(x\)/g, "ln(σ(x))"], [/(\w)²/g, "($1*$1)"], [/(\w)³/g, "($1*$1*$1)"], [/\)²/g, ")**2"],
  [/(\S+) < x < (\S+)/g, "$1 < x && x < $2"],
];

/** A formula's value: "a if b, else c", "a; c where d", "a, s = b" and signs of mathematics, with these names. */
function evaluate(formula: string, names: Readonly<Record<string, number>>): number {
  const code = SIGNS.reduce((text, [sign, written]) => text.replace(sign, written), formula.replace(/^(f′?\(x\)|rate) = (σ\(x\) = )?/, ""));
  const [plain, , elsewhere, where] = /^(.*?)(; (\S+) where (.*))?$/.exec(code)!.slice(1), [, body, name, said] = /^(.*?)(?:, (\w) = (.*))?$/.exec(plain!)!;
  const chosen = body!.replace(/([^,]+) if ([^,]+), (else )?/g, "($2) ? ($1) : ");
  const scope = { ...CALLED, ...names };
  const run = new Function(...Object.keys(scope), `"use strict"; ${name ? `const ${name} = ${said};` : ""} return ${where ? `(${where}) ? (${elsewhere}) : ` : ""}(${chosen});`);
  return run(...Object.values(scope));
}

/** What is said beside a formula in words. */
const WORDS = /(, with a learned from 0\.25 on|, at most ¼|, Φ the normal distribution.*|; ∂f\/∂a.*)$/;
/** Formulas that are of a whole row: test/torch has its values and gradients. */
const OF_ROWS = ["softmax", "logSoftmax"];
/** Options other than the defaults, by the names of the formula. */
const OTHER: Readonly<Record<string, Record<string, number>>> = {
  leakyRelu: { slope: 0.2 }, prelu: { a: 0.25 }, elu: { alpha: 2 }, celu: { alpha: 2 }, silu: { beta: 1.5 }, softplus: { beta: 2, threshold: 3 }, hardTanh: { minimum: -2, maximum: 1.25 },
};
/** Between the places where something jumps, and beyond all of them. */
const POINTS = [-3.75, -2.5, -1.5, -0.75, -0.25, 0.125, 0.5, 1, 1.375, 1.75, 2.75, 3.25, 6.5];

describe("each activation's formula and derivative in the guide are those that it computes", () => {
  const told = [...chapter("Activations")].filter(([name]) => !OF_ROWS.includes(name));

  test.each(told)("%s", async (name, text) => {
    const given = OTHER[name] ?? {}, op = ops[name as "leakyRelu"] as (x: ops.Value, ...options: unknown[]) => ops.Value, [first] = Object.values(given);
    const { run } = name === "prelu" ? await both((x, a) => ops.prelu(x, a!), first) : await both((x) => op(x, ...Object.values(given)));
    const [y, dy] = run(), near = name === "selu" ? 1e-4 : 2e-6; // selu's numbers are rounded to five digits
    const [formula, derivative] = ["Formula", "Derivative"].map((what) => line(text, what).replace(WORDS, ""));
    POINTS.forEach((x, i) => {
      const f = evaluate(formula!, { x, ...given });
      expect(Math.abs(y![i]! - f), `${formula} at ${x}: ${f}, not ${y![i]}`).toBeLessThan(near * Math.max(1, Math.abs(f)));
      const df = evaluate(derivative!, { x, f, ...given });
      expect(Math.abs(dy![i]! - df), `${derivative} at ${x}: ${df}, not ${dy![i]}`).toBeLessThan(near * Math.max(1, Math.abs(df)));
    });
  });

  test("gelu by tanh, and what prelu's slope gets", async () => {
    const all = chapter("Activations"), { run } = await both((x) => ops.gelu(x, "tanh"));
    const formula = /"tanh": (.*)$/.exec(line(all.get("gelu")!, "Formula"))![1]!, [y] = run();
    POINTS.forEach((x, i) => expect(y![i]).toBeCloseTo(evaluate(formula, { x }), 5));
    const slope = /∂f\/∂a = (.*)$/.exec(line(all.get("prelu")!, "Derivative"))![1]!, f = await ops.compile((x, a) => [ops.grad(ops.sum(ops.prelu(x, a)), [a])[0]!], [[1], [1]]);
    for (const x of POINTS) expect(f.run([[x], [0.25]])[0]!.data[0]).toBe(evaluate(slope, { x }));
  });

  /** Value and derivative of an op at the points. */
  async function both(op: (x: ops.Value, a?: ops.Value) => ops.Value, a = 0): Promise<{ run(): Float32Array[] }> {
    const f = await ops.compile((x, slope) => {
      const y = op(x, slope);
      return [y, ops.grad(ops.sum(y), [x])[0]!];
    }, [[POINTS.length], [1]]);
    return { run: () => f.run([POINTS, [a]]).map(({ data }) => data as Float32Array) };
  }
});

describe("the formula of a schedule in the guide is what it gives", () => {
  /** By formulas that are told in words or by others' rates; test/torch has theirs. */
  const IN_WORDS = ["multiStepDecay", "cosineWarmRestarts", "oneCycle", "warmup", "sequence", "reduceOnPlateau"];
  const given = { length: 40, factor: 0.3, minimum: 0.25, power: 1.5 };

  test.each([...chapter("Schedules")].filter(([name]) => !IN_WORDS.includes(name)))("%s", (name, text) => {
    const own = Object.keys(given).filter((key) => /^`.*`$/m.exec(text)![0]!.includes(key)), base = 2;
    const schedule = (schedules as any)[name]({ steps: given.length, ...Object.fromEntries(own.map((key) => [key, given[key as "factor"]])) });
    for (const step of [0, 1, 7, 20, 39]) expect(schedule(step, { steps: 100, epochs: 1, base }), `${name} at ${step}`).toBeCloseTo(evaluate(line(text, "Formula"), { step, base, ...given }), 10);
  });
});

test("lbfgs is refused with what the guide says, and not with dropout", async () => {
  const [, refused, rest] = /\*\*Not:\*\* with ([^;]+), which fit refuses; (.*)/.exec(chapter("Optimizers").get("lbfgs")!)!;
  expect(refused).toBe("batches, shuffling, clipping or `accumulate`");
  expect(rest).toContain("with dropout");
  const fit = async (more: object): Promise<unknown> =>
    (await createModel(sequential(dense(4), dropout(0.5), dense(1)), { input: [1] })).fit({ x: [[1], [2], [3]], y: [1, 2, 3] }, { loss: mse(), optimizer: lbfgs(), ...more });
  for (const more of [{ batchSize: 2 }, { shuffle: true }, { clipNorm: 1 }, { clipValue: 1 }, { accumulate: 2 }]) await expect(fit(more)).rejects.toThrow(OptionError);
  await fit({});
});
