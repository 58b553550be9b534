// The same bits: for any number of ranks, in lockstep and on threads; for any batch that a row comes in; resumed or not.
// The engines are compared in runtimes/.

import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Version } from "../assembly/isa.ts";
import * as library from "../src/index.ts";
import { LoadedProgram } from "../src/session.ts";
import { runLockstep } from "../src/trace.ts";
import { readHashes, readTraces, writeCommitted } from "./runtimes/committed.ts";
import { programs } from "./runtimes/programs.ts";
import { firstDifference, record, type Trace } from "./runtimes/trace.ts";
import { numbers, type Options } from "./runtimes/training.ts";

const { createModel, dense, hash, relu, sequential } = library;

afterEach(() => void vi.restoreAllMocks());

// these models are small: without this, rank 0 would do most of the work alone
vi.mock("../src/passes/alone.ts", () => ({ markAlone() {} }));

/** Runs a training program; the hash of its parameters. */
async function train(name: string, options?: Options, threads = 1): Promise<string> {
  const createModel = async (model: any, more: any): Promise<any> => {
    const made = await library.createModel(model, { ...more, threads });
    expect(made.info().threads).toBe(threads);
    return made;
  };
  const trained = await programs[name]!({ ...library, createModel: createModel as typeof library.createModel }, options), parameters = await trained.parameters;
  trained.dispose();
  return hash({ parameters });
}

if (process.env.UPDATE_HASHES) {
  beforeAll(async () => {
    const hashes: Record<string, string> = {}, traces: Record<string, Trace> = {};
    for (const [name, program] of Object.entries(programs)) {
      hashes[name] = await train(name);
      traces[name] = await record(library, program);
    }
    writeCommitted(Version.NUMERICS, hashes, traces);
  });
}

describe.each(Object.keys(programs))("the parameters after training %s", (name) => {
  const committed = (): string => readHashes().hashes[name]!;

  it("have the committed hash", async () => {
    const got = await train(name);
    if (got === committed()) return;
    const trace = readTraces()[name], where = trace ? firstDifference(trace, await record(library, programs[name]!)) : "no trace of it is committed";
    throw new Error(`${name}: hash ${got}, committed is ${committed()}; ${where}`);
  });

  it.each([1, 2, 3, 4, 7])("are the same in lockstep of %i ranks", async (size) => {
    vi.spyOn(LoadedProgram.prototype, "runSync").mockImplementation(function (this: LoadedProgram) {
      runLockstep(this, size);
    });
    expect(await train(name)).toBe(committed());
  });

  it.each([2, 3, 4, 7])("are the same on %i threads", async (size) => {
    expect(await train(name, undefined, size)).toBe(committed());
  });

  it("do not know of predictions and evaluations in between", async () => {
    const rows = ({ x }: library.Data): any => x;
    const calls = vi.fn((model: library.Model, data: library.Data) => void model.predict(rows(data)));
    expect(await train(name, { between: calls })).toBe(committed());
    expect(calls.mock.calls.length).toBeGreaterThan(1);
    expect(await train(name, {
      async between(model, data) {
        await model.evaluate(data, { batchSize: 7 });
        model.predict(rows(data));
        await model.evaluate(data);
      },
    })).toBe(committed());
  });
});

it("hashes are those of this numerics version", () => {
  expect(readHashes().numerics).toBe(Version.NUMERICS);
  expect(Object.keys(readHashes().hashes)).toEqual(Object.keys(programs));
});

it("a run that is resumed after any of its steps ends with the same parameters", async () => {
  const checkpoints: Promise<Uint8Array>[] = [];
  await train("mlp", { onStep: (_, checkpoint) => checkpoints.push(checkpoint()) });
  expect(checkpoints).toHaveLength(100);
  for (const checkpoint of checkpoints) expect(await train("mlp", { resume: await checkpoint })).toBe(readHashes().hashes.mlp);
});

it("of two runs that part, the first instruction with another output is named", async () => {
  let run = 0, spoilt = "";
  const trace: typeof library.trace = (loaded, size) => {
    const { session, session: { core }, program } = loaded, { execute } = core;
    let index = 0;
    if (++run === 42)
      core.execute = (at, rank, ranks) => {
        const next = execute(at, rank, ranks), { label, writes } = program.instructions[index]!;
        if (index++ === 9) {
          spoilt = `number 9, "${label}", of run 42`;
          session.words[loaded.address(writes[0]!.address) >>> 2]! ^= 1; // the last bit of its first number
        }
        return next;
      };
    try {
      return library.trace(loaded, size);
    } finally {
      core.execute = execute;
    }
  };
  const mlp = await record({ ...library, trace }, programs.mlp!);
  expect(spoilt).not.toBe("");
  expect(firstDifference(readTraces().mlp!, mlp)).toContain(spoilt);
});

describe("a row's prediction has the same bits in any batch", () => {
  it.each([
    [1, 1], [3, 5], [8, 16], [20, 33], [256, 1], [256, 8], [257, 3], [257, 130], [600, 1], [600, 4], [784, 128],
  ])("of a layer from %i to %i", async (width, units) => {
    const model = await createModel(sequential(dense(units), relu()), { input: [width], seed: width });
    const x = numbers(1000 * width, units), whole = model.predict(x).data;
    for (const batch of [1, 2, 3, 4, 5, 64]) {
      // few rows at once: enough of them to have stood at each place of a block
      const rows = batch < 4 ? 60 : 320;
      for (let from = 0; from < rows; from += batch) {
        const part = model.predict(x.subarray(from * width, (from + batch) * width)).data;
        const same = Buffer.compare(bytes(part), bytes(whole.subarray(from * units, (from + batch) * units))) === 0;
        expect(same, `rows ${from} to ${from + batch - 1}`).toBe(true);
      }
    }
    model.dispose();
  });
});

function bytes({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
