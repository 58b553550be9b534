// The catalogue beside PyTorch, tfjs and jax-js, with the worst error of all that the tests compare; vector math in ulp; the
// ONNX backend tests. The tests measure: this runs them and prints what they noted. `npm run proof`

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { askJax, askTfjs, askTorch, POINTS, versions } from "../test/proof/peers.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), ".."), folder = join(root, "build/proof"), report = join(root, "build/proof.json");
const FILES = ["ops", "layers", "losses", "catalogue-losses", "curves", "optim", "rates", "schedules"].map((name) => `test/torch/${name}.test.ts`)
  .concat("test/ops/elementary.test.ts", "test/onnx", "test/proof");
/** For each family: the suites that compare its names, the columns, and those that no row may lack. */
const FAMILIES = {
  activations: { suites: ["layers"], parts: ["value", "gradient", "second"], needed: ["value", "gradient"] },
  losses: { suites: ["losses", "losses of the catalogue"], parts: ["value", "gradient", "second"], needed: ["value", "gradient"] },
  optimizers: { suites: ["curves", "optimizers"], parts: ["losses", "parameters"], needed: ["parameters"] },
  schedules: { suites: ["schedules", "rates"], parts: ["rates", "losses", "parameters"], needed: ["rates", "losses"] },
  initializers: { suites: [], parts: [], needed: [], note: "their distributions are in test/regularisation.test.ts" },
  metrics: { suites: [], parts: [], needed: [], note: "f64 formulas and scikit-learn's numbers are in test/metrics.test.ts" },
};
/** The table's key of a peer, and its name. */
const PEERS = { torch: "PyTorch", tfjs: "tfjs", jax: "jax-js" };
/** What stands before a name there, and is left out in the table. */
const PREFIX = /^(nn|optim|lr_scheduler|init|losses|train|initializers|metrics|numpy|math)\./;

/** What fails, and what could not be looked at here. */
const problems = [], loud = [];
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
    if (test.status === "pending" || test.status === "skipped") loud.push(`NOT RUN: ${test.fullName}`);
  }
}
if (!tests) problems.push(`the tests did not run: ${(run.stderr || run.stdout || String(run.error)).trim().split("\n").at(-1)}`);
else if (run.status !== 0 && problems.length === 0) problems.push("the tests failed");

const read = (name) => (existsSync(join(folder, name)) ? JSON.parse(readFileSync(join(folder, name), "utf8")) : undefined);
const noted = new Map(existsSync(folder) ? readdirSync(folder).map((name) => [name.slice(0, -5), read(name)]) : []);

/** The worst of a row's fixtures, by part; what is nearest to its tolerance where tolerances differ. */
function worstOf({ family, name, ops = [] }) {
  const of = (suite, names) => (noted.get(suite) ?? []).filter((row) => names.includes(row.of));
  const all = [...FAMILIES[family].suites.flatMap((suite) => of(suite, [name])), ...of("ops", ops)];
  return Object.fromEntries(FAMILIES[family].parts.flatMap((part) => {
    const rows = all.filter((row) => row.part === part);
    return rows.length ? [[part, rows.reduce((a, b) => (Number(b.error) / b.most > Number(a.error) / a.most ? b : a))]] : [];
  }));
}

// the peers
const rows = JSON.parse(readFileSync(join(root, "test/proof/catalogue.json"), "utf8"));
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
  if (!answers[peer]) loud.push(`NOT CHECKED: ${PEERS[peer]}'s names; npm ci in bench/ installs the package`);
  else for (const [row, { problem }] of answers[peer]) if (problem) problems.push(`${row.name} in ${PEERS[peer]} (${row[peer] ?? "–"}): ${problem}`);
}

function nameThere(row, peer) {
  let name = row[peer] ?? "–";
  while (PREFIX.test(name)) name = name.replace(PREFIX, "");
  return name + (peer !== "torch" && answers[peer]?.get(row)?.other ? " ≠" : "");
}

function table(heads, lines) {
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i].length)));
  const row = (cells) => cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd();
  say(row(heads));
  say("-".repeat(widths.reduce((a, b) => a + b + 2, -2)));
  for (const line of lines) say(row(line));
}

say(`The catalogue beside PyTorch ${answers.torch?.version ?? "(missing)"}, tfjs ${versions.tfjs ?? "(missing)"} and jax-js ${versions.jax ?? "(missing)"}. Errors are the`);
say("worst of all fixtures against float64, relative to max(1, |x|) or narrower; ≤ is the tolerance (of");
say("each column, where they differ). 'name' in tfjs is an option of its layers or models; ≠: another");
say("formula by default.");
say();
const worst = {};
for (const [family, { parts, needed, note }] of Object.entries(FAMILIES)) {
  const own = rows.filter((row) => row.family === family), peers = Object.keys(PEERS).filter((peer) => own.some((row) => row[peer]));
  const lines = own.map((row) => {
    const found = worstOf(row);
    for (const part of needed) if (!found[part]) problems.push(`${row.name}: no fixture for ${part}`);
    for (const [part, { error, most, where }] of Object.entries(found)) {
      if (!(Number(error) <= most)) problems.push(`${row.name}: ${part} is off by ${number(error)}, more than ${bound(most)}: ${where}`);
      if (!(worst[part]?.error >= Number(error))) worst[part] = { error: Number(error), name: row.name };
    }
    const bounds = Object.values(found).map(({ most }) => bound(most));
    const tolerance = new Set(bounds).size > 1 ? bounds.join(" / ") : bounds.slice(0, 1).join();
    return [row.name, ...peers.map((peer) => nameThere(row, peer)), ...parts.map((part) => number(found[part]?.error)), ...(parts.length ? [tolerance] : [])];
  });
  table([family, ...peers.map((peer) => PEERS[peer]), ...parts, ...(parts.length ? ["≤"] : [])], lines);
  const none = Object.keys(PEERS).filter((peer) => !peers.includes(peer)).map((peer) => PEERS[peer]);
  if (none.length) say(`${none.join(" and ")}: none of the ${family}`);
  if (note) say(note);
  say();
}

const math = noted.get("vector math") ?? [];
table(["vector math", "ulp", "≤", "where the worst is"], math.map(({ of, error, most, where }) => [of, Number(error).toFixed(2), String(most), where]));
say();
if (math.length !== 5) problems.push("vector math: not all functions were measured");

const onnx = noted.get("ONNX cases");
if (onnx) {
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
const figure = (part) => `worst ${part === "second" ? "second gradient" : part} ${worst[part] ? `${number(worst[part].error)} (${worst[part].name})` : "unknown"}`;
say(["second", "losses"].map(figure).join(", "));
say(["parameters", "rates"].map(figure).join(", "));
say(`${rows.length} rows, ${["value", "gradient"].map(figure).join(", ")}; ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
