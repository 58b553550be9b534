// Broken and hostile files for what reads safetensors: the reader, loadModel and resume. Mutations know the format: the length before the
// header, the JSON in it, the JSON within its metadata, where tensors lie; and there are flipped bytes and every truncation of a header.
// All follow from a seed. Used by mutate-weights.mjs and test/weights-hostile.test.ts.

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A generator of numbers in [0, 1): mulberry32. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A file of a header's text (or bytes) and a body; `length` may lie. */
export function fileOf(header, body, length) {
  const bytes = typeof header === "string" ? encoder.encode(header) : header, file = new Uint8Array(8 + bytes.length + body.length);
  new DataView(file.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(length ?? bytes.length)), true);
  file.set(bytes, 8);
  file.set(body, 8 + bytes.length);
  return file;
}

/** A file's parts. */
export function partsOf(file) {
  const size = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return { header: decoder.decode(file.subarray(8, 8 + size)).trimEnd(), body: file.subarray(8 + size) };
}

const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__metadata__", "", "\u0000", "weight", "0.weight", "\ud800", "a".repeat(5000), "𝄞"];
const VALUES = [
  null, true, false, 0, -0, -1, 1, 2, 0.5, 4, 8, 255, 65536, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e21, 1e308, -1e308, "", "F32", "F16", "I64", "BOOL", "F4", "relu", "dense",
  "__proto__", "constructor", [], {}, [[]], [null], [0, 0], [-1, 4], [1e15, 1e15], [4294967296, 4294967296], [0, 2 ** 53], Array(17).fill(1), Array(300).fill(0), { a: 1 },
  JSON.parse('{"__proto__": {"polluted": true}}'), "x".repeat(3000),
];
/** Texts that JSON.stringify does not write. */
const TEXTS = ["NaN", "1e999", "-0", "01", "1.0", "1E0", "0x10", "'a'", "[1,]", "{,}", '"\\ud800"', '"\\u0000"', "[".repeat(2000), "[".repeat(2000) + "]".repeat(2000), '{"a":'.repeat(1000) + "1" + "}".repeat(1000), "18446744073709551616", "/*x*/1"];

/** All places of a JSON value: its parent and key. */
function placesOf(value, into = []) {
  if (value !== null && typeof value === "object") for (const key of Object.keys(value)) {
    into.push([value, key]);
    placesOf(value[key], into);
  }
  return into;
}

/** Changes a JSON value somewhere; what is to stand there as raw text is marked. */
function change(root, random) {
  const pick = (list) => list[Math.floor(random() * list.length)], places = placesOf(root);
  if (!places.length) return pick(VALUES);
  const [parent, key] = pick(places), kind = random();
  if (kind < 0.4) parent[key] = structuredClone(pick(VALUES));
  else if (kind < 0.5 && typeof parent[key] === "number") parent[key] += pick([-8, -4, -2, -1, 1, 2, 4, 8, 2 ** 32]);
  else if (kind < 0.6) parent[key] = structuredClone(pick(places).reduce((parent, key) => parent[key]));
  else if (kind < 0.7) parent[key] = `\u0001${pick(TEXTS)}\u0001`;
  else if (Array.isArray(parent)) {
    if (kind < 0.85) parent.splice(Number(key), 1);
    else parent.push(structuredClone(pick(VALUES)));
  } else {
    const value = parent[key];
    if (kind < 0.85) delete parent[key];
    Object.defineProperty(parent, pick(NAMES), { value: kind < 0.95 ? value : structuredClone(pick(VALUES)), enumerable: true, configurable: true, writable: true });
  }
  return root;
}

const textOf = (value) => (JSON.stringify(value) ?? "null").replace(/"\\u0001((?:[^"\\]|\\.)*)\\u0001"/g, (_, raw) => JSON.parse(`"${raw}"`));

/** One mutation of a file. `others` are files to take parts from. */
export function mutate(file, others, random) {
  const pick = (list) => list[Math.floor(random() * list.length)], below = (n) => Math.floor(random() * n), { header, body } = partsOf(file);
  const again = () => (random() < 0.3 ? 1 + below(4) : 1);
  const flip = (from, to) => {
    const copy = file.slice();
    for (let n = 1 + below(6); n > 0; n--) copy[from + below(to - from)] = random() < 0.5 ? below(256) : copy[from + below(to - from)] ^ (1 << below(8));
    return copy;
  };
  const ways = [
    () => flip(0, file.length), () => flip(8, 8 + header.length), () => flip(0, 8), () => file.slice(0, below(file.length + 1)),
    () => fileOf(header, body, pick([0, 1, 2, header.length - 1, header.length + 1, header.length + 8, file.length - 8, file.length, 2 ** 31, 2n ** 32n, 2n ** 53n, 2n ** 63n, -1, -8n, below(file.length)])),
    // the header's JSON
    () => {
      let json = JSON.parse(header);
      for (let n = again(); n > 0; n--) json = change(json, random);
      return fileOf(textOf(json), body);
    },
    // the JSON within the metadata
    () => {
      const json = JSON.parse(header), metadata = json.__metadata__ ?? {}, keys = Object.keys(metadata).filter((key) => metadata[key].startsWith("{"));
      if (!keys.length) return fileOf(textOf(change(json, random)), body);
      const key = pick(keys);
      let inner = JSON.parse(metadata[key]);
      for (let n = again(); n > 0; n--) inner = change(inner, random);
      metadata[key] = textOf(inner);
      return fileOf(JSON.stringify(json), body);
    },
    // a name twice
    () => {
      const json = JSON.parse(header), name = pick(Object.keys(json).concat("x")), value = JSON.stringify(json[name] ?? pick(VALUES));
      return fileOf(`{${JSON.stringify(name)}:${value},${header.slice(1)}`, body);
    },
    // where tensors lie
    () => {
      const json = JSON.parse(header), tensors = Object.entries(json).filter(([name]) => name !== "__metadata__").map(([, tensor]) => tensor);
      if (!tensors.length) return fileOf(header, encoder.encode("more"));
      const a = pick(tensors), b = pick(tensors);
      pick([
        () => ([a.data_offsets, b.data_offsets] = [b.data_offsets, a.data_offsets]), () => (a.data_offsets = b.data_offsets), () => a.data_offsets.reverse(),
        () => { for (const tensor of tensors) tensor.data_offsets = tensor.data_offsets.map((at) => at + 4); }, () => (a.data_offsets[1] += pick([-4, 4, -1, 1, 2 ** 40])),
        () => ([a.shape, b.shape] = [b.shape, a.shape]), () => a.shape.push(pick([0, 1, 2, 2 ** 32])), () => a.shape.reverse(), () => (a.dtype = pick(["F16", "BF16", "F64", "I64", "U8", "BOOL", "I32", "F8_E4M3"])),
        () => (json[pick(NAMES)] = { dtype: "F32", shape: [0], data_offsets: a.data_offsets.map(() => a.data_offsets[0]) }),
      ])();
      return fileOf(JSON.stringify(json), body);
    },
    // pieces of the header's text
    () => {
      const at = below(header.length), end = at + below(40), piece = header.slice(at, end);
      return fileOf(pick([header.slice(0, at) + header.slice(end), header.slice(0, end) + piece + header.slice(end), header.slice(0, at) + pick(TEXTS) + header.slice(at)]), body);
    },
    () => fileOf(header + pick([" ", "\n\t\r ", "\u0000", "}", "{}", "//", " ".repeat(1000), "\u00a0"]), body),
    () => fileOf(pick([" ", "\ufeff", "\n", "["]) + header, body),
    () => fileOf(header, pick([body.subarray(below(body.length + 1)), Uint8Array.of(...body, 0), new Uint8Array(0), partsOf(pick(others)).body])),
    () => fileOf(partsOf(pick(others)).header, body),
    // numbers that are none
    () => {
      const copy = file.slice(), view = new DataView(copy.buffer), start = copy.length - body.length;
      for (let n = 1 + below(3); n > 0 && body.length >= 4; n--) view.setUint32(start + 4 * below(Math.floor(body.length / 4)), pick([0x7fc00000, 0x7f800000, 0xff800000, 0x7f7fffff, 1]), true);
      return copy;
    },
  ];
  return pick(ways)();
}

/** Sound files of every kind that is read, and for each what reads it. */
export async function subjects(lanewise) {
  const {
    adam, createModel, crossEntropy, dense, dropout, hash, inspect, loadModel, loadStateDict, mse, ops, prelu, readSafetensors, relu, saveAs, sequential, sgd, tanh, writeSafetensors,
  } = lanewise;
  const data = { x: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), y: Int32Array.from({ length: 8 }, (_, i) => i % 2) };
  const net = () => createModel(sequential(dense(4), relu(), dropout(0.2), dense(2)), { input: [3], classes: ["no", "yes"], seed: 1 });
  const model = await net(), fitting = { loss: crossEntropy(), optimizer: adam(), batchSize: 4, epochs: 2, metrics: ["accuracy"], validation: 0.25, ema: 0.9 };
  const training = model.fit(data, fitting);
  await training;
  const finished = await training.checkpoint();
  const shared = dense(3), two = await createModel(
    ({ a, b }) => ({ sum: prelu()(ops.add(ops.tanh(shared(a)), shared(b))), first: ops.reshape(a, [-1, 1, 2]) }), { input: { a: [2], b: [2] }, seed: 2 },
  );
  const deep = await createModel(sequential(dense(2, { name: "in" }), sequential(tanh(), dense(2), sequential(relu())), dense(1, { bias: false })), { input: [2], seed: 3 });
  model.metadata.set("licence", "CC0-1.0");
  const types = new Map([
    ["half", { data: Float32Array.of(1, -0, 65504, 2 ** -24, NaN, Infinity), shape: [2, 3] }], ["scalar", { data: Float32Array.of(3), shape: [] }],
    ["none", { data: new Float32Array(0), shape: [2, 0, 3] }], ["bytes", { data: Uint8Array.of(1, 2, 255), shape: [3] }],
    ["whole", { data: Int32Array.of(-1, 7), shape: [1, 2] }], ["wide", { data: Float64Array.of(1 / 3, 1e30), shape: [2] }],
  ]);
  const ids = (dtype, bytes) => fileOf(`{"t":{"dtype":"${dtype}","shape":[2],"data_offsets":[0,${bytes}]}}`, Uint8Array.from({ length: bytes }, (_, i) => Number(i === 0)));
  const models = [model.save(), two.save(), deep.save(), saveAs(model, { dtype: "float16" }), saveAs(deep, { dtype: "bfloat16", licence: "MIT", metadata: { title: "x" } })];
  const files = [
    writeSafetensors(types), writeSafetensors(types, { a: "b", __proto__x: "\"\\\n" }, { dtype: "float16", overflow: "infinity" }), writeSafetensors(new Map()), ...models,
    ids("I64", 16), ids("U64", 16), ids("BOOL", 2), ids("I8", 2), ids("U16", 4), ids("U32", 8), finished,
  ];
  const trainerOptions = { loss: mse(), optimizer: sgd({ momentum: 0.9 }), seed: 5 }, byHand = await createModel(sequential(dense(2), dense(1)), { input: [2], seed: 4 });
  const trainer = byHand.trainer(trainerOptions);
  trainer.step({ x: [[1, 2]], y: [[3]] });
  const stepped = trainer.checkpoint();
  trainer.dispose();
  const target = await net();
  return [
    {
      name: "the safetensors reader", files,
      read(bytes, i) {
        if (i % 4 === 0) return inspect(bytes);
        if (i % 4 === 1) return loadStateDict(target, bytes, { strict: false });
        return readSafetensors(bytes, { exact: i % 4 === 2 });
      },
    },
    {
      name: "loadModel", files: models,
      async read(bytes) {
        const loaded = await loadModel(bytes, { memoryLimit: 2 ** 26 });
        try {
          loaded.summary();
          const { inputs, single } = inspect(bytes).description;
          const row = ({ shape, dtype }) => new (dtype === "int32" ? Int32Array : Float32Array)(shape.reduce((a, b) => a * b, 1));
          if (inputs.every(({ shape }) => shape.reduce((a, b) => a * b, 1) <= 4096)) loaded.predict(single ? row(inputs[0]) : Object.fromEntries(inputs.map((input) => [input.name, row(input)])));
          loaded.save();
        } finally {
          loaded.dispose();
        }
      },
    },
    {
      name: "resume", files: [finished, stepped],
      // what was refused must have changed nothing
      hash: () => hash(model) + hash(byHand),
      async read(bytes, i) {
        if (i % 2) return byHand.trainer({ ...trainerOptions, resume: bytes }).dispose();
        return void (await model.fit(data, { ...fitting, resume: bytes }));
      },
    },
  ];
}

/** Throws `count` mutated files at each subject: first sound ones, then every truncation of their headers, then mutations. What is thrown
 * by others than lanewise, and a change after a refusal, stand in `wrong`; `peak` is the most that the process held of memory, in bytes, beyond
 * what it held before. */
export async function throwAt(lanewise, { count, seed = 1 }) {
  const rows = [], gc = globalThis.gc ?? (() => {}), held = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  for (const { name, files, read, hash } of await subjects(lanewise)) {
    const random = randomOf(seed), row = { name, files: 0, taken: 0, codes: {}, wrong: [], slowest: 0, largest: 0, peak: 0, seconds: 0 };
    gc();
    const before = held(), start = performance.now();
    let last = hash?.();
    const attempt = async (bytes, i, what) => {
      const began = performance.now();
      row.files++;
      row.largest = Math.max(row.largest, bytes.length);
      try {
        await read(bytes, i);
        row.taken++;
        last = hash?.();
      } catch (error) {
        if (error instanceof lanewise.LanewiseError) row.codes[error.code] = (row.codes[error.code] ?? 0) + 1;
        else row.wrong.push(`${what}: ${error?.stack ?? error}`);
        if (hash && hash() !== last) row.wrong.push(`${what}: something was changed, though it was refused: ${error.message}`);
      }
      row.slowest = Math.max(row.slowest, performance.now() - began);
      if (row.files % 64 === 0) row.peak = Math.max(row.peak, held() - before);
    };
    for (const [i, file] of files.entries()) {
      await attempt(file, i, `sound file ${i}`);
      if (row.taken <= i && !row.wrong.length) row.wrong.push(`sound file ${i} was refused: ${JSON.stringify(row.codes)}`);
    }
    // each byte of each header, as far as half of the files go
    const cuts = files.flatMap((file, i) => Array.from({ length: 9 + partsOf(file).header.length }, (_, at) => [i, at])), every = Math.max(1, Math.ceil(cuts.length / (count / 2)));
    for (let c = 0; c < cuts.length; c += every) await attempt(files[cuts[c][0]].slice(0, cuts[c][1]), cuts[c][0], `file ${cuts[c]}`);
    for (let i = 0; row.files < count; i++) await attempt(mutate(files[i % files.length], files, random), i % files.length + files.length * Math.floor(random() * 4), `mutation ${i}`);
    if (Object.keys(Object.prototype).length || {}.polluted !== undefined) row.wrong.push("Object.prototype has been changed");
    row.seconds = (performance.now() - start) / 1000;
    rows.push(row);
  }
  return rows;
}
