// The examples of the docstrings run, and every public function has one.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as lanewise from "../src/index.ts";
import * as ops from "../src/ops/index.ts";

const root = join(import.meta.dirname, "../src");
/** Files whose examples speak of ops; the others of layers, losses and models. */
const OPS = /^(ops\/|autodiff|compiled|program|session)/;

interface Doc {
  file: string;
  name: string;
  text: string;
  example: string | undefined;
}

/** The docstrings of a file with the names of what they stand before. */
function docs(file: string): Doc[] {
  const source = readFileSync(join(root, file), "utf8");
  return [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:\/\/[^\n]*\n\s*)?(?:export )?(?:async )?(?:function |const |class )?(?:async )?(\w+)/g)].map(([, body, name]) => {
    const text = body!.replace(/^\s*\* ?/gm, ""), at = text.indexOf("@example");
    return { file, name: name!, text, example: at < 0 ? undefined : text.slice(at + 8).trim() };
  });
}

const all = readdirSync(root, { recursive: true }).map(String).filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")).flatMap(docs);

/** Typed arrays as lists, numbers as f32 shows them. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object") return Object.fromEntries(Object.entries(value).filter(([, v]) => typeof v !== "function").map(([key, v]) => [key, plain(v)]));
  return value;
}

function expectClose(got: unknown, wanted: unknown): void {
  if (typeof wanted === "number" && Number.isFinite(wanted)) expect(got as number).toBeCloseTo(wanted, 5);
  else if (wanted !== null && typeof wanted === "object") {
    expect(Object.keys(got as object)).toEqual(Object.keys(wanted));
    for (const [key, value] of Object.entries(wanted)) expectClose((got as Record<string, unknown>)[key], value);
  } else expect(got).toEqual(wanted);
}

/** Runs an example: a line that ends in "// → value" has that value. */
async function run({ file, example }: Doc): Promise<number> {
  const scope: Record<string, unknown> = OPS.test(file) ? { ...lanewise, ...ops } : { ...ops, ...lanewise };
  let checks = 0;
  const check = (got: unknown, wanted: unknown): void => {
    checks++;
    expectClose(plain(got), plain(wanted));
  };
  const code = example!.split("\n").map((line) => {
    const at = line.indexOf("// →");
    return at < 0 ? line : `check((${line.slice(0, at).trim().replace(/;$/, "")}), (${line.slice(at + 4).trim()}));`;
  }).join("\n");
  const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction("check", ...Object.keys(scope), code)(check, ...Object.values(scope));
  return checks;
}

const examples = all.filter(({ example }) => example !== undefined);

describe("examples", () => {
  test.each(examples.map((doc) => [`${doc.file} ${doc.name}`, doc] as const))("%s", async (_, doc) => {
    await run(doc);
  });

  test("most of them check a value", async () => {
    expect(examples.filter(({ example }) => example!.includes("// →")).length).toBeGreaterThan(examples.length * 0.9);
  });
});

/** Classes, types' helpers and errors: described, but made by other functions. */
const MADE_BY_OTHERS = /Error$|^(Model|Trainer|Training|History|Compiled|Value)$/;

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

test("layers, losses, optimizers, schedules and activations name their source", () => {
  const rooms = ["layers/index.ts", "layers/activations.ts", "layers/dense.ts", "layers/sequential.ts", "losses/entropy.ts", "losses/margin.ts", "losses/regression.ts", "losses/similarity.ts", "optimizers/index.ts", "optimizers/formula.ts", "optimizers/adaptive.ts", "optimizers/moments.ts", "optimizers/lbfgs.ts", "schedules/index.ts", "schedules/decays.ts", "schedules/cycles.ts", "schedules/sequence.ts", "schedules/plateau.ts", "penalties/index.ts", "initializers/index.ts"];
  const without = examples.filter(({ file }) => rooms.includes(file)).filter(({ text, name }) => !/https:\/\/pytorch\.org|\(\d{4}\)|, \d{4}\)/.test(text) && name !== "zeros");
  expect(without.map(({ file, name }) => `${file} ${name}`)).toEqual([]);
});

