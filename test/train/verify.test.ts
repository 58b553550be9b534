// Training that can be proved: the chain of a run's checkpoints, and verify(), which trains again what lies between them.

import { beforeAll, describe, expect, it } from "vitest";
import {
  adam, adamW, audit, type AuditOptions, type Callback, cosine, createModel, crossEntropy, type Data, dense, dropout, earlyStopping, f1, FormatError, type FitOptions, hash, l2, layers, lbfgs, metric, type Model, mse, ops, OptionError,
  reduceOnPlateau, relu, sequence, sequential, sgd, type Stream, verify, type VerifyOptions, warmup, type WorkerModel,
} from "../../src/index.ts";
import { classified, numbers } from "../helpers.ts";

const data = classified(40), held = classified(16, 6, 3, 9);
const net = (seed = 3, site = {}): Promise<Model<any, any>> => createModel(sequential(dense(7), relu(), dropout(0.2), dense(3)), { input: [6], seed, ...site }) as Promise<Model<any, any>>;
const base: FitOptions = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 8, epochs: 4, validation: 0.2, metrics: ["accuracy"] };
/** Takes a checkpoint after these steps. */
const at = (steps: readonly number[], kept: Uint8Array[]): Callback => ({ onStep: ({ step }, training) => void (steps.includes(step) && kept.push(training.checkpoint())) });

/** The checkpoints of an audited run, some of them in the middle of an epoch. */
async function run(options: Partial<FitOptions> = {}, { trail = audit(), steps = [3, 4, 9, 12, 16], model = net() as Promise<Model<any, any> | WorkerModel<any, any>>, rows = data as Data<any, any> | Stream<any, any> } = {}): Promise<Uint8Array[]> {
  const kept: Uint8Array[] = [], made = await model as Model<any, any>;
  await made.fit(rows as Data, { ...base, ...options, callbacks: [at(steps, kept), ...(options.callbacks ?? []), trail] } as FitOptions);
  await made.dispose();
  return kept;
}

const codes = ({ faults }: { faults: readonly { code: string }[] }): string[] => [...new Set(faults.map(({ code }) => code))];

/** Where the numbers of tensors lie in a file, by the names that a test chooses. */
function places(file: Uint8Array, wanted: (name: string) => boolean): [number, number][] {
  const size = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)), header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size)));
  return Object.entries<any>(header).filter(([name]) => name !== "__metadata__" && wanted(name)).map(([, { data_offsets: [from, to] }]) => [8 + size + from, 8 + size + to]);
}

/** The file with one bit of one weight the other way. */
function flipped(file: Uint8Array, draw: number, wanted = (name: string): boolean => name.startsWith("parameter ")): Uint8Array {
  const bits = places(file, wanted).flatMap(([from, to]) => Array.from({ length: 8 * (to - from) }, (_, i) => 8 * from + i)), bit = bits[Math.floor(draw * bits.length)]!, other = file.slice();
  other[bit >> 3]! ^= 1 << (bit & 7);
  return other;
}

/** The file with its metadata changed; all lengths are right. */
function edited(file: Uint8Array, change: (head: any) => void): Uint8Array {
  const size = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)), header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size)));
  const head = JSON.parse(header.__metadata__["lanewise.checkpoint"]);
  change(head);
  header.__metadata__["lanewise.checkpoint"] = JSON.stringify(head);
  const text = new TextEncoder().encode(JSON.stringify(header)), length = 8 * Math.ceil(text.length / 8), made = new Uint8Array(8 + length + file.length - 8 - size).fill(0x20, 0, 8 + length);
  new DataView(made.buffer).setBigUint64(0, BigInt(length), true);
  made.set(text, 8);
  made.set(file.subarray(8 + size), 8 + length);
  return made;
}

const auditOf = (head: any): any => head.notes.callbacks.find((saved: any) => saved?.audit);

let plain: Uint8Array[], logged: Uint8Array[];
beforeAll(async () => {
  [plain, logged] = [await run(), await run({}, { trail: audit({ stepHashes: true }) })];
});

describe("a true run is found true", () => {
  const INTERVALS = [[0, 3], [3, 4], [4, 9], [9, 12], [12, 16]].map(([from, to]) => ({ from, to, ok: true }));
  it("from its checkpoints alone, from the start on", async () => {
    expect(plain).toHaveLength(5);
    expect(await verify(plain, data)).toEqual({ ok: true, chainOk: true, intervals: INTERVALS, faults: [] });
  });

  it.each([{ threads: 2 }, { where: "worker" }] as const)("with %o", async (site) => {
    const { ok, intervals } = await verify(plain, data, site);
    expect([ok, intervals.at(-1)]).toEqual([true, INTERVALS.at(-1)]);
  });

  it("from any stretch of it, and tells of each interval", async () => {
    const told: unknown[] = [], part = await verify(plain, data, { from: 4, to: 12, onInterval: (interval) => void told.push(interval) });
    expect(part).toMatchObject({ ok: true, chainOk: true, intervals: INTERVALS.slice(2, 4) });
    expect(told).toEqual(INTERVALS.slice(2, 4));
    await expect(verify(plain, data, { from: 12, to: 4 })).rejects.toMatchObject({ code: "bad-option", details: { option: "to" } });
  });

  it("as a store gives it: async, with its manifest", async () => {
    const trail = audit(), kept = await run({}, { trail });
    async function* stored(): AsyncGenerator<{ step: number; bytes(): Promise<Uint8Array> }> {
      for (const [i, step] of [3, 4, 9, 12, 16].entries()) yield { step, bytes: async () => kept[i]! };
    }
    expect(await verify({ manifest: JSON.parse(JSON.stringify(trail.manifest)), checkpoints: stored() }, data)).toMatchObject({ ok: true, chainOk: true });
    const other = await run({ batchSize: 4 });
    expect(codes(await verify({ manifest: trail.manifest!, checkpoints: other }, data))).toContain("other-manifest");
  });

  it("when it was stopped and went on, on threads and in a worker", async () => {
    const first = await run({ budget: { steps: 4 } }), rest = await run({ resume: first.at(-1)! }, { model: net(9, { threads: 2 }) }), last = await run({ resume: rest[1]! }, { model: net(5, { where: "worker" }) });
    expect([...first, ...rest.slice(0, 2), ...last].map((file) => hashOfState(file))).toEqual(plain.map((file) => hashOfState(file)));
    expect(await verify([...first, ...rest.slice(0, 2), ...last], data)).toMatchObject({ ok: true, chainOk: true });
  });

  it.each<[string, Partial<FitOptions>, { rows?: any; options?: VerifyOptions["options"]; audit?: AuditOptions; steps?: number[] }?]>([
    ["with a schedule, clipping, penalty and groups", {
      schedule: warmup(cosine(), { steps: 3 }), clipNorm: 1, clipValue: 0.5, penalty: l2(1e-3, { match: /weight$/ }), optimizer: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, groups: [{ match: /bias/, learningRate: 0.01 }] }),
    }],
    ["with a sequence of schedules, and row weights", { schedule: sequence([warmup({ steps: 2 }), cosine()], { epochs: [2] }) }, { rows: { ...data, weight: Array.from({ length: 40 }, (_, i) => i % 3) } }],
    ["in micro-batches, with a moving average", { accumulate: 3, ema: 0.9, metrics: ["accuracy", f1()] }, { audit: { stepHashes: true } }],
    ["by lbfgs", { optimizer: lbfgs({ iterations: 3, history: 2 }), batchSize: 32, epochs: 16 }],
    ["with a plateau, early stopping and validation data", { schedule: reduceOnPlateau({ patience: 0, threshold: 0.1 }), validation: held, callbacks: [earlyStopping({ patience: 9 })] }, { options: { validation: held } }],
    ["with metrics of its own, and a group that a function of its own chooses", {
      metrics: ["accuracy", metric("spread", { all: ({ data: p }) => Math.max(...p) }), metric("largest", (p) => ops.max(p, 1))], optimizer: adamW({ groups: [{ match: ({ shape }) => shape.length < 2, weightDecay: 0 }] }),
    }],
    ["whose validation data are not at hand", { validation: held, callbacks: [earlyStopping({ patience: 9 })] }],
    ["with a loss of its own", { loss: (p, t) => ops.mean(ops.square(ops.subtract(p, t))) }, { rows: { x: data.x, y: numbers(120, 8) }, options: { loss: (p, t) => ops.mean(ops.square(ops.subtract(p, t))), metrics: ["mae"] } }],
    ["of a stream", { validation: held, shuffle: false }, { rows: (epoch: number) => [7 + epoch, 40].map((to, i) => ({ x: data.x.slice(i * 6 * (7 + epoch), 6 * to), y: data.y.slice(i * (7 + epoch), to) })) }],
  ])("%s", async (_, options, { rows, options: more, audit: how, steps } = {}) => {
    const own = options.loss ? { metrics: ["mae"], ...options } : options;
    const kept = await run(own as Partial<FitOptions>, { rows: rows ?? data, trail: audit(how), ...(steps && { steps }) });
    expect(kept.length).toBeGreaterThan(3);
    const result = await verify(kept, rows ?? data, { ...(more && { options: more }) });
    expect(result).toMatchObject({ ok: true, chainOk: true, faults: [] });
    expect(result.intervals).toHaveLength(kept.length);
  });

  it("with several outputs, frozen parameters, named classes", async () => {
    const make = async (): Promise<Model<any, any>> => {
      const made = await createModel(({ a }: any) => {
        const h = dense(5, { name: "h" })(a);
        return { cls: dense(3, { name: "cls" })(relu()(h)), num: dense(2, { name: "num" })(h) };
      }, { input: { a: [6] }, seed: 4, classes: ["x", "y", "z"] }) as Model<any, any>;
      made.freeze(/^h\.bias/);
      return made;
    };
    const rows = { x: { a: data.x }, y: { cls: Array.from(data.y, (c) => "xyz"[c]!), num: numbers(80, 5) } };
    const kept = await run({ loss: { cls: crossEntropy({ labelSmoothing: 0.1 }), num: mse() }, lossWeights: { num: 0.3 }, metrics: { cls: ["accuracy"] } } as any, { model: make(), rows });
    expect(await verify(kept, rows)).toMatchObject({ ok: true, chainOk: true });
  });

  it("from the start of a model that began with other parameters than its seed's, if it is handed over", async () => {
    const trained = await net();
    await trained.fit(data, { loss: crossEntropy() });
    const before = hash(trained), file = trained.save(), kept = await run({}, { model: Promise.resolve(trained) }), own = await (await import("../../src/index.ts")).loadModel(file);
    expect((await verify(kept, data)).intervals[0]).toEqual({ from: 3, to: 4, ok: true });
    await expect(verify(kept, data, { from: 0 })).rejects.toMatchObject({ details: { option: "from", fix: expect.stringContaining("model") } });
    expect((await verify(kept, data, { from: 0, model: own })).intervals[0]).toEqual({ from: 0, to: 3, ok: true });
    expect(hash(own)).toBe(before); // it has its own parameters again
  });

  it("without audit(), if model and options are handed over; there is no chain then", async () => {
    const kept: Uint8Array[] = [], model = await net();
    await model.fit(data, { ...base, callbacks: [at([3, 9], kept)] });
    const { loss, optimizer, validation, metrics } = base as Required<FitOptions>;
    expect(await verify(kept, data, { model, options: { loss, optimizer, validation, metrics } })).toEqual({ ok: true, chainOk: undefined, intervals: [{ from: 3, to: 9, ok: true }], faults: [] });
    await expect(verify(kept, data)).rejects.toThrow(/audit\(\)/);
  });
});

function hashOfState(file: Uint8Array): string {
  const size = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)), head = JSON.parse(JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size))).__metadata__["lanewise.checkpoint"]);
  return auditOf(head).links.at(-1).chain;
}

describe("what was changed is found", () => {
  it("one bit of one weight in one checkpoint, at random: always, and in the right interval", async () => {
    const draws = numbers(60, 31).map((x) => (x + 1) / 2), steps = [0, 3, 4, 9, 12, 16];
    for (let i = 0; i < 30; i++) {
      const which = Math.floor(draws[2 * i]! * plain.length), mutant = plain.map((file, k) => (k === which ? flipped(file, draws[2 * i + 1]!) : file));
      const found = await verify(mutant, data, { to: steps[which + 1]! });
      expect(found, `mutant ${i}`).toMatchObject({ ok: false, chainOk: false, firstBad: { from: steps[which], to: steps[which + 1] } });
      expect(codes(found)).toEqual(["wrong-hash", "other-bits"]);
      expect(found.intervals.filter(({ ok }) => ok)).toHaveLength(which);
    }
  });

  it("one bit of the optimizer's state, and of the average", async () => {
    const averaged = await run({ ema: 0.9 });
    for (const [files, name] of [[plain, "m "], [plain, "v "], [averaged, "extra moving average"]] as const) {
      const found = await verify(files.map((file, k) => (k === 2 ? flipped(file, 0.4, (it) => it.startsWith(name)) : file)), data);
      expect(found).toMatchObject({ ok: false, firstBad: { from: 4, to: 9 } });
    }
  });

  it("though the chain was made anew to hide it", async () => {
    const { stateHash, nextLink } = await import("../../src/train/chain.ts"), { openCheckpoint } = await import("../../src/train/checkpoint.ts");
    const hidden = [...plain];
    let last: any;
    for (let k = 2; k < hidden.length; k++) {
      if (k === 2) hidden[k] = flipped(hidden[k]!, 0.5);
      hidden[k] = edited(hidden[k]!, (head) => {
        const { links } = auditOf(head), own = openCheckpoint(hidden[k]!);
        if (last) links.splice(links.findIndex(({ step }: any) => step === 9), Infinity, ...last);
        links[k === 2 ? links.length - 1 : links.length] = nextLink(links[(k === 2 ? links.length - 1 : links.length) - 1], own.steps, stateHash(own.file.tensors, own));
        last = links.slice(links.findIndex(({ step }: any) => step === 9));
      });
    }
    const found = await verify(hidden, data);
    expect(found).toMatchObject({ ok: false, chainOk: true, firstBad: { from: 4, to: 9 } });
    expect(codes(found)).toEqual(["other-bits"]);
  });

  it.each<[string, string, (head: any) => void]>([
    ["a better loss of an epoch", "reports.0.loss", (head) => (head.notes.reports[0].loss = 0.01)], ["a better accuracy", "reports.0.accuracy", (head) => (head.notes.reports[0].accuracy = 1)],
    ["a better one of the held-out rows", "reports.0.validation.accuracy", (head) => (head.notes.reports[0].validation.accuracy = 1)], ["an epoch more", "reports.2", (head) => head.notes.reports.push(head.notes.reports[0])],
    ["sums of the epoch", "sums.1", (head) => (head.notes.sums[1] /= 2)], ["a position", "left", (head) => (head.notes.left = 1)], ["a seed", "seed", (head) => head.notes.seed++],
    ["an optimizer", "optimizer.beta1", (head) => (head.optimizer.beta1 = 0.8)], ["a build", "build", (head) => (head.build = "fast")],
  ])("%s that a checkpoint tells, though all its numbers are true", async (_, what, change) => {
    const found = await verify([...plain.slice(0, 2), edited(plain[2]!, change)], data);
    expect(found).toMatchObject({ ok: false, chainOk: true, faults: [{ code: "other-notes" }] });
    expect(found.faults[0]!.message).toContain(` another ${what} `);
  });

  it("the step, where step hashes were logged: of a bit that fell over while it trained", async () => {
    for (const [step, from, to, told] of [[5, 4, 9, 5], [8, 4, 9, 8], [9, 9, 12, 10]] as const) {
      const fall = { onStep: ({ step: now }: { step: number }, { network }: any) => void (now === step && (network.session.words[network.block.offset / 4 + 3] ^= 1 << 12)) };
      const kept = await run({ callbacks: [fall] }, { trail: audit({ stepHashes: true }) }), found = await verify(kept, data);
      expect(found).toMatchObject({ ok: false, chainOk: true, firstBad: { from, to, step: told } });
      // what came of it is true again
      expect(found.intervals.filter(({ ok }) => !ok)).toHaveLength(1);
    }
  });

  it("the step, where step hashes were logged: of a bit that was put into a checkpoint", async () => {
    expect(await verify(logged, data)).toMatchObject({ ok: true, chainOk: true });
    const found = await verify(logged.map((file, k) => (k === 3 ? flipped(file, 0.7) : file)), data);
    expect(found).toMatchObject({ ok: false, firstBad: { from: 9, to: 12, step: 12 } });
  });

  it.each<[string, (files: readonly Uint8Array[]) => Uint8Array[], string[], number?]>([
    ["a missing checkpoint", ([a, b, , d, e]) => [a!, b!, d!, e!], ["missing-checkpoint"], 9],
    ["a missing first checkpoint", ([, ...rest]) => rest, ["missing-checkpoint"], 3],
    ["reordered ones", ([a, b, c, d, e]) => [a!, c!, b!, d!, e!], ["reordered"], 4],
    ["one twice", ([a, b, c, d, e]) => [a!, b!, b!, c!, d!, e!], ["reordered"], 4],
    ["a link that was written over", (files) => files.map((file, k) => (k === 3 ? edited(file, (head) => (auditOf(head).links[2].hash = "0".repeat(64))) : file)), ["broken-chain"], 12],
    ["another manifest", (files) => files.map((file, k) => (k === 3 ? edited(file, (head) => (auditOf(head).manifest.options.epochs = 9)) : file)), ["broken-chain", "other-manifest"], 12],
    ["other counters", (files) => files.map((file, k) => (k === 2 ? edited(file, (head) => (head.updates = 8)) : file)), ["wrong-hash", "other-bits"], 9],
    ["a checkpoint that is cut off", (files) => files.map((file, k) => (k === 2 ? file.slice(0, -8) : file)), ["no-checkpoint", "missing-checkpoint"]],
    ["another numerics version", (files) => files.map((file, k) => (k === 4 ? edited(file, (head) => (head.numerics = 1)) : file)), ["numerics-version"]],
  ])("%s is told by its name", async (_, change, wanted, step) => {
    const found = await verify(change(plain), data);
    expect([found.ok, codes(found)]).toEqual([false, wanted]);
    if (step !== undefined) expect(found.faults[0]!.step).toBe(step);
    if (wanted[0] !== "numerics-version") expect(found.chainOk).toBe(false);
  });

  it("a checkpoint of another run, which has the same steps", async () => {
    const other = await run({ seed: 77 }), found = await verify(plain.map((file, k) => (k === 2 ? other[2]! : file)), data);
    expect(found).toMatchObject({ ok: false, chainOk: false, firstBad: { from: 4, to: 9 } });
    expect(codes(found)).toContain("other-manifest");
  });

  it("other data: one number of them", async () => {
    const x = data.x.slice();
    x[100]! += 1e-6;
    expect(await verify(plain, { x, y: data.y })).toMatchObject({ ok: false, intervals: [], faults: [{ code: "other-data", message: expect.stringContaining("data.hash") }] });
    expect(codes(await verify(plain, { x: data.x.subarray(6), y: data.y.subarray(1) }))).toEqual(["other-data"]);
    expect(codes(await verify(plain, { x: numbers(40 * 5), y: data.y }))).toEqual(["other-data"]);
  });

  it("other options, and a model that is another", async () => {
    expect(codes(await verify(plain, data, { options: { optimizer: adam({ learningRate: 0.01 }) } }))).toEqual(["other-options"]);
    const model = await createModel(sequential(dense(7), layers.tanh(), dropout(0.2), dense(3)), { input: [6] }) as Model<any, any>;
    expect(codes(await verify(plain, data, { model }))).toEqual(["other-options"]);
  });

  it("that gaps are wanted", async () => {
    expect(await verify([plain[1]!, plain[3]!], data, { gaps: true })).toMatchObject({ ok: true, chainOk: true, intervals: [{ from: 0, to: 4 }, { from: 4, to: 12 }] });
  });
});

describe("what cannot be done is refused", () => {
  it.each<[string, VerifyOptions, RegExp]>([
    ["a step of no checkpoint", { from: 5 }, /from: wanted a checkpoint's step: 3, 4, 9/], ["likewise for the end", { to: 10 }, /to: wanted a checkpoint's step/],
    ["a misspelt option", { form: 3 } as never, /did you mean from/], ["an option of fit that is none here", { options: { batchSize: 3 } as never }, /unknown option/], ["no step", { from: -1 }, /at least 0/],
  ])("%s", async (_, options, message) => {
    await expect(verify(plain, data, options)).rejects.toThrow(OptionError);
    await expect(verify(plain, data, options)).rejects.toThrow(message);
  });

  it("what is no run, and one of nothing", async () => {
    for (const bad of [3, undefined, {}, [3], plain[0]!]) await expect(verify(bad as never, data)).rejects.toThrow(/run: /);
    expect(codes(await verify([], data))).toEqual(["nothing-to-replay"]);
    expect(codes(await verify([new Uint8Array(40)], data))).toEqual(["no-checkpoint"]);
  });

  it("a loss of its own that is not handed over, and a function that cannot be written down", async () => {
    const own = await run({ loss: (p, t) => ops.mean(ops.square(ops.subtract(p, t))), metrics: ["mae"] }, { rows: { x: data.x, y: numbers(120, 8) } });
    await expect(verify(own, { x: data.x, y: numbers(120, 8) })).rejects.toThrow(/options.loss/);
    const make = (): Promise<Model<any, any>> => createModel((x: any) => dense(3)(ops.dropout(x, 0.1)), { input: [6] }) as Promise<Model<any, any>>, kept = await run({}, { model: make() });
    await expect(verify(kept, data)).rejects.toThrow(/model: its function cannot be written down/);
    expect(await verify(kept, data, { model: await make() })).toMatchObject({ ok: true, chainOk: true });
  });

  it("an abort ends it with the signal's reason", async () => {
    const control = new AbortController();
    await expect(verify(plain, data, { signal: control.signal, onInterval: () => control.abort(new Error("enough")) })).rejects.toThrow("enough");
  });

  it("hostile notes are met with typed errors", async () => {
    const hostile: ((head: any) => void)[] = [
      (head) => (auditOf(head).model = "{}"), (head) => (auditOf(head).manifest.options.loss = [{ loss: "__proto__" }]), (head) => (auditOf(head).manifest.options.loss = 3),
      (head) => (auditOf(head).manifest.options.optimizer = { optimizer: "constructor" }), (head) => (auditOf(head).manifest.options.schedule = { schedule: "toString" }), (head) => (auditOf(head).links = [{}]),
      (head) => (auditOf(head).manifest.options = null), (head) => (auditOf(head).manifest.options.optimizer.groups = [{ match: "/a/gg", learningRate: 1 }]), (head) => (auditOf(head).manifest.options.penalty = [{ penalty: "l2", strength: 1, match: "/(a+)+$/" }]), (head) => (head.notes.callbacks = 3), (head) => (auditOf(head).manifest.trained = 7),
    ];
    for (const [i, change] of hostile.entries()) {
      const result = await verify(plain.map((file) => edited(file, change)), data).catch((error: unknown) => error) as any;
      if (result instanceof Error) expect(result instanceof OptionError || result instanceof FormatError, `${i}: ${result.stack}`).toBe(true);
      else expect(result.ok, String(i)).toBe(false);
    }
    expect(({} as any).polluted).toBeUndefined();
  });
});

describe("an audited run that goes on", () => {
  it("has the chain of the run that was never stopped", async () => {
    const [first] = await run(), rest = await run({ resume: first! }, { model: net(8) });
    expect(rest.map(hashOfState)).toEqual(plain.slice(1).map(hashOfState));
  });

  it.each<[string, any, Partial<FitOptions>]>([
    ["data.hash", { x: data.x.map((v, i) => (i === 7 ? v + 1e-6 : v)), y: data.y }, {}], ["validation.hash", data, { validation: classified(16, 6, 3, 10) }],
  ])("with another %s is refused by that name, unless it is forced", async (what, rows, more) => {
    const kept = await run({ validation: held }), options = { validation: held, ...more, resume: kept[1]! }, model = await net(), before = hash(model);
    const failed: any = await Promise.resolve(model.fit(rows, { ...base, ...options, callbacks: [audit()] })).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OptionError);
    expect(failed).toMatchObject({ code: "resume-mismatch", details: { option: what, differences: [{ what }] } });
    expect(hash(model)).toBe(before);
    const trail = audit(), forced = await run({ ...options, force: true }, { rows, trail });
    expect(forced).toHaveLength(3);
    expect(trail.manifest!.after).toBe(hashOfState(kept[1]!));
    expect(trail.chain[0]!.step).toBe(4);
    expect(codes(await verify([...kept.slice(0, 2), ...forced], rows, { options: { validation: more.validation ?? held } }))).toContain("other-manifest");
  });

  it("keeps its checkpoints small: the chain has its first link and the last ones", async () => {
    const trail = audit(), kept = await run({ epochs: 40 }, { trail, steps: Array.from({ length: 160 }, (_, i) => i + 1) });
    expect(kept).toHaveLength(160);
    expect(trail.chain).toHaveLength(64);
    expect([trail.chain[0]!.step, trail.chain.at(-1)!.step]).toEqual([0, 160]);
    expect(await verify(kept.slice(100), data, { from: 158, gaps: true })).toMatchObject({ ok: true, chainOk: true });
    expect(codes(await verify([...kept.slice(0, 130), ...kept.slice(131)], data, { from: 158 }))).toEqual(["missing-checkpoint"]);
  });
});
