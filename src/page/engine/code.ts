// A design as a program for Node.js: it reads the user's file, and trains the same model to the same bits.

import type { Ready, Wanted } from "../../advice/prepare.ts";
import type { Design } from "./api.ts";
import { type Argument, type Call, callOf, isCall } from "./parts.ts";

/** A value as it is written. */
function written(value: Argument): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value instanceof RegExp) return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (isCall(value)) return `${value.name}(${value.given.map(written).join(", ")})`;
  const fields = Object.entries(value);
  return fields.length ? `{ ${fields.map(([name, one]) => `${/^\w+$/.test(name) ? name : JSON.stringify(name)}: ${written(one)}`).join(", ")} }` : "{}";
}

/** Functions that a value calls. */
function called(value: Argument): string[] {
  if (typeof value !== "object" || value instanceof RegExp) return [];
  return [...(isCall(value) ? [value.name] : []), ...Object.values(isCall(value) ? value.given : value).flatMap(called)];
}

const LAST = ["console.log(hash(model));", "await writeFile(\"model.safetensors\", model.save());"];

/** Lines of what brings the rows: `data` and `heldOut`, and what the model is made with. */
interface Rows {
  readonly uses: readonly string[];
  readonly packages: readonly string[];
  /** What the program is started with. */
  readonly files: readonly string[];
  readonly lines: readonly string[];
  readonly model: string;
}

export function codeOf(ready: Ready, design: Design, wanted: Wanted): string {
  const rows = ready.schema ? ofTable(ready, design, wanted) : ofImages(ready, design, wanted);
  const layers = design.layers.map((part) => callOf("layers", part)!), schedule = callOf("schedules", design.schedule), { batchSize, epochs, seed, patience, balanced } = design;
  const loss = callOf("losses", design.loss)!, optimizer = callOf("optimizers", design.optimizer)!, metric = ready.classes ? `"accuracy"` : "r2()";
  const uses = [
    ...rows.uses, ...[...layers, loss, optimizer, ...(schedule ? [schedule] : [])].flatMap(called), "createModel", "hash", "sequential",
    ...(patience ? ["earlyStopping"] : []), ...(ready.classes ? [] : ["r2"]), ...(balanced ? ["classWeights"] : []),
  ];
  return `// Trains the model of the lanewise trainer: the same rows, the same steps, the same bits. With Node.js 22.18 or later
// (before that, call it train.mjs):
//   npm install ${["lanewise", ...rows.packages].join(" ")}
//   node train.ts ${rows.files.map((name) => (/[^\w.-]/.test(name) ? JSON.stringify(name) : name)).join(" ")}
import { writeFile } from "node:fs/promises";
import {
${wrapped([...new Set(uses)].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)))}
} from "lanewise";

${rows.lines.join("\n")}
${balanced ? `
// each class counts alike, however many rows it has
const weights = classWeights(data.y, { classes: ${ready.classes!.length} });
const [weighted, weightedOut] = [data, heldOut].map((rows) => ({ ...rows, weight: Float32Array.from(rows.y, (label) => weights[Number(label)]) }));
` : ""}
const network = sequential(
${blocks(layers).map((line) => `  ${line},`).join("\n")}
);
const model = await createModel(${rows.model});
await model.fit(${balanced ? "weighted" : "data"}, {
  loss: ${written(loss)},
  optimizer: ${written(optimizer)},
${schedule ? `  schedule: ${written(schedule)},\n` : ""}  batchSize: ${batchSize}, epochs: ${epochs}, seed: ${seed},
  validation: ${balanced ? "weightedOut" : "heldOut"}, metrics: [${metric}],
${patience ? `  callbacks: [earlyStopping({ patience: ${patience} })],\n` : ""}});

// the hash is that of the run in the trainer
${LAST.join("\n")}
`;
}

/** Names in lines of some 120 letters. */
function wrapped(names: readonly string[]): string {
  const lines = [""];
  for (const name of names) {
    if (lines.at(-1)!.length + name.length > 116) lines.push("");
    lines[lines.length - 1] += ` ${name},`;
  }
  return lines.map((line) => ` ${line}`).join("\n");
}

/** A line for each dense layer with what follows it. */
function blocks(layers: readonly Call[]): string[] {
  const lines: string[][] = [];
  for (const layer of layers) {
    if (layer.name === "dense" || !lines.length) lines.push([]);
    lines.at(-1)!.push(written(layer));
  }
  return lines.map((line) => line.join(", "));
}

function ofTable({ name, schema, classes, facts: { target }, heldOut }: Ready, { seed: begun }: Design, { types, ignore, task, validation = 0.2, seed = 0 }: Wanted): Rows {
  const reader = /\.(jsonl|ndjson|json)(\.gz)?$/i.test(name) ? "jsonl" : "csv", numbers = schema!.task === "regression";
  const asked = written({ target, ...(types ? { types: types as Readonly<Record<string, string>> } : {}), ...(ignore?.length ? { ignore } : {}), ...(task === undefined ? {} : { task }) });
  const share = `validation: ${validation}, seed: ${seed}`, rare = classes && classes.some((_, i) => !Array.from(heldOut.y as ArrayLike<number>).includes(i));
  const ids = rare ? ["trained", "tested"] : ["training.ids", "validation.ids"];
  return {
    uses: [reader, "inferSchema", "Preprocessing", "rowsWith", "split", "takeRows"], packages: reader === "csv" ? ["papaparse"] : [], files: [name], model: `network, { preprocessing, seed: ${begun} }`,
    lines: [
      "// the rows that have an answer",
      `const whole = await ${reader}(process.argv[2] ?? ${JSON.stringify(name)});`,
      `const schema = inferSchema(whole, ${asked});`,
      `const table = takeRows(whole, rowsWith(whole, ${JSON.stringify(target)}));`,
      "",
      "// some are held out; what columns become is learned from the others alone",
      ...(numbers ? [] : [`const answers = Array.from(table.columns.get(${JSON.stringify(target)}) ?? [], String);`]),
      `const all = { x: Array.from({ length: table.rows }, (_, row) => [row]), y: new Float32Array(table.rows) };`,
      `const { training, validation } = split(all, { ${share}${numbers ? "" : ", by: { classes: answers }"} });`,
      ...(rare ? [
        "// a class that no row is trained on is not held out",
        "const known = new Set(Array.from(training.ids, (row) => answers[row]));",
        `const trained = Uint32Array.of(...training.ids, ...validation.ids.filter((row) => !known.has(answers[row])));`,
        "const tested = validation.ids.filter((row) => known.has(answers[row]));",
      ] : []),
      `const preprocessing = Preprocessing.fit(table, { schema, rows: ${ids[0]} });`,
      `const data = preprocessing.apply(takeRows(table, ${ids[0]}), { target: true });`,
      `const heldOut = preprocessing.apply(takeRows(table, ${ids[1]}), { target: true });`,
    ],
  };
}

function ofImages({ name, input, factor, classes }: Ready, { seed }: Design, { validation = 0.2, seed: drawn = 0 }: Wanted): Rows {
  const path = name.split("/").at(-1)!, idx = /idx\d-ubyte/i.test(path), labels = path.replace(/images/i, "labels").replace(/idx\d/i, "idx1"), [height = 1, width = 1, channels = 1] = input;
  const share = `validation: ${validation}, seed: ${drawn}${classes ? ", by: { classes: Array.from(y, String) }" : ""}`;
  const options = `{ input: x.shape.slice(1), ${classes ? `classes: ${written(classes)}, ` : ""}seed: ${seed} }`;
  return {
    uses: [idx ? "idx" : "imageFolder", "split", ...(factor === 1 ? [] : ["ops"])], packages: idx ? [] : ["fast-png", "jpeg-js"], files: idx ? [path, labels] : [path],
    model: factor === 1 ? `network, ${options}` : `(pixels) => network(ops.multiply(pixels, 1 / 255)), ${options}`,
    lines: [
      "// pictures and their labels",
      ...(idx ? [`const x = await idx(process.argv[2] ?? ${JSON.stringify(path)}), { data: y } = await idx(process.argv[3] ?? ${JSON.stringify(labels)});`]
        : [`const { x, y } = await imageFolder(process.argv[2] ?? ${JSON.stringify(path)}, { size: [${height}, ${width}], channels: ${channels} });`]),
      "",
      "// some are held out",
      `const { training: data, validation: heldOut } = split({ x, y }, { ${share} });`,
    ],
  };
}
