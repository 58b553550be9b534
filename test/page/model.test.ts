// The engine's designs: what is suggested and why, what does not go together, what it takes, and the same training as a program.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash } from "../../src/index.ts";
import type { Design, Given } from "../../src/page/engine/api.ts";
import { dataApi } from "../../src/page/engine/data.ts";
import { fitOptionsOf, modelOf, trainingOf } from "../../src/page/engine/design.ts";
import { modelApi } from "../../src/page/engine/model.ts";
import { type Frame, outline } from "../../src/page/engine/outline.ts";
import { callOf, FAMILIES, fits, made, partOf, PARTS } from "../../src/page/engine/parts.ts";
import { Project } from "../../src/page/engine/project.ts";
import { sample } from "../../src/page/engine/samples.ts";
import { wantBuilt } from "../runtimes/project.ts";

async function opened(given: Given, asked: { target?: string } = {}) {
  const project = new Project(() => {}), data = dataApi(project), view = await data.open(given);
  const described = await data.describe({ target: view.target, ...asked });
  return { project, described, api: modelApi(project) };
}

const flawsOf = (design: Design, frame: Frame): string[] => outline(design, frame).flaws.map(({ code, at }) => `${at}: ${code}`);

describe("a suggestion", async () => {
  const { api, described, project } = await opened({ kind: "sample", name: "penguins" }), { design, choices } = await api.suggest();

  test("gives a reason for each choice, as code and details", () => {
    expect(choices.map(({ name }) => name)).toEqual(expect.arrayContaining(["task", "loss", "output", "hidden layers", "activation", "optimizer", "learning rate", "schedule"]));
    expect(choices.find(({ name }) => name === "task")).toEqual({
      name: "task", value: { code: "value.classes", details: { count: "3" } }, why: { code: "why.classes", details: { target: "species", names: "Adelie, Chinstrap, Gentoo" } },
    });
    expect(choices.find(({ name }) => name === "learning rate")!.why.code).toMatch(/^why\.tested/);
  });

  test("has no flaw, and its parameters are those of the model", async () => {
    const seen = outline(design, described), model = await modelOf(project.known, design);
    expect(seen.flaws).toEqual([]);
    expect(seen.parameters).toBe([...model.parameters.values()].reduce((sum, { data }) => sum + data.length, 0));
    expect(seen.layers.map(({ output }) => output)).toEqual([[32], [32], [3]]);
  });

  test("takes as much memory as its plan says, and a time that was measured", async () => {
    const { bytes, stepsPerEpoch, secondsPerEpoch } = await api.estimate(design);
    expect(stepsPerEpoch).toBe(Math.ceil(described.trainingRows / design.batchSize));
    expect(bytes).toBeGreaterThan(4 * 3 * outline(design, described).parameters);
    expect(secondsPerEpoch).toBeGreaterThan(0);
  });

  const dense = (units: number) => partOf("layers", "dense", { units }), edited = (change: Partial<Design>): string[] => flawsOf({ ...design, ...change }, described);

  test("that was edited says what is wrong, and where", () => {
    expect(edited({ layers: [] })).toEqual(["layers: no-layer"]);
    expect(edited({ layers: [dense(3), partOf("layers", "softmax")] })).toEqual(["layers.1: last-not-dense"]);
    expect(edited({ layers: [dense(8), dense(4)] })).toEqual(["layers.1.units: outputs"]);
    expect(edited({ layers: [dense(1.5), dense(3)] })).toEqual(["layers.0.units: bad-count"]);
    expect(edited({ loss: partOf("losses", "mse") })).toEqual(["loss: loss-of-task"]);
    expect(edited({ loss: partOf("losses", "focal") })).toEqual(["loss.variant: focal-variant"]);
    expect(edited({ batchSize: 0, epochs: NaN })).toEqual(["batchSize: bad-count", "epochs: bad-count"]);
    expect(edited({ optimizer: partOf("optimizers", "adam", { beta1: 1 }) })).toEqual(["optimizer.beta1: bad-number"]);
    expect(edited({ optimizer: partOf("optimizers", "sgd", { nesterov: true, momentum: 0 }) })).toEqual(["optimizer.nesterov: nesterov"]);
    expect(edited({ schedule: partOf("schedules", "oneCycle", { threePhase: true, warmup: 0.6 }) })).toEqual(["schedule.warmup: three-phase"]);
  });

  test("an image must be flattened before it meets a dense layer", () => {
    const frame: Frame = { task: "classes", input: [8, 8], classes: design.layers };
    expect(flawsOf({ ...design, layers: [dense(3)] }, frame)).toEqual(["layers.0: flatten-first"]);
    expect(flawsOf({ ...design, layers: [partOf("layers", "flatten"), dense(3)] }, frame)).toEqual([]);
  });
});

describe("every part, with every option", () => {
  const all = FAMILIES.flatMap((family) => Object.keys(PARTS[family]).map((kind) => [family, kind] as const));

  test.each(all)("%s: %s is made as it begins, by its defaults, and with each option changed", (family, kind) => {
    const { options } = PARTS[family][kind]!, begins = partOf(family, kind), usual = Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, spec.default]));
    const build = (part: typeof begins): unknown => {
      const call = callOf(family, part);
      return call && made(call);
    };
    for (const [name, spec] of Object.entries(options)) {
      expect(fits(spec, begins.options[name]!) && fits(spec, spec.default), name).toBe(true);
      const values = spec.kind === "yes" ? [true, false] : spec.kind === "choice" ? spec.choices : [spec.least, spec.most, (spec.least + spec.most) / 2].filter((value) => fits(spec, value));
      for (const value of values) {
        const part = { kind, options: { ...begins.options, [name]: value } };
        // what two options may not be together is told by outline
        if (kind === "hardTanh") continue;
        expect(() => build(part), `${name} ${value}`).not.toThrow();
      }
    }
    expect(build({ kind, options: { ...usual, ...(kind === "exponentialDecay" && { factor: 0.01 }) } }) === undefined).toBe(kind === "constant");
  });
});

describe("the same training as a program for Node.js", () => {
  beforeAll(() => wantBuilt());
  const folder = mkdtempSync(join(tmpdir(), "lanewise-code-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const rows = Array.from({ length: 90 }, (_, i) => JSON.stringify({ a: i % 7, b: (i * 37) % 11, c: ["x", "y"][i % 2], answer: i === 0 ? "rare" : i % 8 === 1 ? "few" : "many" })).join("\n");
  const jsonl = [new File([rows], "rows.jsonl")];
  test.each([
    ["penguins", sample("penguins"), { epochs: 4 }, undefined],
    ["digits", sample("digits"), { epochs: 2, optimizer: partOf("optimizers", "sgd"), schedule: partOf("schedules", "warmup") }, undefined],
    ["a regression", sample("sine"), { epochs: 3, layers: [partOf("layers", "dense", { units: 8 }), partOf("layers", "silu", { learned: true }), partOf("layers", "dropout"), partOf("layers", "dense", { units: 1 })] }, "value"],
    ["classes of unequal size", jsonl, { epochs: 3, balanced: true, patience: 0, loss: partOf("losses", "focal", { variant: "softmax" }) }, "answer"],
  ] as const)("%s: its hash is that of the engine's run", async (_, files, change, target) => {
    const { project, api } = await opened({ kind: "files", files: files.map((file) => ({ path: file.name, file })) }, target ? { target } : {}), design = { ...(await api.suggest()).design, ...change } as Design;
    const model = await modelOf(project.known, design);
    await model.fit(trainingOf(project.known, design) as never, fitOptionsOf(project.known, design) as never);
    const code = await api.code(design), dist = pathToFileURL(join(import.meta.dirname, "../../dist/index.js")).href;
    writeFileSync(join(folder, "train.mjs"), code.replace(`"lanewise"`, JSON.stringify(dist)));
    for (const file of files) writeFileSync(join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
    const { stdout } = await promisify(execFile)(process.execPath, ["train.mjs", ...files.map(({ name }) => name)], { cwd: folder });
    expect(stdout.trim()).toBe(hash(model));
  });
});
