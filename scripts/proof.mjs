// The catalogue beside PyTorch, tfjs and jax-js, with the worst error of all that the tests compare; vector math in ulp; the
// ONNX backend tests. The tests measure: this runs them and prints what they noted. `npm run proof`

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { askJax, askTfjs, askTorch, POINTS, versions } from "../test/proof/peers.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), ".."), folder = join(root, "build/proof"), report = join(root, "build/proof.json");
const FILES = ["ops", "layers", "losses", "catalogue-losses", "curves", "optim", "rates", "schedules", "table"].map((name) => `test/torch/${name}.test.ts`)
  .concat("test/ops/elementary.test.ts", "test/onnx", "test/proof");
/** What has to be measured of each family, in which columns. */
const PARTS = {
  activations: ["value", "gradient", "second"], losses: ["value", "gradient", "second"], optimizers: ["losses", "parameters"],
  schedules: ["rates", "losses", "parameters"], initializers: [], metrics: [],
};
const NEEDED = { activations: ["value", "gradient"], losses: ["value", "gradient"], optimizers: ["parameters"], schedules: ["rates", "losses"], initializers: [], metrics: [] };
const SUITES = {
  activations: ["ops", "layers"], losses: ["losses", "losses of the catalogue"], optimizers: ["curves", "optimizers"], schedules: ["schedules", "rates"],
};
const ELSEWHERE = { initializers: "their distributions are in test/regularisation.test.ts", metrics: "formulas in f64 and scikit-learn's numbers are in test/metrics.test.ts" };

const problems = [];
const say = (line = "") => console.log(line);
const number = (x) => (x === undefined ? "" : x === 0 ? "0" : Number(x).toExponential(1));
const bound = (x) => Number(x).toExponential().replace(".0e", "e");

// the tests
rmSync(folder, { recursive: true, force: true });
rmSync(report, { force: true });
const run = spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", "--reporter=json", `--outputFile=${report}`, ...FILES], {
  cwd: root, env: { ...process.env, LANEWISE_PROOF: folder }, encoding: "utf8", maxBuffer: 2 ** 28,
});
const tests = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
for (const file of tests?.testResults ?? []) {
  if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed")) problems.push(`${file.name.slice(root.length + 1)}: ${file.message.split("\n")[0]}`);
  for (const test of file.assertionResults) {
    if (test.status === "failed") problems.push(`${test.fullName}: ${test.failureMessages[0]?.split("\n")[0]}`);
    if (test.status === "pending" || test.status === "skipped") problems.push(`not run: ${test.fullName}`);
  }
}
if (!tests) problems.push(`the tests did not run: ${(run.stderr || run.stdout || String(run.error)).trim().split("\n").at(-1)}`);
else if (run.status !== 0 && problems.length === 0) problems.push("the tests failed");

const read = (name) => (existsSync(join(folder, name)) ? JSON.parse(readFileSync(join(folder, name), "utf8")) : undefined);
const noted = new Map(existsSync(folder) ? readdirSync(folder).map((name) => [name.slice(0, -5), read(name)]) : []);

/** The worst of a row's fixtures, by part; what is nearest to its tolerance where tolerances differ. */
function worstOf({ family, name, ops = [] }) {
  const own = (SUITES[family] ?? []).flatMap((suite) => (noted.get(suite) ?? []).filter(({ of }) => of === name));
  const all = [...own, ...(noted.get("ops") ?? []).filter(({ of }) => ops.includes(of) && family !== "activations")];
  return Object.fromEntries(PARTS[family].flatMap((part) => {
    const rows = all.filter((row) => row.part === part);
    return rows.length ? [[part, rows.reduce((a, b) => (Number(b.error) / b.most > Number(a.error) / a.most ? b : a))]] : [];
  }));
}

// the peers
const rows = JSON.parse(readFileSync(join(root, "test/proof/catalogue.json"), "utf8")), loud = [];
const { createModel, layers } = await import("../dist/index.js");
const ours = new Map();
for (const { family, name } of rows.filter((row) => row.family === "activations")) {
  const model = await createModel(layers[name](), { input: [POINTS.length] });
  ours.set(name, [...model.predict([POINTS]).data]);
  model.dispose();
}
const answers = { torch: askTorch(rows), tfjs: versions.tfjs && (await askTfjs(rows, ours)), jax: versions.jax && (await askJax(rows, ours)) };
if (!answers.torch) loud.push("NOT CHECKED: PyTorch's names; python3-torch is missing");
else for (const name of answers.torch.missing) problems.push(`PyTorch ${answers.torch.version} has no ${name}`);
for (const peer of ["tfjs", "jax"]) {
  if (!answers[peer]) loud.push(`NOT CHECKED: ${peer === "jax" ? "jax-js" : peer}'s names; npm ci in bench/ installs the package`);
  else for (const [row, { problem }] of answers[peer]) if (problem) problems.push(`${row.name} in ${peer === "jax" ? "jax-js" : peer} (${row[peer] ?? "–"}): ${problem}`);
}
const named = (row, peer) => (row[peer] ? row[peer].replace(/^nn\.|^optim\.(lr_scheduler\.)?|^losses\.|^train\.|^(nn\.)?init(ializers)?\.|^metrics\.|^numpy\.|^math\./g, "").replace(/^init\./, "") + (answers[peer]?.get?.(row)?.other ? " ≠" : "") : "–");

function table(heads, lines) {
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i].length)));
  const row = (cells) => cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd();
  say(row(heads));
  say("-".repeat(Math.min(100, widths.reduce((a, b) => a + b + 2, -2))));
  for (const line of lines) say(row(line));
  say();
}

say(`The catalogue beside PyTorch ${answers.torch?.version ?? "(missing)"}, tfjs ${versions.tfjs ?? "(missing)"} and jax-js ${versions.jax ?? "(missing)"}. Errors are the`);
say("worst of all fixtures against float64, relative to max(1, |x|) or narrower; no more than the tolerance");
say("is let pass. 'name' in tfjs is an option of its layers or models; ≠ is another formula by default.");
say();
const worst = {};
for (const family of Object.keys(PARTS)) {
  const parts = PARTS[family];
  table([family, "PyTorch", "tfjs", "jax-js", ...parts, ...(parts.length ? ["tolerance"] : [])], rows.filter((row) => row.family === family).map((row) => {
    const found = worstOf(row);
    for (const part of NEEDED[family]) if (!found[part] && !(part === "losses" && row.name === "lion")) problems.push(`${row.name}: no fixture for ${part}`);
    for (const [part, { error, most, where }] of Object.entries(found)) {
      if (!(Number(error) <= most)) problems.push(`${row.name}: ${part} is off by ${number(error)}, more than ${bound(most)}: ${where}`);
      if (!(worst[part]?.error >= Number(error))) worst[part] = { error: Number(error), name: row.name };
    }
    const bounds = Object.entries(found).map(([part, { most }]) => [part, bound(most)]), first = bounds[0]?.[1] ?? "";
    const tolerance = [first, ...bounds.filter(([, most]) => most !== first).map(([part, most]) => `${part} ${most}`)].join(", ");
    return [row.name, named(row, "torch"), named(row, "tfjs"), named(row, "jax"), ...parts.map((part) => number(found[part]?.error)), ...(parts.length ? [tolerance] : [])];
  }));
  if (ELSEWHERE[family]) say(`  ${ELSEWHERE[family]}\n`);
}

const math = noted.get("vector math") ?? [];
table(["vector math", "worst ulp", "allowed", "where"], math.map(({ of, error, most, where }) => [of, Number(error).toFixed(2), String(most), where]));
if (math.length !== 5) problems.push("vector math: not all functions were measured");

const onnx = noted.get("ONNX cases");
if (!onnx) problems.push("the ONNX backend tests were not run");
else {
  const most = (noted.get("ONNX") ?? []).reduce((a, b) => (Number(b.error) > a.error ? { error: Number(b.error), where: b.where } : a), { error: 0, where: "" });
  say(`ONNX backend tests: ${onnx.passed} cases pass, worst error ${number(most.error)} of 2e-6 (${most.where});`);
  say(`${onnx.listed.length} do not, ${onnx.without} need operators that lanewise has not:`);
  for (const why of new Set(onnx.listed.map((one) => one.why))) {
    const cases = onnx.listed.filter((one) => one.why === why).map(({ name }) => name.replace("node/test_", ""));
    say(`  ${String(cases.length).padStart(2)}  ${why}`);
    let line = "     ";
    for (const name of cases) {
      if (line.length + name.length > 98) {
        say(line);
        line = "     ";
      }
      line += ` ${name}`;
    }
    say(line);
  }
  say();
}

for (const line of loud) say(line);
for (const problem of problems) say(`PROBLEM: ${problem}`);
const figure = (part) => (worst[part] ? `worst ${part} ${number(worst[part].error)} (${worst[part].name})` : `no ${part}`);
say(`${rows.length} rows, ${["value", "gradient", "second"].map(figure).join(", ")},`);
say(`${["losses", "parameters", "rates"].map(figure).join(", ")}; ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
