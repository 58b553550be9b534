// Twenty steps of two models against PyTorch's, with every optimizer, weight decay, momentum of all kinds, groups,
// freezing, clipping and schedules: each loss, and the parameters at the end. Once through fit and once through a trainer.

import { afterAll, describe, expect, test } from "vitest";
import {
  createModel, type Data, type Layer, layers, losses, type Model, optimizers, type Optimizer, sequential, type Tensor,
} from "../../src/index.ts";
import { fixture, type Input, type Saved, type SavedSchedule, toSchedule, typed } from "./fixtures.ts";
import { Worst } from "../worst.ts";

export interface RunCase {
  name: string;
  optimizer: keyof typeof optimizers;
  options: object;
  groups?: ({ match: string } & Record<string, unknown>)[];
  clipNorm?: number;
  freeze?: string;
  schedule?: SavedSchedule;
  losses: Saved;
  final: Record<string, Input>;
}

export interface ModelCase {
  model: string;
  input: number;
  layers: [string, ...unknown[]][];
  loss: "crossEntropy" | "mse";
  batchSize: number;
  epochs: number;
  x: Input;
  y: Input;
  parameters: Record<string, Input>;
  runs: RunCase[];
}

const MOST = 1e-5;
const worst = new Worst("curves");
afterAll(() => worst.print());

function optimizerOf({ optimizer, options, groups }: RunCase): Optimizer {
  const make = optimizers[optimizer] as (options: object) => Optimizer;
  return make({ ...options, ...(groups && { groups: groups.map((group) => ({ ...group, match: ({ name }: { name: string }) => name.includes(group.match) })) }) });
}

for (const row of fixture<ModelCase>("curves.json")) {
  const { loss, batchSize, epochs } = row, x = typed(row.x), y = typed(row.y);
  const rows = row.x.shape[0]!, batches = Math.ceil(rows / batchSize), steps = batches * epochs;

  const create = async ({ freeze }: RunCase): Promise<Model> => {
    const build = layers as unknown as Record<string, (...args: unknown[]) => Layer>;
    const model = await createModel(sequential(...row.layers.map(([type, ...args]) => build[type]!(...args))), { input: [row.input] });
    model.setParameters(new Map(Object.entries(row.parameters).map(([name, input]) => [name, { data: typed(input), shape: input.shape }])));
    if (freeze) model.freeze(({ name }) => name.includes(freeze));
    return model as Model;
  };

  /** The losses are all of the order of 1, so their errors are relative ones. */
  const check = (run: RunCase, got: readonly number[], parameters: ReadonlyMap<string, Tensor>): void => {
    expect(steps).toBe(20);
    worst.check(run.optimizer, "losses", `${row.model}, ${run.name}: losses`, got, run.losses, { most: MOST, relative: true });
    expect([...parameters.keys()]).toEqual(Object.keys(run.final));
    for (const [name, { data }] of parameters)
      worst.check(run.optimizer, "parameters", `${row.model}, ${run.name}: ${name}`, data, run.final[name] as unknown as Saved, { most: MOST });
  };

  describe(row.model, () => {
    for (const run of row.runs) {
      const { clipNorm } = run, schedule = run.schedule && toSchedule(run.schedule);
      const options = { loss: losses[loss](), batchSize, ...(clipNorm && { clipNorm }), ...(schedule && { schedule }) };

      test(`${run.name}: fit`, async () => {
        const model = await create(run), got: number[] = [];
        await model.fit({ x, y } as Data, {
          ...options, optimizer: optimizerOf(run), epochs, shuffle: false, onStep: (step) => got.push(step.loss),
        });
        check(run, got, model.parameters);
        model.dispose();
      });

      test(`${run.name}: trainer`, async () => {
        const model = await create(run), trainer = model.trainer({ ...options, optimizer: optimizerOf(run), steps });
        const part = (data: typeof x, at: number): typeof x => {
          const width = data.length / rows;
          return data.subarray(at * width, Math.min(rows, at + batchSize) * width);
        };
        const got = Array.from({ length: steps }, (_, step) => {
          const at = (step % batches) * batchSize;
          return trainer.step({ x: part(x, at), y: part(y, at) });
        });
        check(run, got, model.parameters);
        model.dispose();
      });
    }
  });
}
