// The package at the edge: the service of examples/edge in workerd, from the packed package, and what such an engine cannot do.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { install } from "./engines.ts";
import { execute, packedProject, root } from "./project.ts";
import { bundle, runInWorkerd, start, type Workerd } from "./workerd.ts";

/** Points, and which of three rings they lie in. */
const x = Array.from({ length: 150 }, (_, i) => [((i * 37) % 101) / 50 - 1, ((i * 53) % 97) / 48 - 1]);
const y = x.map(([a, b]) => ["inner", "middle", "outer"][Math.min(2, Math.floor(2 * (a! * a! + b! * b!)))]!);

let project: Awaited<ReturnType<typeof packedProject>>;

beforeAll(async () => {
  await install();
  project = await packedProject();
}, 240_000);

afterAll(() => project?.remove());

describe("the service of examples/edge in workerd", () => {
  let workerd: Workerd;

  beforeAll(async () => {
    cpSync(join(root, "examples/edge"), project.folder, { recursive: true });
    await bundle(readFileSync(join(project.folder, "worker.js"), "utf8"), project.folder, join(project.folder, "out/worker.js"));
    workerd = await start(join(project.folder, "config.capnp"));
  });

  afterAll(() => workerd?.end());

  /** Posts fields of a form; files are bytes. */
  function post(path: string, fields: Record<string, unknown>): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value instanceof Uint8Array ? new Blob([value as Uint8Array<ArrayBuffer>]) : JSON.stringify(value));
    return fetch(`${workerd.url}${path}`, { method: "POST", body: form });
  }
  const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer());

  /** Runs a script of the project in Node.js; what it prints. */
  async function inNode(script: string): Promise<any> {
    writeFileSync(join(project.folder, "node.js"), `import * as lanewise from "lanewise"; import { readFileSync } from "node:fs"; import { networkFor, options } from "./network.js";\n${script}`);
    return JSON.parse((await execute(process.execPath, ["node.js"], { cwd: project.folder })).stdout);
  }

  /** Trains by as many requests as it takes. */
  async function trained(): Promise<{ model: Uint8Array; statuses: number[] }> {
    const statuses: number[] = [];
    for (let resume: Uint8Array | undefined; ;) {
      const response = await post("train", { rows: { x, y }, ...(resume && { resume }) });
      statuses.push(response.status);
      if (response.status !== 202) return { model: await bytesOf(response), statuses };
      resume = await bytesOf(response);
    }
  }

  it("trains posted rows, cut into several requests, to the bits of one training in Node.js", async () => {
    const { model, statuses } = await trained();
    expect(statuses).toEqual([202, 200]); // 300 steps, 150 in a request
    writeFileSync(join(project.folder, "model.safetensors"), model);
    const { there, here, accuracy } = await inNode(`
      const rows = ${JSON.stringify({ x, y })}, model = await networkFor(rows);
      await model.fit(rows, options);
      const there = await lanewise.loadModel(readFileSync("model.safetensors"));
      const { accuracy } = await there.evaluate(rows, { loss: options.loss, metrics: ["accuracy"] });
      console.log(JSON.stringify({ there: lanewise.hash(there), here: lanewise.hash(model), accuracy }));`);
    expect(there).toBe(here);
    expect(accuracy).toBeGreaterThan(0.8);
  });

  it("trains a few rows in one request, as plain JSON", async () => {
    const rows = { x: x.slice(0, 40), y: y.slice(0, 40) };
    const response = await fetch(`${workerd.url}train`, { method: "POST", body: JSON.stringify(rows) });
    expect(response.status).toBe(200);
    writeFileSync(join(project.folder, "small.safetensors"), await bytesOf(response));
    const [there, here] = await inNode(`
      const rows = ${JSON.stringify(rows)}, model = await networkFor(rows);
      await model.fit(rows, options);
      console.log(JSON.stringify([await lanewise.loadModel(readFileSync("small.safetensors")), model].map((it) => lanewise.hash(it))));`);
    expect(there).toBe(here);
  });

  it("predicts with the model that it has trained, as Node.js does", async () => {
    const { model } = await trained(), rows = { x: [[0, 0], [0.1, -0.1], [1, 1]] };
    const answers = await (await post("predict", { rows, model })).json();
    expect(answers.map(({ label }: { label: string }) => label)).toEqual(["inner", "inner", "outer"]);
    writeFileSync(join(project.folder, "model.safetensors"), model);
    expect(answers).toEqual(await inNode(`
      const model = await lanewise.loadModel(readFileSync("model.safetensors"));
      console.log(JSON.stringify(model.classify(${JSON.stringify(rows.x)}, { top: 1 }).map(([best]) => best)));`));
  });

  it.each([
    ["rows that are none", "train", { rows: 3 }, "bad-request"],
    ["rows without labels", "train", { rows: { x } }, "bad-request"],
    ["too few labels", "train", { rows: { x, y: y.slice(0, 60) } }, "rows-mismatch"],
    ["a checkpoint that is none", "train", { rows: { x, y }, resume: new Uint8Array(100) }, "bad-file"],
    ["no model", "predict", { rows: { x } }, "bad-request"],
    ["a model that is none", "predict", { rows: { x }, model: new Uint8Array([1, 2, 3]) }, "bad-file"],
  ])("refuses %s with 400, and says why", async (_, path, fields, code) => {
    const response = await post(path, fields);
    expect(response.status).toBe(400);
    const told = await response.json();
    expect(told.message.length).toBeGreaterThan(15);
    expect(told.code).toBe(code);
  });

  it("refuses other paths and methods", async () => {
    expect((await fetch(`${workerd.url}train`)).status).toBe(405);
    expect((await post("elsewhere", {})).status).toBe(404);
    expect(workerd.said()).toBe(""); // no error told of, no promise lost
  });
});

describe("in workerd", () => {
  const run = (script: string, flags: string[] = []): Promise<any> => {
    writeFileSync(join(project.folder, "entry.js"), script);
    return runInWorkerd(project.folder, "entry.js", flags);
  };

  it.each([["as it is", []], ["with Node.js's modules", ["nodejs_compat"]]])("%s, a model runs on one thread, whatever is asked for, and says why", async (_, flags) => {
    const told = await run(`
      import { createModel, dense, loadModel } from "lanewise";
      export default async () => {
        const of = async (options) => (await createModel(dense(1), { input: [2], ...options })).info();
        const saved = (await createModel(dense(1), { input: [2] })).save();
        return [await of({}), await of({ threads: 2 }), await of({ threads: "auto" }), (await loadModel(saved, { threads: 2 })).info()];
      };`, flags);
    for (const info of told) expect(info).toMatchObject({ engine: "Cloudflare-Workers", where: "here", threads: 1 });
    for (const { why } of told.slice(1)) expect(why).toMatch(/edge engines.*no workers/);
  });

  it.each([["as it is", []], ["with Node.js's modules", ["nodejs_compat"]]])("%s, a model in a worker is refused with an error that says why", async (_, flags) => {
    const told = await run(`
      import { createModel, dense } from "lanewise";
      export default () => createModel(dense(1), { input: [2], where: "worker" }).catch(({ name, code, message }) => ({ name, code, message }));`, flags);
    expect(told.code).toBe("no-worker");
    expect(told.message).toMatch(/where.*no workers/);
  });

  it("the option core takes a module that was imported, and refuses bytes, which the engine does not compile", async () => {
    const told = await run(`
      import core from "lanewise/core.wasm";
      import { createModel, dense, hash } from "lanewise";
      const of = async (core) => hash(await createModel(dense(3), { input: [2], seed: 5, ...(core && { core }) }));
      export default async () => ({
        own: await of(), given: await of(core), bytes: await of(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).catch(({ code, message }) => ({ code, message })),
      });`);
    expect(told.given).toBe(told.own);
    expect(told.bytes.code).toBe("bad-core");
    expect(told.bytes.message).toMatch(/Wasm code generation disallowed/);
  });

  it("the fast build is there for those who import it, and the library alone has none", async () => {
    const told = await run(`
      import { createModel, dense, hash } from "lanewise";
      import { fastCore } from "lanewise/fast";
      import { compile, exp } from "lanewise/ops";
      export default async () => {
        const of = async (options) => {
          const model = await createModel(dense(3), { input: [2], seed: 5, ...options }), { build, why } = model.info();
          return { build, why, hash: hash(model), predicted: [...model.predict([[1, 2]]).data] };
        };
        using f = await compile((x) => exp(x), [[1]], { build: "fast", core: await fastCore() });
        return {
          exact: await of({}), alone: await of({ build: "fast" }), given: await of({ build: "fast", core: await fastCore() }), compiled: [f.build, f.run([[0]])[0].data[0]],
          unasked: await of({ core: await fastCore() }).catch(({ code, message }) => ({ code, message })),
        };
      };`);
    expect([told.exact.build, told.alone.build, told.given.build]).toEqual(["exact", "exact", "fast"]);
    expect(told.alone.why).toMatch(/edge engines.*the build is exact: .*fastCore\(\) of lanewise\/fast/);
    expect(told.given.hash).toBe(told.exact.hash);
    told.given.predicted.forEach((value: number, i: number) => expect(value).toBeCloseTo(told.exact.predicted[i], 5));
    expect(told.compiled).toEqual(["fast", 1]);
    expect(told.unasked).toEqual({ code: "bad-core", message: expect.stringMatching(/wanted the exact build.*build: "fast"/) });
  });

  it("a Value of lanewise/ops is one of lanewise", async () => {
    expect(await run(`
      import { createModel, ops } from "lanewise";
      import { compile, multiply, Value } from "lanewise/ops";
      export default async () => {
        using f = await compile((x) => multiply(x, 2), [[2]]);
        const model = await createModel((x) => multiply(x, 3), { input: [1] });
        return { one: Value === ops.Value, twice: [...f.run([[1, 2]])[0].data], thrice: [...model.predict([[5]]).data] };
      };`)).toEqual({ one: true, twice: [2, 4], thrice: [15] });
  });
});
