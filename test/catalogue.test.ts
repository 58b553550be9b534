// Nothing is left out. Every exported activation, loss, optimizer and schedule has met PyTorch in a fixture (or a formula in
// f64 with its paper), with its gradient or trajectory; its docstring has a formula, a source and an example; and
// docs/choosing.md tells formula, PyTorch's name, when to take it, when not, with a picture. The same for every op, and for
// initializers, penalties and metrics what goes for them. What is exempt stands here with its reason.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { initializers, layers, losses, metrics, ops, optimizers, penalties, schedules } from "../src/index.ts";
import { opTable } from "../src/ops/table.ts";
import { all, SOURCE } from "./docstrings.ts";
import { compileCase, namesOf, opCases } from "./torch/cases.ts";
import type { ModelCase } from "./torch/curves.test.ts";
import { fixture, type Saved } from "./torch/fixtures.ts";

type Family = "activations" | "losses" | "optimizers" | "schedules";

/** Layers that are no activations: these have no derivative of their own. */
const OTHER_LAYERS = ["layer", "sequential", "dense", "flatten"], RANDOM_LAYERS = ["dropout", "alphaDropout", "gaussianNoise"];

const EXPORTED: Readonly<Record<Family, object>> = {
  activations: Object.fromEntries(Object.entries(layers).filter(([name]) => ![...OTHER_LAYERS, ...RANDOM_LAYERS].includes(name))),
  losses, optimizers, schedules,
};

/** Names that are another's second: their docstring and section are those of the first. */
const SECOND: Readonly<Record<string, string>> = { swish: "silu" };

/** What makes things of one's own has no formula. */
const OWN = ["optimizer"];

/** What PyTorch 1.13 lacks: the test that has its formula in f64, and the paper that is named there. */
const FORMULAS: Readonly<Record<string, readonly [file: string, paper: string]>> = {
  lion: ["test/torch/optim.test.ts", "Chen et al., Symbolic Discovery of Optimization Algorithms (2023)"],
};

const root = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

// What there is: fixtures.

interface LossCase {
  loss: string;
  options: { reduction: string };
  value?: Saved;
  gradient?: Saved;
}
interface Run {
  optimizer: string;
  options: object;
  losses: Saved;
}
type RatesCase = { schedule: string; rates?: Saved; losses?: Saved };

const layerCases = fixture<{ layer: string; dx?: Saved }>("layers.json");
const lossCases = ["losses.json", "catalogue_losses.json"].flatMap((name) => fixture<LossCase>(name));
const models = fixture<ModelCase>("curves.json"), longer = fixture<{ model: string; runs: Run[]; lbfgs: { name: string; losses: Saved }[] }>("optim.json");
const rateCases = fixture<RatesCase>("rates.json");

/** What of the fixtures a name lacks. */
const FIXTURES: Readonly<Record<Family, (name: string) => string[]>> = {
  activations(name) {
    const cases = opCases.filter(({ call }) => call.op === name), kept = layerCases.filter(({ layer }) => layer === name);
    return [
      ...(cases.length ? [] : ["a value in test/fixtures/ops.json"]), ...(cases.some(({ gradients }) => gradients) ? [] : ["a gradient in test/fixtures/ops.json"]),
      ...(kept.some(({ dx }) => dx) ? [] : ["the layer, with dx, in test/fixtures/layers.json"]), ...(name in ops ? [] : ["an op of the same name"]),
    ];
  },
  losses: (name) => ["mean", "sum"].flatMap((reduction) =>
    lossCases.some((one) => one.loss === name && one.options.reduction === reduction && one.gradient) ? [] : [`its ${reduction}, with the gradient, in test/fixtures/catalogue_losses.json`]),
  optimizers: (name) => longer.flatMap(({ model, runs, lbfgs }) => {
    if (name === "lbfgs") return lbfgs.some((one) => one.name.includes("defaults")) && lbfgs.length > 1 ? [] : [`rounds on the ${model} in test/fixtures/optim.json`];
    // a run with the defaults, and one with at least three other options
    const own = runs.filter((run) => run.optimizer === name && run.losses.length >= 50).map(({ options }) => Object.keys(options).length);
    return [...(own.includes(0) ? [] : [`50 steps of the ${model} with its defaults in test/fixtures/optim.json`]),
      ...(own.some((count) => count > 2) ? [] : [`50 steps of the ${model} with other options in test/fixtures/optim.json`])];
  }),
  schedules(name) {
    const own = rateCases.filter(({ schedule }) => schedule === name), trained = [...own.filter(({ losses }) => losses), ...models.flatMap(({ runs }) => runs.filter(({ schedule }) => schedule?.schedule === name))];
    return [...(own.some(({ rates }) => rates && rates.length >= 100) ? [] : ["100 steps in test/fixtures/rates.json"]), ...(trained.length ? [] : ["a training in test/fixtures/rates.json"])];
  },
};

function fixtureLacks(family: Family, name: string): string[] {
  const [file, paper] = FORMULAS[name] ?? [];
  if (!file) return FIXTURES[family](name);
  return existsSync(join(root, file)) && read(file).includes(paper!) && read(file).includes(name) ? [] : [`its formula in f64 in ${file}, with "${paper}"`];
}

// What there is: docstrings. A formula is known by its signs.

const FORMULA = /[=·√Σ²‖⌊]|max\(|log\(|e\^|\w \/ [\w(]|\|\w.*\|/, PLACES: Readonly<Record<string, readonly string[]>> = { activations: ["layers/", "ops/"] };

function docstringLacks(family: string, name: string, { formula = true, source = SOURCE } = {}): string[] {
  return (PLACES[family] ?? [`${family}/`]).flatMap((folder) => {
    const doc = all.find((one) => one.file.startsWith(folder) && one.name === name && one.example), where = doc ? `src/${doc.file}` : `src/${folder}`;
    if (!doc) return [`a docstring in ${where}`];
    const said = doc.text.split("@example")[0]!.replace(/https?:\S+/g, "");
    return [
      ...(!formula || FORMULA.test(said) ? [] : [`a formula in its docstring (${where})`]), ...(source.test(doc.text) ? [] : [`a paper or a page of PyTorch in its docstring (${where})`]),
      ...(doc.example?.includes("// →") ? [] : [`an @example with a value in its docstring (${where})`]),
    ];
  });
}

// What there is: the guide.

const guide = read("docs/choosing.md");
const chapters = new Map(guide.split(/^## /m).slice(1).map((text) => [text.split("\n")[0]!.toLowerCase(), text]));
const section = (family: string, name: string): string | undefined => chapters.get(family)?.split(/^### /m).find((text) => text.split("\n")[0] === name);

const LINES: Readonly<Record<Family, readonly string[]>> = {
  activations: ["Formula", "Derivative", "PyTorch", "Use", "Not"], losses: ["Formula", "Gradient", "PyTorch", "Use", "Not"],
  optimizers: ["Formula", "PyTorch", "Use", "Not"], schedules: ["Formula", "PyTorch", "Use", "Not"],
};

function guideLacks(family: Family, name: string): string[] {
  const text = section(family, name), picture = `plots/${name}.svg`;
  if (!text) return [`a section "### ${name}" under "## ${family}" in docs/choosing.md`];
  return [
    ...LINES[family].filter((line) => !new RegExp(`^- \\*\\*${line}:\\*\\* \\S.*\\S$`, "m").test(text)).map((line) => `"- **${line}:** …" in its section of docs/choosing.md`),
    ...(text.includes(`](${picture})`) && existsSync(join(root, "docs", picture)) ? [] : [`its picture docs/${picture} (scripts/plots.mjs) in docs/choosing.md`]),
    ...(text.includes(`\`${name}(`) ? [] : [`its call, with options and defaults, in docs/choosing.md`]),
  ];
}

/** All that a name lacks. */
const lacks = (family: Family, name: string): string[] => [...fixtureLacks(family, name), ...docstringLacks(family, name), ...guideLacks(family, name)];

describe.each(Object.keys(EXPORTED) as Family[])("of the %s", (family) => {
  const names = Object.keys(EXPORTED[family]).filter((name) => !(name in SECOND) && !OWN.includes(name));

  test.each(names)("%s has fixture, gradient, docstring and its place in the guide", (name) => expect(lacks(family, name).map((what) => `${name} lacks ${what}`)).toEqual([]));

  test("the guide has no other", () => {
    const told = [...chapters.get(family)!.matchAll(/^### (.+)$/gm)].map(([, name]) => name!);
    expect(told.filter((name) => !names.includes(name) && !OWN.includes(name))).toEqual([]);
  });

  test("one that had been forgotten would be noticed in every place", () => {
    const [fixtures, docstring, guide] = [fixtureLacks(family, "forgotten"), docstringLacks(family, "forgotten"), guideLacks(family, "forgotten")];
    expect([fixtures, docstring, guide].map((list) => list.length > 0)).toEqual([true, true, true]);
  });
});

test("exemptions are of what there is", () => {
  const known = Object.values(EXPORTED).flatMap((family) => Object.keys(family));
  expect([...OWN, ...Object.keys(FORMULAS), ...Object.keys(SECOND)].filter((name) => !known.includes(name))).toEqual([]);
  for (const [second, first] of Object.entries(SECOND)) expect(layers[second as "swish"]).toBe(layers[first as "silu"]);
  expect([...OTHER_LAYERS, ...RANDOM_LAYERS].filter((name) => !(name in layers))).toEqual([]);
  expect(Object.keys(FORMULAS).filter((name) => longer[0]!.runs.some(({ optimizer }) => optimizer === name))).toEqual([]);
});

test("the defaults that the guide tells of optimizers are theirs", () => {
  let compared = 0;
  for (const [name, make] of Object.entries(optimizers).filter(([name]) => !OWN.includes(name))) {
    const call = section("optimizers", name)!.match(/^`(\w+\(.*\))`$/m)![1]!, { hyper } = (make as typeof optimizers.adam)();
    for (const [, key, value] of call.matchAll(/(\w+) = ([\w.-]+)/g)) {
      compared++;
      expect(hyper[key!], `${name}: ${key}`).toBe(JSON.parse(value!));
    }
  }
  expect(compared).toBeGreaterThan(45);
});

describe("in a table of the guide, with PyTorch's name or its like, when to take it and when not, stands", () => {
  const row = (chapter: string, name: string): string[] | undefined =>
    chapters.get(chapter)!.split("\n").find((line) => line.startsWith(`| \`${name}\` |`))?.replaceAll("\\|", "").split("|").slice(1, -1).map((cell) => cell.trim());
  /** Names without a whole row, and rows without such a name. */
  const whole = (chapter: string, names: readonly string[]) => [
    ...names.filter((name) => row(chapter, name)?.length !== 5 || row(chapter, name)!.some((cell) => cell === "")).map((name) => `${name} lacks a whole row under "## ${chapter}" in docs/choosing.md`),
    ...[...chapters.get(chapter)!.matchAll(/^\| `(\w+)` \|/gm)].filter(([, name]) => !names.includes(name!)).map(([, name]) => `${name}, of which there is a row, does not exist`),
  ];
  const described = (family: string, names: readonly string[], source = SOURCE) => names.flatMap((name) => docstringLacks(family, name, { formula: false, source }).map((what) => `${name} lacks ${what}`));

  test("every initializer", () => {
    const names = Object.keys(initializers);
    expect(whole("initializers", names)).toEqual([]);
    expect(described("initializers", names.filter((name) => name !== "zeros"))).toEqual([]);
  });

  test("every penalty, and every layer that is random", () => {
    expect(whole("regularisation", [...Object.keys(penalties), ...RANDOM_LAYERS])).toEqual([]);
    expect(described("penalties", Object.keys(penalties))).toEqual([]);
    expect(described("layers", RANDOM_LAYERS)).toEqual([]);
  });

  test("every metric", () => {
    const names = Object.keys(metrics);
    expect(whole("metrics", names)).toEqual([]);
    expect(described("metrics", names.filter((name) => name !== "metric"), /https:/)).toEqual([]); // it makes metrics of one's own
  });
});

describe("has a fixture:", () => {
  /** Functions of lanewise/ops that have none. */
  const EXEMPT = {
    compile: "no op: runs them", Compiled: "no op: what compile returns", Value: "no op: what ops work on",
    grad: "no op: every gradient in the fixtures is one of its results", dropout: "draws random numbers; compile() does not train",
    alphaDropout: "as dropout; its formula is in test/regularisation.test.ts", gaussianNoise: "as dropout; its formula is in test/regularisation.test.ts",
    swish: "silu by another name",
  };

  test("every function of lanewise/ops", () => {
    const exempt = Object.keys(EXEMPT), names = Object.keys(ops), seen = new Set(opCases.flatMap(({ call }) => namesOf(call)));
    expect(names.filter((name) => !seen.has(name) && !exempt.includes(name)), "without a fixture").toEqual([]);
    expect(exempt.filter((name) => !names.includes(name) || seen.has(name)), "that need no exemption").toEqual([]);
  });

  test("every op of the table, in a value or a gradient", async () => {
    const used = new Set<string>();
    for (const row of opCases) {
      const made = await compileCase(row);
      for (const name of made.used) used.add(name);
      made.f.dispose();
    }
    expect([...opTable().keys()].filter((name) => !used.has(name) && name !== "vector")).toEqual([]); // vector: in losses with weights for classes
  });

  test("every layer that is no activation", () => {
    const met = [...layerCases.map(({ layer }) => layer), ...models.flatMap((model) => model.layers.map(([type]) => type)), "sequential"];
    // one's own are the user's; the random ones do nothing outside training
    expect(OTHER_LAYERS.filter((name) => !met.includes(name) && name !== "layer")).toEqual([]);
  });
});
