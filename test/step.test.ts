// One step is one call into the core, and 10,000 of them leave nothing behind.

import { afterEach, beforeEach, expect, it } from "vitest";
import { join } from "node:path";
import { build } from "esbuild";
import { embedWasm } from "../scripts/wasm.mjs";
import { adam, binaryCrossEntropy, cosine, createModel, crossEntropy, dense, dropout, relu, sequential, tanh } from "../src/index.ts";
import { execute, root, temporary } from "./runtimes/project.ts";
import { numbers } from "./runtimes/training.ts";
import type { Growth } from "./growth.ts";

/** Names of the functions that were called in any WebAssembly instance. */
let calls: string[] = [];
const own = Object.getOwnPropertyDescriptor(WebAssembly.Instance.prototype, "exports")!;

beforeEach(() => {
  calls = [];
  Object.defineProperty(WebAssembly.Instance.prototype, "exports", {
    configurable: true,
    get(this: WebAssembly.Instance) {
      const exports = Object.entries(own.get!.call(this) as WebAssembly.Exports);
      return Object.fromEntries(exports.map(([name, it]) => [name, typeof it !== "function" ? it : (...args: unknown[]) => {
        calls.push(name);
        return it(...args);
      }]));
    },
  });
});

afterEach(() => {
  Object.defineProperty(WebAssembly.Instance.prototype, "exports", own);
});

it("a step by hand is one call into the core", async () => {
  const model = await createModel(sequential(dense(8), tanh(), dense(1)), { input: [2] });
  const trainer = model.trainer({ loss: binaryCrossEntropy(), optimizer: adam(), metrics: ["accuracy"], clipNorm: 1, schedule: cosine(), steps: 10 });
  const batches = [
    { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] },
    { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) },
    { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) },
    { x: [[0, 0], [0, 1]], y: [0, 1], weight: [1, 2] },
  ];
  expect(calls.length).toBeGreaterThan(0); // that of the initial parameters: they are counted
  for (const batch of batches) {
    calls = [];
    trainer.step(batch);
    expect(calls).toEqual(["run"]);
  }
  model.dispose();
});

it("a step of fit is one call into the core", async () => {
  const model = await createModel(sequential(dense(16), relu(), dropout(0.2), dense(3)), { input: [10] });
  const x = numbers(100 * 10, 1), y = Int32Array.from({ length: 100 }, (_, i) => i % 3), steps: string[][] = [];
  const perEpoch = 7; // the last of two rows
  await model.fit({ x, y }, {
    loss: crossEntropy(), optimizer: adam(), batchSize: 13, epochs: 3, validation: 0.2, metrics: ["accuracy"], schedule: cosine(),
    onStep() {
      steps.push(calls);
      calls = [];
    },
  });
  expect(steps).toHaveLength(3 * perEpoch);
  steps.forEach((made, step) => {
    // between epochs the parameters are looked through, the held-out rows evaluated, in one run, and the others shuffled; before the first, data are checked
    if (step === 0) expect(made.slice(-2)).toEqual(["shuffle", "run"]);
    else expect(made, `step ${step}`).toEqual(step % perEpoch ? ["run"] : ["firstNonFinite", "run", "shuffle", "run"]);
  });
  model.dispose();
});

it("10,000 steps grow the core's memory by nothing and the heap by less than 1 MB", async () => {
  const { folder, remove } = temporary();
  try {
    const outfile = join(folder, "growth.mjs");
    await build({
      absWorkingDir: root, entryPoints: ["test/growth.ts"], outfile, bundle: true, format: "esm", platform: "neutral",
      mainFields: ["module", "main"], plugins: [embedWasm], external: ["papaparse", "hyparquet", "hyparquet-compressors", "fflate", "fast-png", "jpeg-js"],
    });
    const { stdout } = await execute(process.execPath, ["--expose-gc", outfile], { cwd: folder });
    const growths: Growth[] = JSON.parse(stdout);
    for (const { what, steps, memory, heap } of growths)
      console.log(`${what}: ${steps} steps, ${memory} bytes more of WebAssembly memory, ${heap} bytes more on the heap`);
    expect(growths.map(({ what }) => what)).toEqual(["trainer", "trainer of plain arrays", "fit"]);
    for (const { what, steps, memory, heap } of growths) {
      expect(steps).toBe(10_000);
      expect(memory, what).toBe(0);
      expect(heap, what).toBeLessThan(1_000_000);
    }
  } finally {
    remove();
  }
});
