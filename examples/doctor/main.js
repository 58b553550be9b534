// A training that is wrong in three ways, what the doctor says of it, and the same training once its advice is followed.
import { adam, binaryCrossEntropy, createModel, dense, diagnose, doctor, relu, sequential, sigmoid } from "lanewise";
import { show } from "./show.js";

// is a point in the ring? Its coordinates come in millimetres, from 0 to 2000
const { x, y } = ring(600);
const options = { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.3 }), epochs: 40, validation: 0.2, metrics: ["accuracy"], seed: 1 };
const sick = () => createModel(sequential(dense(16), sigmoid(), dense(16), sigmoid(), dense(16), sigmoid(), dense(1)), { input: [2], seed: 1 });

console.log("Before training, diagnose(model, data, options):\n");
show(diagnose(await sick(), { x, y }, options));

console.log("\nIt is trained all the same, with doctor: doctor():\n");
const told = await train(await sick(), x, options);
show(told.findings);

// what the findings say: scaled inputs, relu() and another start, a lower rate
const scaled = Float32Array.from(x, (value, i) => (value - [974, 983][i % 2]) / [577, 589][i % 2]);
const start = { initializer: "he" };
const well = () => createModel(sequential(dense(16, start), relu(), dense(16, start), relu(), dense(16, start), relu(), dense(1)), { input: [2], seed: 1 });
const mended = { ...options, optimizer: adam({ learningRate: 0.01 }) };

console.log("\nWith what was advised:\n");
show(diagnose(await well(), { x: scaled, y }, mended));
const good = await train(await well(), scaled, mended);
show(good.findings);
console.log(`\nHeld-out accuracy: ${told.validation.accuracy.toFixed(3)} before, ${good.validation.accuracy.toFixed(3)} with the advice`);
if (good.validation.accuracy < 0.93) throw new Error("the advice did not help");

async function train(model, inputs, how) {
  const { epochs } = await model.fit({ x: inputs, y }, { ...how, doctor: doctor() });
  const last = epochs.at(-1);
  console.log(`  epoch ${last.epoch}: loss ${last.loss.toFixed(4)}, held-out accuracy ${last.validation.accuracy.toFixed(3)}`);
  return last;
}

/** Points of a square, drawn by a generator whose numbers are the same everywhere, and whether they lie in a ring. */
function ring(rows) {
  let state = 7;
  const draw = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296;
  const points = Float32Array.from({ length: 2 * rows }, () => 2000 * draw());
  const within = Float32Array.from({ length: rows }, (_, i) => {
    const distance = Math.hypot(points[2 * i] - 1000, points[2 * i + 1] - 1000);
    return distance > 350 && distance < 850 ? 1 : 0;
  });
  return { x: points, y: within };
}
