// Fifty steps of two models against PyTorch's, with every optimizer; then lbfgs, whose steps
// are rounds of a line search. Once through fit and once through a trainer. lion, which torch 1.13 lacks, beside its own
// formula in f64.

import { afterAll, describe, expect, test, vi } from "vitest";
import { createModel, type Data, dense, type Layer, layers, losses, type Model, mse, optimizers, type Optimizer, sequential, tanh, type Tensor } from "../../src/index.ts";
import { LoadedProgram } from "../../src/session.ts";
import { numbers as drawn } from "../helpers.ts";
import type { ModelCase as Curves, RunCase } from "./curves.test.ts";
import { fixture, type Input, type Saved, typed } from "./fixtures.ts";
import { Worst } from "../worst.ts";

interface Run extends RunCase {
  clipValue?: number;
  ema?: number;
  average?: Record<string, Input>;
}

interface ModelCase extends Omit<Curves, "runs"> {
  runs: Run[];
  lbfgs: { name: string; options: object; steps: number; losses: Saved; final?: Record<string, Input>; evaluations: number }[];
}

const MOST = 1e-5, STEPS = 50;
export const rows = fixture<ModelCase>("optim.json");
const worst = new Worst("optimizers");
afterAll(() => worst.print());

export function optimizerOf({ optimizer, options, groups }: Pick<Run, "optimizer" | "options" | "groups">): Optimizer {
  const make = optimizers[optimizer] as (options: object) => Optimizer;
  return make({ ...options, ...(groups && { groups: groups.map((group) => ({ ...group, match: ({ name }: { name: string }) => name.includes(group.match) })) }) });
}

async function create(row: ModelCase): Promise<Model> {
  const build = layers as unknown as Record<string, (...args: unknown[]) => Layer>;
  const model = await createModel(sequential(...row.layers.map(([type, ...args]) => build[type]!(...args))), { input: [row.input] });
  model.setParameters(new Map(Object.entries(row.parameters).map(([name, input]) => [name, { data: typed(input), shape: input.shape }])));
  return model as Model;
}

function near(of: string, where: string, got: ReadonlyMap<string, Tensor>, want: Record<string, Input>, most = MOST): void {
  expect([...got.keys()]).toEqual(Object.keys(want));
  for (const [key, { data }] of got) worst.check(of, "parameters", `${where} ${key}`, data, want[key] as unknown as Saved, { most });
}

for (const row of rows) {
  const { batchSize } = row, x = typed(row.x), y = typed(row.y), loss = losses[row.loss]();
  const count = row.x.shape[0]!, batches = Math.ceil(count / batchSize);

  describe(row.model, () => {
    for (const run of row.runs) {
      const { clipValue, ema, freeze } = run, name = `${row.model}, ${run.name}`;
      const start = async (): Promise<Model> => {
        const model = await create(row);
        if (freeze) model.freeze(({ name: parameter }) => parameter.includes(freeze));
        return model;
      };

      test(`${run.name}: fit`, async () => {
        const model = await start(), got: number[] = [];
        await model.fit({ x, y } as Data, {
          loss, optimizer: optimizerOf(run), batchSize, epochs: STEPS / batches, shuffle: false, onStep: (step) => got.push(step.loss),
          ...(clipValue && { clipValue }), ...(ema && { ema }),
        });
        worst.check(run.optimizer, "losses", `${name}: losses`, got, run.losses, { most: MOST, relative: true });
        near(run.optimizer, `${name}: ${ema ? "average of" : "parameters"}`, model.parameters, run.average ?? run.final);
        model.dispose();
      });

      if (!ema) test(`${run.name}: trainer`, async () => {
        const model = await start(), trainer = model.trainer({ loss, optimizer: optimizerOf(run), ...(clipValue && { clipValue }) });
        const part = (data: typeof x, at: number): typeof x => data.subarray((at * data.length) / count, (Math.min(count, at + batchSize) * data.length) / count);
        const got = Array.from({ length: STEPS }, (_, step) => {
          const at = (step % batches) * batchSize;
          return trainer.step({ x: part(x, at), y: part(y, at) });
        });
        worst.check(run.optimizer, "losses", `${name}: losses`, got, run.losses, { most: MOST, relative: true });
        near(run.optimizer, `${name}: parameters`, model.parameters, run.final);
        model.dispose();
      });
    }

    for (const run of row.lbfgs) test(`${run.name}: fit and trainer`, async () => {
      const model = await create(row), got: number[] = [], runs = vi.spyOn(LoadedProgram.prototype, "runSync"), options = { loss, optimizer: optimizers.lbfgs(run.options) };
      await model.fit({ x, y } as Data, { ...options, epochs: run.steps, onStep: (step) => got.push(step.loss) });
      expect(runs.mock.calls.length).toBe(run.evaluations);
      runs.mockRestore();
      got.push((await model.evaluate({ x, y } as Data, { batchSize: count })).loss);
      worst.check("lbfgs", "losses", `${row.model}, ${run.name}: losses`, got, run.losses, { most: LBFGS });
      if (run.final) near("lbfgs", `${row.model}, ${run.name}: parameters`, model.parameters, run.final, 20 * LBFGS);
      const other = await create(row), trainer = other.trainer(options);
      expect(Array.from({ length: run.steps }, () => trainer.step({ x, y } as Data))).toEqual(got.slice(0, -1));
      expect([...other.parameters]).toEqual([...model.parameters]);
    });
  });
}

/** Line searches amplify what float32 rounds: the curvature is a difference of gradients, and each step is made from it. */
const LBFGS = 1e-4;

// Chen et al., Symbolic Discovery of Optimization Algorithms (2023), algorithm 2
test.each([
  ["defaults", {}], ["with weight decay", { learningRate: 0.01, beta1: 0.8, beta2: 0.95, weightDecay: 0.5 }],
])("lion beside its formula, %s", async (_, options) => {
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = options as Record<string, number>;
  const model = await createModel(sequential(dense(4), tanh(), dense(2)), { input: [3], seed: 5 });
  const trainer = model.trainer({ loss: mse(), optimizer: optimizers.lion(options) }), data = { x: drawn(30, 1), y: drawn(20, 2) };
  const p = new Map([...model.parameters].map(([name, { data: numbers }]) => [name, Float64Array.from(numbers)]));
  const m = new Map([...p].map(([name, { length }]) => [name, new Float64Array(length)]));
  for (let step = 0; step < STEPS; step++) {
    const { gradients } = trainer.gradients(data);
    for (const [name, { data: g }] of gradients) g.forEach((d, i) => {
      const along = beta1 * m.get(name)![i]! + (1 - beta1) * d;
      expect(Math.abs(along), "a direction that rounding could turn").toBeGreaterThan(1e-8);
      p.get(name)![i] = p.get(name)![i]! * (1 - learningRate * weightDecay) - learningRate * Math.sign(along);
      m.get(name)![i] = beta2 * m.get(name)![i]! + (1 - beta2) * d;
    });
    trainer.step(data);
    for (const [name, { data: got }] of model.parameters) worst.check("lion", "parameters", `step ${step}: ${name}`, got, [...p.get(name)!], { most: 2e-6 });
  }
});
