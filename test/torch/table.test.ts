// Nothing is left out: every op, activation layer, loss, optimizer and schedule has met PyTorch in a fixture. What is
// exempt stands here with its reason.

import { describe, expect, test } from "vitest";
import { layers, losses, ops, optimizers, schedules } from "../../src/index.ts";
import { opTable } from "../../src/ops/table.ts";
import { compileCase, namesOf, opCases } from "./cases.ts";
import { fixture } from "./fixtures.ts";
import type { ModelCase } from "./curves.test.ts";

const EXEMPT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ops: {
    compile: "no op: runs them", Compiled: "no op: what compile returns", Value: "no op: what ops work on",
    grad: "no op: every gradient in the fixtures is one of its results", dropout: "draws random numbers; compile() does not train",
    alphaDropout: "as dropout; its formula is in test/regularisation.test.ts", gaussianNoise: "as dropout; its formula is in test/regularisation.test.ts",
    swish: "silu by another name",
  },
  optimizers: { optimizer: "makes optimizers of one's own", lion: "torch 1.13 has none: beside its formula in optim.test.ts" },
  layers: { layer: "makes layers of one's own", dropout: "draws random numbers; outside training it does nothing", alphaDropout: "as dropout", gaussianNoise: "as dropout" },
};

const models = fixture<ModelCase>("curves.json");

function everyOne(family: string, exported: object, met: Iterable<string>): void {
  const exempt = Object.keys(EXEMPT[family] ?? {}), names = Object.keys(exported), seen = new Set(met);
  expect(names.filter((name) => !seen.has(name) && !exempt.includes(name)), `${family} without a fixture`).toEqual([]);
  expect(exempt.filter((name) => !names.includes(name) || seen.has(name)), `${family} that need no exemption`).toEqual([]);
}

describe("has a fixture:", () => {
  test("every function of lanewise/ops", () => everyOne("ops", ops, opCases.flatMap(({ call }) => namesOf(call))));

  test("every op of the table, in a value or a gradient", async () => {
    const used = new Set<string>();
    for (const row of opCases) {
      const made = await compileCase(row);
      for (const name of made.used) used.add(name);
      made.f.dispose();
    }
    expect([...opTable().keys()].filter((name) => !used.has(name) && name !== "vector")).toEqual([]); // vector: in losses with weights for classes
  });

  test("every layer", () => everyOne("layers", layers, [
    ...fixture<{ layer: string }>("layers.json").map(({ layer }) => layer), ...models.flatMap((model) => model.layers.map(([type]) => type)), "sequential",
  ]));

  test("every loss, as a mean and as a sum", () => {
    const cases = ["losses.json", "catalogue_losses.json"].flatMap((name) => fixture<{ loss: string; options: { reduction: string } }>(name));
    for (const reduction of ["mean", "sum"])
      everyOne("losses", losses, cases.flatMap(({ loss, options }) => (options.reduction === reduction ? [loss] : [])));
  });

  test("every optimizer, with each model", () => {
    const more = fixture<ModelCase>("optim.json");
    models.forEach(({ runs }, i) =>
      everyOne("optimizers", optimizers, [...runs, ...more[i]!.runs].map(({ optimizer }) => optimizer as string).concat("lbfgs" in more[i]! ? "lbfgs" : [])));
  });

  test("every schedule, by itself and in training", () => {
    const more = fixture<{ schedule: string; rates?: unknown }>("rates.json"), names = (rows: readonly { schedule: string }[]) => rows.map(({ schedule }) => schedule);
    everyOne("schedules", schedules, names([...fixture<{ schedule: string }>("schedules.json"), ...more.filter(({ rates }) => rates)]));
    everyOne("schedules", schedules, names([...models.flatMap(({ runs }) => runs.flatMap(({ schedule }) => schedule ?? [])), ...more.filter(({ rates }) => !rates)]));
  });
});
