// Models go to PyTorch and back without loss. Half of these tests run python3-torch and are skipped where it is missing.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import {
  adam, createModel, crossEntropy, dense, dropout, hash, leakyRelu, loadModel, readSafetensors, relu, sequential, sigmoid, softmax, tanh,
  writeSafetensors,
} from "../../src/index.ts";
import { fixture, type Input, type Saved, typed } from "./fixtures.ts";
import { compare } from "../worst.ts";

const PYTHON = "/usr/bin/python3";
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const probe = spawnSync(PYTHON, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
const missing = probe.status === 0 ? "" : ` [SKIPPED: ${PYTHON} has no torch; apt-get install python3-torch]`;
if (missing) console.warn(`test/torch/files.test.ts: models are not read by PyTorch here${missing}`);

const folder = mkdtempSync(join(tmpdir(), "lanewise-torch-"));
afterAll(() => rmSync(folder, { recursive: true }));

function python(args: string[], input = ""): string {
  const { status, stdout, stderr, error } = spawnSync(PYTHON, args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw error ?? new Error(stderr);
  return stdout;
}

/** What read_model.py prints for a saved model. */
function outputsOf(file: Uint8Array, x: Float32Array, width: number): number[] {
  const path = join(folder, "model.safetensors");
  writeFileSync(path, file);
  const rows = Array.from({ length: x.length / width }, (_, i) => [...x.subarray(i * width, (i + 1) * width)]);
  return (JSON.parse(python([here("read_model.py"), path], JSON.stringify(rows))) as number[][]).flat();
}

/** Rows that differ, with a class each: whole waves over the columns. */
function waves(rows: number, width: number, classes: number): { x: Float32Array; y: Int32Array } {
  const y = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const wave = (row: number, column: number): number => Math.sin((column * (1 + y[row]!)) / 9) + Math.cos(row + column);
  return { x: Float32Array.from({ length: rows * width }, (_, i) => wave(Math.floor(i / width), i % width)), y };
}

test.skipIf(missing)(`PyTorch reads a digits model and gives the same logits${missing}`, async () => {
  const data = waves(96, 784, 10);
  const model = await createModel(sequential(dense(128), relu(), dropout(0.2), dense(10)), { input: [784], seed: 1 });
  await model.fit(data, { loss: crossEntropy(), optimizer: adam(), epochs: 4 });
  compare("logits", outputsOf(model.save(), data.x, 784), [...model.predict(data.x).data], { most: 1e-5 });
  model.dispose();
});

test.skipIf(missing)(`PyTorch reads every kind of layer that has a module of its own${missing}`, async () => {
  const data = waves(40, 7, 3);
  const model = await createModel(sequential(
    dense(6), sigmoid(), dense(9, { bias: false }), leakyRelu(0.3), dense(5), tanh(), dropout(0.5), dense(3), softmax(),
  ), { input: [7], seed: 2 });
  await model.fit(data, { loss: crossEntropy({ from: "probabilities" }), optimizer: adam({ learningRate: 0.01 }), epochs: 4 });
  compare("probabilities", outputsOf(model.save(), data.x, 7), [...model.predict(data.x).data], { most: 1e-5 });
  model.dispose();
});

test("a state_dict of PyTorch gives PyTorch's logits, and comes out again bit for bit", async () => {
  const [{ file, x, logits }] = fixture<{ file: string; x: Input; logits: Saved }>("state.json") as [{ file: string; x: Input; logits: Saved }];
  const state = readSafetensors(Buffer.from(file, "base64"));
  const model = await createModel(sequential(dense(4), relu(), dropout(0.2), dense(3)), { input: [6] });
  expect(model.setParameters(state)).toEqual({ missing: [], unexpected: [], mismatched: [] });
  compare("logits", model.predict(typed(x)).data, logits);
  expect(model.parameters).toEqual(state);
  expect(readSafetensors(writeSafetensors(model.parameters))).toEqual(state);
  const again = await loadModel(model.save());
  expect(hash(again)).toBe(hash(model));
  for (const one of [model, again]) one.dispose();
});

test.skipIf(missing)(`the fixtures are what make.py writes${missing}`, () => {
  python([here("../fixtures/make.py"), folder]);
  for (const name of ["ops", "layers", "losses", "schedules", "curves", "state"]) {
    const [committed, made] = [here("../fixtures/"), `${folder}/`].map((path) => JSON.parse(readFileSync(`${path}${name}.json`, "utf8")) as unknown);
    expect(difference(committed, made), name).toBe(undefined);
  }
});

/** Where two JSON values differ: other CPUs' last digits of float64 are none. */
function difference(a: unknown, b: unknown, path = ""): string | undefined {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= 1e-7 * Math.max(1, Math.abs(a)) ? undefined : `${path}: ${a} and ${b}`;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b ? undefined : `${path}: ${a} and ${b}`;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${path}/${key}`);
    if (found) return found;
  }
  return undefined;
}
