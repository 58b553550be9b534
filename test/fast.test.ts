// The fast build as its users ask for it, in this engine, whether it has relaxed SIMD (Node.js 24) or not (Node.js 20). What it computes,
// and what it does on threads, in workers and in browsers, is in runtimes/fast.test.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Version } from "../assembly/isa.ts";
import { fastCore } from "../src/fast.ts";
import { adam, createModel, crossEntropy, dense, type FitOptions, hash, loadModel, type Model, sequential, tanh } from "../src/index.ts";
import { compile, exp } from "../src/ops/index.ts";
import { classified } from "./helpers.ts";
import { root, wantBuilt } from "./runtimes/project.ts";

wantBuilt();
const exact = new Uint8Array(readFileSync(join(root, "dist/core.wasm"))), fast = new Uint8Array(readFileSync(join(root, "dist/fast.wasm")));
/** Has this engine relaxed SIMD? It says so of the very core. */
const relaxed = WebAssembly.validate(fast), got = relaxed ? "fast" : "exact";
const whyNot = relaxed ? /^one thread was asked for$/ : /^one thread was asked for; the build is exact: this engine has no relaxed SIMD$/;

const network = () => sequential(dense(8), tanh(), dense(3)), data = classified(40);
const make = (more: object = {}): Promise<Model> => createModel(network(), { input: [6], seed: 2, ...more });
const run = { loss: crossEntropy(), optimizer: adam(), batchSize: 10, epochs: 4 } satisfies FitOptions;

describe("build: \"fast\"", () => {
  test("is the fast build where the engine has relaxed SIMD, else the exact one with its bits, and info() says why", async () => {
    const plain = await make(), asked = await make({ build: "fast" });
    expect([plain.info().build, plain.info().why]).toEqual(["exact", "one thread was asked for"]);
    expect([asked.info().build, asked.info().why]).toEqual([got, expect.stringMatching(whyNot)]);
    expect(hash(asked)).toBe(hash(plain)); // parameters are drawn by whole numbers
    for (const model of [plain, asked]) await model.fit(data, run);
    if (!relaxed) expect(hash(asked)).toBe(hash(plain));
    const again = await loadModel(asked.save(), { build: "fast" });
    expect([again.info().build, hash(again)]).toEqual([got, hash(asked)]);
  });

  test.each<[string, () => unknown]>([
    ["its bytes", () => fast], ["fastCore()", fastCore], ["a response", () => new Response(fast)],
  ])("takes the option core, %s", async (_, core) => {
    const model = await make({ build: "fast", core: await core() });
    expect([model.info().build, model.info().why]).toEqual([got, expect.stringMatching(whyNot)]);
  });

  test("with the exact core is exact, and says why", async () => {
    const { build, why } = (await make({ build: "fast", core: exact })).info();
    expect([build, why]).toEqual(["exact", expect.stringMatching(relaxed ? /the option core is the exact build/ : whyNot)]);
  });

  test("is an option of compile too, whose function tells", async () => {
    using f = await compile((x) => exp(x), [[2]], { build: "fast" });
    using g = await compile((x) => exp(x), [[2]]);
    expect([f.build, g.build]).toEqual([got, "exact"]);
    expect(f.run([[0, 1]])[0]!.data[1]).toBeCloseTo(Math.E, 5);
  });

  test.each<[string, (build: any) => Promise<unknown>]>([
    ["createModel", (build) => make({ build })], ["loadModel", async (build) => loadModel((await make()).save(), { build })],
    ["compile", (build) => compile((x) => exp(x), [[2]], { build })],
  ])("of another name is refused by %s, with the right one", async (_, act) => {
    await expect(act("fats")).rejects.toMatchObject({ code: "bad-option", details: { option: "build", got: "fats", fix: "did you mean fast?" } });
    await expect(act(true)).rejects.toMatchObject({ code: "bad-option", details: { option: "build", got: true } });
  });
});

describe("the two cores", () => {
  test("are one instruction set, and only the fast one has relaxed instructions and its mark", async () => {
    const module = await WebAssembly.compile(exact), names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names).not.toContain("fast");
    // f32x4.relaxed_madd, by its bytes
    const relaxedIn = (bytes: Uint8Array): boolean => bytes.some((byte, i) => byte === 0xfd && bytes[i + 1] === 0x85 && bytes[i + 2] === 0x02);
    expect([relaxedIn(exact), relaxedIn(fast)]).toEqual([false, true]);
    if (!relaxed) return;
    const other = await WebAssembly.compile(fast);
    expect(WebAssembly.Module.exports(other).map(({ name }) => name).sort()).toEqual([...names, "fast"].sort());
    const { exports } = await WebAssembly.instantiate(other, { env: { memory: new WebAssembly.Memory({ initial: 1, maximum: 65536 }) } });
    expect((exports as { isaVersion(): number }).isaVersion()).toBe(Version.ISA);
  });

  test("a fast core is refused unless the fast build is asked for: nobody has other bits without a word", async () => {
    for (const more of [{}, { build: "exact" }, { threads: 2 }, { where: "worker" }])
      await expect(make({ core: fast, ...more })).rejects.toMatchObject({ code: "bad-core", message: relaxed ? expect.stringMatching(/wanted the exact build.*build: "fast"/) : expect.anything() });
  });
});

describe("a checkpoint", () => {
  const checkpoint = async (more: object): Promise<Uint8Array> => {
    const model = await make(more), training = model.fit(data, { ...run, epochs: 2 });
    await training;
    return training.checkpoint();
  };

  test("of the exact build goes on in both, bit for bit in the exact one", async () => {
    const [whole, second, asked] = [await make(), await make(), await make({ build: "fast" })], resume = await checkpoint({});
    await whole.fit(data, run);
    await second.fit(data, { ...run, resume });
    expect(hash(second)).toBe(hash(whole));
    const { epochs } = await asked.fit(data, { ...run, resume });
    expect(epochs.at(-1)!.epoch).toBe(4);
  });

  test("of a model that was made with build: \"fast\" goes on in such a model alone, whatever core the engine has for it", async () => {
    const resume = await checkpoint({ build: "fast" }), [plain, asked] = [await make(), await make({ build: "fast" })], before = hash(plain);
    await expect(plain.fit(data, { ...run, resume })).rejects.toMatchObject({ code: "resume-mismatch", details: { option: "build", got: "fast", wanted: "exact" } });
    expect(() => plain.trainer({ loss: run.loss, optimizer: run.optimizer, resume })).toThrow(/build: wanted "?exact/);
    expect(hash(plain)).toBe(before);
    const { epochs } = await asked.fit(data, { ...run, resume });
    expect(epochs.at(-1)!.epoch).toBe(4);
  });
});
