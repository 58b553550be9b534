// Data that come batch by batch: read anew in each epoch, in a new order by the seed, the same for any sizes of the batches, and a run
// that resumes goes on in it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adam, createModel, crossEntropy, type Data, dataHash, dataset, Dataset, dense, dropout, hash, LanewiseError, mse, relu, sequential, type Stream } from "../../../src/index.ts";
import { classified } from "../../helpers.ts";

const ROWS = 300, { x, y } = classified(ROWS), weight = Float32Array.from({ length: ROWS }, (_, i) => 1 + (i % 3));

/** The rows in batches of these sizes, over and over. */
function* cut(sizes: readonly number[]): Generator<Data<Float32Array, Int32Array>> {
  for (let from = 0, i = 0; from < ROWS; i++) {
    const to = Math.min(ROWS, from + sizes[i % sizes.length]!);
    yield { x: x.slice(from * 6, to * 6), y: y.slice(from, to), weight: weight.slice(from, to) };
    from = to;
  }
}

async function* later(sizes: readonly number[]): AsyncGenerator<Data<Float32Array, Int32Array>> {
  for (const batch of cut(sizes)) {
    if (batch.y[0] === 1) await new Promise((resolve) => setTimeout(resolve, 1));
    yield batch;
  }
}

/** Row numbers as they come; each batch has its own as x. */
async function read(stream: Stream<any, any>, epoch = 0): Promise<number[]> {
  const ids: number[] = [];
  for await (const batch of (stream as (epoch: number) => Iterable<Data<any, any>>)(epoch)) ids.push(...(batch.x.data ?? batch.x));
  return ids;
}

const counted = (rows: number, sizes: readonly number[]) => function* (): Generator<Data<any, any>> {
  for (let from = 0, i = 0; from < rows; i++) {
    const to = Math.min(rows, from + sizes[i % sizes.length]!), ids = Array.from({ length: to - from }, (_, k) => from + k);
    yield { x: Float32Array.from(ids), y: ids };
    from = to;
  }
};

const failure = async (promise: PromiseLike<unknown>): Promise<LanewiseError> => {
  const error: unknown = await Promise.resolve(promise).then(() => expect.fail("it did not reject"), (error: unknown) => error);
  expect(error).toBeInstanceOf(LanewiseError);
  return error as LanewiseError;
};

const options = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 32, epochs: 3, metrics: ["accuracy"] } as const;
const make = (): ReturnType<typeof createModel> => createModel(sequential(dense(8), relu(), dropout(0.2), dense(3)), { input: [6], seed: 3 }) as never;
const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

describe("a shuffle buffer", () => {
  it("loses no row and gives none twice, in an order of seed and epoch alone, whatever the sizes of the batches", async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 250 }), fc.integer({ min: 0, max: 2 ** 50 }), fc.integer({ min: 0, max: 9 }), sizes, sizes, async (rows, shuffleBuffer, seed, epoch, one, other) => {
      const order = await read(await dataset(counted(rows, one), { shuffleBuffer, seed }), epoch);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
      expect(await read(await dataset(counted(rows, other), { shuffleBuffer, seed }), epoch)).toEqual(order);
      // a row comes at most as many places too early as the buffer has
      for (const [at, id] of order.entries()) expect(id - at).toBeLessThanOrEqual(shuffleBuffer);
    }), { numRuns: 60 });
  });

  it("has another order in each epoch and for each seed, and each row may come first", async () => {
    const order = async (seed: number, epoch: number): Promise<number[]> => read(await dataset(counted(60, [7]), { shuffleBuffer: 100, seed }), epoch);
    expect(await order(1, 0)).toEqual(await order(1, 0));
    expect(await order(1, 1)).not.toEqual(await order(1, 0));
    expect(await order(2, 0)).not.toEqual(await order(1, 0));
    const first = new Set<number>();
    for (let seed = 0; seed < 600; seed++) first.add((await order(seed, 0))[0]!);
    expect(first.size).toBeGreaterThan(55);
  });

  it("keeps what rows have: bytes, shapes, names, several inputs, weights", async () => {
    const batches = [0, 1, 2].map((b) => ({
      x: { a: Uint8Array.of(2 * b, 2 * b + 1), b: [[[b, 1]], [[b, 2]]] }, y: [`n${2 * b}`, `n${2 * b + 1}`], weight: [2 * b, 2 * b + 1],
    }));
    const data = await dataset(batches, { shuffleBuffer: 4, seed: 5 });
    let seen = 0;
    for await (const batch of data as any) {
      expect(batch.x.a).toBeInstanceOf(Uint8Array);
      expect(batch.x.b.shape).toEqual([batch.x.a.length, 1, 2]);
      for (const [i, id] of [...batch.x.a].entries()) {
        expect([batch.y[i], batch.weight[i], batch.x.b.data[2 * i], batch.x.b.data[2 * i + 1]]).toEqual([`n${id}`, id, id >> 1, 1 + (id % 2)]);
        seen++;
      }
    }
    expect(seen).toBe(6);
  });

  it("does not hold a source's arrays: it may use them again", async () => {
    const reused = async function* (): AsyncGenerator<Data<any, any>> {
      const own = { x: new Float32Array(10), y: new Int32Array(10) };
      for (const batch of counted(95, [10])()) {
        own.x.set(batch.x);
        own.y.set(batch.y);
        yield { x: own.x.subarray(0, batch.x.length), y: own.y.subarray(0, batch.x.length) };
      }
    };
    for (const more of [{ shuffleBuffer: 20 }, { input: [1] }]) {
      const wanted = await read(await dataset(counted(95, [10]), more));
      expect(await read(await dataset(reused, more))).toEqual(wanted);
    }
  });

  it("asks for the next batch while one is in use, and for no more", async () => {
    let asked = 0;
    const source = async function* (): AsyncGenerator<Data<any, any>> {
      for (const batch of counted(100, [10])()) {
        asked++;
        yield batch;
      }
    };
    const iterator = (await dataset(source, { shuffleBuffer: 10 }))[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(asked).toBe(3); // one fills the buffer, one pushes ten rows out, one is waiting
    await iterator.return?.();
    expect(asked).toBe(3);
  });

  it("tells the source when no more is wanted, and passes its error on", async () => {
    let closed = 0;
    const source = async function* (): AsyncGenerator<Data<any, any>> {
      try {
        yield* counted(1000, [10])();
      } finally {
        closed++;
      }
    };
    for await (const _ of await dataset(source, { shuffleBuffer: 15 })) break;
    await new Promise((resolve) => setTimeout(resolve, 5)); // it was at work on the next batch
    expect(closed).toBe(1);
    const broken = async function* (): AsyncGenerator<Data<any, any>> {
      yield* counted(30, [10])();
      throw new Error("the disk is gone");
    };
    await expect(read(await dataset(broken, { shuffleBuffer: 5 }))).rejects.toThrow("the disk is gone");
    const model = await make();
    await expect(model.fit(await dataset(() => later([10]), { shuffleBuffer: 50 }) as never, { ...options, onStep: () => { throw new Error("enough"); } } as never)).rejects.toThrow("enough");
  });
});

describe("a stream that is parted", () => {
  it("sends each row to one part, the same in each epoch, for any batches; held-out rows are not shuffled", async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 30, max: 300 }), fc.integer({ min: 0, max: 1e9 }), sizes, sizes, async (rows, seed, one, other) => {
      const parts = async (batches: number[]) => (await dataset(counted(rows, batches), { shuffleBuffer: 20, rows, input: [1] })).split({ validation: 0.2, test: 0.1, seed });
      const { training, validation, test } = await parts(one), again = await parts(other);
      const ids = [await read(training, 3), await read(validation), await read(test)];
      expect(ids.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
      expect([training.rows, validation.rows, test.rows]).toEqual(ids.map(({ length }) => length));
      expect([await read(again.training, 3), await read(again.validation, 7), await read(again.test, 1)]).toEqual(ids);
      for (const held of ids.slice(1)) expect(held).toEqual([...held].sort((a, b) => a - b));
    }), { numRuns: 30 });
    const { training, validation } = (await dataset(counted(10_000, [500]), { input: [1], rows: 10_000 })).split({ seed: 4 });
    expect(Math.abs(validation.rows! - 2000)).toBeLessThan(200);
    const inner = training.split({ validation: 0.5, seed: 4 });
    expect(inner.training.rows! + inner.validation.rows!).toBe(training.rows);
    expect(Math.abs(inner.validation.rows! - 4000)).toBeLessThan(250);
    expect((await read(inner.validation)).length).toBe(inner.validation.rows);
  });

  it("trains and validates", async () => {
    const model = await make(), { training, validation } = (await dataset(() => later([40]), { shuffleBuffer: 50, input: [6], rows: ROWS })).split({ validation: 0.3, seed: 2 });
    const { epochs } = await model.fit(training as never, { ...options, validation } as never) as any;
    expect(epochs.at(-1).validation.accuracy).toBeGreaterThan(0.3);
  });

  it("tells shares that leave nothing, and what can be read once", async () => {
    const data = await dataset(counted(10, [3]));
    for (const [bad, option] of [[{ validation: 0 }, "validation"], [{ validation: 0.5, test: 0.5 }, "validation"], [{ test: 1 }, "test"], [{ seed: -1 }, "seed"]] as const)
      expect(() => data.split(bad)).toThrow(option);
    const once = await dataset(cut([50]));
    expect(() => once.split()).toThrow(/read once/);
  });
});

describe("training on a stream with a shuffle buffer", () => {
  const outcome = async (source: Stream<any, any>, more: object = {}): Promise<unknown> => {
    const model = await make();
    const { epochs } = await model.fit(await dataset(source, { shuffleBuffer: 64, seed: 9, input: [6], ...more }) as never, options as never) as any;
    return [hash(model as never), epochs.map(({ loss, accuracy }: any) => [loss, accuracy])];
  };

  it("has the same bits for any batches of the source, at once or later, and on each run", async () => {
    const wanted = await outcome(() => cut([32]));
    expect(await outcome(() => cut([32]))).toEqual(wanted);
    for (const batches of [[1], [7, 100, 1, 33], [500]]) {
      expect(await outcome(() => cut(batches))).toEqual(wanted);
      expect(await outcome(() => later(batches))).toEqual(wanted);
      expect(await outcome([...cut(batches)])).toEqual(wanted);
    }
    expect(await outcome(() => cut([32]), { seed: 10 })).not.toEqual(wanted);
  });

  it.each([0, 1, 9, 10, 17, 25])("goes on bit for bit after step %i", async (steps) => {
    const data = await dataset(() => later([25, 3]), { shuffleBuffer: 64, seed: 9, input: [6], rows: ROWS });
    const whole = await make(), wanted = await whole.fit(data as never, options as never) as any;
    const first = await make();
    const { checkpoint } = await first.fit(data as never, { ...options, budget: { steps: Math.max(steps, 1) } } as never) as any;
    const second = await make(), again = await dataset(() => cut([40]), { shuffleBuffer: 64, seed: 9, input: [6], rows: ROWS });
    const { epochs } = await second.fit(again as never, { ...options, resume: checkpoint } as never) as any;
    expect(hash(second as never)).toBe(hash(whole as never));
    expect(epochs.map(({ loss }: any) => loss)).toEqual(wanted.epochs.map(({ loss }: any) => loss));
  });

  it("memory does not grow with the rows: the source is asked as the steps go", async () => {
    let ahead = 0, most = 0;
    const source = async function* (): AsyncGenerator<Data<any, any>> {
      for (let i = 0; i < 200; i++) {
        most = Math.max(most, ++ahead);
        yield { x: new Float32Array(64 * 6).fill(i / 200), y: new Int32Array(64) };
      }
    };
    const model = await make();
    await model.fit(await dataset(source, { shuffleBuffer: 128, input: [6] }) as never, { ...options, epochs: 1, batchSize: 64, onStep: () => { ahead--; } } as never);
    expect(most).toBeLessThan(8);
  });
});

describe("dataset()", () => {
  it("takes arrays as they are, and fit, evaluate and predict take it", async () => {
    const data = await dataset({ x, y, weight }, { input: [6] }), model = await make(), other = await make();
    expect([data.rows, data.x, data.y === y]).toEqual([ROWS, { data: x, shape: [ROWS, 6] }, true]);
    await model.fit(data as never, options as never);
    await other.fit({ x, y, weight } as never, options as never);
    expect(hash(model as never)).toBe(hash(other as never));
    expect(await model.evaluate(data as never)).toEqual(await other.evaluate({ x, y, weight } as never));
    expect(model.predict(data.x as never)).toEqual(other.predict(x as never));
  });

  it("takes a table, records, and batches of them with what makes numbers of them", async () => {
    const columns = new Map<string, unknown>([["size", Float64Array.of(1, 2, 3)], ["kind", ["a", "b", "a"]]]), table = { name: "t", rows: 3, columns };
    const preprocessing = {
      classes: ["a", "b"],
      apply(given: any, { target = false } = {}) {
        const raw: any[] = Array.isArray(given) ? given : Array.from({ length: given.rows }, (_, i) => ({ size: given.columns.get("size")[i], kind: given.columns.get("kind")[i] }));
        return { x: { data: Float32Array.from(raw, ({ size }) => size), shape: [raw.length, 1] }, y: target ? raw.map(({ kind }) => kind) : undefined };
      },
    };
    const data = await dataset(table, { preprocessing });
    expect([data.rows, data.classes, data.y]).toEqual([3, ["a", "b"], ["a", "b", "a"]]);
    expect((await dataset([{ size: 4, kind: "b" }], { preprocessing })).x).toEqual({ data: Float32Array.of(4), shape: [1, 1] });
    const stream = await dataset(async function* () { yield table; yield table; }, { preprocessing, shuffleBuffer: 2 }), model = await createModel(dense(2), { input: [1], classes: ["a", "b"] });
    await model.fit(stream, { loss: crossEntropy(), epochs: 2 });
    const [first] = model.predict([[1]]).data;
    expect(first).toBeTypeOf("number");
    expect((await failure(dataset(table))).message).toMatch(/preprocessing/);
  });

  it("tells what it cannot take", async () => {
    const bad: [() => Promise<unknown>, string][] = [
      [() => dataset("iris.csv" as never), "not-a-dataset"], [() => dataset(new Blob(["a,b"]) as never), "not-a-dataset"], [() => dataset(null as never), "not-a-dataset"], [() => dataset(new Float32Array(3) as never), "not-a-dataset"],
      [() => dataset({ x: [[1]] } as never), "wrong-names"], [() => dataset({ x: [], y: [] }), "no-rows"], [() => dataset({ x: [[1]], y: [[1], [2]] }), "rows-mismatch"],
      [() => dataset({ x: [[1]], y: [1] }, { shuffleBuffer: 3 }), "bad-option"], [() => dataset([], { shuffleBuffer: 0 }), "bad-option"], [() => dataset([], { shuffleBufer: 3 } as never), "unknown-option"],
      [() => dataset([], { seed: 0.5 }), "bad-option"], [() => dataset([], { preprocessing: 1 as never }), "bad-option"], [() => dataset([], { input: [0] }), "bad-option"], [() => dataset([], { classes: ["a", "a"] }), "bad-option"],
      [() => dataset([], { rows: 0 }), "bad-option"], [() => dataset({ x: new Float32Array(5), y: [1, 2] }, { input: [2] }), "wrong-width"],
    ];
    for (const [i, [make, code]] of bad.entries()) expect([i, await make().then(() => "none", (error: LanewiseError) => error.code)]).toEqual([i, code]);
  });

  it("tells which batch is wrong", async () => {
    const read = async (batches: unknown[], more: object = {}): Promise<LanewiseError> => failure((async () => {
      for await (const _ of await dataset(batches as never, { shuffleBuffer: 100, ...more })) void 0;
    })());
    const good = { x: [[1, 2]], y: [1] };
    expect((await read([good, { x: [[1, 2, 3]], y: [1] }])).message).toMatch(/batch 2.*\[rows, 3\]/);
    expect((await read([good, { x: [[1, 2]], y: [1], weight: [1] }])).message).toMatch(/batch 2.*weight/);
    expect((await read([{ ...good, weight: [1] }, good])).message).toMatch(/batch 2.*weight/);
    expect((await read([good, { x: Uint8Array.of(1, 2), y: [1] }])).message).toMatch(/batch 2/);
    expect((await read([good, 5])).message).toMatch(/batch 2/);
    expect((await read([good, { x: [[1, 2]] }])).message).toMatch(/batch 2/);
  });

  it("what can be read once says so when it is read again", async () => {
    const data = await dataset(cut([50]), { shuffleBuffer: 10, input: [6] });
    expect((await read(data)).length).toBe(ROWS * 6);
    expect((await failure(read(data))).code).toBe("one-shot");
  });

  it("Dataset is exported, and dataHash takes what dataset() gives", async () => {
    const whole = await dataset({ x, y, weight }, { input: [6] });
    expect(whole).toBeInstanceOf(Dataset);
    expect(await dataHash(await dataset(() => cut([13]), { input: [6] }))).toBe(await dataHash(whole));
    const line = await createModel(dense(1), { input: [1] });
    await line.fit(await dataset([{ x: [[1]], y: [2] }], { rows: 1 }), { loss: mse() });
  });
});
