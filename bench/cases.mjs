// The op cases of a checkout (test/ops/cases.ts), ready to be timed. They are written in TypeScript on the sources, so
// esbuild bundles them with the parts of src/ that compile and run a program.
//
// Arguments lie in a block of their own, as parameters do: no op writes into them, and a program may run any number of
// times on the same numbers.

import { build } from "esbuild";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { embedWasm } from "../scripts/wasm.mjs";
import { uniform } from "./works.mjs";

/** Parts of src/, all ops, and `cases`. */
export const loadCases = (root) => loadSources(root, `
    export { cases } from "./test/ops/cases.ts";
    export * as ops from "./src/ops/index.ts";
    export { compileProgram } from "./src/compile.ts";
    export { loadCore, releaseCore } from "./src/core.ts";
    export { Graph } from "./src/graph.ts";
    export { input } from "./src/op.ts";
    export { Session } from "./src/session.ts";`);

/** What users install beside the library. */
const peers = (root) => Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).peerDependencies ?? {});

/** What a module of a checkout's TypeScript exports. */
export async function loadSources(root, contents) {
  const folder = mkdtempSync(join(tmpdir(), "lanewise-cases-")), outfile = join(folder, "cases.mjs");
  try {
    await build({
      stdin: { contents, resolveDir: root, loader: "ts" }, outfile, bundle: true, format: "esm", platform: "neutral", target: "es2022",
      mainFields: ["module", "main"], plugins: [embedWasm], logLevel: "silent", external: peers(root),
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

/** Positions of the arguments that have a gradient. */
export function differentiable({ flat = [], labels }, shapes) {
  return shapes.map((_, i) => i).filter((i) => !flat.includes(i) && labels?.argument !== i);
}

/** Numbers for an argument: in its range, away from kinks; class numbers where those are wanted. */
function draw({ ranges, labels, kinks = [] }, shapes, i) {
  const [low, high] = ranges?.[i] ?? [-2, 2], classes = labels?.argument === i ? shapes[labels.of].at(-1) : 0;
  return Float32Array.from({ length: sizeOf(shapes[i]) }, (_, at) => {
    const u = uniform(i + 1, at);
    if (classes) return Math.floor(u * classes);
    const x = low + u * (high - low);
    return kinks.some((kink) => Math.abs(x - kink) < 0.05) ? x + 0.1 : x;
  });
}

/** A case at a size, as a loaded program: the op alone, or, with `gradient`, its result y and the gradients of
 * Σ weights · y. `numbers` are the largest tensor's. */
export async function openCase(parts, its, size, gradient) {
  const { Graph, Session, compileProgram, input, loadCore, ops: { grad, multiply, sum }, releaseCore } = parts;
  const shapes = its.shapes(size), wrt = differentiable(its, shapes), graph = new Graph();
  const values = shapes.map((shape, i) => input(graph, `argument ${i}`, shape));
  const y = its.build(...values);
  const inputs = gradient ? [...values, input(graph, "weights", y.shape)] : values;
  const results = gradient ? [y, ...grad(sum(multiply(y, inputs.at(-1))), wrt.map((i) => values[i]))] : [y];

  let bytes = 0;
  const sources = new Map();
  for (const value of inputs) {
    sources.set(value, { region: "arguments", offset: bytes });
    bytes += Math.ceil(value.size / 16) * 64;
  }
  const program = compileProgram({ outputs: new Map(results.map((value, i) => [String(i), value])), sources });
  const core = await loadCore(), session = new Session(core), block = session.allocate(bytes, "arguments");
  const loaded = session.load(program, { arguments: block });
  const args = shapes.map((_, i) => draw(its, shapes, i)), weights = draw({}, [y.shape], 0);
  inputs.forEach((value, i) => session.floats.set(args[i] ?? weights, loaded.address(sources.get(value)) / 4));
  return {
    shapes, args, weights, wrt, numbers: Math.max(...inputs.map((value) => value.size), y.size),
    run(times) {
      for (let i = 0; i < times; i++) loaded.run();
    },
    /** Result number i of the last run. */
    result: (i) => session.floats.slice(loaded.place(String(i)) / 4, loaded.place(String(i)) / 4 + results[i].size),
    close() {
      session.close();
      releaseCore(core);
    },
  };
}

/** Numbers up to which results are compared with the formula; some formulas take quadratic time, and the instructions
 * are the same for more. Beyond, results must be finite. */
const CHECKED = 1e5;

/** Throws unless an opened case's result y is that of its formula in f64 and, with `gradient`, the derivative along a
 * random direction, which all gradients share in, that of the formula's. */
export function checkCase(its, { shapes, args, weights, wrt, numbers, run, result }, gradient) {
  run(1);
  const y = result(0);
  if (numbers > CHECKED) {
    if (!y.every(Number.isFinite) || (gradient && !wrt.every((_, k) => result(1 + k).every(Number.isFinite)))) throw new Error("a result is not finite");
    return;
  }
  const f64 = args.map((arg) => Float64Array.from(arg)), wanted = its.formula(f64, shapes);
  if (y.length !== wanted.length) throw new Error(`${y.length} numbers, should be ${wanted.length}`);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const bad = wanted.findIndex((value, i) => !(Math.abs(y[i] - value) <= 1e-5 * scale));
  if (bad >= 0) throw new Error(`result ${bad} is ${y[bad]}, should be ${wanted[bad]}`);
  if (!gradient) return;

  const direction = new Map(wrt.map((i) => [i, f64[i].map((_, at) => 2 * uniform(100 + i, at) - 1)]));
  const h = 1e-5, loss = (sign) => {
    const moved = f64.map((arg, i) => (direction.has(i) ? arg.map((x, at) => x + sign * h * direction.get(i)[at]) : arg));
    return its.formula(moved, shapes).reduce((sum, value, at) => sum + value * weights[at], 0);
  };
  const slope = (loss(1) - loss(-1)) / (2 * h);
  let found = 0, squares = 0;
  wrt.forEach((i, k) => result(1 + k).forEach((g, at) => {
    found += g * direction.get(i)[at];
    squares += (g * direction.get(i)[at]) ** 2;
  }));
  if (!(Math.abs(found - slope) <= 1e-3 * Math.max(1, Math.sqrt(squares)))) throw new Error(`the derivative along a direction is ${found}, should be ${slope}`);
}
