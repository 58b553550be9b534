// Models come and go in a page: globalThis.cycles(n) creates, trains and disposes n of them, here and in workers.
import { adam, createModel, crossEntropy, dense, relu, sequential } from "lanewise";
import { report } from "./report.js";

const x = Float32Array.from({ length: 64 * 20 }, (_, i) => ((i * 7919) % 1000) / 1000), y = Int32Array.from({ length: 64 }, (_, i) => i % 3);
const threads = crossOriginIsolated ? 2 : 1, sites = [{ where: "here" }, { where: "worker" }, { where: "worker", threads }];

globalThis.cycles = async (count) => {
  const used = new Set();
  for (let i = 0; i < count; i++) {
    const model = await createModel(sequential(dense(130), relu(), dense(3)), { input: [20], seed: i, ...sites[i % 3] });
    await model.fit({ x, y }, { loss: crossEntropy(), optimizer: adam() });
    const { where, threads } = await model.info();
    used.add(`${where} ${threads}`);
    await model.dispose();
  }
  return [...used].sort();
};
report("ready");
