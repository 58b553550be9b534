// After `npm start`: PyTorch reads out/digits.safetensors, and its logits for the held-out digits are ours within 1e-5 of the
// largest. Wants python3-torch: `node test/torch/digits.mjs`
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel } from "lanewise";
import { digits, SIZE } from "../../examples/digits/data.js";

const file = "out/digits.safetensors", script = fileURLToPath(new URL("read_model.py", import.meta.url));
const { x } = digits({ train: 8000, seed: 1 }).test;
const ours = (await loadModel(readFileSync(file))).predict(x).data;
const rows = Array.from({ length: x.length / SIZE }, (_, row) => [...x.subarray(row * SIZE, (row + 1) * SIZE)]);
const theirs = JSON.parse(execFileSync("/usr/bin/python3", [script, file], { input: JSON.stringify(rows), maxBuffer: 2 ** 28 })).flat();
if (theirs.length !== ours.length) throw new Error(`PyTorch gave ${theirs.length} logits, wanted ${ours.length}`);
const largest = Math.max(...ours.map(Math.abs)), apart = Math.max(...theirs.map((logit, i) => Math.abs(logit - ours[i])));
console.log(`${rows.length} held-out digits: logits up to ${largest.toFixed(1)}, PyTorch's at most ${apart.toExponential(1)} apart`);
if (!(apart / largest <= 1e-5)) throw new Error("PyTorch's logits differ");
