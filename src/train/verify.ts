// Training that can be proved: whoever has a run's checkpoints and its data trains again what lies between them, and looks whether the
// bits agree. Any engine will do, and any number of threads.

import type { LoadOptions } from "../create.ts";
import type { Running } from "../callbacks/callback.ts";
import type { Data, Stream } from "../data/columns.ts";
import { FormatError, LanewiseError, NonFiniteError, OptionError } from "../errors.ts";
import type { Layer } from "../layers/layer.ts";
import type { Model } from "../model.ts";
import { badOption, checkNames, isRecord, wantBoolean, wantCount, wantSeed } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import type { WorkerModel } from "../workerModel.ts";
import { type AuditNotes, auditNotes, firstLink, type Link, nextLink, parametersOf, stateHash, tensorsHash, valuesOf } from "./chain.ts";
import { openCheckpoint, type OpenedCheckpoint } from "./checkpoint.ts";
import type { FitOptions } from "./fit.ts";
import { canonical, compareManifests, differencesIn, makeManifest, type Manifest, partsOf } from "./manifest.ts";
import { modelOf, optionsOf } from "./rebuild.ts";
import type { StepReport } from "./report.ts";

/** A checkpoint where it is kept. */
export interface StoredCheckpoint {
  readonly step: number;
  bytes(): Uint8Array | Promise<Uint8Array>;
}

/** A run as it is kept: its checkpoints in their order, and its manifest. */
export interface StoredRun {
  readonly manifest?: Manifest | undefined;
  readonly checkpoints: Iterable<StoredCheckpoint | Uint8Array> | AsyncIterable<StoredCheckpoint | Uint8Array>;
}

export interface VerifyOptions extends Pick<LoadOptions, "threads" | "where" | "worker" | "memoryLimit" | "core"> {
  /** Steps of the checkpoints between which is trained again: 0 and the last one by default. 0 is the start of the run. */
  from?: number;
  to?: number;
  /** The model, where the run does not have it, or to begin at the start where its parameters were drawn in a way of your own: it has
   * them then. It has its own parameters again at the end. */
  model?: Model<any, any> | WorkerModel<any, any>;
  /** Layers of your own that the model has, by their type. */
  layers?: Readonly<Record<string, Layer>>;
  /** What the run has no more than a name of: a loss, an optimizer or a schedule of your own; validation data, if the schedule listens
   * to them. */
  options?: Partial<Pick<FitOptions, "loss" | "optimizer" | "schedule" | "penalty" | "metrics" | "validation">>;
  /** Lets checkpoints be missing, as where a run keeps the last few: what lies between is trained again at once. */
  gaps?: boolean;
  /** Told of each interval when it has been trained again. */
  onInterval?: (interval: Interval) => void;
  /** Ends it; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What lies between two checkpoints. */
export interface Interval {
  readonly from: number;
  readonly to: number;
  readonly ok: boolean;
}

/** What is wrong with a run. */
export interface Fault {
  /** "no-checkpoint" (its file is broken), "numerics-version", "fast-build", "other-data", "other-options", "other-manifest", "wrong-hash" (it is
   * not what the chain says), "broken-chain", "missing-checkpoint", "reordered", "other-bits" (training again gave others), "other-notes" (training again gave
   * other figures than the checkpoint tells, or another position), "nothing-to-replay". */
  readonly code: string;
  readonly message: string;
  /** Of the checkpoint that it is about. */
  readonly step?: number;
}

export interface Verification {
  /** Is there nothing wrong, and something that was trained again? */
  readonly ok: boolean;
  /** Do the checkpoints hang together? undefined for a run without audit(). */
  readonly chainOk: boolean | undefined;
  readonly intervals: readonly Interval[];
  /** The first interval whose bits do not agree; with stepHashes the step that gave others. */
  readonly firstBad?: { readonly from: number; readonly to: number; readonly step?: number };
  readonly faults: readonly Fault[];
}

/** One that has been opened. */
interface Opened extends OpenedCheckpoint {
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly notes: OpenedCheckpoint["notes"];
  readonly audit: AuditNotes | undefined;
}

/** Trains again what lies between the checkpoints of a run, on this machine, and says whether the bits agree: parameters, optimizer state and,
 * with ema, the average. Of a run with audit() among its callbacks the checkpoints alone are enough, and their chain is checked as well; of
 * others it wants `model` and `options`. What a checkpoint tells of the run is compared as well: its settings, its place in the data, the
 * figures of its reports, but for times, findings, metrics of your own and validation data that are not handed over. `run` is the checkpoints' bytes in their order, or what a store of runs gives.
 *
 * The chain says that no checkpoint was changed, left out or put elsewhere; that the numbers in it are those of the training, only training
 * again says. What it costs is the training itself, without its callbacks.
 *
 * A run that is wrong is no error: what is wrong stands in `faults` by name, and `firstBad` is the first interval that gave other bits.
 *
 * @throws (as a rejection) OptionError for options that do not fit, for `from` and `to` that are steps of no checkpoint, and for what the run
 * does not have and `options` or `model` should; what loadModel throws for a model that it cannot make.
 * @example
 * const model = await createModel(dense(1), { input: [1] }), data = { x: [[1], [2]], y: [1, 2] }, checkpoints = [];
 * const keep = { onEpoch: (_, training) => void checkpoints.push(training.checkpoint()) };
 * await model.fit(data, { loss: mse(), optimizer: sgd(), epochs: 3, callbacks: [audit(), keep] });
 * const { ok, chainOk, intervals } = await verify(checkpoints, data);
 * [ok, chainOk, intervals] // → [true, true, [{ from: 0, to: 1, ok: true }, { from: 1, to: 2, ok: true }, { from: 2, to: 3, ok: true }]]
 */
export async function verify(run: readonly Uint8Array[] | StoredRun, data: Data<any, any> | Stream<any, any>, options: VerifyOptions = {}): Promise<Verification> {
  checkNames("verify", options, ["from", "to", "model", "layers", "options", "gaps", "onInterval", "signal", "threads", "where", "worker", "memoryLimit", "core"]);
  const { from, to, signal, onInterval } = options, gaps = wantBoolean("gaps", options.gaps ?? false);
  if (from !== undefined) wantCount("from", from, 0);
  if (to !== undefined && wantCount("to", to) <= (from ?? 0)) throw badOption("to", to, `a step after ${from}`, { of: "verify" });
  checkNames("verify: options", options.options, ["loss", "optimizer", "schedule", "penalty", "metrics", "validation"]);
  const { checkpoints, manifest }: StoredRun = Array.isArray(run) ? { checkpoints: run as Uint8Array[] } : (isRecord(run) ? run : {}) as StoredRun;
  const listed = checkpoints as unknown as Record<symbol, unknown> | undefined;
  if (!listed?.[Symbol.asyncIterator] && !listed?.[Symbol.iterator]) throw badOption("run", run, "a list of checkpoints, or { manifest, checkpoints }", { of: "verify" });

  const faults: Fault[] = [], intervals: Interval[] = [], seen: number[] = [];
  const tell = (code: string, message: string, step?: number): void => void faults.push({ code, message, ...(step !== undefined && { step }) });
  let firstBad: Verification["firstBad"], before: Opened | undefined, player: Player | undefined, chained: boolean | undefined, first = true, hopeless = false;
  const judge = (interval: Interval, step?: number): void => {
    intervals.push(interval);
    if (!interval.ok) firstBad ??= { from: interval.from, to: interval.to, ...(step !== undefined && { step }) };
    onInterval?.(interval);
  };
  const inside = (a: number, b: number): boolean => a >= (from ?? 0) && b <= (to ?? Infinity);

  try {
    for await (const item of checkpoints as AsyncIterable<StoredCheckpoint | Uint8Array>) {
      if (signal?.aborted) throw signal.reason;
      const opened = await open(item, tell);
      if (!opened) {
        const step = (item as Partial<StoredCheckpoint>).step;
        if (typeof step === "number") seen.push(step);
        if (before && typeof step === "number" && inside(before.steps, step)) judge({ from: before.steps, to: step, ok: false });
        first = false;
        continue;
      }
      const { steps, audit } = opened;
      seen.push(steps);
      if (before && steps <= before.steps) {
        tell("reordered", `the checkpoint of step ${steps} comes after that of step ${before.steps}`, steps);
        if (audit) chained = false;
        continue;
      }
      if (audit) chained = checkChain(opened, before, first, gaps, manifest, tell) && chained !== false;
      else if (before?.audit) {
        tell("broken-chain", `the checkpoint of step ${steps} has no chain, and the one before it has`, steps);
        chained = false;
      }
      if (!player && !hopeless) {
        player = await makePlayer(opened, data, options, tell);
        hopeless = !player;
      }
      if (player && first && (from ?? 0) === 0 && inside(0, steps)) {
        const start = await player.start(opened);
        if (start) judge(...start);
      } else if (player && before && inside(before.steps, steps)) judge(...(await player.between(before, opened)));
      before = opened;
      first = false;
    }
  } finally {
    await player?.end();
  }
  for (const step of [from, to])
    if (step !== undefined && step !== 0 && before && !seen.includes(step)) throw badOption(step === from ? "from" : "to", step, `a checkpoint's step: ${seen.join(", ")}`, { of: "verify" });
  if (from === 0 && !hopeless && before && intervals[0]?.from !== 0)
    throw badOption("from", 0, `a checkpoint's step: ${seen.join(", ")}`, { of: "verify", fix: "the start wants the model with its first parameters: verify(run, data, { model })" });
  // one that is out of its order is there all the same
  const told = faults.filter(({ code, step }) => !(code === "missing-checkpoint" && seen.includes(step!)));
  faults.splice(0, faults.length, ...told);
  if (firstBad) tell("other-bits", `training again from step ${firstBad.from} to ${firstBad.to} gave other bits${firstBad.step === undefined ? "" : `, from step ${firstBad.step} on`}`, firstBad.step ?? firstBad.to);
  else if (!intervals.length && !faults.length) tell("nothing-to-replay", "there are no two checkpoints to train again between");
  return { ok: !faults.length, chainOk: chained, intervals, ...(firstBad && { firstBad }), faults };
}

type Tell = (code: string, message: string, step?: number) => void;

async function open(item: StoredCheckpoint | Uint8Array, tell: Tell): Promise<Opened | undefined> {
  if (!(item instanceof Uint8Array) && typeof item?.bytes !== "function") throw badOption("run", item, "checkpoints: bytes, or { step, bytes() }", { of: "verify" });
  const step = item instanceof Uint8Array ? undefined : item.step;
  try {
    const bytes = item instanceof Uint8Array ? item : await item.bytes(), opened = openCheckpoint(bytes);
    if (step !== undefined && step !== opened.steps) tell("reordered", `the checkpoint that is kept as that of step ${step} is of step ${opened.steps}`, step);
    return { ...opened, bytes, hash: stateHash(opened.file.tensors, opened), audit: auditNotes(opened) };
  } catch (error) {
    if (!(error instanceof LanewiseError)) throw error;
    tell(error.code === "numerics-version" ? error.code : "no-checkpoint", error.message, step);
    return undefined;
  }
}

/** Is it where the chain has it, and what it says? */
function checkChain({ audit, steps, hash }: Opened, before: Opened | undefined, first: boolean, gaps: boolean, manifest: Manifest | undefined, tell: Tell): boolean {
  const { links, dropped, manifest: own } = audit!, [root, ...more] = links as [Link, ...Link[]], last = links.at(-1)!;
  let ok = true;
  const fail: Tell = (...fault) => {
    ok = false;
    tell(...fault);
  };
  const expected = firstLink(own, root.step, root.hash);
  if (expected.chain !== root.chain) fail("broken-chain", `the chain in the checkpoint of step ${steps} does not begin with its manifest and first parameters`, steps);
  more.forEach((link, i) => {
    if (i === 0 && dropped) return; // what it hangs on was left out
    if (nextLink(links[i]!, link.step, link.hash).chain !== link.chain) fail("broken-chain", `in the checkpoint of step ${steps} the link of step ${link.step} does not hang on the one before it`, steps);
  });
  if (!more.length || last.step !== steps || last.hash !== hash) fail("wrong-hash", `the numbers in the checkpoint of step ${steps} are not those that its chain was made from`, steps);
  const differences = manifest ? compareManifests(manifest, own) : [];
  if (differences.length) fail("other-manifest", `the checkpoint of step ${steps} is of a run with another ${differences[0]!.what}`, steps);
  if (before?.audit && canonical(before.audit.manifest) !== canonical(own)) {
    fail("other-manifest", `the checkpoint of step ${steps} is of another run than that of step ${before.steps}, or of one that went on with other data or options`, steps);
    return ok;
  }
  const told = before?.audit?.links.at(-1), at = told ? more.findIndex(({ chain }) => chain === told.chain) : -1;
  if (told && at < 0 && !(dropped && told.step < more[0]!.step)) fail("broken-chain", `the checkpoint of step ${steps} does not come after that of step ${told.step}`, steps);
  // of the first one all that the chain has before it are missing
  const missing = told ? (at < 0 ? [] : more.slice(at + 1, -1)) : first ? more.slice(0, -1) : [];
  if (!gaps) for (const link of missing) fail("missing-checkpoint", `the chain has a checkpoint of step ${link.step}, before that of step ${steps}, and it is not there`, link.step);
  return ok;
}

/** Trains again. */
interface Player {
  /** From the start of the run; undefined where its first parameters are not known. */
  start(to: Opened): Promise<[Interval, number | undefined] | undefined>;
  between(from: Opened, to: Opened): Promise<[Interval, number | undefined]>;
  /** Puts everything back. */
  end(): Promise<void>;
}

/** Makes what trains again, if the data and options are those of the run. */
async function makePlayer(opened: Opened, data: Data | Stream, given: VerifyOptions, tell: Tell): Promise<Player | undefined> {
  const { audit, build, file } = opened, { model: own, threads, where, worker, memoryLimit, core, layers, signal } = given;
  if (build) {
    tell("fast-build", 'the run is of build: "fast", which makes no promise of bits');
    return undefined;
  }
  if (!audit && !(own && given.options?.loss && given.options.optimizer))
    throw badOption("run", "checkpoints without audit()", "callbacks: [audit()] in fit, or model, options.loss and options.optimizer", { of: "verify" });
  // its numbers come with the checkpoints; those of this one may be none that a model can have
  const parameters = new Map([...parametersOf(file.tensors)].map(([name, { data, shape }]) => [name, { data: new Float32Array(data.length), shape }]));
  const model: Model<any, any> | WorkerModel<any, any> = own ?? await modelOf(audit!, parameters, {
    ...(threads !== undefined && { threads }), ...(where && { where }), ...(worker && { worker }), ...(memoryLimit !== undefined && { memoryLimit }), ...(core !== undefined && { core }), ...(layers && { layers }),
  });
  const kept = own && new Map(await own.parameters), end = async (): Promise<void> => {
    if (kept) await own.setParameters(kept);
    else await model.dispose();
  };
  try {
    const { network, notes } = partsOf(model), names = [...network.outputs.keys()];
    const options = audit ? optionsOf(audit, names, network.singleOutput, given.options ?? {}) : withoutAudit(opened, given.options as FitOptions);
    const known = audit && differencesOf(audit.manifest, () => makeManifest(network, data, options, notes), tell);
    if (known) {
      await end();
      return undefined;
    }
    // the parameters that the seed draws; those of a model in a worker are out of reach
    const drawn = async (): Promise<ReadonlyMap<string, Tensor>> => {
      const plain = (await modelOf(audit!, parameters, layers ? { layers } : {})) as Model<any, any>, { low, high } = wantSeed(notes.seed);
      partsOf(plain).network.initialize(low, high);
      const { parameters: first } = plain;
      plain.dispose();
      return first;
    };
    return { ...playerOf(model, data, { ...options, ...(signal && { signal }) }, async () => kept ?? drawn(), tell), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What a checkpoint says by itself; the rest has to be handed over. */
function withoutAudit({ notes }: Opened, options: FitOptions): FitOptions {
  const { batchSize, shuffle, accumulate, ema, clipNorm, clipValue } = notes as Record<string, any>;
  return { batchSize, shuffle, accumulate, ...(typeof ema === "number" && { ema }), ...(clipNorm && { clipNorm }), ...(clipValue && { clipValue }), seed: notes.seed, ...options };
}

/** Tells where the data and options are not those of the run. */
function differencesOf(saved: Manifest, make: () => Manifest, tell: Tell): boolean {
  let now: Manifest;
  try {
    now = make();
  } catch (error) {
    if (!(error instanceof LanewiseError) || error instanceof OptionError) throw error;
    tell("other-data", error.message);
    return true;
  }
  // validation changes no bit unless a schedule listens to it
  const found = compareManifests(saved, now).filter(({ what }) => !(what.startsWith("validation") && now.validation === null));
  // the rows of a stream are not known by their hash
  const real = found.filter(({ what, saved: a, now: b }) => !(what === "data.hash" && (a === null || b === null)));
  for (const { what, saved: a, now: b } of real) {
    const told = /^(data|validation)/.test(what) ? "other-data" : what === "numerics" ? "numerics-version" : "other-options";
    tell(told, `${what} is ${JSON.stringify(b)}, and was ${JSON.stringify(a)} in the run`);
  }
  return real.length > 0;
}

/** Of what a checkpoint tells: times, and what callbacks and doctors keep, which training again does without. */
const UNTOLD = /^(seconds|heard|callbacks|doctor|reports\.\d+\.(seconds|rowsPerSecond|findings))(\.|$)/;

/** The first of what a checkpoint tells that training again does not. */
function otherNote({ notes: told, build, optimizer }: OpenedCheckpoint, { notes: now, steps, ...again }: OpenedCheckpoint): string | undefined {
  const reports = now.reports as readonly StepReport[], before = Array.isArray(told.reports) ? told.reports.length : reports.length;
  // one that was taken behind the last step of an epoch, before its report: training again has it, and begins to count anew
  const early = before === reports.length - 1 && reports[before]!.step === steps ? ["left", "sums", `reports.${before}`] : [];
  // figures that are not known again are NaN, those of validation data that are not handed over are not there
  return differencesIn({ ...told, build, optimizer }, { ...now, build: again.build, optimizer: again.optimizer }).find(({ what, now }) =>
    !UNTOLD.test(what) && !Number.isNaN(now) && !(now === undefined && /^reports\.\d+\.validation$/.test(what)) && !early.includes(what.replace(/^(sums).*/, "$1")))?.what;
}

function playerOf(
  model: Model<any, any> | WorkerModel<any, any>, data: Data | Stream, options: FitOptions, initial: () => Promise<ReadonlyMap<string, Tensor>>, tell: Tell,
): Omit<Player, "end"> {
  /** Trains on; the state's hash at the end, and the first step whose parameters are not those of the log. */
  const play = async (from: number, to: Opened, resume?: Uint8Array): Promise<[Interval, number | undefined]> => {
    // of a run with gaps the log begins later
    const log = to.audit?.steps ?? [], unlogged = to.steps - log.length, epochs = Array.isArray(to.notes.reports) ? to.notes.reports.length + 1 : 1;
    let step: number | undefined;
    const look = {
      onStep({ step: now }: StepReport, { network, stop }: Running): void {
        if (step !== undefined || now <= unlogged || tensorsHash(valuesOf(network)) === log[now - unlogged - 1]) return;
        step = now;
        stop();
      },
    };
    const free = !options.schedule, training = (model as Model<any, any>).fit(data as Data, {
      ...options, epochs: free ? Math.max(epochs, options.epochs ?? 1) : options.epochs ?? epochs, budget: { steps: to.steps - from }, ...(resume && { resume }), callbacks: log.length ? [look] : [],
    } as FitOptions);
    let ok = false;
    try {
      await training;
      const end = openCheckpoint(await training.checkpoint());
      ok = step === undefined && end.steps === to.steps && stateHash(end.file.tensors, end) === to.hash;
      const other = ok ? otherNote(to, end) : undefined;
      if (other) tell("other-notes", `the checkpoint of step ${to.steps} tells another ${other} than training again gave`, to.steps);
    } catch (error) {
      // a state that no step can come from, or that is none of this run
      if (!(error instanceof FormatError || error instanceof NonFiniteError || (error as Partial<LanewiseError>).code === "resume-mismatch")) throw error;
    }
    if (!ok && log.length) step ??= to.steps;
    return [{ from, to: to.steps, ok }, step];
  };
  return {
    between: (from, to) => play(from.steps, to, from.bytes),
    async start(to) {
      const root = to.audit?.links[0];
      if (!root || root.step !== 0) return undefined;
      const first = await initial();
      if (tensorsHash(first) !== root.hash) return undefined;
      await model.setParameters(first);
      return play(0, to);
    },
  };
}
