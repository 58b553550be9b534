// model.profile: where a step's time goes. Figures of a real clock are held against each other alone; how they are told apart is
// tested with a clock that moves as the instructions say.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as isa from "../assembly/isa.ts";
import { Header, Opcode } from "../assembly/isa.ts";
import {
  adam, binaryCrossEntropy, createModel, crossEntropy, dense, dropout, hash, lbfgs, loadModel, type Model, mse, type Profile, relu, rmsprop, sequential, sgd, softmax, StateError,
} from "../src/index.ts";
import { compileProgram } from "../src/compile.ts";
import { loadCore } from "../src/core.ts";
import { Graph } from "../src/graph.ts";
import { input } from "../src/op.ts";
import { exp, relu as reluOf, tanh } from "../src/ops/index.ts";
import { clockOf, middle, timed } from "../src/profile/clock.ts";
import { measure } from "../src/profile/measure.ts";
import { makeProfile } from "../src/profile/report.ts";
import { workOf } from "../src/profile/work.ts";
import { Session } from "../src/session.ts";
import { numbers } from "./helpers.ts";

const own = performance.now, now = own.bind(performance);
const setClock = (clock: () => number): void => void (performance.now = clock);
// a clock that runs ahead: nobody reads these times, and so a warm-up is short
beforeEach(() => setClock(() => 20 * now()));
afterEach(() => setClock(own));

const make = (): Promise<Model<any, any>> => createModel(sequential(dense(16), relu(), dropout(0.2), dense(3)), { input: [6], seed: 3 });
const data = { x: numbers(6 * 40), y: Int32Array.from({ length: 40 }, (_, i) => i % 3) };
const options = { loss: crossEntropy(), optimizer: adam(), batchSize: 8 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** All that must hold of any profile. */
function expectSound({ instructions, step, grain, call, ceilings }: Profile): void {
  expect(sum(instructions.map(({ share }) => share))).toBeCloseTo(1, 10);
  expect(sum(instructions.map(({ microseconds }) => microseconds)) / step.instructions).toBeCloseTo(1, 10);
  for (const key of ["flops", "bytes"] as const) expect(sum(instructions.map((it) => it[key]))).toBe(step[key]);
  for (const { microseconds, flops, bytes, gflops, gbps, share, ceiling, boundBy } of instructions) {
    expect(microseconds).toBeGreaterThan(0);
    expect(gflops * microseconds * 1000).toBeCloseTo(flops, 2);
    expect(gbps * microseconds * 1000).toBeCloseTo(bytes, 2);
    expect(share * step.instructions).toBeCloseTo(microseconds, 6);
    expect(ceiling).toBeGreaterThan(0);
    expect(["compute", "memory", "call"]).toContain(boundBy);
  }
  for (const figure of [step.microseconds, grain, call, ceilings!.multiplyAdd, ceilings!.multiplyAddLoads, ceilings!.divide, ...ceilings!.streams.map(({ gbps }) => gbps)])
    expect(figure > 0 && figure < Infinity).toBe(true);
}

describe("the model afterwards", () => {
  test("a run goes on to the bits of one that was never profiled: parameters, optimizer state, random numbers", async () => {
    const [plain, profiled] = [await make(), await make()], trainers = [plain, profiled].map((model) => model.trainer(options));
    const batch = { x: data.x.subarray(0, 48), y: data.y.subarray(0, 8) }, step = (): number[] => trainers.map((trainer) => trainer.step(batch));
    step();
    const before = trainers[1]!.checkpoint(), parameters = hash(profiled);
    expectSound(await profiled.profile(2));
    await profiled.profile(1, { program: "predict" });
    await profiled.profile(1, { loss: crossEntropy(), optimizer: sgd({ learningRate: 1, momentum: 0.5 }), data });
    expect(hash(profiled)).toBe(parameters);
    expect(trainers[1]!.checkpoint()).toEqual(before);
    const [a, b] = step();
    expect(a).toBe(b);
    expect(trainers[1]!.checkpoint()).toEqual(trainers[0]!.checkpoint());
    const fits = [plain, profiled].map(async (model) => {
      await model.fit(data, { ...options, metrics: ["accuracy"], epochs: 2 });
      if (model === profiled) await model.profile(1, { loss: mse({ reduction: "sum" }), optimizer: rmsprop() });
      return [hash(model), await model.evaluate(data)];
    });
    expect(await fits[1]).toEqual(await fits[0]);
  });

  test("what is done with it meanwhile stays done", async () => {
    const model = await make(), other = await make(), trainer = model.trainer(options), batch = { x: data.x.subarray(0, 48), y: data.y.subarray(0, 8) };
    await model.profile(1); // now it is loaded, and begins at once
    const profiling = model.profile(50);
    await turn();
    await expect(model.fit(data, options)).rejects.toThrow(StateError);
    for (let i = 0; i < 3; i++) {
      await turn();
      trainer.step(batch);
      model.predict(numbers(600 * 6));
    }
    expectSound(await profiling);
    const wanted = other.trainer(options);
    for (let i = 0; i < 3; i++) wanted.step(batch);
    expect(hash(model)).toBe(hash(other));
    await model.fit(data, options);
  });

  test("its memory is free again", async () => {
    const model = await make(), { session } = model["network"];
    await model.profile(1, options);
    const used = session.used, programs = session.loaded.size;
    for (let i = 0; i < 3; i++) await model.profile(1, options);
    expect([session.used, session.loaded.size]).toEqual([used, programs]);
  });

  test("dispose ends it", async () => {
    const model = await make(), profiling = model.profile(5, options);
    await turn();
    model.dispose();
    await expect(profiling).rejects.toMatchObject({ code: "disposed" });
    await expect(model.profile()).rejects.toMatchObject({ code: "disposed" });
  });
});

describe("the program", () => {
  test("is the step of the last fit or trainer, of other options, or a prediction", async () => {
    const model = await make(), last = ({ instructions }: Profile): string => instructions.at(-1)!.op;
    expect(await model.profile(1)).toMatchObject({ program: "predict", rows: 256 });
    await expect(model.profile(1, { program: "step" })).rejects.toMatchObject({ code: "bad-option", details: { of: "profile", option: "loss" } });
    await model.fit(data, { ...options, batchSize: 10 });
    const step = await model.profile(1);
    expect([step.program, step.rows, last(step)]).toEqual(["step", 10, "update"]);
    expect(step.instructions.filter(({ op }) => op === "matmul").map(({ layer }) => layer)).toEqual(expect.arrayContaining(["0", "3"]));
    const trainer = model.trainer({ loss: crossEntropy(), optimizer: sgd() });
    trainer.step({ x: data.x.subarray(0, 24), y: data.y.subarray(0, 4) });
    expect(await model.profile(1)).toMatchObject({ program: "step", rows: 4 });
    expect(await model.profile(1, { batchSize: 7 })).toMatchObject({ rows: 7 });
    expect(await model.profile(1, { batchSize: 64, data })).toMatchObject({ rows: 40 }); // there are no more
    expect(await model.profile(1, { program: "predict", batchSize: 3, data })).toMatchObject({ program: "predict", rows: 3 });
    const again = await loadModel(model.save()); // knows its loss
    expect(await again.profile(1)).toMatchObject({ program: "step", rows: 32 });
  });

  test("has named inputs and outputs, optimizers made of ops, and those that drive several runs", async () => {
    const two = await createModel(({ a, b }) => ({ sum: dense(2)(a), kind: softmax()(dense(3)(b)) }), { input: { a: [2], b: { shape: [3] } } });
    const loss = { sum: mse(), kind: crossEntropy({ from: "probabilities" }) };
    for (const optimizer of [rmsprop(), lbfgs()]) expectSound(await two.profile(1, { loss, optimizer }));
    expectSound(await two.profile(1, { program: "predict" }));
  });

  test("may be the step of a trainer that has done none, or one that makes activations again", async () => {
    const model = await make(), trainer = model.trainer({ loss: crossEntropy(), optimizer: sgd() });
    expect(await model.profile(1)).toMatchObject({ program: "step", rows: 32 });
    trainer.dispose();
    const plain = await model.profile(1, options), again = await model.profile(1, { ...options, recompute: true });
    expect([plain.build, again.instructions.length > plain.instructions.length]).toEqual(["exact", true]);
  });

  test("of a step that is not finite is refused: its update would be left out", async () => {
    const model = await createModel(dense(1, { initializer: () => [3e38] }), { input: [1] });
    await expect(model.profile(1, { loss: mse(), data: { x: [[1]], y: [[1]] } })).rejects.toMatchObject({ code: "non-finite" });
    await model.fit({ x: [[0]], y: [[0]] }, { loss: mse() });
  });
});

describe("where it is refused", () => {
  test("beyond the memory's limit: nothing stays taken", async () => {
    const free = await make(), limit = free["network"].session.used + 4000; // less than parameters, gradients, moments and activations
    const model = await createModel(sequential(dense(16), relu(), dropout(0.2), dense(3)), { input: [6], memoryLimit: limit }), before = model["network"].session.used;
    await expect(model.profile(1, { ...options, batchSize: 64 })).rejects.toMatchObject({ code: "memory-limit" });
    expect(model["network"].session.used).toBe(before);
    model.predict(numbers(6));
  });

  test("a model in a worker, a running fit, steps that are no number", async () => {
    const away = await createModel(dense(1), { input: [1], where: "worker" });
    await expect(away.profile(1, { loss: mse() })).rejects.toMatchObject({ code: "bad-option", details: { of: "profile", option: "where" } });
    await away.dispose();
    const model = await make(), training = model.fit(data, options);
    await expect(model.profile()).rejects.toMatchObject({ code: "fit-running" });
    await training;
    for (const steps of [0, 1.5, NaN, -1, "x"]) await expect(model.profile(steps as number)).rejects.toThrow(/steps/);
    await expect(model.profile(1e12)).rejects.toMatchObject({ code: "bad-option", details: { got: 1e12 } });
    await expect(model.profile(1, { batchSize: 1e9 })).rejects.toMatchObject({ code: "memory-limit" });
    await expect((await make()).profile(1, { optimizer: sgd() })).rejects.toMatchObject({ code: "bad-option", details: { of: "profile", option: "loss" } });
  });

  test("a clock that stands still", async () => {
    const model = await make();
    setClock(() => 5);
    await expect(model.profile(1, options)).rejects.toMatchObject({ code: "no-clock" });
    setClock(own);
    expectSound(await model.profile(2, options)); // by the clock as it is
    await model.fit(data, options);
  });
});

test("several threads: one is timed, and it says so", async () => {
  const model = await createModel(sequential(dense(16), relu(), dense(3)), { input: [6], threads: 2 });
  const profile = await model.profile(1, options);
  expectSound(profile);
  expect(profile).toMatchObject({ threads: 1, why: "one thread, where the model has 2" });
  model.dispose();
});

describe("the clock", () => {
  test("a clock of 0.1 ms: instructions are repeated by themselves, and nothing is 0 or infinite", async () => {
    setClock(() => Math.floor(20 * 10 * now()) / 10);
    const profile = await (await make()).profile(1, options);
    expectSound(profile);
    expect(profile.grain).toBeGreaterThan(99);
    expect(profile.instructions.map(({ repeated }) => repeated)).not.toContain(false);
  });

  /** A clock that is moved by hand, µs, and shows whole grains. */
  function byHand(grain: number): { now: () => number; go(microseconds: number): void } {
    let time = 0;
    return { now: () => (Math.floor((time += 0.02) / grain) * grain) / 1000, go: (microseconds) => void (time += microseconds) };
  }

  test.each([0.02, 5, 100, 1000])("of a grain of %d µs: an interval is told within 5 percent", (grain) => {
    const { now, go } = byHand(grain), clock = clockOf(now)!;
    expect(clock.grain).toBeCloseTo(grain, 6);
    for (const wanted of [0.03, 1.7, 33, 700]) for (const found of timed(clock, (times) => go(wanted * times), 5)) expect(Math.abs(found / wanted - 1)).toBeLessThan(0.05);
  });

  test("the mean of the middle half leaves out what disturbs", () => {
    expect(middle([1, 2, 3, 2, 1000, 2, 2, 0])).toBe(2);
    expect(middle([1000, 3, 1])).toBe(3);
    expect([middle([5]), middle([5, 6])]).toEqual([5, 5.5]);
  });

  test.each([0.02, 5, 20])("of a grain of %d µs: each instruction's time is found, and in-place ones find the same numbers each time", async (grain) => {
    // all but the first work in place; exp is beyond float32 after two runs more
    const graph = new Graph(), argument = input(graph, "x", [64]), y = exp(exp(tanh(reluOf(argument)))), x = numbers(64).map((v) => 2 * v);
    const program = compileProgram({ outputs: new Map([["y", y]]), sources: new Map([[argument, { region: "x", offset: 0 }]]) });
    const session = new Session(await loadCore()), block = session.allocate(256, "x"), loaded = session.load(program, { x: block });
    session.floats.set(x, block.offset / 4);
    const result = (): Float32Array => session.floats.slice(loaded.place("y") / 4, loaded.place("y") / 4 + 64), { core } = session, { now, go } = byHand(grain);
    loaded.runSync();
    const wanted = result();
    const costs = new Map([[isa.MapKind.Relu, 3], [isa.MapKind.Tanh, 40], [isa.MapKind.Exp, 200]]), call = 0.01, copy = 2;
    const costAt = (at: number): number => {
      const word = at / 4, opcode = session.words[word]! & Header.OPCODE;
      return call + (opcode === Opcode.Map ? costs.get(session.words[word + isa.Map.KIND]!)! : opcode === Opcode.Copy ? copy : 0);
    };
    (session as { core: unknown }).core = {
      ...core,
      execute(at: number, rank: number, size: number) {
        go(costAt(at) + 0.03); // a call from outside
        return core.execute(at, rank, size);
      },
      run(at: number, rank: number, size: number) {
        go(0.03);
        for (let next = at; session.words[next / 4]! & Header.OPCODE; next += 4 * (session.words[next / 4]! >>> 16)) go(costAt(next));
        return core.run(at, rank, size);
      },
    };
    const works = loaded.program.instructions.map(({ word }) => workOf(session.words, loaded.block.offset / 4 + word));
    expect(works.map(({ inPlace }) => inPlace)).toContain(true);
    const { each, repeated, call: found } = await measure(loaded, works, 4, clockOf(now)!, () => undefined);
    const expected = loaded.program.instructions.map(({ word }) => costAt(loaded.block.offset + 4 * word));
    each.forEach((time, i) => expect(Math.abs(time / expected[i]! - 1), `${i}: ${time}, ${expected[i]}`).toBeLessThan(0.05));
    expect(repeated.includes(true)).toBe(grain > 0.02);
    expect(found).toBeCloseTo(call, 2);
    expect(result()).toEqual(wanted);
    expect(wanted.every((value) => value < Infinity)).toBe(true);
  });
});

describe("work", () => {
  const enums = isa as unknown as Record<string, Record<string, number>>;
  const opcodes = Object.entries(Opcode).filter(([name, value]) => typeof value === "number" && !["End", "Count"].includes(name)) as [string, Opcode][];

  test.each(opcodes)("%s, of every kind: flops, bytes, shapes", (name, opcode) => {
    const slots = enums[name]!, kinds = enums[`${name.replace("Gradient", "")}Kind`]?.Count ?? 1, size = slots.SIZE ?? Number(slots.DIMS) + 6;
    for (let kind = 0; kind < kinds; kind++) {
      const words = new Uint32Array(size).fill(8);
      words[0] = opcode | (size << 16);
      if (slots.KIND) words[slots.KIND] = kind;
      if (slots.RANK) words[slots.RANK] = 2;
      const work = workOf(words, 0);
      expect(work.name).toBe(name);
      for (const figure of [work.flops, work.divisions, work.loads, work.stores, ...work.streams, ...work.shapes.flat()]) expect(Number.isSafeInteger(figure) && figure >= 0).toBe(true);
      expect(work.divisions).toBeLessThanOrEqual(work.flops);
      if (name !== "Stop") expect(work.loads + work.stores).toBeGreaterThan(0);
      expect(work.shapes.length > 0).toBe(name !== "Stop");
    }
  });

  test("of a product, a bias, an update", async () => {
    const { instructions } = await (await make()).profile(1, { ...options, batchSize: 32 }), of = (name: string, layer: string) => instructions.find((it) => it.instruction === name && it.layer === layer)!;
    const m = 32, k = 16, n = 3;
    expect(of("Gemm", "3")).toMatchObject({ op: "matmul", shapes: [[m, k], [k, n], [m, n]], flops: 2 * m * n * k, bytes: 4 * (m * k + k * n + m * n) });
    expect(of("Binary", "3")).toMatchObject({ op: "add", shapes: [[m, n], [n], [m, n]], flops: m * n, bytes: 4 * (2 * m * n + n) });
    const count = 6 * 16 + 16 + 16 * 3 + 4; // padded to four
    expect(instructions.at(-1)).toMatchObject({ instruction: "Update", shapes: [[count]], bytes: 28 * count });
  });
});

describe("shown", () => {
  test("as a trace: instructions one after the other, inside their step, and as long as it together", async () => {
    const profile = await (await make()).profile(2, options), { traceEvents, displayTimeUnit } = JSON.parse(profile.toTrace());
    expect(displayTimeUnit).toBe("ns");
    const [step, ...events] = traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
    expect(step).toMatchObject({ name: "step", ts: 0, pid: 1, tid: 1 });
    expect(events.length).toBe(profile.instructions.length);
    const nano = (microseconds: number): number => Math.round(1000 * microseconds);
    let at = 0;
    events.forEach(({ ts, dur, name, pid, tid, args }: any, i: number) => {
      const { op, layer, microseconds, shapes } = profile.instructions[i]!;
      expect([pid, tid]).toEqual([step.pid, step.tid]);
      expect([nano(ts), name]).toEqual([at, layer ? `${op} (${layer})` : op]);
      expect(Math.abs(dur - microseconds)).toBeLessThan(1.001e-3);
      expect(args.shapes).toEqual(shapes);
      at += nano(dur);
    });
    expect(nano(step.dur)).toBe(at);
  });

  test("as a table of at most 100 columns, in the program's order, with sums by instruction", async () => {
    const profile = await (await make()).profile(2, options), text = String(profile), lines = text.split("\n");
    expect(text).toBe(`${profile}`);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    const blank = lines.flatMap((line, i) => (line === "" ? [i] : []));
    const rows = lines.slice(blank[0]! + 2, blank[1]), sums = lines.slice(blank[1]! + 2, blank[2]);
    expect(rows.map((row) => row.split(/\s+/)[0])).toEqual(profile.instructions.map(({ op }) => (op.length > 16 ? `${op.slice(0, 15)}…` : op)));
    expect(sum(sums.map((row) => Number(row.split(/\s+/)[1])))).toBe(profile.instructions.length);
    expect(sum(sums.map((row) => Number(row.split(/\s+/)[3])))).toBeCloseTo(100, 0);
    expect(lines[0]).toMatch(/^A training step of 8 rows: /);
  });

  test("the widest figures fit, and a build without probes says so", () => {
    const instruction = {
      op: "probabilityCrossEntropyGradient", layer: "a.very.long.name.of.a.layer", instruction: "CrossEntropyGradient", shapes: [[65536, 65536], [65536, 65536]], microseconds: 123456,
      repeated: false, flops: 1e15, bytes: 1e15, gflops: 1234.5, gbps: 1234.5, share: 1, ceiling: undefined, boundBy: "compute" as const,
    };
    const profile = makeProfile({
      program: "predict", rows: 1, steps: 1, instructions: [instruction], step: { microseconds: 123456, instructions: 123456, flops: 1e15, bytes: 1e15, gflops: 1234.5, gbps: 1234.5 },
      ceilings: undefined, grain: 100, call: 0.01, engine: "a browser's name ".repeat(9), build: "exact", threads: 1, why: "one thread",
    });
    expect(String(profile).split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(String(profile)).toContain("No ceilings");
    expect(() => JSON.parse(profile.toTrace())).not.toThrow();
  });
});

test("binaryCrossEntropy's step has numbers for the labels that it wants", async () => {
  const model = await createModel(sequential(dense(4), dense(1)), { input: [2] });
  expectSound(await model.profile(1, { loss: binaryCrossEntropy(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), batchSize: 4 }));
});
