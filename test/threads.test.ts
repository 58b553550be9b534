// Threads as a user sees them: what info() says, work that is too small to be split, late ranks, processes that end by
// themselves. That the bits are the same is in determinism.test.ts, and for all engines in runtimes/.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Header, Opcode } from "../assembly/isa.ts";
import { compile, embeddedBytes, instantiate, memoryOf, moduleOf } from "../src/core.ts";
import { adam, createModel, crossEntropy, dense, hash, listing, loadModel, ops, relu, sequential } from "../src/index.ts";
import { markAlone } from "../src/passes/alone.ts";
import { Session } from "../src/session.ts";
import { forSharedMemory } from "../src/source.ts";
import { classified } from "./helpers.ts";
import { execute, root } from "./runtimes/project.ts";

const data = classified(288, 40), options = { loss: crossEntropy(), optimizer: adam(), batchSize: 96, epochs: 2 };
// with so many rows and units that a step is split
const network = () => sequential(dense(2048), relu(), dense(3));

describe("info()", () => {
  it("says how many threads there are, and why", async () => {
    const told = async (threads: number | "auto", core?: WebAssembly.Module): Promise<unknown[]> => {
      const model = await createModel(dense(1), { input: [2], threads, ...(core && { core }) }), info = model.info();
      model.dispose();
      return [info.where, info.threads, info.why];
    };
    expect(await told(1)).toEqual(["here", 1, "one thread was asked for"]);
    expect(await told(3)).toEqual(["here", 3, "3 threads"]);
    expect(await told("auto")).toEqual(["here", expect.any(Number), expect.stringMatching(/^\d+ threads$|one processor/)]);
    expect(await told(2, await moduleOf())).toEqual(["here", 1, "core is a module, whose memory is not shared: give its bytes"]);
    expect(await told(2, readFileSync(join(root, "build/core.wasm")) as any)).toEqual(["here", 2, "2 threads"]);
  });
});

it("a model trains, predicts, evaluates, is saved and loaded on threads as on one", async () => {
  const results = await Promise.all([1, 2, 5].map(async (threads) => {
    const made = await createModel(network(), { input: [40], seed: 1, threads });
    const history = await made.fit(data, { ...options, validation: 0.25, metrics: ["accuracy"] });
    const model = await loadModel(made.save(), { threads });
    const trainer = model.trainer({ loss: options.loss, optimizer: options.optimizer });
    const losses = [trainer.step(data), trainer.step(data)];
    const all = [hash(model), history.columns.loss, history.columns.val_accuracy, losses, [...model.predict(data.x).data], model.classify(data.x), await model.evaluate(data, { loss: crossEntropy() })];
    made.dispose();
    model.dispose();
    return all;
  }));
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

describe("work that is too small to be split", () => {
  it("is done by rank 0 alone, as the sizes say", async () => {
    const alone = async (n: number): Promise<boolean[]> => {
      const f = await ops.compile((x, w) => ops.relu(ops.matmul(x, w)), [[n, n], [n, n]]), { program } = f;
      markAlone(program);
      f.dispose();
      return program.instructions.map(({ word }) => (program.words[word]! & Header.ALONE) !== 0);
    };
    expect(new Set(await alone(8))).toEqual(new Set([true]));
    expect(new Set(await alone(128))).toEqual(new Set([true])); // 2 million products: the whole is too little
    expect(new Set(await alone(512))).toEqual(new Set([false]));
    const small = await ops.compile((x, w, b) => [ops.matmul(x, w), ops.relu(b)], [[512, 512], [512, 512], [100]]);
    markAlone(small.program);
    const marks = small.program.instructions.map(({ word, label }) => [label, (small.program.words[word]! & Header.ALONE) !== 0] as const);
    expect([small.program.alone, new Map(marks).get("relu"), new Map(marks).get("matmul")]).toEqual([false, true, false]);
    small.dispose();
  });

  it("is a sum to a few numbers too, which cannot be split; columns can", async () => {
    const f = await ops.compile((x, y, z) => [ops.sum(ops.matmul(x, x)), ops.sum(y, 0), ops.sum(z, 0)], [[512, 512], [40000, 8], [40000, 3]]), { program } = f;
    markAlone(program);
    const sums = program.instructions.filter(({ label }) => label === "sum").map(({ word }) => (program.words[word]! & Header.ALONE) !== 0);
    expect([program.alone, ...sums]).toEqual([false, true, false, true]);
    f.dispose();
  });

  it("reads in a listing as before", async () => {
    const f = await ops.compile((x) => ops.relu(x), [[2]]), before = listing(f.program);
    markAlone(f.program);
    expect(listing(f.program)).toBe(before);
    f.dispose();
  });

  it("is known for every instruction that there is", async () => {
    const { default: source } = await import("../src/passes/alone.ts?raw" as string) as { default: string };
    const missing = Object.keys(Opcode).filter((name) => Number.isNaN(Number(name)) && !["End", "Stop", "Count"].includes(name) && !source.includes(`Opcode.${name}`));
    expect(missing).toEqual([]);
  });
});

it("a rank that comes late is waited for, and the run goes on where it stood", async () => {
  const module = await compile(forSharedMemory(await embeddedBytes())), memory = memoryOf(true);
  const [first, second] = await Promise.all([instantiate(module, memory), instantiate(module, memory)]), session = new Session(first);
  const f = await ops.compile((x) => ops.relu(ops.negate(x)), [[3]]), { program } = f;
  const loaded = session.load(program, {}), at = loaded.block.offset, input = loaded.place("argument 0") / 4;
  session.floats.set([1, -2, 3], input);
  // two instances of one thread: each runs until it has to wait for the other
  let [a, b] = [first.run(at, 0, 2), 0];
  expect(a).toBeGreaterThan(0);
  let turns = 0;
  for (let running = true; running; turns++) {
    b = second.run(at, 1, 2, b);
    if (a) a = first.run(at, 0, 2, a);
    running = a !== 0 || b !== 0;
  }
  expect(turns).toBeGreaterThanOrEqual(program.instructions.length);
  expect([...session.floats.subarray(loaded.place("output 0") / 4, loaded.place("output 0") / 4 + 3)]).toEqual([-0, 2, -0].map((x) => Math.max(0, x)));
  f.dispose();
});

describe("a process ends by itself", () => {
  const ends = async (where: object, dispose: boolean): Promise<string> => {
    const script = `
      import { createModel, dense, mse } from ${JSON.stringify(join(root, "dist/index.js"))};
      const model = await createModel(dense(1), { input: [2], ...${JSON.stringify(where)} });
      await model.fit({ x: [[1, 2]], y: [[3]] }, { loss: mse() });
      ${dispose ? "await model.dispose();" : ""}
      console.log("done");`;
    return (await execute(process.execPath, ["--input-type=module", "-e", script], { cwd: root })).stdout.trim();
  };

  it.each([
    ["threads, disposed", { threads: 3 }, true], ["threads, forgotten", { threads: 3 }, false], ["a worker, disposed", { where: "worker" }, true],
    ["a worker, forgotten", { where: "worker" }, false], ["a worker with threads, disposed", { where: "worker", threads: 2 }, true],
    ["a worker with threads, forgotten", { where: "worker", threads: 2 }, false],
  ])("that used %s", async (_, where, dispose) => {
    expect(await ends(where, dispose)).toBe("done");
  });
});
