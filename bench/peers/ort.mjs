// ONNX Runtime on one thread, which predicts only: node bench/peers/ort.mjs --backend web|node --work W7a --seconds 1

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { lanewiseModel, loadBuild } from "../lanewise.mjs";
import { measure, reporting, stepOptions } from "../measure.mjs";
import { packageVersion } from "../setup.mjs";
import { fixedBatch, workNamed } from "../works.mjs";

const options = stepOptions({ backend: "web" }), peer = `ort-${options.backend}`, web = options.backend === "web";
const require = createRequire(import.meta.url);
await reporting(peer, options, async () => {
  const work = workNamed(options.work), { batch: rows } = work, build = await loadBuild();
  if (!work.inference) throw new Error("does not train");
  const ort = web ? await loadWeb() : require("onnxruntime-node");
  const file = build.lanewise.toONNX(await lanewiseModel(build, work));
  const session = await ort.InferenceSession.create(file, {
    executionProviders: [web ? "wasm" : "cpu"], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential",
  });
  const feeds = { input: new ort.Tensor("float32", fixedBatch(work).x, [rows, work.sizes[0]]) };
  const step = async () => (await session.run(feeds)).output.data.reduce((a, b) => a + b, 0);
  await measure(peer, options, step, { version: packageVersion(`onnxruntime-${options.backend}`) });
});

/** The WebAssembly build, as a page has it, in Node. */
async function loadWeb() {
  const ort = await import(pathToFileURL(join(dirname(require.resolve("onnxruntime-web")), "ort.node.min.mjs")).href);
  ort.env.wasm.numThreads = 1;
  return ort;
}
