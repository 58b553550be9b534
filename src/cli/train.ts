// lanewise train: from a file to a model, with every choice told. Its folder is what it goes on from.
//
//   penguins-species/
//     run.json            what was asked for and chosen: a run goes on with that
//     checkpoints/        manifest and checkpoints (keepRun)
//     model.safetensors   the model, with what turns raw rows into numbers
//     report.json         choices, losses by epoch, figures of the rows that were held out

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { audit, doctor, earlyStopping, type Finding, hash, keepRun, type Model, r2, type Report } from "../index.ts";
import { VERSION } from "../version.ts";
import { command, shell } from "./args.ts";
import { dashed, plural, short } from "../advice/text.ts";
import { failed, UsageError } from "../advice/failure.ts";
import { type Asked, choose, english, type Plan } from "../advice/choose.ts";
import { kindOf } from "./data.ts";
import { isThere, makeFolder, wantFolder, writeWhole } from "./files.ts";
import { hashOfImages } from "./imageFolder.ts";
import { interruptCode, onInterrupt } from "./interrupt.ts";
import { rated } from "./plan.ts";
import { lossOf, modelOf, numbersOf, optimizerOf, type AnyReady, scheduleOf, taught, weighted } from "../advice/prepare.ts";
import { prepare, type Wanted } from "./ready.ts";
import { type Scored, score } from "./scoring.ts";
import { PICTURES, READING, type Settings, settingsOf, TRAINING } from "./settings.ts";
import { showChoices, showClasses, showFindings, showNumbers, showSchema } from "./show.ts";
import { type Part, Progress, type Terminal, timeLeft } from "./terminal.ts";
import { clean } from "./text.ts";

const FLAGS = {
  ...TRAINING,
  labels: { kind: "text", value: "FILE", help: "the labels of an IDX file; found beside it by MNIST's names" },
  out: { kind: "text", value: "FOLDER", help: "the run's folder; by default named after data and target" },
  config: { kind: "text", value: "FILE", help: "settings, instead of lanewise.json in the current folder" },
  fresh: { kind: "yes", help: "begin anew, though the folder holds a run: it is replaced" },
  force: { kind: "yes", help: "go on, though data or settings are not those that the run began with" },
  checkpoint: { kind: "number", least: 0.1, value: "SECONDS", help: "time between two checkpoints; 10 by default" },
  keep: { kind: "count", word: "all", value: "N|all", help: "checkpoints that stay, the newest; 3 by default" },
  stepHashes: { kind: "yes", help: "note a hash of the weights after each step, so that verify can name the step; slower" },
  ...PICTURES,
  ...READING,
} as const;

/** What run.json holds. */
interface Saved {
  readonly lanewise: string;
  readonly data: string;
  /** SHA-256 of that file. */
  readonly sha256?: string | undefined;
  /** What lanewise.json said. */
  readonly config?: Settings | undefined;
  readonly settings: Wanted;
  readonly plan: Plan;
  readonly finished: boolean;
}

export const train = command({
  name: "train",
  summary: "Trains a model on a table or on images, and chooses what nobody has said, with reasons.",
  about: "Reads CSV, JSON Lines, Parquet, IDX (MNIST's files) and npz, plain or gzip; and a folder, or a zip archive of it, in which each folder is a class with PNG and JPEG files. A part of the rows is held out; the model's figures are of those. "
    + "If the folder holds a run that has not ended, it goes on where it was. Ctrl+C saves first; a second one quits at once.\n\n"
    + "Flags win over lanewise.json in the current folder, which has the same names in camelCase; its JSON schema lies in the package: dist/lanewise.schema.json.",
  arguments: [{ name: "DATA", help: "a file of rows, or a folder of images" }],
  flags: FLAGS,
  unheard: true,
  examples: ["lanewise train penguins.csv --target species", "lanewise train houses.parquet --target price --hidden 128,64 --epochs 50", "lanewise train train-images-idx3-ubyte.gz --epochs 5", "lanewise train flowers/ --image-size 24x24"],
  async run(terminal, [path], { out, config, fresh = false, force = false, checkpoint = 10, keep = 3, stepHashes = false, labels, ...given }) {
    const { settings, from, file, own } = await settingsOf(given, config), flags: Wanted = { ...given, ...(labels !== undefined && { labels }) };
    const folder = out ?? folderOf(path!, settings.target), saved = await runToGoOn(folder, fresh);
    const release = onInterrupt(() => terminal.interrupted(saved ? `Stopped before the training went on: the run in ${folder} is as it was.` : "Stopped before anything was trained: nothing is saved.", interruptCode()));
    const kind = await kindOf(path!);
    await wantFolder(folder, "--out");
    const sha256 = kind === "images" ? await hashOfImages(path!) : await hashOf(path!);
    if (saved && !force) wantSameConfig(folder, saved, own, flags, file);
    // a model that is gone is written again, from the last checkpoint
    if (saved?.finished && !force && (await isThere(join(folder, "model.safetensors")))) return told(terminal, folder, saved, flags, { data: basename(resolve(path!)), sha256 });
    const wanted: Wanted = saved ? { ...saved.settings, ...flags } : { ...settings, ...flags }, ready = await prepare(path!, wanted, new Progress(terminal));
    if (file) terminal.note(`settings from ${file}`);
    terminal.heading(clean(`${ready.name}: ${plural(ready.facts.rows, "row")} to train on, ${plural(heldRows(ready), "row")} held out`));
    showSchema(terminal, ready);
    for (const note of ready.notes) terminal.tell(clean(english(note)));
    const { plan, model } = await planned(terminal, ready, wanted, saved, force, (name) => (saved ? "as the run began" : from(name)));
    // not before all is known to be sound: an old run stays where a new one cannot begin. What is ours, and nothing else
    if (fresh) for (const name of ["run.json", "checkpoints", "model.safetensors", "report.json"]) await rm(join(folder, name), { recursive: true, force: true });
    await makeFolder(folder);
    const about: Saved = { lanewise: VERSION, data: basename(resolve(path!)), sha256, config: saved?.config ?? own, settings: { ...wanted, ...(ready.facts.stream && { stream: true }) }, plan, finished: false };
    await save(folder, "run.json", about);
    release();
    return fitted(terminal, { ready, plan, model, folder, wanted, about, force, checkpoint, keep: keep === "all" ? Infinity : keep, stepHashes });
  },
});

function folderOf(path: string, target: string | undefined): string {
  const stem = basename(resolve(path)).replace(/\.gz$/i, "").replace(/\.[^.]+$/, "");
  return `${stem}${target === undefined ? "" : `-${target.replace(/[^\p{L}\p{N}_-]+/gu, "_")}`}-run`;
}

/** The run that train goes on with; undefined where it begins one.
 *
 * @throws UsageError for a folder of something else.
 */
async function runToGoOn(folder: string, fresh: boolean): Promise<Saved | undefined> {
  const names: string[] = await readdir(folder).catch((error: { code?: string }): string[] => {
    if (error.code === "ENOENT") return [];
    throw new UsageError(`--out: ${folder} ${error.code === "ENOTDIR" ? "is a file" : `cannot be read (${error.code})`}`);
  });
  if (names.length && !names.includes("run.json")) throw new UsageError(`--out: ${folder} is there, and holds no run of lanewise: name another folder`);
  return fresh ? undefined : savedRun(folder, "; --fresh begins anew");
}

/** The run that a folder holds; undefined where it holds none. */
export async function savedRun(folder: string, advice = ""): Promise<Saved | undefined> {
  const file = join(folder, "run.json");
  try {
    const saved = JSON.parse(await readFile(file, "utf8")) as Saved;
    if (!saved.plan?.loss || !saved.settings) throw new Error("it says nothing of a run");
    return saved;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw failed(file, `cannot be used: ${(error as Error).message}${advice}`, "bad-run");
  }
}

/** Other words in lanewise.json than those that a run began with are not passed over, but for what a flag says anyhow. */
function wantSameConfig(folder: string, { config }: Saved, own: Settings | undefined, flags: Wanted, file: string | undefined): void {
  if (!config || !own) return;
  const names = [...new Set([...Object.keys(config), ...Object.keys(own)])] as (keyof Settings)[];
  const other = names.find((name) => !Object.hasOwn(flags, name) && JSON.stringify(own[name]) !== JSON.stringify(config[name]));
  if (other === undefined) return;
  const said = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));
  throw failed(`the run in ${folder}`, `began with ${said(config[other])} as ${other} in ${file}, and now it is ${said(own[other])}: --fresh begins anew, --force goes on with what it began with`, "resume-mismatch");
}

/** Undefined of a pipe, which can be read once. */
async function hashOf(path: string): Promise<string | undefined> {
  if (!(await stat(path)).isFile()) return undefined;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** A run that is over. */
function told(terminal: Terminal, folder: string, { settings, ...saved }: Saved, flags: Wanted, { data, sha256 }: Pick<Saved, "data" | "sha256">): number {
  if (saved.sha256 !== undefined && sha256 !== undefined && saved.sha256 !== sha256)
    throw failed(folder, `its run has ended, and ${saved.data === data ? "this file was another one then" : `its data were another file, ${saved.data}`}: --fresh begins anew, --out takes another folder`, "resume-mismatch");
  const other = Object.entries(flags).find(([name, value]) => JSON.stringify(value) !== JSON.stringify(settings[name as keyof Wanted]));
  if (other) throw new UsageError(`the run in ${folder} has ended, with other settings (--${dashed(other[0])}): --fresh begins anew, --out takes another folder`);
  terminal.emit("done", { folder, finished: true, model: join(folder, "model.safetensors") });
  terminal.tell(`The run in ${folder} has ended: its model is ${join(folder, "model.safetensors")}. --fresh begins anew.`);
  return 0;
}

const heldRows = ({ raw }: AnyReady): number => raw.reduce((sum, part) => sum + part.rows, 0);

/** The plan of a run: chosen, or what it began with. */
async function planned(
  terminal: Terminal, ready: AnyReady, wanted: Wanted, saved: Saved | undefined, force: boolean, from: (name: string) => string,
): Promise<{ plan: Plan; model: Model }> {
  const asked = wanted as Asked;
  if (saved && !force) {
    const { plan } = choose(ready.facts, { ...asked, learningRate: saved.plan.learningRate! }), differs = differing(plan, saved.plan);
    if (differs)
      throw failed("the run in this folder", `began with ${JSON.stringify(saved.plan[differs])} as ${differs === "outputs" || differs === "task" || differs === "initializer" ? differs : `--${dashed(differs)}`}, and now it is ${JSON.stringify(plan[differs])}: --fresh begins anew, --force goes on all the same`, "resume-mismatch");
    return { plan: saved.plan, model: await modelOf(ready, saved.plan, wanted) };
  }
  const found = await rated({ ready, wanted, ...choose(ready.facts, asked, from) });
  showChoices(terminal, found.choices);
  return found;
}

function differing(a: Plan, b: Plan): keyof Plan | undefined {
  return (Object.keys(a) as (keyof Plan)[]).find((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
}

interface Work {
  readonly ready: AnyReady;
  readonly plan: Plan;
  readonly model: Model;
  readonly folder: string;
  readonly wanted: Wanted;
  readonly about: Saved;
  readonly force: boolean;
  readonly checkpoint: number;
  readonly keep: number;
  readonly stepHashes: boolean;
}

const save = (folder: string, name: string, value: unknown): Promise<void> => writeWhole(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);

/** Options of fit. */
export function fitOptions({ facts, heldOut }: AnyReady, plan: Plan, { seed = 0 }: Wanted) {
  const schedule = scheduleOf(plan);
  return {
    loss: lossOf(plan), optimizer: optimizerOf(plan), ...(schedule && { schedule }), batchSize: plan.batchSize, epochs: plan.epochs, seed,
    validation: weighted(heldOut, plan), metrics: facts.task !== "number" ? ["accuracy" as const] : facts.stream ? [] : [r2()], // R² wants all rows of the training data
    callbacks: plan.patience ? [earlyStopping({ patience: plan.patience })] : [],
  };
}

async function fitted(terminal: Terminal, work: Work): Promise<number> {
  const { ready, plan, model, folder, wanted, about, force, checkpoint, keep, stepHashes } = work, progress = new Progress(terminal);
  const findings = new Map<string, Finding>(), place = join(folder, "checkpoints");
  let interrupted = false, from = 0;
  const run = keepRun(place, {
    every: { seconds: checkpoint }, keep, force,
    onResume: (step) => {
      from = step;
      terminal.emit("resume", { folder, step });
      terminal.say(`Going on with the run in ${folder}, after step ${step}.`);
    },
    onStorageError: (error) => terminal.note(`checkpoint: ${clean(error.message)}`),
  });
  const options = fitOptions(ready, plan, wanted), rows = taught(ready.training, plan, wanted), perEpoch = Math.ceil(("y" in rows ? numbersOf(rows.y).length : ready.facts.rows) / plan.batchSize);
  let last: Report | undefined, started = performance.now();
  const training = model.fit(rows, {
    ...options, callbacks: [...options.callbacks, audit({ stepHashes })], run, doctor: doctor(),
    // a look at each step makes short ones longer: only where epochs are long
    ...(perEpoch > 200 && { onStep: ({ step, steps }: { step: number; steps: number }) => {
      if (step === from + 1) started = performance.now(); // a stream has been read as far as its order wants
      progress.show(() => stepParts(last, plan, step, steps, from, started));
    } }),
  } as never);
  onInterrupt(() => {
    interrupted = true;
    progress.end();
    terminal.note("Saving … (once more quits at once)");
    training.stop();
  });
  try {
    for await (const report of training as AsyncIterable<Report & Record<string, any>>) {
      last = report;
      for (const finding of report.findings) findings.set(`${finding.code} ${finding.layer ?? ""}`, finding);
      terminal.emit("epoch", { ...report, findings: undefined });
      progress.show(() => epochParts(report, plan, perEpoch, from, started), report.epoch === plan.epochs);
    }
    // early stopping has ended it
    if (last && last.epoch < plan.epochs && !interrupted) progress.show(() => epochParts(last!, plan, perEpoch, from, started), true);
  } finally {
    progress.end();
  }
  const history = await training;
  if (interrupted) {
    terminal.emit("interrupted", { folder, step: run.step });
    terminal.say(`Stopped after step ${run.step}, and saved. To go on:`);
    terminal.say(`  lanewise ${process.argv.slice(2).filter((argument) => argument !== "--fresh").map(shell).join(" ")}`);
    model.dispose();
    return interruptCode();
  }
  const scored = await score(model, ready.raw), file = join(folder, "model.safetensors");
  await writeWhole(file, model.save());
  await save(folder, "report.json", reportOf(work, history.columns, scored, [...findings.values()]));
  await save(folder, "run.json", { ...about, finished: true });
  await finish(terminal, work, scored, file, [...findings.values()], history.epochs as readonly Report[]);
  model.dispose();
  return 0;
}

function epochParts(report: Report & Record<string, any>, plan: Plan, perEpoch: number, from: number, started: number): Part[] {
  const { epoch, loss, rowsPerSecond } = report, validation = report.validation as Record<string, number> | undefined, done = epoch * perEpoch - from;
  const left = timeLeft(done, plan.epochs * perEpoch - from, (performance.now() - started) / 1000);
  const figure = validation?.accuracy !== undefined ? `${plan.classWeights ? "balanced " : ""}accuracy ${Number(validation.accuracy).toFixed(3)}` : validation?.r2 !== undefined ? `R² ${Number(validation.r2).toFixed(3)}` : "";
  return [
    { text: `epoch ${String(epoch).padStart(String(plan.epochs).length)}/${plan.epochs}`, rank: 0 },
    { text: `loss ${digits(loss)}`, rank: 3 }, { text: `held out: loss ${digits(validation?.loss)}`, rank: 4 }, ...(figure ? [{ text: figure, rank: 2 }] : []),
    { text: `${short(Math.round(rowsPerSecond))} rows/s`, rank: 5 }, ...(left ? [{ text: plan.patience ? `at most ${left}` : left, rank: 1 }] : []),
  ];
}

function stepParts(last: Report | undefined, plan: Plan, step: number, steps: number, from: number, started: number): Part[] {
  const left = timeLeft(step - from, steps - from, (performance.now() - started) / 1000);
  const known = last as (Report & Record<string, any>) | undefined;
  return [
    { text: `epoch ${(known?.epoch ?? 0) + 1}/${plan.epochs}`, rank: 0 }, { text: `step ${step}/${steps}`, rank: 2 },
    ...(known ? [{ text: `held out: loss ${digits(known.validation?.loss)}`, rank: 3 }] : []), ...(left ? [{ text: plan.patience ? `at most ${left}` : left, rank: 1 }] : []),
  ];
}

/** Four digits that stand still. */
const digits = (x: number | undefined): string => (x === undefined ? "–" : x >= 1000 || x < 0.001 ? x.toExponential(2) : x.toPrecision(4));

function reportOf({ ready, plan, model, about }: Work, history: Record<string, number[]>, scored: Scored, findings: readonly Finding[]): object {
  const { facts, schema, name } = ready;
  return {
    lanewise: VERSION, data: { name, target: facts.target, rows: facts.rows, heldOut: heldRows(ready) }, settings: about.settings, plan,
    ...(schema && { columns: schema.columns }), scores: scored.scores, history, findings, model: { file: "model.safetensors", hash: hash(model) },
  };
}

/** The end, as people read it. */
async function finish(terminal: Terminal, { ready, plan, model, folder }: Work, scored: Scored, file: string, findings: readonly Finding[], epochs: readonly Report[]): Promise<void> {
  const best = epochs.reduce((at, { validation }, i) => ((validation?.loss ?? Infinity) < (epochs[at]?.validation?.loss ?? Infinity) ? i : at), 0);
  terminal.say();
  if (plan.patience) terminal.tell(`The held-out loss was lowest in epoch ${epochs[best]?.epoch ?? 0} of ${epochs.length}: the model has the weights of then.`);
  terminal.heading(`Held-out rows${plan.patience ? " (they also said when to stop)" : ""}`);
  if (scored.kind === "classes") showClasses(terminal, scored.scores);
  else showNumbers(terminal, scored.scores);
  // early stopping has done what these advise
  const told = plan.patience ? findings.filter(({ code }) => code !== "overfitting" && code !== "plateau") : findings;
  if (told.length) {
    terminal.say();
    terminal.heading("The doctor found");
    showFindings(terminal, told);
  }
  terminal.emit("done", {
    folder, finished: true, model: file, report: join(folder, "report.json"), hash: hash(model), epochs: epochs.length, bestEpoch: epochs[best]?.epoch ?? 0,
    task: ready.facts.task, scores: scored.scores,
  });
  terminal.say();
  terminal.say(`Saved: ${file}`);
  terminal.say(`       ${join(folder, "report.json")}`);
  terminal.say();
  terminal.say("Next:");
  terminal.say(`  lanewise predict ${shell(file)} ${ready.kind === "images" ? "IMAGE.png" : "ROWS.csv"}`);
  terminal.say(`  lanewise export ${shell(file)} --format onnx`);
}
