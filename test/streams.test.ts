// Data sets that come batch by batch: the bits of the same rows in arrays, whatever the sizes of the batches; memory that does not grow;
// and a clear word on what cannot be.

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  adam, cosine, createModel, crossEntropy, type Data, dense, doctor, dropout, findLearningRate, type FitOptions, hash, lbfgs, metric, type Model, mse, relu,
  sequential, sgd, stepDecay, type Stream, type Training, warmup, type WorkerModel,
} from "../src/index.ts";
import * as lanewise from "../src/index.ts";
import { run } from "./docstrings.ts";
import { numbers } from "./helpers.ts";

const ROWS = 203, WIDTH = 5;
const x = numbers(ROWS * WIDTH, 1), y = Int32Array.from({ length: ROWS }, (_, i) => (i * 7919) % 3), weight = Float32Array.from({ length: ROWS }, (_, i) => i % 4);
const bytes = Uint8Array.from(x, (value) => 100 + 100 * value);
const options = {
  loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 32, epochs: 3, metrics: ["accuracy"],
} satisfies FitOptions;
const SITES = [{}, { threads: 2 }, { where: "worker" }, { where: "worker", threads: 2 }] as const;

const make = (site: object = {}): Promise<Model> => createModel(sequential(dense(8), relu(), dropout(0.2), dense(3)), { input: [WIDTH], seed: 3, ...site }) as Promise<Model>;

/** The rows in batches of these sizes, over and over. */
function* cut(sizes: readonly number[], rows: { x?: Float32Array | Uint8Array; weights?: boolean } = {}): Generator<Data<any, any>> {
  for (let from = 0, i = 0; from < ROWS; i++) {
    const to = Math.min(ROWS, from + sizes[i % sizes.length]!);
    yield { x: (rows.x ?? x).slice(from * WIDTH, to * WIDTH), y: y.slice(from, to), ...(rows.weights !== false && { weight: weight.slice(from, to) }) };
    from = to;
  }
}

async function* later(sizes: readonly number[]): AsyncGenerator<Data<any, any>> {
  for (const batch of cut(sizes)) {
    if (batch.y[0] === 1) await new Promise((resolve) => setTimeout(resolve, 1));
    yield batch;
  }
}

/** Where the engine makes streams of iterables. */
const webStream = ReadableStream as unknown as { from?(batches: Iterable<unknown>): AsyncIterable<Data> };

const sized = <T extends object>(stream: T, rows = ROWS): T & { rows: number } => Object.assign(stream, { rows });

/** What a run comes to: the weights, the reports and an evaluation. */
async function outcome(data: unknown, more: object = {}, site: object = {}): Promise<unknown> {
  const model = await make(site) as Model | WorkerModel;
  const { epochs } = await (model as Model).fit(data as Data, { ...options, ...more } as FitOptions);
  const told = epochs.map(({ epoch, step, loss, accuracy, learningRate, validation }: any) => ({ epoch, step, loss, accuracy, learningRate, validation }));
  const result = [hash({ parameters: await model.parameters }), told, await (model as Model).evaluate(data as Data)];
  await model.dispose();
  return result;
}

/** What a promise rejects with. */
const failure = (promise: PromiseLike<unknown>): Promise<any> => Promise.resolve(promise).then(() => expect.fail("it did not reject"), (error: unknown) => error);

describe("a stream trains to the bits of the same rows in arrays", () => {
  const streams: Record<string, (sizes: number[]) => unknown> = {
    "an array of batches": (sizes) => [...cut(sizes)],
    "a function that returns a generator": (sizes) => () => cut(sizes),
    "a function that returns an async generator": (sizes) => () => later(sizes),
    "an object with an async iterator": (sizes) => ({ [Symbol.asyncIterator]: () => later(sizes) }),
    "a stream that knows its size": (sizes) => sized(() => cut(sizes)),
    "a web stream for each epoch": (sizes) => () => webStream.from?.(cut(sizes)),
  };
  const cuts = [[32], [1], [7, 100, 1, 33], [500]];

  it.each(Object.keys(streams))("%s, in batches of any size", async (name) => {
    const wanted = await outcome({ x, y, weight }, { shuffle: false });
    for (const sizes of cuts) if (webStream.from || !/web/.test(name)) expect(await outcome(streams[name]!(sizes))).toEqual(wanted);
  });

  it.each(SITES)("on %j", async (site) => {
    const validation = { x: x.slice(0, 50), y: y.slice(0, 10) }, wanted = await outcome({ x, y, weight }, { shuffle: false, validation });
    expect(await outcome(() => later([70, 3]), { validation }, site)).toEqual(wanted);
    expect(await outcome(() => cut([70, 3]), { validation }, site)).toEqual(wanted);
  });

  it.each<[string, object]>([
    ["accumulate and ema", { accumulate: 3, ema: 0.9 }], ["a penalty and clipping", { clipNorm: 0.1 }], ["a batch larger than all", { batchSize: 1000 }],
    ["a doctor", { doctor: doctor() }],
  ])("with %s", async (_, more) => {
    const wanted = await outcome({ x, y, weight }, { shuffle: false, ...more });
    expect(await outcome(sized(() => later([70, 3])), more)).toEqual(wanted);
  });

  it.each([24, 32, 100])("from a source that gives the same arrays again and again, in batches of %i rows", async (batchSize) => {
    const wanted = await outcome({ x, y }, { shuffle: false, batchSize });
    const reused = async function* (): AsyncGenerator<Data> {
      const own = { x: new Float32Array(32 * WIDTH), y: new Int32Array(32) };
      for (const batch of cut([32], { weights: false }) as Iterable<any>) {
        own.x.set(batch.x);
        own.y.set(batch.y);
        yield { x: own.x.subarray(0, batch.x.length), y: own.y.subarray(0, batch.y.length) };
      }
    };
    for (const site of [{}, { where: "worker" }]) expect(await outcome(reused, { batchSize }, site)).toEqual(wanted);
  });

  it("bytes stay bytes", async () => {
    const wanted = await outcome({ x: bytes, y }, { shuffle: false });
    expect(await outcome(() => cut([50, 3], { x: bytes, weights: false }))).toEqual(wanted);
  });

  it("with a schedule in epochs, if its size is known", async () => {
    const wanted = await outcome({ x, y, weight }, { shuffle: false, schedule: cosine() });
    expect(await outcome(sized(() => cut([50])), { schedule: cosine() })).toEqual(wanted);
  });

  it("validation and evaluate take streams too", async () => {
    const validation = { x, y, weight }, wanted = await outcome({ x, y }, { validation });
    for (const stream of [[...cut([90])], () => later([40, 3]), sized(() => cut([1]))]) {
      const [weights, reports] = await outcome({ x, y }, { validation: stream }) as [string, unknown];
      expect([weights, reports]).toEqual((wanted as unknown[]).slice(0, 2));
    }
    const model = await make({ where: "worker" });
    const [one, other] = [await model.evaluate(validation, { loss: crossEntropy(), batchSize: 20 }), await model.evaluate(() => later([13]), { loss: crossEntropy(), batchSize: 20 })];
    expect(other).toEqual(one);
    await model.dispose();
  });
});

it("an endless source gives epochs of `rows` rows, and is told when one ends", async () => {
  let returned = 0;
  const endless = sized(() => ({
    *[Symbol.iterator]() {
      try {
        for (;;) yield* cut([30]);
      } finally {
        returned++;
      }
    },
  }), 500);
  const repeated = <T extends Float32Array | Int32Array>(column: T, width: number): T => Float32Array.from({ length: 500 * width }, (_, i) => column[i % column.length]!) as T;
  const arrays = await make(), model = await make();
  await arrays.fit({ x: repeated(x, WIDTH), y: Int32Array.from(repeated(y, 1)), weight: repeated(weight, 1) }, { ...options, shuffle: false });
  const { epochs } = await model.fit(endless, options);
  expect(hash(model)).toBe(hash(arrays));
  expect(epochs.map(({ step }) => step)).toEqual([16, 32, 48]);
  expect(returned).toBe(3);
});

it("a function is told how many epochs are done", async () => {
  const asked: number[] = [];
  await (await make()).fit((epoch: number) => { asked.push(epoch); return cut([30]); }, options);
  expect(asked).toEqual([0, 1, 2]);
});

describe("checkpoints", () => {
  it.each([["of unknown size", (): unknown => () => later([23])], ["of a known size", (): unknown => sized(() => cut([23]))]])("a stream %s goes on from any step to the same bits", async (_, stream) => {
    const wanted = (await outcome(stream())) as [string, unknown];
    for (const steps of [1, 6, 7, 8, 20]) {
      const first = await make(), { checkpoint } = await first.fit(stream() as Stream, { ...options, budget: { steps } });
      const asked: number[] = [], source = stream() as (epoch: number) => Iterable<Data>;
      const spied = Object.assign((epoch: number) => { asked.push(epoch); return source(epoch); }, source);
      const again = await make(), { epochs } = await again.fit(spied, { ...options, resume: checkpoint! });
      expect(hash(again)).toBe(wanted[0]);
      expect(epochs.map(({ loss }) => loss)).toEqual((wanted[1] as { loss: number }[]).map(({ loss }) => loss));
      expect(asked.at(-1)).toBe(2);
    }
  });

  it("a run on arrays goes on with a stream of a known size, and the other way round", async () => {
    const [wanted] = await outcome({ x, y, weight }, { shuffle: false }) as [string];
    for (const [one, other] of [[{ x, y, weight }, sized(() => cut([9]))], [sized(() => cut([9])), { x, y, weight }]] as unknown as [Data<any, any>, Data<any, any>][]) {
      const plain = (data: unknown): object => (typeof data === "function" ? {} : { shuffle: false });
      const { checkpoint } = await (await make()).fit(one, { ...options, ...plain(one), budget: { steps: 10 } });
      const model = await make();
      await model.fit(other, { ...options, ...plain(other), resume: checkpoint! });
      expect(hash(model)).toBe(wanted);
    }
  });

  it("a stream that has fewer rows than are done is refused", async () => {
    const { checkpoint } = await (await make()).fit(() => cut([23]), { ...options, budget: { steps: 6 } });
    const error = await failure((await make()).fit(() => [[...cut([23])][0]!], { ...options, resume: checkpoint! }));
    expect(error).toMatchObject({ code: "rows-mismatch", details: { got: 23 } });
  });
});

describe("what cannot be is refused before anything is touched", () => {
  const stream = (): Generator<Data> => cut([32]);
  const worst = metric("worst", { all: () => 0 }), both = stream(), read = stream();
  for (const _ of read);
  const refused: [string, unknown, object, object][] = [
    ["shuffle", stream, { shuffle: true }, { code: "bad-option", details: { option: "shuffle" } }],
    ["a share held out", stream, { validation: 0.2 }, { code: "bad-option", details: { option: "validation" } }],
    ["full batches", stream, { optimizer: lbfgs(), batchSize: undefined }, { code: "bad-option", details: { option: "optimizer", got: "lbfgs" } }],
    ["transfer", stream, { transfer: true }, { code: "bad-option", details: { option: "transfer" } }],
    ["a schedule over the whole run", stream, { schedule: cosine() }, { code: "bad-option", details: { option: "schedule" } }],
    ["a schedule in epochs", stream, { schedule: stepDecay({ epochs: 1 }) }, { code: "bad-option", details: { option: "schedule" } }],
    ["a schedule of one's own that asks", stream, { schedule: (step: number, { steps }: any) => 1 - step / steps }, { code: "bad-option", details: { option: "schedule" } }],
    ["a doctor, whose epochs have no end", stream, { doctor: doctor() }, { code: "bad-option", details: { option: "doctor" } }],
    ["metrics over all rows", stream, { metrics: [worst] }, { code: "bad-option", details: { option: "metrics" } }],
    ["a generator for several epochs", stream(), {}, { code: "one-shot" }],
    ["a generator that validates several epochs", { x, y }, { validation: stream() }, { code: "one-shot" }],
    ["one generator for two things", both, { epochs: 1, validation: both }, { code: "one-shot", details: { option: "validation" } }],
    ["a generator that has been read", read, { epochs: 1 }, { code: "no-rows", details: { fix: expect.stringContaining("() =>") } }],
    ["an iterator that is none", { [Symbol.iterator]: () => 7 }, {}, { code: "bad-option", details: { option: "data" } }],
    ["an async iterator that is none", { [Symbol.asyncIterator]: 7 }, {}, { code: "bad-option", details: { option: "data" } }],
    ["an iterator that gives no results", { [Symbol.iterator]: () => ({ next: () => 7 }) }, {}, { code: "bad-option", details: { option: "data", got: 7 } }],
    ["no rows", [], {}, { code: "no-rows" }],
    ["a size that is none", Object.assign(() => stream(), { rows: -1 }), {}, { code: "bad-option", details: { option: "rows" } }],
    ["a function that returns no stream", () => 7, {}, { code: "bad-option", details: { option: "data", got: 7 } }],
    ["batches that are none", [7], {}, { code: "wrong-names", details: { batch: 1 } }],
    ["a misspelt option", stream, { batchsize: 3 }, { code: "unknown-option" }],
  ];

  it.each(refused)("%s", async (_, data, more, wanted) => {
    const model = await make(), before = hash(model), { memory } = model.info();
    const error = await failure(model.fit(data as Data, { ...options, ...more } as FitOptions));
    expect(error).toMatchObject(wanted);
    expect(error.message).not.toMatch(/undefined/);
    expect(hash(model)).toBe(before);
    expect(model.info().memory).toBe(memory);
    await model.fit({ x, y }, options); // and no fit is left behind
  });

  it("but not a schedule in steps", async () => {
    for (const schedule of [stepDecay({ steps: 5 }), cosine({ steps: 12 }), warmup({ steps: 3 })])
      expect(await outcome(stream, { schedule })).toEqual(await outcome({ x, y, weight }, { shuffle: false, schedule }));
  });

  it("findLearningRate and memory want arrays", async () => {
    const model = await make();
    await expect(findLearningRate(model, stream as never, { loss: crossEntropy(), optimizer: sgd() })).rejects.toMatchObject({ code: "wrong-names" });
    expect(() => model.memory({ ...options, data: stream as never })).toThrow(/x, y/);
  });
});

describe("a bad batch is named, with its row; the parameters are those of the last step", () => {
  const bad: [string, (batch: any) => unknown, object][] = [
    ["NaN", (batch) => ({ ...batch, x: batch.x.map((value: number, i: number) => (i === 11 ? NaN : value)) }), { code: "not-finite", details: { option: "batch 5: x", row: 2, position: 1, batch: 5 } }],
    ["a label out of range", (batch) => ({ ...batch, y: batch.y.map((value: number, i: number) => (i === 3 ? 9 : value)) }), { code: "label-out-of-range", details: { option: "batch 5: y", row: 3 } }],
    ["a negative weight", (batch) => ({ ...batch, weight: batch.weight.map(() => -1) }), { code: "bad-weight", details: { option: "batch 5: weight", row: 0 } }],
    ["another width", (batch) => ({ ...batch, x: batch.x.slice(1) }), { code: "wrong-width", details: { option: "batch 5: x" } }],
    ["fewer labels", (batch) => ({ ...batch, y: batch.y.slice(1) }), { code: "rows-mismatch", details: { option: "batch 5: y" } }],
    ["bytes among numbers", (batch) => ({ ...batch, x: new Uint8Array(batch.x.length) }), { code: "batch-mismatch", details: { option: "batch 5: x", got: "uint8 [rows, 5]" } }],
    ["one-hot rows among class numbers", (batch) => ({ ...batch, y: [...batch.y].map((c) => [0, 1, 2].map((k) => Number(k === c))) }), { code: "batch-mismatch", details: { option: "batch 5: y" } }],
    ["no weights", ({ x, y }) => ({ x, y }), { code: "batch-mismatch", details: { option: "batch 5: weight", got: "none" } }],
    ["no rows", () => ({ x: [], y: [] }), { code: "no-rows", details: { batch: 5 } }],
    ["nothing", () => undefined, { code: "wrong-names", details: { batch: 5 } }],
  ];

  it.each(bad)("%s", async (_, spoil, wanted) => {
    for (const site of [{}, { where: "worker" }]) {
      const steps: number[] = [], model = await make(site) as unknown as WorkerModel;
      const training = model.fit(() => [...cut([16])].map((batch, i) => (i === 4 ? spoil(batch) : batch)) as Data[], { ...options, onStep: ({ step }) => steps.push(step) });
      const error = await failure(training);
      expect(error).toMatchObject(wanted);
      expect(error.message).toMatch(/batch 5/);
      expect(steps).toEqual([1, 2]); // of two batches each
      const two = await make();
      await two.fit(() => cut([16]), { ...options, budget: { steps: 2 } });
      expect(hash({ parameters: await model.parameters })).toBe(hash(two));
      expect((await training.checkpoint()).length).toBeGreaterThan(0);
      await model.dispose();
    }
  });

  it("a batch whose weights are all 0 is none of them", async () => {
    expect(await outcome(() => cut([1]))).toEqual(await outcome({ x, y, weight }, { shuffle: false }));
  });

  it("of validation", async () => {
    const error = await failure((await make()).fit({ x, y }, { ...options, validation: [...cut([100])].map((batch, i) => (i ? { ...batch, y: batch.y.map(() => 5) } : batch)) }));
    expect(error.message).toMatch(/^validation, batch 2: y, row 0/);
  });
});

describe("the source", () => {
  /** A source that tells what becomes of it; from batch `silent` on it never answers. */
  const source = (silent = Infinity) => {
    const told = { asked: 0, returned: 0 };
    return {
      told,
      [Symbol.asyncIterator]() {
        const batches = cut([32]);
        return {
          async next(): Promise<IteratorResult<Data>> {
            if (++told.asked >= silent) await new Promise(() => {});
            return batches.next() as IteratorResult<Data>;
          },
          async return(): Promise<IteratorResult<Data>> {
            told.returned++;
            return { done: true, value: undefined };
          },
        };
      },
    };
  };

  it.each(SITES)("is asked for the next batch while a step is under way, on %j", async (site) => {
    const model = await make(site) as unknown as WorkerModel, data = source(), early: number[] = [];
    await model.fit(data, { ...options, epochs: 1, onStep: ({ step }) => early.push(data.told.asked - step) });
    expect(early.length).toBe(7);
    expect(Math.min(...early.slice(0, -1))).toBe(1);
    await model.dispose();
  });

  it("that throws, throws to the awaiter", async () => {
    const wrong = new Error("the disk is full of water");
    for (const at of [0, 1, 3]) {
      const broken = async function* (): AsyncGenerator<Data> {
        let i = 0;
        for (const batch of cut([32])) {
          if (i++ === at) throw wrong;
          yield batch;
        }
      };
      const model = await make();
      expect(await failure(model.fit(broken, options))).toBe(wrong);
      expect(await failure(model.evaluate(broken, { loss: crossEntropy() }))).toBe(wrong);
      expect(await failure(model.fit(() => { throw wrong; }, options))).toBe(wrong);
      await model.fit({ x, y }, options);
    }
  });

  it("hears of an abort, of a break, of a budget and of an error, and the parameters are those of a step", async () => {
    const ends: ((controller: AbortController) => FitOptions)[] = [
      (controller) => ({ ...options, onStep: ({ step }) => { if (step === 3) controller.abort(new Error("enough")); } }), () => ({ ...options, budget: { steps: 3 } }),
      () => ({ ...options, onStep: ({ step }) => { if (step === 3) throw new Error("enough"); } }),
    ];
    for (const end of ends) {
      const controller = new AbortController(), data = source(), model = await make();
      await model.fit(data, { ...end(controller), signal: controller.signal }).then(() => {}, () => {});
      expect(data.told.returned).toBe(1);
      const three = await make();
      await three.fit(() => cut([32]), { ...options, budget: { steps: 3 } });
      expect(hash(model)).toBe(hash(three));
    }
    const data = source(), model = await make();
    for await (const _ of model.fit(data, options)) break;
    expect(data.told.returned).toBe(0); // it was at its end
  });

  it.each([1, 2, 5])("that does not answer (batch %i) does not hold up an abort or a dispose, and a step more is none", async (silent) => {
    for (const where of ["here", "worker"] as const) for (const how of ["abort", "dispose"] as const) {
      const controller = new AbortController(), reason = new Error("enough"), data = source(silent), model = await make({ where }) as unknown as WorkerModel;
      const training = model.fit(data, { ...options, signal: controller.signal });
      const ended = failure(training);
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (how === "abort") controller.abort(reason);
      else await model.dispose();
      const error = await ended;
      if (how === "abort") expect(error).toBe(reason);
      else expect(error.code).toBe("disposed");
      expect(data.told.returned).toBe(1);
      if (how === "abort") await model.dispose();
    }
  });

  it("that has not given its first batch does not hold up stop(), nor a break or checkpoint()", async () => {
    const model = await make(), data = source(1);
    for (const end of [
      async (training: Training) => training.stop(),
      async (training: Training) => {
        const reports = training[Symbol.asyncIterator](), first = reports.next();
        await reports.return!();
        expect(await first).toEqual({ done: true, value: undefined });
      },
    ]) {
      const training = model.fit(data, options) as unknown as Training, history = training.done;
      expect(await failure(training.checkpoint())).toMatchObject({ code: "not-started" });
      await new Promise((resolve) => setTimeout(resolve, 20));
      await end(training);
      expect((await history).epochs).toEqual([]);
      expect(await failure(training.checkpoint())).toMatchObject({ code: "not-started" });
    }
    expect(data.told.returned).toBe(2);
    await model.fit({ x, y }, options); // and no fit is left behind
  });

  it("that does not answer does not hold up stop(), nor a dispose in evaluate", async () => {
    const model = await make(), training = model.fit(source(3), options);
    const history = training.done;
    await new Promise((resolve) => setTimeout(resolve, 20));
    training.stop();
    expect((await history).epochs).toEqual([]);
    const evaluation = failure(model.evaluate(source(1), { loss: crossEntropy() }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    model.dispose();
    expect((await evaluation).code).toBe("disposed");
  });

  it("of fewer rows than it says is an error, and a second fit waits for its turn", async () => {
    const model = await make(), error = await failure(model.fit(sized(() => cut([32]), 300), options));
    expect(error).toMatchObject({ code: "rows-mismatch", details: { got: ROWS } });
    const first = model.fit(source(1), options);
    expect(await failure(model.fit({ x, y }, options))).toMatchObject({ code: "fit-running" });
    model.dispose();
    expect((await failure(first)).code).toBe("disposed");
  });
});

it("the README's stream is learnt from", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8"), [, names, code] = /^## Data larger[^]*?^```js\nimport \{([^}]*)\} from "lanewise";\n([^]*?)^```$/m.exec(readme)!;
  const logged: any[] = [], scope: Record<string, unknown> = { console: { log: (...parts: unknown[]) => logged.push(...parts) } };
  for (const name of names!.split(",").map((part) => part.trim())) scope[name] = lanewise[name as keyof typeof lanewise];
  await run(code!, scope);
  expect(logged[0]).toBeGreaterThan(0.9);
  expect(logged[1].accuracy).toBeGreaterThan(0.9);
  expect(readme).toContain(`// ${logged[0].toFixed(3).slice(0, 4)}…`);
});

it("a million rows take the memory of a thousand, in the core and on the heap", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void, model = await createModel(dense(1), { input: [2] });
  const held = (): number => {
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const fit = (thousands: number, more: object = {}): PromiseLike<unknown> => model.fit({
    *[Symbol.iterator]() {
      for (let i = 0; i < thousands; i++) yield { x: numbers(2000, i), y: numbers(1000, i) };
    },
  }, { loss: mse(), optimizer: sgd({ learningRate: 0.001 }), batchSize: 100, ...more } as never);
  await fit(1);
  const { memory } = model.info(), before = held(), grown: number[] = [];
  await fit(1000, { onStep: ({ step }: { step: number }) => { if (step % 2000 === 0) grown.push(held() - before); } });
  expect(model.info().memory).toBe(memory);
  expect(grown.length).toBe(5);
  expect(Math.max(...grown)).toBeLessThan(5e6); // all rows have 12 MB, and what is free is not always taken back at once
});
