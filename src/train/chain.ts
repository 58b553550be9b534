// The chain of a run: each checkpoint names the hash of its own state and of the one before it, so that none can be changed, left out or
// put elsewhere unnoticed; the first link is made from the manifest and the parameters that the run began with.
//
//   chain(0) = sha256(manifest ‖ sha256(initial parameters))
//   chain(k) = sha256(chain(k − 1) ‖ step, 8 bytes little-endian ‖ hash of the state)

import { hexToBytes } from "@noble/hashes/utils.js";
import type { Callback, Running } from "../callbacks/callback.ts";
import { FormatError, GraphError } from "../errors.ts";
import { type ModelNotes, writeModel } from "../formats/model.ts";
import { parseSafetensors } from "../formats/safetensors.ts";
import type { Network } from "../network.ts";
import { checkNames, isRecord, wantBoolean } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import type { StepReport } from "./report.ts";
import { openCheckpoint, type OpenedCheckpoint, PARAMETER, tensorsOf } from "./checkpoint.ts";
import { AVERAGE, type FitDefaults, type Run } from "./fit.ts";
import { canonical, digestOf, makeManifest, type Manifest, wantSameManifest } from "./manifest.ts";

/** A checkpoint in the chain. */
export interface Link {
  readonly step: number;
  /** Of parameters and optimizer state; of the first link, of the parameters alone. */
  readonly hash: string;
  readonly chain: string;
}

/** What an audited run adds to its checkpoints. */
export interface AuditNotes {
  readonly audit: 1;
  readonly manifest: Manifest;
  /** What loadModel needs beside the parameters to make the model, if that can be written down. */
  readonly model: string | null;
  /** The first link, and the last ones; the last is this checkpoint. */
  readonly links: readonly Link[];
  /** Links that were left out behind the first, lest checkpoints grow. */
  readonly dropped: number;
  /** With stepHashes: the parameters' hash after each step since the link before. */
  readonly steps: readonly string[];
}

/** Links in a checkpoint: the first, and the last of them. */
const KEPT = 64;
/** In the place of a step's hash. */
const NONE = "0".repeat(64);

export function firstLink(manifest: Manifest, step: number, hash: string): Link {
  return { step, hash, chain: digestOf(canonical(manifest), hexToBytes(hash)) };
}

export function nextLink({ chain }: Link, step: number, hash: string): Link {
  const at = new Uint8Array(8);
  new DataView(at.buffer).setBigUint64(0, BigInt(step), true);
  return { step, hash, chain: digestOf(hexToBytes(chain), at, hexToBytes(hash)) };
}

/** As hash() of a model: over names, shapes and numbers. */
export function tensorsHash(tensors: Iterable<readonly [string, Tensor]>, before = ""): string {
  const parts: (string | Uint8Array)[] = [before];
  for (const [name, { data, shape }] of tensors) parts.push(JSON.stringify([name, shape]), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return digestOf(...parts);
}

/** Hash of the state of a run: its counters, parameters, optimizer state, and with ema the average. */
export function stateHash(tensors: ReadonlyMap<string, Tensor>, { steps, updates, memory }: { steps: number; updates: number; memory: readonly number[] }): string {
  return tensorsHash([...tensors].filter(([name]) => !name.startsWith("extra ") || name === `extra ${AVERAGE}`), canonical([steps, updates, memory]));
}

/** A model's parameters as they are now. */
export function valuesOf(network: Network): [string, Tensor][] {
  return network.parameters.map((parameter) => [parameter.name, network.read(parameter)]);
}

/** Of a checkpoint: what names its parameters have in the file. */
export function parametersOf(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...tensors].flatMap(([name, tensor]) => (name.startsWith(PARAMETER) ? [[name.slice(PARAMETER.length), tensor] as const] : [])));
}

/** What an audited run has put into a checkpoint; undefined if there is none.
 *
 * @throws FormatError if it is none that was written so.
 */
export function auditNotes({ notes }: OpenedCheckpoint): AuditNotes | undefined {
  const found = (Array.isArray(notes.callbacks) ? notes.callbacks : []).find((saved: unknown) => isRecord(saved) && saved.audit === 1) as AuditNotes | undefined;
  if (!found) return undefined;
  const { manifest, model, links, dropped, steps } = found, hash = (text: unknown): boolean => typeof text === "string" && /^[0-9a-f]{64}$/.test(text);
  const whole = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  const sound = isRecord(manifest) && isRecord(manifest.options) && isRecord(manifest.data) && Array.isArray(manifest.trained) && (model === null || typeof model === "string") && whole(dropped)
    && Array.isArray(steps) && steps.every(hash) && Array.isArray(links) && links.length > 0
    && links.every((link: unknown) => isRecord(link) && whole(link.step) && hash(link.hash) && hash(link.chain));
  if (!sound) throw new FormatError("bad-file", { option: "resume", problem: "what this checkpoint says of its chain is broken" });
  canonical(manifest); // it is no deeper than any
  return found;
}

export interface AuditOptions {
  /** Keeps the hash of the parameters after each step too, so that verify() can name the step. Costs SHA-256 over all parameters at each
   * step, some 10 ms per million of them, and steps are taken one by one. false by default. */
  stepHashes?: boolean;
}

/** A callback that makes the checkpoints of a run provable. */
export interface Audit extends Callback {
  /** What the bits of the run follow from; once it has begun. */
  readonly manifest: Manifest | undefined;
  /** The links so far: the first, then one for each checkpoint. */
  readonly chain: readonly Link[];
}

/** Makes the checkpoints of a run provable: each has the run's manifest, what makes the model anew, and a chain of hashes (SHA-256) over
 * parameters and optimizer state at all checkpoints before it. verify() replays what lies between them.
 *
 * A run that goes on from such a checkpoint has to have the same data and options: the OptionError `resume-mismatch` names what
 * differs; with `force: true` it goes on, and its chain begins anew, after the last link of the other. That data are the same is known
 * by their SHA-256, for 100 MB about a second at the start; of streams only the number of rows is compared.
 *
 * @throws OptionError for an unknown option; at the start of a run that resumes, for other data or options.
 * @example
 * const model = await createModel(dense(1), { input: [1] }), trail = audit();
 * const training = model.fit({ x: [[1], [2]], y: [1, 2] }, { loss: mse(), epochs: 3, callbacks: [trail] });
 * await training;
 * await training.checkpoint();
 * trail.chain.map(({ step }) => step) // → [0, 3]
 */
export function audit(options: AuditOptions = {}): Audit {
  checkNames("audit", options, ["stepHashes"]);
  const stepHashes = wantBoolean("audit: stepHashes", options.stepHashes ?? false);
  let run: Run, manifest: Manifest | undefined, model: string | null = null, links: Link[] = [], dropped = 0;
  /** Hashes of the steps since the last link, and of those before it. */
  let steps: string[] = [], before: string[] = [], logged = 0;
  /** Logs a step, if it is not there yet: a checkpoint may be taken before onStep comes here. Steps that were left out have no hash. */
  const log = (step: number): void => {
    for (; stepHashes && logged < step; logged++) steps.push(logged + 1 < step ? NONE : tensorsHash(valuesOf(run.network)));
  };
  return {
    get manifest() {
      return manifest;
    },
    get chain() {
      return links;
    },
    onStart(training) {
      run = training as Run;
      const { network, given: { data, options: { resume, force }, defaults } } = run, now = makeManifest(network, data, run.given.options, defaults);
      const from = resume && openCheckpoint(resume), saved = from && auditNotes(from);
      const differences = saved ? wantSameManifest(saved.manifest, now, force) : [];
      model = modelOf(network, defaults);
      steps = [];
      logged = from?.steps ?? 0;
      if (saved && !differences.length) {
        ({ manifest, dropped } = saved);
        links = [...saved.links];
        before = [...saved.steps];
        return;
      }
      manifest = saved ? { ...now, after: saved.links.at(-1)!.chain } : now;
      const initial = from ? parametersOf(from.file.tensors) : valuesOf(network);
      links = [firstLink(manifest, from?.steps ?? 0, tensorsHash(initial))];
      dropped = 0;
      before = [];
    },
    // its second argument lets a run in a worker bring the parameters up to date for it
    ...(stepHashes && { onStep: ({ step }: StepReport, _: Running) => log(step) }),
    save(extra, given) {
      log(run.at!.steps);
      const state = run.at!, hash = stateHash(tensorsOf(run.network, state, extra), state), last = links.at(-1)!;
      // twice at one step is one checkpoint
      const same = links.length > 1 && last.step === state.steps && last.hash === hash;
      const all = same ? links : [...links, nextLink(last, state.steps, hash)], since = same ? before : steps, over = Math.max(0, all.length - KEPT);
      const kept = over ? [all[0]!, ...all.slice(1 + over)] : all;
      if (given) {
        links = kept;
        dropped += over;
        if (!same) [before, steps] = [steps, []];
      }
      return { audit: 1, manifest: manifest!, model, links: kept, dropped: dropped + (given ? 0 : over), steps: since } satisfies AuditNotes;
    },
  };
}

/** What makes the model anew: the metadata of its file. null if it cannot be written down. */
function modelOf(network: Network, defaults: FitDefaults): string | null {
  try {
    return parseSafetensors(writeModel(network, { ...defaults, losses: new Map(), preprocessing: undefined, metadata: new Map() } satisfies ModelNotes)).metadata.get("lanewise.model")!;
  } catch (error) {
    if (error instanceof GraphError) return null; // verify() wants the model handed over
    throw error;
  }
}
