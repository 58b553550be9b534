// The manifest of a run: what its bits follow from, as plain JSON. Two runs with one manifest, begun with the same parameters, end with
// the same parameters; compareManifests() says where two differ.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { Version } from "../../assembly/isa.ts";
import { type Column, type Columns, type Data, isStream, type Stream } from "../data/columns.ts";
import { FormatError, OptionError } from "../errors.ts";
import { stringify } from "../formats/json.ts";
import type { Model } from "../model.ts";
import type { Network } from "../network.ts";
import { badOption, isRecord } from "../options.ts";
import { sizeOf } from "../shape.ts";
import { VERSION } from "../version.ts";
import type { WorkerModel } from "../workerModel.ts";
import { describe, describeModel, openCheckpoint } from "./checkpoint.ts";
import type { FitOptions } from "./fit.ts";
import { dataColumns, resolveObjective } from "./objective.ts";
import { describeSetup, setUp } from "./setup.ts";

/** A data set in a manifest. */
export interface DataNote {
  /** null: a stream that does not tell. */
  readonly rows: number | null;
  /** SHA-256 over the decoded tensors: see columnsHash. null: a stream, whose rows come later. */
  readonly hash: string | null;
}

/** What the bits of a run follow from, as plain JSON. */
export interface Manifest {
  /** The release that began it; others of the same numerics give the same bits. */
  readonly lanewise: string;
  readonly numerics: number;
  readonly build: "exact" | "fast";
  readonly data: DataNote;
  /** Data of their own, or the share that is held out. */
  readonly validation: DataNote | { readonly share: number } | null;
  /** SHA-256 over what the model computes. */
  readonly architecture: string;
  /** The parameters that are trained. */
  readonly trained: readonly string[];
  /** The options of fit as plain data. Functions of one's own are told by what they do: a loss, a penalty, an update of an optimizer by
   * a number over the ops that it makes (`computes`, `update`), a schedule by the rates that it gives (`rates`, as far as it does not
   * look at reports), an optimizer's match by the names that it chooses. Layers and activations are a part of `architecture`. Metrics are
   * compared by name alone, and of initializers nothing is told: a run that goes on has its parameters. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The last link of the chain of the run that this one went on from with other options: see audit(). */
  readonly after?: string;
}

/** Where two manifests differ: "batchSize", "optimizer.learningRate", "data.hash" … */
export interface Difference {
  readonly what: string;
  readonly saved: unknown;
  readonly now: unknown;
}

/** Numbers that are hashed at once. */
const CHUNK = 1 << 16;

/** SHA-256, as hexadecimal digits, over columns as they lie in memory: of each its name, type, shape and little-endian numbers. */
function columnsHash({ rows, columns }: Columns): string {
  const digest = sha256.create();
  for (const { name, dtype, shape, data } of columns) {
    digest.update(utf8ToBytes(JSON.stringify([name, dtype, [rows, ...shape]])));
    for (let from = 0, size = rows * sizeOf(shape); from < size; from += CHUNK) digest.update(bytesOf(data, dtype, from, Math.min(size, from + CHUNK)));
  }
  return bytesToHex(digest.digest());
}

function bytesOf(data: Column["data"], dtype: Column["dtype"], from: number, to: number): Uint8Array {
  const part = Array.isArray(data) ? data.slice(from, to) : (data as Float32Array).subarray(from, to);
  const { buffer, byteOffset, byteLength } = dtype === "float32" ? Float32Array.from(part) : dtype === "int32" ? Int32Array.from(part) : Uint8Array.from(part);
  return new Uint8Array(buffer, byteOffset, byteLength); // little-endian as all that runs WebAssembly
}

/** Most levels of a manifest's JSON. */
const DEEPEST = 64;

/** JSON of one form: the keys of objects sorted.
 *
 * @throws FormatError for what is nested deeper than any manifest.
 */
export function canonical(value: unknown): string {
  const sorted = (item: unknown, depth: number): unknown => {
    if (typeof item !== "object" || item === null) return item;
    if (depth > DEEPEST) throw new FormatError("bad-file", { of: "manifest", problem: `it is nested more than ${DEEPEST} levels deep` });
    if (Array.isArray(item)) return item.map((one) => sorted(one, depth + 1));
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one, depth + 1)]));
  };
  return stringify(sorted(value, 0));
}

/** SHA-256 of texts and bytes one after the other. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const digest = sha256.create();
  for (const part of parts) digest.update(typeof part === "string" ? utf8ToBytes(part) : part);
  return bytesToHex(digest.digest());
}

/** What a model lends to its manifests. */
export interface ManifestDefaults {
  readonly seed: number;
  readonly classes: readonly string[] | undefined;
}

/** The parts of a model, here or in a worker. */
export function partsOf(model: Model | WorkerModel): { network: Network; notes: ManifestDefaults } {
  const own = ("model" in model ? model["model"] : model) as Model | undefined;
  if (!own?.["network"]) throw badOption("model", model, "a model");
  return { network: own["network"], notes: own["notes"] };
}

/** The manifest of a run that `model.fit(data, options)` would begin.
 *
 * Its hash of the data is SHA-256 over the tensors that training sees (names, types, shapes, numbers), so it does not depend on how they
 * were stored; 100 MB of them take about a second. Of a stream it knows the number of rows alone.
 *
 * @throws OptionError, DataError, ShapeError as fit does, for data and options that do not fit.
 * @example
 * const model = await createModel(dense(1), { input: [1] });
 * const manifest = manifestOf(model, { x: [[1], [2]], y: [1, 2] }, { loss: mse(), optimizer: sgd(), epochs: 5 });
 * [manifest.data.rows, manifest.options.batchSize, manifest.options.epochs] // → [2, 2, 5]
 */
export function manifestOf(model: Model<any, any> | WorkerModel<any, any>, data: Data<any, any> | Stream<any, any>, options: FitOptions): Manifest {
  const { network, notes } = partsOf(model);
  return makeManifest(network, data, options, notes);
}

export function makeManifest(network: Network, data: Data | Stream, options: FitOptions, { seed, classes }: ManifestDefaults): Manifest {
  const objective = resolveObjective(network, options), { validation, accumulate = 1, ema = null, onNonFinite = "stop", epochs = 1 } = options;
  const tensorsOf = (given: Data | Stream, at?: string): Columns | undefined => (isStream(given) ? undefined : dataColumns(network, objective, given, classes, at));
  const note = (given: Data | Stream, columns: Columns | undefined): DataNote =>
    columns ? { rows: columns.rows, hash: columnsHash(columns) } : { rows: (given as Stream).rows ?? null, hash: null };
  const columns = tensorsOf(data), own = note(data, columns), held = typeof validation === "number" ? Math.round(validation * own.rows!) : 0, rows = own.rows === null ? Infinity : own.rows - held;
  const setup = setUp(network, objective, options, rows), { layout } = setup, { drive } = layout.optimizer, { update, ...more } = describeSetup(setup, columns?.columns);
  return JSON.parse(canonical({
    lanewise: VERSION, numerics: Version.NUMERICS, build: network.session.core.asked ?? "exact", data: own,
    validation: validation === undefined ? null : typeof validation === "number" ? { share: validation } : note(validation, tensorsOf(validation, "validation.")),
    architecture: digestOf(canonical(describeModel(network))), trained: layout.slots.map(({ parameter }) => parameter.name),
    options: {
      ...more, optimizer: { ...describe(layout), update }, epochs,
      metrics: objective.flatMap(({ metrics }) => metrics.map(({ key, metric }) => ({ name: key, over: metric.all ? "all rows" : "each row" }))),
      batchSize: Math.min(options.batchSize ?? (drive ? rows : 32), rows), seed: options.seed ?? (options.resume ? openCheckpoint(options.resume).notes.seed : seed),
      shuffle: options.shuffle ?? !(isStream(data) || drive), accumulate, ema, onNonFinite,
    },
  })) as Manifest;
}

/** Throws unless a value that was read has the fields of a manifest, of their types: files may have been edited.
 *
 * @throws FormatError with the field, `of` a place and in a file.
 */
export function wantManifest(value: unknown, of: string, file: string): Manifest {
  const text = (item: unknown): boolean => typeof item === "string", whole = (item: unknown): boolean => Number.isSafeInteger(item) && (item as number) >= 0;
  const hash = (item: unknown): boolean => text(item) && /^[0-9a-f]{64}$/.test(item as string), list = (item: unknown, of: (one: unknown) => boolean): boolean => Array.isArray(item) && item.every(of);
  const note = (item: unknown): boolean => isRecord(item) && (own(item, "rows") === null || whole(own(item, "rows"))) && (own(item, "hash") === null || hash(own(item, "hash")));
  const checks: [field: string, wanted: string, sound: (item: unknown) => boolean][] = [
    ["lanewise", "a release", text], ["numerics", "a whole number", whole], ["build", '"exact" or "fast"', (item) => item === "exact" || item === "fast"],
    ["data", "{ rows, hash }", note], ["validation", "null, { share } or { rows, hash }", (item) => item === null || note(item) || (isRecord(item) && typeof own(item, "share") === "number")],
    ["architecture", "64 digits of SHA-256", hash], ["trained", "a list of names", (item) => list(item, text)], ["options", "an object", isRecord],
    ...["loss", "metrics", "penalty"].map((field): typeof checks[number] => [`options.${field}`, "a list of objects", (item) => list(item, isRecord)]),
    ["options.optimizer", "an object", isRecord], ["options.schedule", "null or an object", (item) => item === null || isRecord(item)],
    ...["epochs", "seed"].map((field): typeof checks[number] => [`options.${field}`, "a whole number", whole]), ["options.shuffle", "true or false", (item) => typeof item === "boolean"],
  ];
  if (!isRecord(value)) throw new FormatError("bad-file", { of, file, wanted: "an object", got: value });
  // of another numerics version the fields may be others too: whoever compares says so
  for (const [field, wanted, sound] of own(value, "numerics") === Version.NUMERICS ? checks : checks.slice(0, 2)) {
    const got = field.split(".").reduce<unknown>((item, key) => own(item as Record<string, unknown>, key), value);
    if (!sound(got)) throw new FormatError("bad-file", { of, file, option: field, wanted, got, fix: "it is not as it was written: put the one of the run back, or go on with force: true" });
  }
  canonical(value); // it is no deeper than any
  return value as unknown as Manifest;
}

/** Where two things of plain data differ, down to their last parts; `what` they are parts of. */
export function differencesIn(saved: unknown, now: unknown, what = ""): Difference[] {
  const tree = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  if (!tree(saved) || !tree(now)) return Object.is(saved, now) ? [] : [{ what, saved, now }];
  return [...new Set([...Object.keys(saved), ...Object.keys(now)])].flatMap((key) => differencesIn(own(saved, key), own(now, key), what ? `${what}.${key}` : key));
}

/** Where two manifests differ in what shapes the bits; none, if the second may go on where the first has stopped. The release does not
 * count, nor does the number of epochs where no schedule depends on it.
 *
 * @example
 * const model = await createModel(dense(1), { input: [1] }), data = { x: [[1], [2]], y: [1, 2] };
 * const [a, b] = [1, 2].map((batchSize) => manifestOf(model, data, { loss: mse(), optimizer: sgd(), batchSize }));
 * compareManifests(a, b) // → [{ what: "batchSize", saved: 1, now: 2 }]
 */
export function compareManifests(saved: Manifest, now: Manifest): Difference[] {
  const free = (manifest: Manifest): boolean => (isRecord(manifest?.options) ? manifest.options.schedule === null : false), both = free(saved) && free(now);
  const fields = ["numerics", "build", "architecture", "trained", "data", "validation"] as const;
  const found = [...fields.flatMap((key) => differencesIn(saved?.[key], now?.[key], key)), ...differencesIn(saved?.options, now?.options)];
  return found.filter(({ what }) => !(both && what === "epochs"));
}

function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Throws if a run goes on with another manifest than it began with; the error names the first difference, and `details.differences` has
 * all.
 *
 * @throws OptionError, without `force`.
 * @example
 * const model = await createModel(dense(1), { input: [1] }), data = { x: [[1], [2]], y: [1, 2] };
 * const [a, b] = [1, 2].map((batchSize) => manifestOf(model, data, { loss: mse(), optimizer: sgd(), batchSize }));
 * wantSameManifest(a, b, true).length // → 1
 */
export function wantSameManifest(saved: Manifest, now: Manifest, force = false): Difference[] {
  const differences = compareManifests(saved, now), [first] = differences;
  if (first && !force)
    throw new OptionError("resume-mismatch", {
      of: "resume", option: first.what, wanted: first.now, got: first.saved, differences,
      fix: `a run goes on with the data and options that it began with${differences.length > 1 ? ` (${differences.length} differ: ${differences.map(({ what }) => what).join(", ")})` : ""}; force: true goes on all the same`,
    });
  return differences;
}
