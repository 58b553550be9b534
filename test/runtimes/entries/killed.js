// A page's worker dies while it trains: what the fit says, and to what the run comes that goes on from its checkpoint.
import { adam, createModel, crossEntropy, dense, dropout, hash, readSafetensors, relu, sequential } from "lanewise";
import { report } from "./report.js";

const threads = Number(new URLSearchParams(location.search).get("threads") ?? 1), times = 20;
const x = Float32Array.from({ length: 200 * 20 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 16) / 32768 - 1), y = Int32Array.from({ length: 200 }, (_, i) => i % 3);
const make = (more) => createModel(sequential(dense(130), relu(), dropout(0.2), dense(3)), { input: [20], seed: 4, ...more });
const options = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 32, epochs: 60 };

const here = await make({});
await here.fit({ x, y }, options);
const undisturbed = hash(here), told = [], late = [];
for (let i = 0; i < times; i++) {
  const workers = [];
  const model = await make({ where: "worker", threads, worker: () => workers[workers.push(new Worker(new URL("../node_modules/lanewise/dist/worker.js", import.meta.url), { type: "module" })) - 1] });
  let killed = 0;
  const training = model.fit({ x, y }, { ...options, onStep({ step }) {
    if (step !== 3 + 7 * i) return;
    killed = performance.now();
    for (const worker of workers) worker.terminate();
  } });
  const error = await training.then(() => undefined, (reason) => reason);
  late.push(performance.now() - killed);
  const saved = readSafetensors(error.checkpoint), parameters = await model.parameters;
  const torn = [...parameters].some(([name, { data }]) => data.some((value, i) => value !== saved.get(`parameter ${name}`).data[i]));
  await model.fit({ x, y }, { ...options, resume: error.checkpoint });
  told.push({ code: error.code, step: error.details.step > 3 + 7 * i - 1, torn, same: (await hash(model)) === undisturbed, ...(({ threads, why }) => ({ threads, why }))(await model.info()) });
  await model.dispose();
}
report({ told, late: late.sort((a, b) => a - b) });
