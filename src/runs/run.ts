// Runs that survive: their checkpoints in a place, from which the next fit with the same place goes on. The place holds
//
//   manifest.json                                   what the run was begun with; written first
//   checkpoint-000000000120-9f86d081884c7d65.safetensors
//
// with the number of steps, and the beginning of the SHA-256 of the bytes: a checkpoint that was altered since does not have its name's
// hash, and the one before it is taken. The newest `keep` of them stay. A page that keeps no run has nothing of this.

import { bytesToHex } from "@noble/hashes/utils.js";
import type { Data, Stream } from "../data/columns.ts";
import { FormatError, NonFiniteError, type StateError, StorageError } from "../errors.ts";
import type { Network } from "../network.ts";
import { badOption, checkNames, wantBoolean, wantCount, wantFunction, wantPositive } from "../options.ts";
import { openCheckpoint } from "../train/checkpoint.ts";
import type { FitOptions, Run, RunKeeper } from "../train/fit.ts";
import { makeManifest, type Manifest, type ManifestDefaults, wantManifest, wantSameManifest } from "../train/manifest.ts";
import type { Finding } from "../train/report.ts";
import { openPlace, type Place, type StoreKind, wantPlace } from "./place.ts";
import { busy, digest, isStore, storageError, type Store } from "./store.ts";

export interface KeepOptions {
  /** When a checkpoint is taken: after so many steps, epochs or seconds, whichever of the given comes first. { seconds: 10 } by default.
   * The end, stop() and an abort have theirs besides. */
  every?: { readonly steps?: number; readonly epochs?: number; readonly seconds?: number };
  /** How many checkpoints stay, the newest; 3 by default, Infinity for all. Or a function: of the steps of all of them, the oldest first,
   * those that stay, the newest in any case. Where space is short, older ones make room. */
  keep?: number | ((steps: readonly number[]) => readonly number[]);
  /** Goes on with other data or other options than the run was begun with. false by default. */
  force?: boolean;
  /** "files": a folder (the default in Node.js, Deno and Bun); "opfs": the browser's own file system (the default there); "indexeddb". */
  store?: StoreKind;
  /** Told when the run goes on from a checkpoint, of the steps that it has. */
  onResume?: (step: number) => void;
  /** Told when the bytes of a checkpoint are safe, not before. */
  onCheckpoint?: (step: number) => void;
  /** Told when the place did not take a checkpoint, could not let an old one go, or was emptied (`storage-emptied`: it is begun anew). The
   * run goes on, the last good one stays, and the next is tried in its turn. */
  onStorageError?: (error: StorageError | StateError) => void;
  /** Told of what is noted: a broken checkpoint, a full disk, and that writing goes on. */
  onNote?: (note: string) => void;
}

const OPTIONS = ["every", "keep", "force", "store", "onResume", "onCheckpoint", "onStorageError", "onNote"];

/** Does a checkpoint have as many steps as its name says? One that this release does not read is refused later, with the reason. */
function isOf(bytes: Uint8Array, step: number): boolean {
  try {
    return openCheckpoint(bytes).steps === step;
  } catch {
    return true;
  }
}

/** Keeps the runs of fit in a place: what the option `run` takes. The first fit with a place begins a run, and each later one goes on
 * from its newest sound checkpoint, bit for bit, on any runtime and with any number of threads; if it was at its end, the model is what it was then. In Node.js, Deno
 * and Bun the place is a folder; in browsers, a name.
 *
 * The fit throws StateError while another run is at work in the place; OptionError with the name of what differs, if the run was begun with
 * other data or options, unless `force`; FormatError if by another numerics version, or if its manifest is none: it names the field.
 *
 * @throws OptionError for a place or an option that is none.
 * @example
 * const data = { x: [[1], [2]], y: [[2], [4]] }, place = memoryStore(); // or "runs/line"
 * const fit = { loss: mse(), optimizer: sgd({ learningRate: 0.1 }), epochs: 3 };
 * const first = await createModel(dense(1), { input: [1] });
 * await first.fit(data, { ...fit, budget: { steps: 2 }, run: keepRun(place) });
 * const second = await createModel(dense(1), { input: [1] }), run = keepRun(place, { every: { steps: 100 }, keep: 2 });
 * const { epochs } = await second.fit(data, { ...fit, run });
 * [epochs.length, run.step, run.notes.length] // → [3, 3, 1]
 */
export function keepRun(place: Place, options: KeepOptions = {}): KeptRun {
  return new KeptRun(place, options);
}

/** A place for runs; made by keepRun. */
export class KeptRun implements RunKeeper {
  readonly place: Place;
  /** Steps of the last checkpoint that is safe; 0 before. */
  step = 0;
  /** What happened, in words: from where it went on, what was broken, what could not be written. */
  readonly notes: string[] = [];
  private readonly options: KeepOptions;

  /** @internal */
  constructor(place: Place, options: KeepOptions) {
    checkNames("keepRun", options, OPTIONS);
    wantPlace("keepRun", place, options.store);
    const { every, keep = 3, force = false, onResume, onCheckpoint, onStorageError, onNote } = options;
    checkNames("keepRun: every", every, ["steps", "epochs", "seconds"]);
    if (every !== undefined && every.steps === undefined && every.epochs === undefined && every.seconds === undefined)
      throw badOption("every", every, "steps, epochs or seconds", { of: "keepRun" });
    if (every?.steps !== undefined) wantCount("keepRun: every.steps", every.steps);
    if (every?.epochs !== undefined) wantCount("keepRun: every.epochs", every.epochs);
    if (every?.seconds !== undefined) wantPositive("keepRun: every.seconds", every.seconds);
    if (typeof keep !== "function" && keep !== Infinity) wantCount("keepRun: keep", keep);
    wantBoolean("keepRun: force", force);
    for (const [name, told] of Object.entries({ onResume, onCheckpoint, onStorageError, onNote })) if (told !== undefined) wantFunction(`keepRun: ${name}`, told);
    this.place = place;
    this.options = options;
  }

  /** @internal */
  async open(
    fit: FitOptions, start: (options: FitOptions) => Run | Promise<Run>, network: Network, data: Data | Stream, defaults: ManifestDefaults,
  ): Promise<Run> {
    const { run: _, ...given } = fit, { place, options: { every, store: kind, onResume } } = this, force = this.options.force || fit.force === true;
    if (fit.resume) throw badOption("resume", fit.resume, "none where run is given: a run goes on by itself", { of: "fit" });
    const store = await open(place, kind);
    try {
      const now = makeManifest(network, data, given, defaults);
      const broken: string[] = [], found = await this.newest(store, broken);
      const unknown = "whether data and options are those of the run is not known";
      const before = await readManifest(store).then(
        (read) => read ?? (found && this.note(`${MANIFEST} is not there: ${unknown}`)),
        (error: unknown) => {
          // of a run without a checkpoint it is written anew
          if (error instanceof FormatError && found && !force) throw error;
          return this.note(`${MANIFEST} cannot be read: ${told(error)}${found ? `: ${unknown}` : ""}`);
        },
      ) as Manifest | undefined;
      if (found && before) {
        if (before.numerics !== now.numerics)
          throw new FormatError("numerics-version", {
            of: store.name, option: "numerics version", wanted: now.numerics, got: before.numerics, fix: `use the release that wrote it, lanewise ${before.lanewise}, or its parameters alone`,
          });
        wantSameManifest(before, now, force);
      }
      this.step = found?.step ?? 0;
      // where each step is counted, fit looks at each
      const callbacks = every?.steps ? [...(given.callbacks ?? []), { onStep() {} }] : given.callbacks;
      const run = await start({ ...given, ...(callbacks && { callbacks }), ...(found && { resume: found.bytes }), ...(found && force && { force }) });
      if (found) {
        await this.note(`goes on after step ${found.step}`);
        await onResume?.(found.step);
      }
      // of a run that has no checkpoint, another one may take the place
      const journal = new Journal(store, encode(JSON.stringify(now)), found !== undefined && before !== undefined && !force, broken, this.options, this, (text) => this.note(text));
      return journal.follow(run);
    } catch (error) {
      await close(store);
      throw error;
    }
  }

  /** The newest checkpoint that is sound; the names of those that are not. */
  private async newest(store: Store, broken: string[]): Promise<Found | undefined> {
    let names: Kept[] = [];
    try {
      names = await checkpoints(store);
    } catch (error) {
      await this.note(`the place cannot be read: ${told(error)}`);
    }
    for (const kept of names.reverse()) {
      const bytes = await later(() => store.get(kept.name)).catch(() => null);
      if (bytes && (await hashOf(bytes)) === kept.hash && isOf(bytes, kept.step)) return { step: kept.step, bytes };
      broken.push(kept.name);
      // of what a killed writer left in a browser there is no whole slot
      await this.note(`${kept.name} ${bytes === undefined ? "was never finished" : "is broken"}, and the one before it is taken`);
    }
    return undefined;
  }

  /** Notes a text; what the caller does with it is part of it. */
  private async note(text: string): Promise<undefined> {
    this.notes.push(text);
    await this.options.onNote?.(text);
  }
}

const MANIFEST = "manifest.json";

interface Found {
  readonly step: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Kept {
  readonly name: string;
  readonly step: number;
  /** Of the SHA-256, the first digits. */
  readonly hash: string;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
/** What a store does: one of the caller's own may throw at once, or give no promise. */
const later = async <T>(work: () => T | PromiseLike<T>): Promise<T> => work();
const told = (error: unknown): string => String((error as { message?: unknown } | undefined)?.message ?? error);

/** Stores of the caller's own that have a run at work. */
const inUse = /* @__PURE__ */ new WeakSet<Store>();

async function open(place: Place, kind: StoreKind | undefined): Promise<Store> {
  if (isStore(place)) {
    if (inUse.has(place)) throw busy(place.name, "another run of this program");
    inUse.add(place);
  }
  return openPlace(place, kind);
}

async function close(store: Store): Promise<void> {
  inUse.delete(store);
  await store.close();
}

const nameOf = (step: number, hash: string): string => `checkpoint-${String(step).padStart(12, "0")}-${hash}.safetensors`;

async function hashOf(bytes: Uint8Array): Promise<string> {
  return bytesToHex((await digest(bytes)).subarray(0, 8));
}

/** The checkpoints of a place, the oldest first. */
async function checkpoints(store: Store): Promise<Kept[]> {
  return (await store.list()).flatMap((name) => {
    const [, step, hash] = /^checkpoint-(\d{12})-([0-9a-f]{16})\.safetensors$/.exec(name) ?? [];
    return hash === undefined ? [] : [{ name, step: Number(step), hash }];
  });
}

async function readManifest(store: Store): Promise<Manifest | undefined> {
  const bytes = await store.get(MANIFEST);
  if (!bytes) return undefined;
  const of = `${store.name}: ${MANIFEST}`;
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FormatError("bad-file", { of, file: MANIFEST, problem: "it is no JSON", cause: error });
  }
  return wantManifest(read, of, MANIFEST);
}

/** Writes the checkpoints of one run. */
class Journal {
  private readonly store: Store;
  private readonly options: KeepOptions;
  private readonly kept: { step: number };
  private readonly note: (text: string) => Promise<unknown>;
  private readonly manifest: Uint8Array;
  /** Is the manifest there? Else it is written before the next checkpoint. */
  private begun: boolean;
  /** What goes as soon as there is a new one. */
  private broken: readonly string[];
  private taking: Promise<void> | undefined;
  private writing: Promise<void> | undefined;
  private thrown: { error: unknown } | undefined;
  /** The last error, and how many there were since the last report. */
  private failure: StorageError | StateError | undefined;
  private failures = 0;
  /** Is no checkpoint safe since the last error? */
  private failing = false;
  /** Could an old checkpoint not go? */
  private stuck = false;
  /** Of the last checkpoint that was taken: the steps and epochs, and when. */
  private last: { steps: number; epochs: number; time: number } | undefined;

  constructor(
    store: Store, manifest: Uint8Array, begun: boolean, broken: readonly string[], options: KeepOptions, kept: { step: number }, note: (text: string) => Promise<unknown>,
  ) {
    this.store = store;
    this.manifest = manifest;
    this.begun = begun;
    this.broken = broken;
    this.options = options;
    this.kept = kept;
    this.note = note;
  }

  /** Takes the checkpoints of a run as it goes on, and one at its end. */
  follow(run: Run): Run {
    const train = run.run.bind(run);
    run.run = async (gate, report) => {
      let failed: { error: unknown } | undefined;
      try {
        await this.put(() => this.writeManifest());
        await train(() => this.before(run) ?? gate(), (entry) => {
          if (this.failures) entry.findings = [...entry.findings, this.finding()];
          report(entry);
        });
      } catch (error) {
        failed = { error };
      }
      try {
        await this.taking?.catch(() => {}); // the run has been told
        await this.writing;
        // a run that ended in NaN would do so again
        if (!(failed?.error instanceof NonFiniteError)) await this.final(run);
      } catch (error) {
        failed ??= { error };
      }
      // whatever has happened, the place is free for others; what has happened first is told
      await close(this.store).catch((error: unknown) => void (failed ??= { error }));
      if (failed ??= this.thrown) throw failed.error;
    };
    return run;
  }

  /** Before a step: what it waits for, if a checkpoint is due. */
  private before(run: Run): Promise<void> | undefined {
    if (this.thrown) throw this.thrown.error;
    const now = { steps: run.at!.steps, epochs: run.history.epochs.length, time: performance.now() }, last = this.last ??= now;
    if (now.steps === last.steps) return undefined;
    const { steps, epochs, seconds } = this.options.every ?? { seconds: 10 };
    const passed = (every: number | undefined, from: number, to: number): boolean => every !== undefined && Math.floor(to / every) > Math.floor(from / every);
    const due = passed(steps, last.steps, now.steps) || passed(epochs, last.epochs, now.epochs) || (seconds !== undefined && now.time - last.time >= 1000 * seconds);
    return due ? (this.taking = this.take(run)) : undefined;
  }

  /** Takes a checkpoint of now; the run goes on while it is written, but not before the one before is. */
  private async take(run: Run): Promise<void> {
    await this.writing;
    const bytes = await run.state(), { steps } = run.at!;
    this.last = { steps, epochs: run.history.epochs.length, time: performance.now() };
    this.writing = this.write(steps, bytes);
  }

  /** The last checkpoint of a run that is over. */
  private async final(run: Run): Promise<void> {
    const steps = run.at?.steps ?? 0, { last, kept } = this;
    if (!steps || !last) return; // nothing has been trained
    if (last.steps === steps && last.epochs === run.history.epochs.length && kept.step === steps) return; // it is there
    let bytes: Uint8Array;
    try {
      bytes = await run.state();
    } catch {
      return; // the model has been disposed, or the run tells why
    }
    await this.write(steps, bytes);
  }

  private async writeManifest(): Promise<void> {
    if (this.begun) return;
    await this.store.put(MANIFEST, this.manifest);
    this.begun = true;
  }

  /** Has somebody emptied or removed the place meanwhile? */
  private async emptied(): Promise<boolean> {
    return this.begun && !(await later(async () => (await this.store.list()).includes(MANIFEST)).catch(() => true));
  }

  /** Writes a checkpoint, and lets the oldest go. */
  private async write(step: number, bytes: Uint8Array): Promise<void> {
    const name = nameOf(step, await hashOf(bytes)), { onCheckpoint } = this.options;
    if (await this.emptied()) {
      this.begun = false;
      this.kept.step = 0;
      this.failing = true;
      this.fail(new StorageError("storage-emptied", { of: this.store.name, problem: "it was emptied or removed while the run was at work: the checkpoints that it had are gone" }));
    }
    const safe = await this.put(async () => {
      await this.writeManifest();
      for (;;)
        try {
          return await this.store.put(name, bytes);
        } catch (error) {
          const [oldest, ...newer] = (await checkpoints(this.store)).sort((a, b) => Number(this.broken.includes(b.name)) - Number(this.broken.includes(a.name)));
          if (storageError("", "", error).code !== "storage-full" || !oldest || !newer.length) throw error;
          await this.store.remove(oldest.name);
        }
    }, step);
    if (!safe) return;
    this.kept.step = step;
    this.tell(() => onCheckpoint?.(step));
    await this.tidy(name, step);
  }

  /** Lets the oldest checkpoints go, and those that are broken. */
  private async tidy(name: string, step: number): Promise<void> {
    const { store, options: { keep = 3 } } = this;
    let refused: { error: unknown } | undefined;
    const refuse = (error: unknown): void => void (refused ??= { error });
    const all = (await checkpoints(store).catch(refuse) ?? []).filter((other) => other.name !== name), bad = all.filter((other) => other.step >= step || this.broken.includes(other.name));
    const older = all.filter((other) => !bad.includes(other)), stay = typeof keep === "function" ? keep([...older.map((other) => other.step), step]) : undefined;
    const old = stay ? older.filter((other) => !stay.includes(other.step)) : older.slice(0, Math.max(0, older.length + 1 - (keep as number)));
    // that one of them cannot go holds no other back
    for (const other of [...bad, ...old]) await later(() => store.remove(other.name)).catch(refuse);
    // it is tried again after each checkpoint, and told once
    if (refused && !this.stuck) this.fail(storageError(store.name, "remove", refused.error));
    this.stuck = refused !== undefined;
    if (!this.stuck) this.broken = [];
  }

  /** Tells the caller, whose error ends the run: it is thrown before the next step, also where it comes later, by a promise. */
  private tell(told: () => unknown): void {
    const fail = (error: unknown): void => void (this.thrown ??= { error });
    try {
      (told() as Partial<Promise<unknown>> | undefined)?.catch?.(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Does what the store may refuse; true if it did not. Never throws. */
  private async put(work: () => Promise<unknown>, step?: number): Promise<boolean> {
    try {
      await work();
    } catch (thrown) {
      const error = storageError(this.store.name, "write", thrown);
      // of several without a checkpoint between them, the first is noted
      this.fail(error, this.failing ? null : `${step === undefined ? "" : `step ${step} is not kept: `}${error.message}`);
      this.failing = true;
      return false;
    }
    if (this.failing && step !== undefined) {
      this.tell(() => this.note(`writing goes on: step ${step} is kept`));
      this.failing = false;
    }
    return true;
  }

  /** Tells of an error of the place. */
  private fail(error: StorageError | StateError, note: string | null = error.message): void {
    if (note !== null) this.tell(() => this.note(note));
    this.failure = error;
    this.failures++;
    this.tell(() => this.options.onStorageError?.(error));
  }

  /** What could not be kept since the last report. */
  private finding(): Finding {
    const { failures, failure, kept, store } = this;
    this.failures = 0;
    return {
      code: "storage", severity: "warning", evidence: { place: store.name, failures, "kept up to step": kept.step },
      cause: failure!.message,
      fix: "make room, or let the place be written to: writing goes on by itself",
    };
  }
}

/** A run as it lies in its place: what verify() takes. */
export interface KeptCheckpoints {
  /** What the run was begun with, or undefined. */
  readonly manifest: Manifest | undefined;
  /** The oldest first. `bytes()` rejects with a StorageError if they are not what was written. */
  readonly checkpoints: readonly { readonly step: number; readonly name: string; bytes(): Promise<Uint8Array<ArrayBuffer>> }[];
}

/** Looks at a run in its place, also while it goes on: its manifest, and its checkpoints.
 *
 * @throws StorageError if the place cannot be read; FormatError for a manifest that is none, with its field.
 * @example
 * const place = memoryStore(), model = await createModel(dense(1), { input: [1] });
 * await model.fit({ x: [[1]], y: [[2]] }, { loss: mse(), epochs: 4, run: keepRun(place, { every: { epochs: 1 }, keep: 2 }) });
 * const { checkpoints } = await readRun(place);
 * checkpoints.map(({ step }) => step) // → [3, 4]
 */
export async function readRun(place: Place, options: { store?: StoreKind } = {}): Promise<KeptCheckpoints> {
  checkNames("readRun", options, ["store"]);
  wantPlace("readRun", place, options.store);
  const store = await openPlace(place, options.store, true), again = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openPlace(place, options.store, true);
    try {
      return await work(store);
    } finally {
      if (!isStore(place)) await store.close();
    }
  };
  try {
    return {
      manifest: await readManifest(store),
      checkpoints: (await checkpoints(store)).map((kept) => ({
        step: kept.step, name: kept.name,
        bytes: () => again(async (store) => {
          const bytes = await store.get(kept.name);
          if (!bytes || (await hashOf(bytes)) !== kept.hash) throw new StorageError("checkpoint-broken", { of: store.name, option: kept.name, problem: "it is gone, or not what was written" });
          return bytes;
        }),
      })),
    };
  } finally {
    if (!isStore(place)) await store.close();
  }
}
