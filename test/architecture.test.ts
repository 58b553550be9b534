// The house stays as it is drawn: imports point one way, the core and the host meet in isa.ts only, and nothing in src/
// whose bits differ between engines.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Each room may import from the rooms before it, and within itself. A folder's own exceptions stand before it. */
const ORDER = [
  "errors.ts", "version.ts", "shape.ts", "options.ts", "math.ts", "program.ts", "graph.ts", "op.ts",
  "ops/constant.ts", "ops/scale.ts", "ops/shape.ts", "ops/reduce.ts", "ops/gain.ts", "ops/binary.ts", "ops/activation.ts", "ops/rectifier.ts", "ops/smooth.ts", "ops/power.ts", "ops/matmul.ts",
  "ops/softmax.ts", "ops/loss.ts", "ops/distance.ts", "ops/margin.ts", "ops/entropy.ts", "ops/random.ts", "ops/convert.ts", "ops/update.ts", "ops/table.ts",
  "autodiff.ts", "passes/live.ts", "passes/order.ts", "passes/storage.ts", "passes/recompute.ts", "passes/alone.ts", "plan.ts", "compile.ts", "inflate.ts", "fast.ts", "source.ts", "core.ts", "session.ts", "trace.ts", "tensor.ts", "compiled.ts",
  "ops/index.ts", "yield.ts", "formats/json.ts", "formats/safetensors.ts", "formats/half.ts", "formats/weights.ts",
  "initializers/initializer.ts", "initializers/index.ts", "initializers/resolve.ts",
  "layers/layer.ts", "layers/dense.ts", "layers/sequential.ts", "layers/activations.ts", "layers/index.ts", "layers/table.ts",
  "losses/loss.ts", "losses/entropy.ts", "losses/margin.ts", "losses/regression.ts", "losses/similarity.ts", "losses/index.ts", "losses/table.ts",
  "metrics/metric.ts", "metrics/classes.ts", "metrics/confusion.ts", "metrics/numbers.ts", "metrics/index.ts", "metrics/resolve.ts",
  "optimizers/optimizer.ts", "optimizers/formula.ts", "optimizers/adaptive.ts", "optimizers/moments.ts", "optimizers/lbfgs.ts", "optimizers/index.ts",
  "penalties/penalty.ts", "penalties/index.ts",
  "schedules/schedule.ts", "schedules/decays.ts", "schedules/cycles.ts", "schedules/sequence.ts", "schedules/monitor.ts", "schedules/plateau.ts",
  "schedules/index.ts",
  "data/source.ts", "data/encoding.ts", "data/table.ts", "data/cells.ts", "data/csv.ts", "data/jsonl.ts", "data/parquet.ts", "data/binary.ts", "data/idx.ts", "data/zip.ts", "data/npy.ts",
  "data/columns.ts", "data/dates.ts", "data/murmur.ts", "data/schema.ts", "data/transforms.ts", "data/learners.ts", "data/preprocessing.ts", "network.ts", "formats/model.ts",
  "train/report.ts", "callbacks/callback.ts", "callbacks/index.ts", "train/objective.ts", "train/state.ts", "train/programs.ts", "train/checkpoint.ts",
  "train/dataset.ts", "train/evaluate.ts", "train/accumulate.ts", "train/average.ts", "train/split.ts", "train/setup.ts",
  "runtimes/kit.ts", "runtimes/thread.ts", "runtimes/site.ts", "runtimes/ranks.ts", "runtimes/worker.ts", "runtimes/twin.ts",
  "train/keeper.ts", "train/trainer.ts", "train/fit.ts", "train/streams.ts", "train/training.ts",
  "profile/clock.ts", "profile/work.ts", "profile/ceilings.ts", "profile/measure.ts", "profile/report.ts",
  "summary.ts", "model.ts", "profile/index.ts", "workerModel.ts", "runtimes/index.ts", "runtimes/edge.ts", "create.ts", "hash.ts", "findLearningRate.ts", "formats/saveAs.ts", "formats/stateDict.ts", "formats/inspect.ts",
  "data/philox.ts", "data/rows.ts", "data/partition.ts", "data/splits.ts", "data/shuffle.ts", "data/dataset.ts", "data/crossValidate.ts", "data/balance.ts", "data/hash.ts",
  "data/imageHeader.ts", "data/pixels.ts", "data/images.ts",
  "doctor/anatomy.ts", "doctor/figures.ts", "doctor/telling.ts", "doctor/remedy.ts", "doctor/probe.ts", "doctor/replay.ts", "doctor/signs.ts", "doctor/diagnose.ts", "doctor/index.ts",
  "formats/protobuf.ts", "formats/portable.ts", "formats/exported.ts", "formats/onnxOps.ts", "formats/rawRows.ts", "formats/onnx.ts", "formats/predictor.ts", "formats/torchOps.ts", "formats/pytorch.ts", "train/manifest.ts", "train/chain.ts", "train/rebuild.ts", "train/verify.ts",
  "runs/node.ts", "runs/store.ts", "runs/memory.ts", "runs/slots.ts", "runs/lock.ts", "runs/files.ts", "runs/browser.ts", "runs/place.ts", "runs/run.ts", "index.ts",
  // what the command line and the trainer page share
  "advice/text.ts", "advice/failure.ts", "advice/rows.ts", "advice/scores.ts", "advice/report.ts", "advice/choose.ts", "advice/data.ts", "advice/prepare.ts",
  "cli/text.ts", "cli/terminal.ts", "cli/args.ts", "cli/interrupt.ts", "cli/files.ts", "cli/transforms.ts", "cli/settings.ts", "cli/words.ts", "cli/show.ts", "cli/data.ts", "cli/models.ts", "cli/imageFolder.ts",
  "cli/scoring.ts", "cli/stream.ts", "cli/ready.ts", "cli/plan.ts", "cli/train.ts", "cli/predict.ts", "cli/evaluate.ts", "cli/inspect.ts", "cli/export.ts", "cli/doctor.ts", "cli/findLr.ts", "cli/crossvalidate.ts",
  "cli/verify.ts", "cli/profile.ts", "cli/open.ts", "cli/commands.ts", "cli/main.ts",
];

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true }).map(String).filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".d.ts")).sort();

/** Paths of the files that a file imports, types included, from the repository's root. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?"(\.[^"]+)"/g)].map(([, path]) => {
    const target = relative(root, resolve(root, dirname(file), path!.replace(/\?(script|gzip)$/, ""))); // a script as text
    return file.startsWith("assembly/") && !target.endsWith(".ts") ? `${target}.ts` : target;
  });
}

/** The text without comments and strings. */
function code(file: string): string {
  return readFileSync(join(root, file), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
}

/** The trainer page, above all: what unpacks it, texts, then the form that predictor.html has too, then the engine, which is in a worker, then what draws. */
const PAGE = ["page/loader/", "page/text/", "page/form/", "page/engine/", "page/ui/", "page/main.tsx"], room = (file: string): number => PAGE.findIndex((name) => file.startsWith(name));
const library = (): string[] => files("src").filter((file) => !file.startsWith("page/"));

test("every file of src has its place in the order", () => {
  expect(library()).toEqual([...ORDER].sort());
  expect(files("src").filter((file) => file.startsWith("page/") && room(file) < 0)).toEqual([]);
});

test("of the page, no room imports from one above it, nor of the command line, and what draws knows of the engine but what it says", () => {
  const wrong = files("src").filter((file) => file.startsWith("page/")).flatMap((file) => imports(`src/${file}`).map((path) => path.replace(/^src\//, "")).filter((path) =>
    path.startsWith("cli/") || path.startsWith("page/") && !path.startsWith("page/samples/") && (room(path) > room(file) || (file.startsWith("page/ui/") && path.startsWith("page/engine/") && !/^page\/engine\/(api(\/\w+)?|parts|outline|messages)\.ts$/.test(path))))
    .map((path) => `${file} imports ${path}`));
  expect(wrong).toEqual([]);
});

test("a file imports only from those above it: no upward import, no cycle", () => {
  const wrong = ORDER.flatMap((file, place) =>
    imports(`src/${file}`).filter((path) => path.startsWith("src/")).flatMap((path) => {
      const other = ORDER.indexOf(path.slice(4));
      return other >= 0 && other < place ? [] : [`${file} imports ${path}`];
    }));
  expect(wrong).toEqual([]);
});

test("src imports nothing of assembly but isa.ts, the built cores and probes; assembly nothing of src", () => {
  const crossing = library().flatMap((file) => imports(`src/${file}`).filter((path) => !path.startsWith("src/")));
  expect([...new Set(crossing)].sort()).toEqual(["assembly/isa.ts", "build/core.wasm", "build/fast.wasm", "build/probes.wasm"]);
  const others = files("assembly").flatMap((file) => imports(`assembly/${file}`).filter((path) => !path.startsWith("assembly/")));
  expect(others).toEqual([]);
});

test("only core.ts touches WebAssembly, and source.ts, which asks for relaxed SIMD", () => {
  const users = files("src").filter((file) => /\bWebAssembly\.(compile|instantiate|validate|Instance|Memory\()/.test(code(`src/${file}`)));
  expect(users).toEqual(["core.ts", "source.ts"]);
});

test("isa.ts has enums only: every tool reads it alike", () => {
  expect(code("assembly/isa.ts").replace(/export enum \w+ \{[^}]*\}/g, "").trim()).toBe("");
});

test("nothing in src whose bits differ between engines, locales or times of day", () => {
  const banned = [
    /\bMath\.(pow|exp|expm1|log|log2|log10|log1p|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|cbrt|hypot|random)\b/,
    /\*\*/, /\btoLocale\w*\(/, /\bIntl\b/, /\bnew Date\b/, /\bDate\.now\b/, /\blocaleCompare\b/, /\bsetTimeout\b/,
  ];
  const allowed = [
    "yield.ts: \\bsetTimeout\\b", // for engines that have nothing else
    "runtimes/ranks.ts: \\bsetTimeout\\b", // a deadline for a worker's start
    "runs/lock.ts: \\bsetTimeout\\b", // between two looks at another process's heart
    "page/engine/keeper.ts: \\bsetTimeout\\b", // between two writings
  ];
  const found = files("src").filter((file) => !file.startsWith("page/ui/")).flatMap((file) => banned.filter((pattern) => pattern.test(code(`src/${file}`))).map((pattern) => `${file}: ${pattern.source}`));
  expect(found.sort()).toEqual(allowed.sort());
});

test("the library prints nothing", () => {
  expect(files("src").filter((file) => /\bconsole\./.test(code(`src/${file}`)))).toEqual([]);
});

test("the published package has no dependency and exports what it says", async () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, any>;
  expect(manifest.dependencies).toBeUndefined();
  expect(manifest.sideEffects).toBe(false);
  expect(Object.keys(manifest.exports)).toEqual([".", "./ops", "./fast", "./worker", "./core.wasm", "./fast.wasm", "./trainer.html", "./package.json"]);
});

test("no file names a path of a machine or a registry's host", () => {
  const tracked = ["package-lock.json", "package.json", ".npmrc", "README.md", "CONTRIBUTING.md"];
  for (const file of tracked) expect(readFileSync(join(root, file), "utf8")).not.toMatch(/"resolved"|https?:\/\/registry|\/home\/|\/root\//);
});
