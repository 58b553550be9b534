// Passes: each can be left out and changes no bit; what is alive at once lies apart, in little more than its sum; and
// recompute makes memory smaller and nothing else different.

import fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import { works } from "../bench/works.mjs";
import { compileProgram, type Passes } from "../src/compile.ts";
import { Graph, type Node, type Value } from "../src/graph.ts";
import type { Network } from "../src/network.ts";
import {
  adam, binaryCrossEntropy, createModel, crossEntropy, dense, doctor, dropout, type FitOptions, gelu, hash, l2, type Layer, layer, lbfgs, mish, type Model, mse, OptionError,
  optimizer, ops, relu, sequential, sgd, sigmoid, tanh,
} from "../src/index.ts";
import { input } from "../src/op.ts";
import { alignUp } from "../src/plan.ts";
import { markAlone } from "../src/passes/alone.ts";
import { order } from "../src/passes/order.ts";
import { recompute as remake } from "../src/passes/recompute.ts";
import type { Storage } from "../src/passes/storage.ts";
import { planFit } from "../src/train/fit.ts";
import { trainingProgram } from "../src/train/programs.ts";
import { classified, numbers } from "./helpers.ts";

/** What each plan was asked for, and its size. */
const plans: { storages: Storage[]; size: number }[] = [];
vi.mock("../src/plan.ts", async (original) => {
  const real = await original<typeof import("../src/plan.ts")>();
  return {
    ...real,
    plan(storages: Iterable<Storage>): number {
      const all = [...new Set(storages)].filter(({ address }) => !address), size = real.plan(all);
      plans.push({ storages: all, size });
      return size;
    },
  };
});
beforeEach(() => void plans.splice(0));

/** The most bytes that are alive at once. */
function peak(storages: readonly Storage[]): number {
  const steps = new Set(storages.map(({ start }) => start)); // it is reached where something begins
  return Math.max(0, ...[...steps].map((step) => storages.reduce((sum, { start, end, bytes }) => sum + (start <= step && step <= end ? alignUp(bytes) : 0), 0)));
}

const dense3 = (widths: readonly number[], activation: () => Layer, ...more: (() => Layer)[]): Layer =>
  sequential(...widths.flatMap((width, i) => (i ? [activation(), ...more.map((make) => make()), dense(width)] : [dense(width)])));
const deep = (layers: number, width: number, activation = relu as () => Layer, ...more: (() => Layer)[]): Layer =>
  dense3([...Array<number>(layers).fill(width), 3], activation, ...more);
const blocks = Array.from({ length: 12 }, (_, i) => dense(16, { name: `block${i}` })), head = dense(3, { name: "head" });
const rectify = layer("rectify", (x) => ops.relu(x));

type Net = [name: string, model: Layer | ((x: any) => any), options: Partial<FitOptions> & { loss: FitOptions["loss"] }, width?: number];
const classes = { loss: crossEntropy() };
/** The networks of the bench, the examples and the README; deep ones; and all that adds to a program. */
const nets: Net[] = [
  ...Object.entries(works).map(([name, { sizes, batch, activation, loss }]): Net => [
    name, dense3(sizes.slice(1), activation === "tanh" ? tanh : relu),
    { loss: loss === "crossEntropy" ? crossEntropy() : binaryCrossEntropy(), optimizer: name === "W1" ? sgd({ momentum: 0.9 }) : adam(), batchSize: batch }, sizes[0],
  ]),
  ["examples/digits", sequential(dense(128), relu(), dropout(0.2), dense(10)), { ...classes, batchSize: 64, metrics: ["accuracy"] }, 784],
  ["examples/doctor", dense3([16, 16, 16, 1], sigmoid), { loss: mse(), batchSize: 32, doctor: doctor() }, 2],
  ["examples/edge", dense3([16, 3], relu), { ...classes, batchSize: 32 }, 2],
  ["README, a ring", dense3([32, 32, 2], relu), { ...classes, batchSize: 32, metrics: ["accuracy"] }, 2],
  ["README, days", dense3([16, 1], sigmoid), { loss: mse(), batchSize: 32, doctor: doctor() }, 1],
  ["README, threads", dense3([512, 10], relu), classes, 784],
  ["penalty, clipping, average", deep(3, 64, relu, () => dropout(0.2)), { ...classes, batchSize: 64, penalty: l2(1e-3), clipNorm: 1, clipValue: 1, ema: 0.9 }],
  ["an optimizer in ops", deep(3, 32), {
    ...classes, batchSize: 64, optimizer: optimizer("plain", { update: ({ parameter, gradient, learningRate }) => ({ parameter: ops.subtract(parameter, ops.multiply(gradient, learningRate)) }) }),
  }],
  ["lbfgs", deep(3, 32), { ...classes, optimizer: lbfgs() }],
  ["20 layers", deep(20, 32), { ...classes, batchSize: 64, doctor: doctor() }],
  ["12 layers of gelu and dropout", deep(12, 32, gelu, () => dropout(0.1)), { ...classes, batchSize: 64 }],
  ["12 residual blocks", (x: Value) => head(blocks.reduce((h, block, i) => (i ? ops.add(h, rectify(block(h))) : block(h)), x) as never), { ...classes, batchSize: 64 }],
];

test("the arena is at most 1.25 times what is alive at once, for all works, examples and what adds to a program", async () => {
  for (const [name, net, options, width = 8] of nets) {
    const model = await createModel(net as Layer, { input: [width] });
    for (const recompute of [false, true]) {
      model.memory({ ...options, recompute, rows: 100, validation: 0.2 });
      model.memory();
    }
    expect(plans.length, name).toBeGreaterThan(2);
    for (const { storages, size } of plans.splice(0)) expect(size / Math.max(peak(storages), 1), name).toBeLessThanOrEqual(1.25);
    model.dispose();
  }
});

/** Values of shape [6, 4] from a list of choices, several of them results. */
function random(choices: readonly number[], values: Value[]): Value[] {
  const pick = (n: number): Value => values[n % values.length]!;
  for (const choice of choices) {
    const a = pick(choice >> 4), b = pick(choice >> 8), kinds = [
      () => ops.add(a, b), () => ops.multiply(a, ops.sigmoid(b)), () => ops.relu(a), () => ops.subtract(a, ops.mean(b, 1, { keepDims: true })), () => ops.softmax(a),
      () => ops.reshape(ops.transpose(ops.reshape(a, [4, 6])), [6, 4]), () => ops.matmul(ops.matmul(a, b, { transposeB: true }), a), () => ops.tanh(a), () => ops.reshape(a, [6, 4]),
    ];
    values.push(kinds[choice % kinds.length]!());
  }
  return values;
}

test("whatever the formula and whichever the passes: what is alive at once never shares memory", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 20 }), fc.boolean(), fc.boolean(), (choices, inPlace, order) => {
    plans.splice(0);
    const graph = new Graph(), x = input(graph, "x", [6, 4]), y = input(graph, "y", [6, 4]);
    const made = random(choices, [x, y]), outputs = new Map(made.filter((_, i) => i % 3 === 2).map((value, i) => [`v${i}`, value]));
    ops.grad(ops.sum(made.at(-1)!), [x, y]).forEach((g, i) => outputs.set(`g${i}`, g));
    compileProgram({ outputs, passes: { inPlace, order } });
    const [{ storages, size }] = plans as [(typeof plans)[0]];
    storages.forEach((a, i) => {
      expect(a.address!.offset + a.bytes).toBeLessThanOrEqual(size);
      for (const b of storages.slice(0, i)) {
        const together = a.start <= b.end && b.start <= a.end;
        const apart = a.address!.offset + a.bytes <= b.address!.offset || b.address!.offset + b.bytes <= a.address!.offset;
        expect(!together || apart).toBe(true);
      }
    });
  }), { numRuns: 150 });
});

/** The model after some steps by hand, with passes of one's own. */
async function stepped(net: Net[1], options: Net[2], width: number, passes: Passes, threads = 1): Promise<string> {
  const model = await createModel(net as Layer, { input: [width], seed: 4, threads }), { metrics: _m, ema: _e, doctor: _d, ...rest } = options;
  const trainer = model.trainer({ ...rest, steps: 2 } as never);
  (trainer as unknown as { setup: { passes: Passes } }).setup.passes = passes;
  const y = yOf(model);
  for (let step = 0; step < 2; step++) trainer.step({ x: numbers(24 * width, step), y });
  const found = hash(model);
  model.dispose();
  return found;
}

/** Targets for 24 rows. */
function yOf(model: Model): Float32Array | Int32Array {
  const width = model.predict(new Float32Array((model as any).network.inputs[0].shape[0])).shape[1]!;
  return width === 1 ? Float32Array.from({ length: 24 }, (_, i) => i % 2) : Int32Array.from({ length: 24 }, (_, i) => i % width);
}

test("training steps have the same bits with each pass and without", async () => {
  for (const [name, net, options, width = 8] of nets.filter(([, , , width]) => width !== 784)) {
    const [all, ...others] = await Promise.all([{}, { inPlace: false }, { order: false }].map((passes) => stepped(net, options, width, passes)));
    for (const other of others) expect(other, name).toBe(all);
  }
});

test("training steps have the same bits on threads that share in every instruction, and on threads of which one does the small ones", async () => {
  for (const [name, net, options, width = 8] of nets.slice(0, 3)) {
    const alone = await stepped(net, options, width, {});
    for (const passes of [{}, { alone: false }]) expect(await stepped(net, options, width, passes, 3), name).toBe(alone);
  }
  const graph = new Graph(), x = input(graph, "x", [4]);
  const [marked, shared] = [{}, { alone: false }].map((passes) => {
    const program = compileProgram({ outputs: new Map([["y", ops.exp(x)]]), passes });
    markAlone(program);
    return program.alone;
  });
  expect([marked, shared]).toEqual([true, false]);
});

test("each pass does something: a net that tapers needs less memory with order, and a formula half of it in place", async () => {
  const model = await createModel(dense3([256, 128, 64, 32, 3], relu), { input: [64] }), { network } = model as unknown as { network: Network };
  const plan = planFit(network, { x: new Float32Array(256 * 64), y: new Int32Array(256) }, { ...classes, batchSize: 256 }, undefined);
  const of = (passes: Passes): number => trainingProgram({ ...plan, columns: plan.data.columns, passes }, 256, plan.data).arena;
  expect(of({ order: false })).toBeGreaterThan(1.05 * of({}));
  model.dispose();
  const arenas = await Promise.all([true, false].map(async (inPlace) => {
    using f = await ops.compile((x) => ops.relu(ops.add(ops.tanh(x), 1)), [[1024]], { passes: { inPlace } });
    return f.program.arena;
  }));
  expect(arenas[1]).toBeGreaterThan(1.9 * arenas[0]!);
});

test("from the first effect on nodes stay as they are: a result that is read between two effects is not made after the second", () => {
  const node = (index: number, ...inputs: Node[]): Node => ({ index, inputs: inputs.map((from) => ({ node: from })) }) as unknown as Node;
  const a = node(0), b = node(1), write = node(2, a), read = node(3, b), writeAgain = node(4, a), nodes = [a, b, write, read, writeAgain];
  expect(order(nodes, [{ node: read } as Value], [write, writeAgain])).toEqual(nodes);
});

const data = classified(50, 8);
const runs: [string, Net[1], Partial<FitOptions>][] = [
  ["relu and dropout", deep(8, 24, relu, () => dropout(0.3)), { clipNorm: 0.5 }],
  ["mish, accumulated", deep(6, 24, mish), { accumulate: 3 }],
  ["residual blocks with a penalty", nets.at(-1)![1], { penalty: l2(1e-2) }],
  ["one layer twice", (() => {
    const inner = dense(8, { name: "inner" }), end = dense(3, { name: "end" });
    return (x: Value) => end(rectify(inner(rectify(inner(rectify(inner(x)))))));
  })(), {}],
  ["noise of one's own, seen by a doctor", sequential(dense(24), layer("noise", (x, scope) => (scope.training ? ops.add(x, scope.random(x.shape)) : x)), gelu(), dense(24), tanh(), dense(3)), {
    doctor: doctor({ every: 2 }),
  }],
  ["lbfgs", deep(4, 24, tanh), { optimizer: lbfgs(), batchSize: 50 }],
];

test.each(runs)("recompute trains the same bits, and goes on from a checkpoint without it: %s", async (_, net, more) => {
  const options: FitOptions = { ...classes, optimizer: adam({ learningRate: 0.01 }), batchSize: 16, epochs: 2, metrics: ["accuracy"], ...more };
  const train = async (recompute: boolean, resume?: Uint8Array, budget?: { steps: number }) => {
    const model = await createModel(net as Layer, { input: [8], seed: 2 }), { doctor: _, ...rest } = options;
    const memory = model.memory({ ...rest, recompute, rows: 50 }).activations;
    const history = await model.fit(data, { ...options, recompute, ...(resume && { resume }), ...(budget && { budget }) });
    const found = { hash: hash(model), losses: history.epochs.map(({ loss }) => loss), checkpoint: history.checkpoint, memory };
    model.dispose();
    return found;
  };
  const plain = await train(false), again = await train(true);
  expect(again.memory).toBeLessThan(plain.memory);
  expect({ ...again, memory: 0 }).toEqual({ ...plain, memory: 0 });
  const half = await train(true, undefined, { steps: 1 });
  expect((await train(false, half.checkpoint)).hash).toBe(plain.hash);
});

test("recompute makes again what no later segment reads, in its layer, and nothing else", () => {
  const graph = new Graph(), x = input(graph, "x", [4]);
  let y = x;
  for (let i = 0; i < 9; i++) {
    graph.layer = `layer ${i}`;
    y = ops.tanh(y);
  }
  graph.again = remake(graph, 3);
  ops.grad(ops.sum(y), [x]);
  const layers = graph.nodes.filter(({ op }) => op.name === "tanh").map(({ layer }) => Number(layer!.slice(6)));
  expect(layers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 3, 4, 0, 1]);
});

test("recompute lets a deep net do with less than 0.6 of the activations' memory, and never takes more", async () => {
  for (const [name, net, options, width = 8] of nets) {
    const model = await createModel(net as Layer, { input: [width] }), { doctor: _, ...rest } = options;
    const of = (recompute: boolean): number => model.memory({ ...rest, recompute, rows: options.batchSize ?? 32 }).activations, share = of(true) / of(false);
    expect(share, name).toBeLessThanOrEqual(name.startsWith("12") || name.startsWith("20") ? 0.6 : 1);
    model.dispose();
  }
});

test("a trainer's step and gradients with recompute have the bits of those without", async () => {
  const [a, b] = await Promise.all([true, false].map(async (recompute) => {
    const model = await createModel(deep(6, 16, gelu, () => dropout(0.2)), { input: [8], seed: 5 }), trainer = model.trainer({ ...classes, recompute });
    const batch = { x: numbers(30 * 8), y: Int32Array.from({ length: 30 }, (_, i) => i % 3) };
    const losses = [trainer.step(batch), trainer.step(batch)], { gradients } = trainer.gradients(batch);
    const found = { losses, gradients: [...gradients].map(([name, { data: of }]) => [name, ...of]), hash: hash(model) };
    model.dispose();
    return found;
  }));
  expect(a).toEqual(b);
});

test("recompute is true or false, and a pass has a name", async () => {
  const model = await createModel(dense(1), { input: [1] });
  expect(() => model.trainer({ loss: mse(), recompute: "yes" as never })).toThrow(OptionError);
  expect(() => model.memory({ loss: mse(), recompute: 1 as never })).toThrow(/recompute/);
  await expect(ops.compile((x) => ops.relu(x), [[2]], { passes: { inplace: false } as never })).rejects.toThrow(/did you mean inPlace/);
  model.dispose();
});
