// All work in one piece, gzipped: what the page saves within itself. It may come from anybody, so it is looked at before it is used.
//
//   "lanewise work 1\n" | length of the JSON, as 4 bytes | JSON | the bytes of its files, one after the other

import * as v from "valibot";
import { FormatError } from "../../index.ts";
import { type Given, type RunView, SAMPLES, SCREENS } from "./api.ts";
import type { Work } from "./keeper.ts";
import { PARTS } from "./parts.ts";
import type { Project } from "./project.ts";

const MAGIC = "lanewise work 1\n";
/** Bytes that it may have unpacked. */
const MOST = 1 << 30;

export interface Packed extends Work {
  /** Files of each run's place. */
  readonly checkpoints: ReadonlyMap<string, ReadonlyMap<string, Uint8Array<ArrayBuffer>>>;
}

const text = v.string(), count = v.pipe(v.number(), v.integer(), v.minValue(0)), number = v.union([v.number(), v.null()]), optional = <S extends v.GenericSchema>(schema: S) => v.optional(v.nullable(schema));
/** JSON has no NaN. */
const figure = v.pipe(number, v.transform((value) => value ?? NaN));
const said = v.looseObject({ code: text, details: v.optional(v.record(text, v.union([text, number]))) });
const part = (family: keyof typeof PARTS) => v.strictObject({ kind: v.picklist(Object.keys(PARTS[family])), options: v.record(text, v.union([v.number(), text, v.boolean()])) });
const design = v.strictObject({
  layers: v.pipe(v.array(part("layers")), v.maxLength(1000)), loss: part("losses"), optimizer: part("optimizers"), schedule: part("schedules"),
  batchSize: count, epochs: count, patience: count, balanced: v.boolean(), seed: count,
});
const asked = v.strictObject({
  target: v.optional(text), task: v.optional(v.picklist(["classification", "regression"])), types: v.optional(v.record(text, text)), ignore: v.optional(v.array(text)),
  validation: v.optional(v.number()), seed: v.optional(count),
});
const view = v.looseObject({
  id: v.pipe(text, v.regex(/^[\w-]{1,60}$/)), name: text, design, asked, status: v.picklist(["running", "paused", "done", "failed"]), step: count, steps: count, metric: v.picklist(["accuracy", "r2"]),
  epochs: v.array(v.looseObject({ epoch: count, step: count, loss: figure, metric: figure, heldOutLoss: figure, heldOutMetric: figure, learningRate: figure })), curve: v.array(v.looseObject({ step: count, loss: figure, learningRate: figure })), looks: v.array(v.looseObject({ step: count, weights: v.array(v.looseObject({ layer: text, gradient: figure, update: figure })), units: v.array(v.looseObject({ layer: text, share: figure })) })),
  findings: v.array(v.looseObject({ ...said.entries, mended: v.optional(design) })), checkpoints: v.array(count), problem: v.optional(said),
});
const file = v.strictObject({ name: text, size: count });
const header = v.strictObject({
  name: text, pictures: optional(v.strictObject({ side: v.optional(count), channels: v.optional(v.picklist([1, 3])) })), asked: optional(asked),
  given: v.variant("kind", [
    v.strictObject({ kind: v.literal("files"), files: v.array(v.strictObject({ path: text, size: count })) }), v.strictObject({ kind: v.literal("text"), text }),
    v.strictObject({ kind: v.literal("sample"), name: v.picklist(SAMPLES) }),
  ]),
  seen: optional(v.looseObject({ screen: v.picklist(SCREENS),
    // as it was being edited: what is no design is left out, and the rest comes back
    design: v.fallback(optional(design), undefined), run: optional(text),
    suggestion: v.fallback(optional(v.looseObject({ design, choices: v.array(v.looseObject({ name: text, value: said, why: said })) })), undefined),
  })),
  runs: v.array(v.strictObject({ view, files: v.array(file) })),
});

export async function pack({ source, keeper, runs }: Project): Promise<Blob> {
  if (!source) throw new FormatError("no-data", { problem: "there is no work to save yet" });
  const { given } = source, contents: (Blob | Uint8Array<ArrayBuffer>)[] = given.kind === "files" ? given.files.map(({ file: one }) => one) : [], records: { view: RunView; files: { name: string; size: number }[] }[] = [];
  for (const run of runs.values()) {
    const store = await keeper.places.open(run.id, true), files: { name: string; size: number }[] = [];
    try {
      for (const name of await store.list()) {
        const bytes = await store.get(name);
        if (!bytes) continue; // a newer one has taken its place meanwhile
        files.push({ name, size: bytes.length });
        contents.push(bytes);
      }
    } finally {
      await store.close();
    }
    records.push({ view: run.record, files });
  }
  const json = new TextEncoder().encode(JSON.stringify({
    name: source.name, pictures: source.pictures, asked: source.asked, seen: keeper.last, runs: records,
    given: given.kind === "files" ? { kind: "files", files: given.files.map(({ path, file: { size } }) => ({ path, size })) } : given,
  }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length, true);
  return gzipped(new Blob([MAGIC, length, json, ...contents]));
}

const gzipped = (blob: Blob): Promise<Blob> => new Response(blob.stream().pipeThrough(new CompressionStream("gzip"))).blob();

/** What pack gave.
 *
 * @throws FormatError for anything else.
 */
export async function unpack(blob: Blob): Promise<Packed> {
  const bytes = await inflated(blob), start = MAGIC.length + 4;
  if (bytes.length < start || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) throw broken("it is no work that this page has saved");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (start + length > bytes.length) throw broken("it ends within its header");
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, start + length)));
  } catch {
    throw broken("its header is no JSON");
  }
  const checked = v.safeParse(header, read);
  if (!checked.success) throw broken(`its header is not as it should be: ${checked.issues.slice(0, 3).map((issue) => `${v.getDotPath(issue) ?? ""} ${issue.message}`).join("; ")}`);
  let at = start + length;
  const take = (size: number): Uint8Array<ArrayBuffer> => {
    if (at + size > bytes.length) throw broken("it ends within its files");
    return bytes.slice(at, (at += size));
  };
  const { given, name, pictures, asked: said, seen, runs } = checked.output;
  const source = {
    name, pictures: pictures ?? undefined, asked: said ?? undefined,
    given: (given.kind === "files" ? { kind: "files", files: given.files.map(({ path, size }) => ({ path, file: new File([take(size)], path.split("/").at(-1)!) })) } : given) as Given,
  };
  const checkpoints = new Map(runs.map(({ view: { id }, files }) => [id, new Map(files.map((one) => [one.name, take(one.size)]))]));
  if (at !== bytes.length) throw broken("it has more than its header says");
  return { source, seen: seen as never, runs: runs as never, checkpoints };
}

async function inflated(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const reader = blob.stream().pipeThrough(new DecompressionStream("gzip")).getReader(), parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      parts.push(value as Uint8Array<ArrayBuffer>);
      if ((size += value.length) > MOST) throw broken("it is larger than what is taken, 1 GiB");
    }
  } catch (error) {
    throw error instanceof FormatError ? error : broken("it is not whole");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const broken = (problem: string): FormatError => new FormatError("bad-work", { of: "the work in this page", problem });
