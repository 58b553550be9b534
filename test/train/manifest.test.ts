// The manifest of a run: what its bits follow from, as plain JSON, and what differs between two.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Version } from "../../assembly/isa.ts";
import {
  adam, compareManifests, cosine, createModel, crossEntropy, type Data, dense, dropout, type FitOptions, l1, l2, type Manifest, manifestOf, metric, mse, OptionError, optimizer, ops, relu, sequential, sgd, tanh,
  wantSameManifest, warmup,
} from "../../src/index.ts";
import type { Value } from "../../src/graph.ts";
import { canonical } from "../../src/train/manifest.ts";
import { VERSION } from "../../src/version.ts";
import { classified, numbers } from "../helpers.ts";

const data = classified(40), net = (more: object = {}) => createModel(sequential(dense(5), relu(), dropout(0.2), dense(3)), { input: [6], seed: 3, ...more });
const base = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), epochs: 2 } satisfies FitOptions;
const model = await net(), first = manifestOf(model, data, base);
const what = (now: Manifest): string[] => compareManifests(first, now).map((one) => one.what);

it("is plain JSON that says what was run", () => {
  expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  expect(first).toMatchObject({
    lanewise: VERSION, numerics: Version.NUMERICS, build: "exact", data: { rows: 40, hash: expect.stringMatching(/^[0-9a-f]{64}$/) }, validation: null,
    trained: ["0.weight", "0.bias", "3.weight", "3.bias"],
    options: {
      loss: [{ loss: "crossEntropy", reduction: "mean", weight: 1 }], optimizer: { optimizer: "adam", learningRate: 0.05, beta1: 0.9 }, schedule: null, batchSize: 32, epochs: 2, seed: 3, shuffle: true,
      accumulate: 1, ema: null, clipNorm: 0, clipValue: 0, penalty: [], metrics: [], onNonFinite: "stop",
    },
  });
});

it("names the release of package.json", () => {
  expect(VERSION).toBe(JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")).version);
});

describe("two manifests", () => {
  it.each<[string, Partial<FitOptions>]>([
    ["batchSize", { batchSize: 8 }], ["seed", { seed: 4 }], ["optimizer.learningRate", { optimizer: adam({ learningRate: 0.1 }) }], ["optimizer.optimizer", { optimizer: sgd() }], ["shuffle", { shuffle: false }],
    ["schedule", { schedule: cosine() }], ["loss.0.loss", { loss: (p, t) => ops.sum(ops.multiply(p, ops.toFloat(t)), [1]) }], ["loss.0.labelSmoothing", { loss: crossEntropy({ labelSmoothing: 0.1 }) }], ["clipNorm", { clipNorm: 1 }],
    ["clipValue", { clipValue: 1 }], ["penalty.0", { penalty: l2(0.1) }], ["accumulate", { accumulate: 2 }], ["ema", { ema: 0.9 }], ["metrics.0", { metrics: ["accuracy"] }], ["validation", { validation: 0.2 }],
    ["validation", { validation: classified(10) }],
  ])("with another %s differ in that", (name, more) => {
    const now = manifestOf(model, data, { ...base, ...more } as FitOptions), found = what(now);
    expect(found).toContain(name);
    expect(found.filter((it) => !it.startsWith(name.split(".")[0]!))).toEqual([]);
    expect(compareManifests(now, now)).toEqual([]);
    expect(() => wantSameManifest(first, now)).toThrow(OptionError);
    expect(wantSameManifest(first, now, true)).toEqual(compareManifests(first, now));
  });

  it("with other data, another network or other parameters to train differ in that", async () => {
    const x = data.x.slice();
    x[7] = -x[7]!;
    expect(what(manifestOf(model, { x, y: data.y }, base))).toEqual(["data.hash"]);
    expect(what(manifestOf(model, { ...data, weight: new Float32Array(40).fill(1) }, base))).toEqual(["data.hash"]);
    expect(what(manifestOf(model, classified(39), base))).toEqual(["data.hash", "data.rows"]);
    expect(what(manifestOf(await createModel(sequential(dense(5), tanh(), dropout(0.2), dense(3)), { input: [6], seed: 3 }), data, base))).toEqual(["architecture"]);
    const frozen = await net();
    frozen.freeze(/^0/);
    expect(what(manifestOf(frozen, data, base))).toContain("trained.0");
  });

  it("are alike whatever the data came in, where the model runs, and which release it is", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [...data.x.subarray(6 * i, 6 * i + 6)]);
    for (const same of [{ x: rows, y: [...data.y] }, { x: Float64Array.from(data.x), y: Float32Array.from(data.y) }, { x: { data: data.x, shape: [40, 6] }, y: data.y }])
      expect(manifestOf(model, same as Data<any, any>, base)).toEqual(first);
    const away = await net({ where: "worker" }) as any;
    expect(manifestOf(away, data, base)).toEqual(first);
    await away.dispose();
    expect(what({ ...first, lanewise: "9.9.9" })).toEqual([]);
    expect(what({ ...first, numerics: 99 })).toEqual(["numerics"]);
  });

  it("differ in epochs only if there is a schedule", () => {
    const of = (more: object): Manifest => manifestOf(model, data, { ...base, ...more });
    expect(compareManifests(of({}), of({ epochs: 9 }))).toEqual([]);
    expect(compareManifests(of({ schedule: cosine() }), of({ schedule: cosine(), epochs: 9 }))).toEqual([{ what: "epochs", saved: 2, now: 9 }]);
  });

  it("from strangers are compared without a fall", () => {
    const odd = JSON.parse('{"options":{"__proto__":{"a":1}},"data":null,"trained":3}');
    expect(compareManifests(odd, first).length).toBeGreaterThan(3);
    expect(compareManifests(null as never, first).length).toBeGreaterThan(3);
    expect(compareManifests(odd, odd)).toEqual([]);
  });
});

it("the error names the first difference, and has all", () => {
  const now = manifestOf(model, data, { ...base, batchSize: 8, seed: 4 }), error = (() => {
    try {
      wantSameManifest(first, now);
      return undefined;
    } catch (thrown) {
      return thrown as OptionError;
    }
  })()!;
  expect(error).toMatchObject({ code: "resume-mismatch", details: { option: "batchSize", wanted: 8, got: 32, differences: [{ what: "batchSize", saved: 32, now: 8 }, { what: "seed", saved: 3, now: 4 }] } });
  expect(error.message).toMatch(/batchSize: wanted 8, got 32.*2 differ: batchSize, seed.*force: true/);
});

it("functions of one's own are told as such", () => {
  const own = optimizer("mine", { learningRate: 0.1, update: ({ parameter, gradient, learningRate }) => ({ parameter: ops.subtract(parameter, ops.multiply(gradient, learningRate)) }) });
  const { options } = manifestOf(model, { x: data.x, y: numbers(120) }, {
    loss: (p, t) => ops.mean(ops.square(ops.subtract(p, t))), optimizer: own, schedule: warmup(() => 1, { steps: 2 }), metrics: [metric("spread", { all: () => 1 })], penalty: [l1(1), l2(1, { match: /weight/ })],
  });
  expect(options).toMatchObject({
    loss: [{ loss: "own", computes: expect.any(Number) }], optimizer: { optimizer: "mine", update: expect.any(Number) }, schedule: { schedule: "warmup", inner: { schedule: "own", rates: expect.any(Number) }, steps: 2 }, metrics: [{ name: "spread", over: "all rows" }],
    penalty: [{ penalty: "l1", strength: 1 }, { penalty: "l2", strength: 1, match: "/weight/" }],
  });
});

it("names the function of one's own that computes something else, and none whose text alone is another", async () => {
  const y = numbers(120), of = (fit: Partial<FitOptions>): Manifest => manifestOf(model, { x: data.x, y }, { ...base, loss: mse(), ...fit } as FitOptions);
  const own = (by: number): Partial<FitOptions>[] => [
    { loss: (p: Value, t: Value) => ops.multiply(ops.square(ops.subtract(p, t)), by) },
    { schedule: (step) => (step < 1000 * by ? 0.1 : 0.01) },
    { schedule: warmup((step, { steps }) => 0.1 * (1 - step / steps) * by, { steps: 2 }) },
    { penalty: { penalty: "mine", options: {}, cost: (all) => ops.multiply(ops.sum(ops.square(all[0]!.value)), by) } },
    { penalty: l1(1, { match: ({ name }) => name.startsWith(by > 2 ? "0" : "3") }) },
    { optimizer: optimizer("mine", { update: ({ parameter, gradient }) => ({ parameter: ops.subtract(parameter, ops.multiply(gradient, by)) }) }) },
    { optimizer: optimizer("mine", { state: ["m", "n"], update: ({ parameter, m, n }) => ({ parameter, m: by > 2 ? m : n, n: by > 2 ? n : m }) }) },
    { optimizer: adam({ groups: [{ match: ({ name }) => name.startsWith(by > 2 ? "0" : "3"), learningRate: 1 }] }) },
  ];
  const told = own(2).map((fit, i) => compareManifests(of(fit), of(own(2.1)[i]!)).map((one) => one.what));
  expect(told).toEqual([["loss.0.computes"], ["schedule.rates"], ["schedule.inner.rates"], ["penalty.0.computes"], ["penalty.0.computes"], ["optimizer.update"], ["optimizer.update"],
    ["optimizer.groups.0.match.0", "optimizer.groups.0.match.1"]]);
  for (const [i, fit] of own(2).entries()) expect(compareManifests(of(fit), of(own(2)[i]!))).toEqual([]);
  const [short, long] = [(step: number): number => Math.exp(-step / 500), (step: number): number => { const at = step / 500; return 1 / Math.exp(at); }];
  expect(compareManifests(of({ schedule: short }), of({ schedule: long }))).toEqual([]); // but for the last digits
  expect(compareManifests(of({ schedule: (_, { reports }) => (reports!.at(-1) as any).loss }), of({ schedule: short }))).toHaveLength(1); // it throws before the first epoch is done
});

it("of a stream, the rows are known if it tells", () => {
  const stream = (rows?: number): any => Object.assign(() => [data], rows === undefined ? {} : { rows });
  expect(manifestOf(model, stream(), base)).toMatchObject({ data: { rows: null, hash: null }, options: { batchSize: 32, shuffle: false } });
  expect(manifestOf(model, stream(20), base)).toMatchObject({ data: { rows: 20, hash: null }, options: { batchSize: 20 } });
});

it("what fit refuses, it refuses", () => {
  expect(() => manifestOf(model, data, { loss: mse() })).toThrow();
  expect(() => manifestOf(model, { x: data.x, y: [1] }, base)).toThrow(/rows/);
  expect(() => manifestOf({} as never, data, base)).toThrow(/a model/);
});

it("its JSON has one form, whatever the order of the keys", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const turned = (item: any): any => Array.isArray(item) ? item.map(turned)
      : item !== null && typeof item === "object" ? Object.fromEntries(Object.entries(item).reverse().map(([key, inner]) => [key, turned(inner)])) : item;
    expect(canonical(turned(value))).toBe(canonical(value));
  }));
});
