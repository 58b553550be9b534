// Checkpoints come from disks and strangers: whatever was done to the bytes, there is a typed error before anything is touched, or a run that
// goes on. MUTATIONS sets how many files are tried; 3,000 by default, 50,000 in npm run proof:long.

import { expect, it } from "vitest";
import { adam, audit, bestWeights, createModel, crossEntropy, dense, doctor, type FitOptions, hash, LanewiseError, type Model, relu, sequential, verify } from "../../src/index.ts";
import { readCheckpoint } from "../../src/train/checkpoint.ts";
import { auditNotes } from "../../src/train/chain.ts";
import { layOutFit } from "../../src/train/state.ts";
import { classified, numbers } from "../helpers.ts";

const COUNT = Number(process.env.MUTATIONS ?? 3000), data = classified(24);
const net = (seed = 3): Promise<Model<any, any>> => createModel(sequential(dense(4), relu(), dense(3)), { input: [6], seed }) as Promise<Model<any, any>>;
const options = (): FitOptions => ({
  loss: crossEntropy(), optimizer: adam(), batchSize: 8, epochs: 4, ema: 0.9, validation: 0.25, doctor: doctor({ every: 2 }), callbacks: [bestWeights({ monitor: "loss" }), audit({ stepHashes: true })],
});

const draws = numbers(8 * Math.max(COUNT, 200), 5).map((x) => (x + 1) / 2);
let drawn = 0;
const draw = (below: number): number => Math.floor(draws[drawn++ % draws.length]! * below);

/** Bytes that JSON and lengths are made of. */
const TELLING = new TextEncoder().encode('0123456789-{}[]",:.eE\\');

/** One to three things that may happen to a file; half of them in its header. */
function mutant(file: Uint8Array<ArrayBuffer>): Uint8Array {
  const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  let bytes: Uint8Array<ArrayBuffer> = file.slice();
  for (let n = 1 + draw(3); n > 0; n--) {
    const at = draw(2) ? draw(Math.min(header, bytes.length)) : draw(bytes.length), kind = draw(7);
    if (kind === 0) bytes[at]! ^= 1 << draw(8);
    else if (kind === 1) bytes = bytes.slice(0, at);
    else if (kind === 2) bytes[at] = TELLING[draw(TELLING.length)]!;
    else if (kind === 3) bytes.copyWithin(at, draw(bytes.length), draw(bytes.length));
    else if (kind === 4) bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + draw(9))]);
    else if (kind === 5) bytes[draw(8)] = draw(256);
    else {
      // a number of the metadata becomes another
      const text = Array.from(bytes.subarray(0, header), (byte) => String.fromCharCode(byte)).join(""), found = [...text.matchAll(/\d+/g)];
      if (!found.length) continue;
      const { index, 0: digits } = found[draw(found.length)]!;
      for (let i = 0; i < digits.length; i++) bytes[index + i] = 48 + draw(10);
    }
    if (!bytes.length) break;
  }
  return bytes;
}

it(`${COUNT} mutated checkpoints: only typed errors, and the model is untouched where there is one`, async () => {
  const model = await net(), training = model.fit(data, { ...options(), budget: { steps: 7 } });
  const file = (await training).checkpoint!, other = await net(9), layout = layOutFit(other["network"], adam(), 1), before = hash(other);
  let refused = 0, resumed = 0;
  for (let i = 0; i < COUNT; i++) {
    const bytes = mutant(file);
    try {
      auditNotes({ ...readCheckpoint(bytes, other["network"], layout), build: undefined, optimizer: undefined });
    } catch (error) {
      if (!(error instanceof LanewiseError)) throw new Error(`mutant ${i}`, { cause: error });
      refused++;
      continue;
    }
    // it looks sound: the run that goes on from it is one, or is refused by name
    const fresh = await net(9), error = await fresh.fit(data, { ...options(), resume: bytes, budget: { steps: 1 } }).then(() => undefined, (reason: unknown) => reason);
    if (error !== undefined && !(error instanceof LanewiseError)) throw new Error(`mutant ${i}`, { cause: error });
    if (error === undefined) resumed++;
    fresh.dispose();
  }
  console.log(`checkpoints: ${COUNT} mutants, ${refused} refused at once, ${resumed} went on`);
  expect(hash(other)).toBe(before);
  expect(refused).toBeGreaterThan(COUNT / 2);
  expect(resumed).toBeGreaterThan(0);
}, 300_000);

it("mutated checkpoints in verify: a verdict, or a typed error", async () => {
  const kept: Uint8Array[] = [], model = await net();
  await model.fit(data, { ...options(), callbacks: [...options().callbacks!, { onEpoch: (_, training) => void kept.push(training.checkpoint()) }] });
  expect(await verify(kept, data)).toMatchObject({ ok: true });
  let wrong = 0;
  for (let i = 0; i < 60; i++) {
    const files = kept.map((file, k) => (k === i % kept.length ? mutant(file as Uint8Array<ArrayBuffer>) : file));
    const result = await verify(files, data).catch((reason: unknown) => reason) as any;
    if (result instanceof Error && !(result instanceof LanewiseError)) throw new Error(`mutant ${i}`, { cause: result });
    if (result instanceof Error || !result.ok) wrong++;
  }
  expect(wrong).toBeGreaterThan(40);
});
