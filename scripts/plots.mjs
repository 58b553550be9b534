// The pictures of docs/choosing.md, drawn from the library itself: npm run plots writes them to docs/plots. The library has
// the same bits in every engine and the pictures are rounded, so test/guide.test.ts can compare them letter by letter.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chart } from "./chart.mjs";

/** Points from low to high, 32 to the unit: float32 has them exactly. */
const grid = (low, high, fine = 32) => Array.from({ length: (high - low) * fine + 1 }, (_, i) => low + i / fine);
/** Between two points of a curve that is one, less than this lies. */
const JUMP = 0.12;
const pairs = (xs, ys) => xs.map((x, i) => [x, ys[i]]);

// Activations: f and f′ at x.

/** [low, high] of x and of y, and the step between ticks of both. */
const WIDE = { x: [-4, 4], y: [-1.5, 4], step: [1, 1] }, SIGMOID = { x: [-6, 6], y: [-0.2, 1.2], step: [2, 0.2] };
const ODD = { x: [-4, 4], y: [-1.2, 1.2], step: [1, 0.4] }, LOG = { x: [-4, 4], y: [-4.5, 1.5], step: [1, 1] };

const ACTIVATIONS = {
  relu: WIDE, leakyRelu: { ...WIDE, options: [0.1], note: "slope 0.1" }, prelu: { ...WIDE, note: "a slope of 0.25, its start" },
  relu6: { x: [-2, 8], y: [-1, 7], step: [2, 1] }, elu: WIDE, selu: { ...WIDE, y: [-2, 4] }, celu: { ...WIDE, options: [2], note: "alpha 2", y: [-2, 4] },
  gelu: WIDE, silu: WIDE, mish: WIDE, softplus: WIDE, softsign: ODD, hardSigmoid: SIGMOID, hardSwish: { ...WIDE, x: [-5, 5] },
  hardTanh: ODD, sigmoid: SIGMOID, logSigmoid: LOG, tanh: ODD,
  softmax: { ...SIGMOID, note: "the first of (x, 0, 0)", row: true }, logSoftmax: { ...LOG, note: "the first of (x, 0, 0)", row: true },
};

async function activation({ ops }, name, { x: [low, high], y: [bottom, top], step, options = [], note, row }) {
  const xs = grid(low, high), width = row ? 3 : 1, first = (value) => ops.slice(value, -1, 0, 1);
  const slope = name === "prelu" ? [[1]] : [];
  const f = await ops.compile((x, ...more) => {
    const y = first(ops[name](x, ...more, ...options));
    return [y, first(ops.grad(ops.sum(y), [x])[0])];
  }, [[xs.length, width], ...slope]);
  const [y, dy] = f.run([xs.flatMap((x) => [x, 0, 0].slice(0, width)), ...slope.map(() => [0.25])]);
  f.dispose();
  return chart({
    title: note ? `${name}, ${note}` : name, description: `The activation ${name} and its derivative, x from ${low} to ${high}`,
    x: { label: "x", from: low, to: high, step: step[0] }, y: { label: "y", from: bottom, to: top, step: step[1] },
    curves: [{ name: "f(x)", points: pairs(xs, y.data), jump: JUMP * 2 }, { name: "f′(x)", points: pairs(xs, dy.data), jump: JUMP }],
  });
}

// Losses: what one prediction x costs, and the slope there. `rows` makes predictions of x, `target` what they should be;
// the slope is that along x: `along` says how the prediction moves with it.

const error = { label: "prediction − target", rows: (x) => [x], along: [1], target: [0], x: [-3, 3], y: [-2.5, 4] };
const side = { rows: (x) => [x], along: [1], x: [-3, 3], y: [-2.5, 4] };
const classes = { rows: (x) => [x, 0, 0], along: [1, 0, 0], target: "labels", x: [-5, 5], y: [-1.5, 5] };

const LOSSES = {
  mse: error, mae: error, huber: error, smoothL1: { ...error, options: { beta: 0.5 }, note: "beta 0.5" },
  crossEntropy: { ...classes, note: "three classes", label: "logit of the right class, the others 0" },
  nll: { ...classes, x: [-5, 0], y: [-1.5, 5], note: "", label: "log-probability of the right class" },
  binaryCrossEntropy: { ...side, target: [1], x: [-5, 5], y: [-1.5, 5], note: "target 1", label: "logit" },
  hinge: { ...side, target: [1], note: "target 1", label: "score" },
  squaredHinge: { ...side, target: [1], y: [-6, 8], note: "target 1", label: "score" },
  multiMargin: { ...classes, x: [-3, 3], y: [-1, 3], note: "three classes", label: "score of the right class, the others 0" },
  klDivergence: { rows: (x) => [x, 0], along: [1, 0], target: [0.75, 0.25], logs: true, options: { reduction: "batchMean" }, x: [-5, 5], y: [-1, 3.5], note: "target (¾, ¼)", label: "x, the prediction being logSoftmax(x, 0)" },
  focal: { ...side, target: [1], options: { alpha: -1 }, x: [-5, 5], y: [-1.5, 5], note: "target 1, gamma 2, no alpha", label: "logit" },
  cosineSimilarity: { rows: (x) => [x, 1], along: [1, 0], target: [1, 0], x: [-4, 4], y: [-1, 2], note: "target (1, 0)", label: "x, the prediction being (x, 1)" },
  tripletMargin: { rows: (x) => [0, x, 2], along: [0, 1, 0], target: [0], x: [0, 4], y: [-0.5, 3.5], note: "the negative at distance 2", label: "distance of the positive" },
};

async function loss({ ops, losses }, name, { rows, along, target, options = {}, logs, x: [low, high], y: [bottom, top], note, label }) {
  const xs = grid(low, high), width = along.length, labels = target === "labels", make = losses[name](options);
  const f = await ops.compile((p, t) => {
    const y = make(logs ? ops.logSoftmax(p) : p, labels ? ops.toInt(t) : t);
    return [y, ops.grad(ops.sum(y), [p])[0]];
  }, [[xs.length, width], labels ? [xs.length] : [xs.length, target.length]]);
  const [y, dy] = f.run([xs.flatMap(rows), xs.flatMap(() => (labels ? [0] : target))]);
  f.dispose();
  const slope = xs.map((_, i) => along.reduce((sum, share, c) => sum + share * dy.data[i * width + c], 0));
  return chart({
    title: note ? `${name}, ${note}` : name, description: `The loss ${name} and its derivative; across: ${label}`,
    x: { label, from: low, to: high, step: 1 }, y: { label: "loss", from: bottom, to: top, step: top - bottom > 8 ? 2 : 1 },
    curves: [{ name: "loss", points: pairs(xs, y.data) }, { name: "its derivative", points: pairs(xs, slope), jump: JUMP * 2 }],
  });
}

// Optimizers: the way through a valley that is 16 times as steep across as along, ½·w₀² + 8·w₁²: dense(1) without bias learns
// 0 from two rows, whose features are of unequal scale.

const VALLEY = { x: [[1, 0], [0, 4]], y: [0, 0] }, START = [-4, 1.5], STEPS = 40;

const OPTIMIZERS = {
  sgd: [["rate 0.1", (o) => o.sgd({ learningRate: 0.1 })], ["momentum 0.8, rate 0.02", (o) => o.sgd({ learningRate: 0.02, momentum: 0.8 })]],
  adam: [["rate 0.3", (o) => o.adam({ learningRate: 0.3 })]],
  adamW: [["rate 0.3, weightDecay 0.3", (o) => o.adamW({ learningRate: 0.3, weightDecay: 0.3 })]],
  rmsprop: [["rate 0.1", (o) => o.rmsprop({ learningRate: 0.1 })]],
  adagrad: [["rate 0.7", (o) => o.adagrad({ learningRate: 0.7 })]],
  adadelta: [["epsilon 0.01", (o) => o.adadelta({ epsilon: 0.01 })]],
  adamax: [["rate 0.3", (o) => o.adamax({ learningRate: 0.3 })]],
  nadam: [["rate 0.3", (o) => o.nadam({ learningRate: 0.3 })]],
  radam: [["rate 0.1", (o) => o.radam({ learningRate: 0.1 })]],
  lion: [["rate 0.12", (o) => o.lion({ learningRate: 0.12 })]],
  lbfgs: [["one iteration a step", (o) => o.lbfgs({ iterations: 1 })]],
};

async function path({ createModel, dense, mse }, optimizer) {
  const model = await createModel(dense(1, { bias: false, initializer: () => START }), { input: [2] });
  const trainer = model.trainer({ loss: mse(), optimizer }), points = [START];
  for (let step = 0; step < STEPS; step++) {
    trainer.step(VALLEY);
    points.push([...model.parameters.get("weight").data]);
  }
  model.dispose();
  return points;
}

async function way(lanewise, name, runs) {
  const all = name === "sgd" ? runs : [...runs, ["sgd, rate 0.1", (o) => o.sgd({ learningRate: 0.1 }), true]], curves = [];
  for (const [label, make, thin] of all) curves.push({ name: label, points: await path(lanewise, make(lanewise.optimizers)), dots: !thin, thin });
  return chart({
    title: name, description: `${STEPS} steps of ${name} from (−4, 1.5) to the minimum at (0, 0) of a valley 16 times as steep across as along`,
    x: { label: "w₀, along the valley", from: -4.5, to: 1.5, step: 1 }, y: { label: "w₁, across", from: -1.75, to: 1.75, step: 0.5 }, curves,
    // where the loss is 8, 4, 2, 1, ½
    levels: [16, 8, 4, 2, 1].map((twice) => ({ x: 0, y: 0, rx: Math.sqrt(twice), ry: Math.sqrt(twice) / 4 })), marks: [{ x: 0, y: 0 }],
  });
}

// Schedules: the rate over 100 steps, or 10 epochs.

const SCHEDULES = {
  stepDecay: [["steps 30, factor 0.5", (s) => s.stepDecay({ steps: 30, factor: 0.5 })]],
  multiStepDecay: [["steps [50, 80], factor 0.3", (s) => s.multiStepDecay({ steps: [50, 80], factor: 0.3 })]],
  exponentialDecay: [["factor 0.01", (s) => s.exponentialDecay({ factor: 0.01 })]],
  polynomialDecay: [["power 1", (s) => s.polynomialDecay()], ["power 2", (s) => s.polynomialDecay({ power: 2 })]],
  inverseSqrtDecay: [["steps 10", (s) => s.inverseSqrtDecay({ steps: 10 })], ["after a warmup", (s) => s.warmup(s.inverseSqrtDecay({ steps: 10 }), { steps: 10, startFactor: 0 })]],
  cosine: [["cosine()", (s) => s.cosine()], ["minimum 0.2", (s) => s.cosine({ minimum: 0.2 })]],
  cosineWarmRestarts: [["steps 14, multiplier 2", (s) => s.cosineWarmRestarts({ steps: 14, multiplier: 2 })]],
  oneCycle: [["oneCycle()", (s) => s.oneCycle()], ["linear, threePhase", (s) => s.oneCycle({ anneal: "linear", threePhase: true })]],
  warmup: [["warmup(cosine(), …)", (s) => s.warmup(s.cosine(), { steps: 20 })], ["without inner", (s) => s.warmup({ steps: 20 })]],
  sequence: [["constant, then cosine", (s) => s.sequence([(_, { base }) => base, s.cosine()], { steps: [40] })]],
  reduceOnPlateau: [["patience 1, factor 0.3", (s) => s.reduceOnPlateau({ monitor: "loss", patience: 1, factor: 0.3 })]],
};
/** What each epoch's report says to reduceOnPlateau. */
const HEARD = [0.9, 0.7, 0.6, 0.6, 0.6, 0.4, 0.3, 0.3, 0.3, 0.3];

function rates({ schedules }, name, runs) {
  const steps = Array.from({ length: 101 }, (_, i) => i), monitors = ["loss"];
  const lists = HEARD.map((_, i) => HEARD.slice(0, i).map((value) => ({ loss: value })));
  const curves = runs.map(([label, make]) => {
    const schedule = make(schedules);
    return { name: label, points: steps.map((step) => [step, schedule(step, { steps: 100, epochs: 10, base: 1, reports: lists[Math.min(9, Math.floor(step / 10))], monitors })]) };
  });
  if (name === "reduceOnPlateau") curves.push({ name: "epoch’s loss", points: HEARD.flatMap((value, i) => [[10 * i, value], [10 * i + 10, value]]) });
  return chart({
    title: name, description: `The learning rate of the schedule ${name} over 100 steps, as a share of the optimizer's rate`,
    x: { label: "step", from: 0, to: 100, step: 20 }, y: { label: "rate ÷ base", from: 0, to: 1.05, step: 0.2 }, curves,
  });
}

// What the text speaks of: the learning rate, the range test, weight decay, initializers.

/** Points of a grid, and whether they lie in a disc. */
const DISC = (() => {
  const x = Array.from({ length: 256 }, (_, i) => [(i % 16) / 8 - 0.9375, Math.floor(i / 16) / 8 - 0.9375]);
  return { x, y: x.map(([a, b]) => (a * a + b * b < 0.5 ? 1 : 0)) };
})();

const discModel = ({ createModel, sequential, dense, relu }) => createModel(sequential(dense(16), relu(), dense(1)), { input: [2], seed: 1 });

async function learningRate(lanewise) {
  const curves = [];
  for (const rate of [1, 0.01, 30]) {
    const model = await discModel(lanewise), points = [];
    const onStep = ({ step, loss: value }) => points.push([step, value]);
    await model.fit(DISC, { loss: lanewise.binaryCrossEntropy(), optimizer: lanewise.sgd({ learningRate: rate }), batchSize: 256, epochs: 200, onStep });
    model.dispose();
    curves.push({ name: `rate ${rate}`, points });
  }
  return chart({
    title: "sgd at three rates, points in a disc", description: "The loss of one network trained by sgd with the learning rates 1, 0.01 and 30, over 200 steps",
    x: { label: "step", from: 0, to: 200, step: 50 }, y: { label: "loss", from: 0, to: 1.2, step: 0.2 }, curves,
  });
}

async function rangeTest(lanewise) {
  const { ops } = lanewise, model = await discModel(lanewise);
  const curve = await lanewise.findLearningRate(model, DISC, { loss: lanewise.binaryCrossEntropy(), optimizer: lanewise.sgd(), minimum: 1e-3, maximum: 100, steps: 150, seed: 1 });
  const log = await ops.compile((x) => ops.multiply(ops.log(x), 0.4342944819032518), [[curve.rates.length + 1]]);
  const [{ data }] = log.run([[...curve.rates, curve.suggestion]]), places = [...data];
  log.dispose();
  model.dispose();
  const near = places.slice(0, -1).reduce((best, at, i) => (Math.abs(at - places.at(-1)) < Math.abs(places[best] - places.at(-1)) ? i : best), 0);
  return chart({
    title: "findLearningRate, and what it suggests", description: "The smoothed loss of a range test over learning rates from 0.001 to 100; a dot marks the suggestion",
    x: { label: "learning rate", from: -3, to: 2, step: 1, name: (n) => String(Number(`1e${n}`)) }, y: { label: "loss", from: 0.4, to: 1, step: 0.1 },
    curves: [{ name: "smoothed loss", points: curve.smoothed.map((value, i) => [places[i], value]) }], marks: [{ x: places.at(-1), y: curve.smoothed[near] }],
  });
}

/** Two weights without use: their gradients are noise, 10 and 0.1 in size, that changes sign from step to step. */
async function weightDecay(lanewise) {
  const { createModel, dense, adam, adamW, ops } = lanewise;
  const run = async (optimizer) => {
    const model = await createModel(dense(1, { bias: false, initializer: () => [1, 1] }), { input: [2] });
    const trainer = model.trainer({ loss: (p, t) => ops.multiply(p, t), optimizer }), ways = [[[0, 1]], [[0, 1]]];
    for (let step = 0; step < 400; step++) {
      trainer.step({ x: [[10, 0.1]], y: [step % 2 ? 1 : -1] });
      model.parameters.get("weight").data.forEach((value, i) => ways[i].push([step + 1, value]));
    }
    model.dispose();
    return ways;
  };
  const [loud, quiet] = await run(adam({ learningRate: 0.01, weightDecay: 0.3 })), [even] = await run(adamW({ learningRate: 0.01, weightDecay: 0.3 }));
  return chart({
    title: "weightDecay 0.3, gradients of noise", description: "How weight decay draws a useless weight to 0: adamW alike for all, adam by the size of their gradients",
    x: { label: "step", from: 0, to: 400, step: 100 }, y: { label: "weight", from: 0, to: 1.1, step: 0.2 },
    curves: [{ name: "adamW, both", points: even }, { name: "adam, ±10", points: loud }, { name: "adam, ±0.1", points: quiet }],
  });
}

/** The deviation of what ten layers of 64 units give, one after the other. */
async function deviations({ createModel, dense, relu, initializers: { he, lecun } }) {
  const rows = Array.from({ length: 64 }, (_, row) => Array.from({ length: 64 }, (_, i) => (((row * 64 + i) * 7919) % 1009) / 291 - 1.7336));
  const curves = [];
  for (const [name, initializer] of [["he", he()], ["lecun", lecun()], ["default", undefined]]) {
    const all = Array.from({ length: 10 }, () => [dense(64, { initializer }), relu()]);
    const model = await createModel((x) => {
      const layers = {};
      all.forEach(([weights, activate], i) => (x = layers[`after${i + 1}`] = activate(weights(x))));
      return layers;
    }, { input: [64], seed: 2 });
    const points = [[0, 1]];
    Object.values(model.predict(rows)).forEach(({ data }, i) => points.push([i + 1, Math.sqrt(data.reduce((sum, y) => sum + y * y, 0) / data.length)]));
    curves.push({ name, points });
    model.dispose();
  }
  return chart({
    title: "ten layers of dense(64), relu()", description: "The root mean square of each layer's output at the start of training, for three initializers",
    x: { label: "layer", from: 0, to: 10, step: 2 }, y: { label: "size of outputs", from: 0, to: 1.4, step: 0.2 }, curves,
  });
}

/** All pictures by the names of their files; `lanewise` is the library. */
export async function plots(lanewise) {
  const made = new Map();
  for (const [name, how] of Object.entries(ACTIVATIONS)) made.set(name, await activation(lanewise, name, how));
  for (const [name, how] of Object.entries(LOSSES)) made.set(name, await loss(lanewise, name, how));
  for (const [name, how] of Object.entries(OPTIMIZERS)) made.set(name, await way(lanewise, name, how));
  for (const [name, how] of Object.entries(SCHEDULES)) made.set(name, rates(lanewise, name, how));
  const told = { "learning-rate": learningRate, "range-test": rangeTest, "weight-decay": weightDecay, initializers: deviations };
  for (const [name, draw] of Object.entries(told)) made.set(name, await draw(lanewise));
  return new Map([...made].map(([name, svg]) => [`${name}.svg`, svg]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "../docs/plots"), made = await plots(await import("../dist/index.js"));
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) if (!made.has(old)) rmSync(join(folder, old));
  for (const [name, svg] of made) writeFileSync(join(folder, name), svg);
  console.log(`docs/plots: ${made.size} pictures`);
}
