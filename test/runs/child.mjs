// A training that is kept, to be killed: `node child.mjs LIBRARY FOLDER`, or in a page or its worker, where the browser keeps it. It tells what it
// knows at once: "start", "from STEP", "safe STEP", "note …", "error …" and "end HASH"; a process by lines, a page by requests.
const here = globalThis.process?.versions?.node !== undefined;
const [library, place] = here ? process.argv.slice(2) : ["/dist/index.js", "killed"];
const { writeSync } = here ? await import("node:fs") : {};
const tell = here ? (line) => void writeSync(1, `${line}\n`) : (line) => void fetch("/tell", { method: "POST", body: line });

async function main() {
  const { adam, cosine, createModel, crossEntropy, dense, dropout, hash, keepRun, relu, sequential } = await import(library);
  const rows = 320, width = 24;
  const x = Float32Array.from({ length: rows * width }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 16) / 32768 - 1);
  const y = Int32Array.from({ length: rows }, (_, i) => Math.floor((x[i * width] + 1) * 2.5));
  const model = await createModel(sequential(dense(96), relu(), dropout(0.2), dense(5)), { input: [width], seed: 11 });
  tell("start");
  const run = place === "none" ? undefined : keepRun(place, {
    every: { steps: 5 }, keep: 3,
    onResume: (step) => tell(`from ${step}`), onCheckpoint: (step) => tell(`safe ${step}`),
    onStorageError: ({ message }) => tell(`error ${message}`), onNote: (note) => tell(`note ${note}`),
  });
  await model.fit({ x, y }, {
    loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), schedule: cosine(), batchSize: 16, epochs: 60, validation: 0.1, metrics: ["accuracy"], ...(run && { run }),
  });
  tell(`end ${hash(model)}`);
}

await main().catch((error) => {
  tell(`failed: ${error.stack ?? error}`);
  if (here) process.exit(1);
});
