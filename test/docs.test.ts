// The examples of the docstrings run, and every public function has one.

import { describe, expect, test } from "vitest";
import { fastCore } from "../src/fast.ts";
import * as lanewise from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { all, run, SOURCE } from "./docstrings.ts";

/** Files whose examples speak of ops; the others of layers, losses and models. */
const OPS = /^(ops\/|autodiff|compiled|program|session|trace)/;

const examples = all.filter(({ example }) => example !== undefined);

describe("examples", () => {
  test.each(examples.map((doc) => [`${doc.file} ${doc.name}`, doc] as const))("%s", async (_, doc) => {
    await run(doc.example!, OPS.test(doc.file) ? { ...lanewise, ...ops } : { ...ops, ...lanewise, fastCore });
  });

  test("most of them check a value", async () => {
    expect(examples.filter(({ example }) => example!.includes("// →")).length).toBeGreaterThan(examples.length * 0.9);
  });
});

/** Classes, types' helpers and errors: described, but made by other functions. */
const MADE_BY_OTHERS = /Error$|^(Model|Trainer|Training|History|Compiled|Value|Preprocessing)$/;

test("every public function has a docstring with an example", () => {
  const names = (exports: object): string[] => Object.entries(exports).filter(([name, value]) => typeof value === "function" && !MADE_BY_OTHERS.test(name)).map(([name]) => name);
  // a second name (swish of silu) has the docstring of the first
  const described = (name: string, ofOps: boolean): boolean => {
    const own = (ofOps ? ops : lanewise)[name as never] as { name: string } | undefined;
    return examples.some((doc) => (doc.name === name || doc.name === own?.name) && OPS.test(doc.file) === ofOps);
  };
  expect(names(ops).filter((name) => !described(name, true))).toEqual([]);
  expect(names(lanewise).filter((name) => !described(name, false) && !described(name, true))).toEqual([]);
});

test("every public class and error has a docstring", () => {
  const classes = Object.keys(lanewise).filter((name) => MADE_BY_OTHERS.test(name));
  expect(classes.filter((name) => !all.some((doc) => doc.name === name))).toEqual([]);
});

// activations, losses, optimizers and schedules are in test/catalogue.test.ts
test("the other layers, penalties and initializers name their source", () => {
  const rooms = ["layers/index.ts", "layers/dense.ts", "layers/sequential.ts", "penalties/index.ts", "initializers/index.ts"];
  const without = examples.filter(({ file }) => rooms.includes(file)).filter(({ text, name }) => !SOURCE.test(text) && name !== "zeros");
  expect(without.map(({ file, name }) => `${file} ${name}`)).toEqual([]);
});
