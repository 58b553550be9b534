// All that the library has to train with, each for a few steps: layers, initializers, ops, losses, metrics, penalties, optimizers and
// schedules. The tables name every export of their namespace: one that is forgotten does not compile.
//
// Widths are such that a batch of 32 rows is split between threads and the last, smaller one is not (src/passes/alone.ts).

import type * as Lanewise from "../../src/index.ts";
import { classes, type Library, numbers, type Options, run, type Trained, type TrainingRun } from "./training.ts";

type Value = Lanewise.ops.Value;
type Tensor = Lanewise.Tensor;
type Ops = Library["ops"];

/** For each export of a namespace what it makes, mostly with its defaults first and then with other options. */
type Table<Family extends keyof Library, Made> = { readonly [Name in keyof Library[Family]]: (family: Library[Family]) => readonly Made[] };

const every = <Family extends keyof Library, Made>(library: Library, family: Family, table: Table<Family, Made>): readonly Made[] =>
  (Object.values(table) as ((family: Library[Family]) => readonly Made[])[]).flatMap((make) => make(library[family]));

const WIDTH = 256, BATCH = 32, CLASSES = 64;

const layers = ({ ops, layers: all }: Library): Table<"layers", Lanewise.Layer> => ({
  dense: ({ dense }) => [dense(5, { bias: false })],
  sequential: ({ sequential, dense, tanh }) => [sequential(dense(4), sequential(tanh(), dense(3)))],
  flatten: ({ sequential, layer, flatten }) => [sequential(layer("image", (x) => ops.reshape(x, [x.shape[0]!, 8, 8, 4])), flatten())],
  layer: ({ layer }) => [layer("own", (x, scope) => {
    const scaled = ops.multiply(ops.add(x, scope.buffer("shift", [WIDTH], { initializer: (shape) => numbers(shape[0]!, 5) })), scope.parameter("scale", [WIDTH]));
    return scope.training ? ops.add(scaled, scope.random([WIDTH])) : scaled;
  })],
  dropout: ({ dropout }) => [dropout(0.3)],
  alphaDropout: ({ alphaDropout }) => [alphaDropout(0.3)],
  gaussianNoise: ({ gaussianNoise }) => [gaussianNoise(0.2)],
  relu: () => [all.relu()],
  leakyRelu: () => [all.leakyRelu(), all.leakyRelu(0.2)],
  prelu: () => [all.prelu(), all.prelu({ channels: WIDTH })],
  relu6: () => [all.relu6()],
  elu: () => [all.elu(), all.elu(0.5)],
  selu: () => [all.selu()],
  celu: () => [all.celu(), all.celu(2)],
  gelu: () => [all.gelu(), all.gelu({ approximate: "tanh" })],
  silu: () => [all.silu(), all.silu({ beta: 1.5, learned: true })],
  swish: () => [all.swish()],
  mish: () => [all.mish()],
  softplus: () => [all.softplus(), all.softplus({ beta: 2, threshold: 3 })],
  softsign: () => [all.softsign()],
  hardSigmoid: () => [all.hardSigmoid()],
  hardSwish: () => [all.hardSwish()],
  hardTanh: () => [all.hardTanh(), all.hardTanh({ minimum: -0.5, maximum: 2 })],
  sigmoid: () => [all.sigmoid()],
  logSigmoid: () => [all.logSigmoid()],
  tanh: () => [all.tanh()],
  softmax: () => [all.softmax()],
  logSoftmax: () => [all.logSoftmax()],
});

const initializers: Table<"initializers", Lanewise.InitializerOption> = {
  he: ({ he }) => ["he", he({ distribution: "uniform" })],
  xavier: ({ xavier }) => ["xavier", xavier({ distribution: "normal" })],
  lecun: ({ lecun }) => ["lecun", lecun({ distribution: "uniform" })],
  zeros: ({ zeros }) => ["zeros", zeros()],
  ones: ({ ones }) => [ones()],
  constant: ({ constant }) => [constant(0.3)],
  uniform: ({ uniform }) => [uniform(), uniform({ low: -0.5, high: 0.25 })],
  normal: ({ normal }) => [normal({ mean: 0.1, deviation: 0.5 })],
  truncatedNormal: ({ truncatedNormal }) => [truncatedNormal({ deviation: 0.5 })],
  auto: ({ auto }) => ["auto", auto()],
  orthogonal: ({ orthogonal }) => [orthogonal({ gain: 2 })],
};

/** Of each op a formula of x, [rows, WIDTH], and of w, [WIDTH]; `grad` is differentiated once more. What is not listed runs formulas. */
const formulas: { readonly [Name in Exclude<keyof Ops, "compile" | "Compiled" | "Value">]: (ops: Ops, x: Value, w: Value) => Value } = {
  grad: (ops, x, w) => ops.grad(ops.sum(ops.tanh(ops.multiply(x, w))), [x])[0]!,
  abs: (ops, x) => ops.abs(x),
  exp: (ops, x) => ops.exp(ops.multiply(x, 0.25)),
  leakyRelu: (ops, x) => ops.leakyRelu(x, 0.1),
  log: (ops, x) => ops.log(ops.add(ops.abs(x), 0.1)),
  relu: (ops, x) => ops.relu(x),
  sigmoid: (ops, x) => ops.sigmoid(x),
  sqrt: (ops, x) => ops.sqrt(ops.add(ops.abs(x), 0.1)),
  square: (ops, x) => ops.square(x),
  tanh: (ops, x) => ops.tanh(x),
  add: (ops, x, w) => ops.add(x, w),
  subtract: (ops, x, w) => ops.subtract(w, x),
  multiply: (ops, x, w) => ops.multiply(x, w),
  divide: (ops, x, w) => ops.divide(x, ops.add(ops.abs(w), 0.5)),
  maximum: (ops, x, w) => ops.maximum(x, w),
  minimum: (ops, x, w) => ops.minimum(x, w),
  greater: (ops, x, w) => ops.multiply(ops.greater(x, w), x),
  equal: (ops, x) => ops.multiply(ops.equal(ops.relu(x), 0), x),
  power: (ops, x, w) => ops.power(ops.add(ops.abs(x), 0.5), w),
  toInt: (ops, x) => ops.multiply(ops.toFloat(ops.toInt(ops.multiply(x, 4))), x),
  toFloat: (ops, x) => ops.toFloat(ops.argmax(x)),
  matmul: (ops, x, w) => ops.matmul(ops.matmul(x, ops.multiply(x, w), { transposeB: true }), x),
  transpose: (ops, x, w) => ops.transpose(ops.multiply(ops.transpose(x), ops.reshape(w, [WIDTH, 1]))),
  reshape: (ops, x) => ops.max(ops.reshape(x, [x.shape[0]!, 8, WIDTH / 8]), 1),
  concat: (ops, x, w) => ops.concat([ops.multiply(x, w), x, ops.slice(x, 1, 7)], 1),
  slice: (ops, x) => ops.subtract(ops.slice(x, 1, 0, WIDTH - 1), ops.slice(x, 1, 1)),
  sum: (ops, x) => ops.multiply(ops.sum(x, 0, { keepDims: true }), x),
  mean: (ops, x) => ops.subtract(x, ops.mean(x, -1, { keepDims: true })),
  max: (ops, x) => ops.subtract(x, ops.max(x, 0, { keepDims: true })),
  argmax: (ops, x) => ops.multiply(ops.toFloat(ops.argmax(x, 0, { keepDims: true })), x),
  broadcastTo: (ops, x, w) => ops.multiply(ops.broadcastTo(w, x.shape), x),
  negate: (ops, x) => ops.negate(x),
  softmax: (ops, x, w) => ops.multiply(ops.softmax(x), w),
  logSoftmax: (ops, x, w) => ops.multiply(ops.logSoftmax(x), w),
  erf: (ops, x) => ops.erf(x),
  gelu: (ops, x) => ops.add(ops.gelu(x), ops.gelu(x, "tanh")),
  silu: (ops, x, w) => ops.silu(x, w),
  swish: (ops, x) => ops.swish(x),
  mish: (ops, x) => ops.mish(x),
  softplus: (ops, x) => ops.softplus(x, 2, 4),
  softsign: (ops, x) => ops.softsign(x),
  logSigmoid: (ops, x) => ops.logSigmoid(x),
  celu: (ops, x) => ops.celu(x, 0.5),
  elu: (ops, x) => ops.elu(x, 0.5),
  selu: (ops, x) => ops.selu(x),
  relu6: (ops, x) => ops.relu6(ops.multiply(x, 4)),
  clamp: (ops, x) => ops.clamp(x, -0.5, 1),
  prelu: (ops, x, w) => ops.prelu(x, w),
  hardSigmoid: (ops, x) => ops.hardSigmoid(ops.multiply(x, 3)),
  hardSwish: (ops, x) => ops.hardSwish(ops.multiply(x, 3)),
  hardTanh: (ops, x) => ops.hardTanh(x),
  dropout: (ops, x) => ops.dropout(x, 0.5),
  alphaDropout: (ops, x) => ops.alphaDropout(x, 0.25),
  gaussianNoise: (ops, x) => ops.gaussianNoise(x, 0.1),
  squaredError: (ops, x, w) => ops.squaredError(x, ops.multiply(x, w)),
  absoluteError: (ops, x, w) => ops.absoluteError(x, ops.multiply(x, w)),
  huberError: (ops, x, w) => ops.huberError(x, ops.multiply(x, w), 0.5),
  smoothL1Error: (ops, x, w) => ops.smoothL1Error(x, ops.multiply(x, w), 0.5),
  hingeLoss: (ops, x) => ops.hingeLoss(x, ops.subtract(ops.multiply(ops.greater(x, 0.2), 2), 1)),
  squaredHingeLoss: (ops, x) => ops.squaredHingeLoss(x, ops.subtract(ops.multiply(ops.greater(x, 0.2), 2), 1)),
  logitCrossEntropy: (ops, x) => ops.logitCrossEntropy(x, ops.greater(x, 0.2)),
  probabilityCrossEntropy: (ops, x) => ops.probabilityCrossEntropy(ops.sigmoid(x), ops.greater(x, 0.2)),
  softmaxCrossEntropy: (ops, x) => ops.softmaxCrossEntropy(x, ops.argmax(ops.negate(x))),
  logitFocalLoss: (ops, x) => ops.logitFocalLoss(x, ops.greater(x, 0.2)),
  softmaxFocalLoss: (ops, x) => ops.softmaxFocalLoss(x, ops.argmax(ops.negate(x))),
  marginLoss: (ops, x) => ops.marginLoss(x, ops.argmax(ops.negate(x)), { power: 2 }),
  divergence: (ops, x) => ops.divergence(ops.logSoftmax(x), ops.softmax(ops.negate(x))),
  cosineDistance: (ops, x, w) => ops.cosineDistance(x, ops.add(x, w)),
  tripletLoss: (ops, x, w) => ops.tripletLoss(x, ops.add(x, w), ops.multiply(x, w), { swap: true }),
};

/** What a loss is compared with: any numbers, shares, yes or no, sides, class numbers, distributions, logarithms of these. */
type Target = "numbers" | "yes" | "sides" | "label" | "distribution";
interface LossRow {
  loss: Lanewise.Loss;
  target: Target;
  /** What the model ends with. */
  end?: (ops: Ops, logits: Value) => Value;
  width?: number;
}

const weights = Float32Array.from({ length: CLASSES }, (_, i) => 1 + (i % 3));

const losses = (reduction: "mean" | "sum"): Table<"losses", LossRow> => ({
  mse: ({ mse }) => [{ loss: mse({ reduction }), target: "numbers" }],
  mae: ({ mae }) => [{ loss: mae({ reduction }), target: "numbers" }],
  huber: ({ huber }) => [{ loss: huber({ reduction, delta: 0.5 }), target: "numbers" }],
  smoothL1: ({ smoothL1 }) => [{ loss: smoothL1({ reduction, beta: 0.5 }), target: "numbers" }],
  crossEntropy: ({ crossEntropy }) => [
    { loss: crossEntropy({ reduction }), target: "label" },
    { loss: crossEntropy({ reduction, labelSmoothing: 0.1 }), target: "distribution" },
    { loss: crossEntropy({ reduction, classWeights: weights, ignoreIndex: 3 }), target: "label" },
    { loss: crossEntropy({ reduction, from: "probabilities" }), target: "label", end: (ops, x) => ops.softmax(x) },
  ],
  binaryCrossEntropy: ({ binaryCrossEntropy }) => [
    { loss: binaryCrossEntropy({ reduction, posWeight: 2 }), target: "yes" },
    { loss: binaryCrossEntropy({ reduction, from: "probabilities" }), target: "yes", end: (ops, x) => ops.sigmoid(x) },
  ],
  nll: ({ nll }) => [{ loss: nll({ reduction, classWeights: weights }), target: "label", end: (ops, x) => ops.logSoftmax(x) }],
  klDivergence: ({ klDivergence }) => [{ loss: klDivergence({ reduction }), target: "distribution", end: (ops, x) => ops.logSoftmax(x) }],
  focal: ({ focal }) => [
    { loss: focal({ reduction }), target: "yes" },
    { loss: focal({ reduction, variant: "softmax", alpha: weights, gamma: 1.5 }), target: "label" },
  ],
  hinge: ({ hinge }) => [{ loss: hinge({ reduction }), target: "sides" }],
  squaredHinge: ({ squaredHinge }) => [{ loss: squaredHinge({ reduction }), target: "sides" }],
  multiMargin: ({ multiMargin }) => [{ loss: multiMargin({ reduction }), target: "label" }, { loss: multiMargin({ reduction, power: 2, margin: 0.5, classWeights: weights }), target: "label" }],
  cosineSimilarity: ({ cosineSimilarity }) => [{ loss: cosineSimilarity({ reduction }), target: "numbers" }],
  tripletMargin: ({ tripletMargin }) => [{ loss: tripletMargin({ reduction, power: 3, swap: true }), target: "numbers", width: 3 * CLASSES }],
});

/** Metrics with the loss whose output they look at. */
const metrics = ({ ops }: Library): Table<"metrics", [of: keyof Library["losses"], metric: Lanewise.metrics.MetricOption]> => ({
  accuracy: ({ accuracy }) => [["crossEntropy", accuracy()], ["focal", "accuracy"], ["hinge", accuracy()]],
  precision: ({ precision }) => [["crossEntropy", precision()], ["hinge", precision({ average: "micro" })]],
  recall: ({ recall }) => [["crossEntropy", recall()], ["hinge", recall({ average: "micro" })]],
  f1: ({ f1 }) => [["crossEntropy", f1()], ["hinge", f1({ average: "micro" })]],
  topKAccuracy: ({ topKAccuracy }) => [["crossEntropy", topKAccuracy(3)]],
  logLoss: ({ logLoss }) => [["crossEntropy", logLoss()], ["focal", logLoss()]],
  rocAuc: ({ rocAuc }) => [["crossEntropy", rocAuc()], ["focal", rocAuc()]],
  rmse: ({ rmse }) => [["mse", rmse()]],
  r2: ({ r2 }) => [["mse", r2()]],
  metric: ({ metric }) => [
    ["mse", metric("own", (p, t) => ops.mean(ops.abs(ops.subtract(p, t)), 1))],
    ["mse", metric("ownOfAll", { all: (p, t) => p.data.reduce((most, x, i) => Math.max(most, Math.abs(x - t.data[i]!)), 0) })],
    ["mse", "mae"], ["huber", "mse"],
  ],
  confusionMatrix: () => [], // of what classify says, at the end
});

const penalties: Table<"penalties", Lanewise.penalties.Penalty> = {
  l1: ({ l1 }) => [l1(1e-4)],
  l2: ({ l2 }) => [l2(1e-3), l2(1e-3, { match: /bias/ })],
};

const optimizers = ({ ops }: Library): Table<"optimizers", Lanewise.optimizers.Optimizer> => ({
  sgd: ({ sgd }) => [sgd({ learningRate: 0.1, weightDecay: 1e-3 }), sgd({ momentum: 0.9, nesterov: true }), sgd({ momentum: 0.9, dampening: 0.1 })],
  adam: ({ adam }) => [adam(), adam({ amsgrad: true, weightDecay: 1e-3 })],
  adamW: ({ adamW }) => [adamW({ groups: [{ match: ({ shape }) => shape.length < 2, weightDecay: 0 }] })],
  rmsprop: ({ rmsprop }) => [rmsprop(), rmsprop({ centered: true, momentum: 0.9 })],
  adagrad: ({ adagrad }) => [adagrad({ initialAccumulator: 0.1, learningRateDecay: 0.01 })],
  adadelta: ({ adadelta }) => [adadelta()],
  adamax: ({ adamax }) => [adamax()],
  nadam: ({ nadam }) => [nadam()],
  radam: ({ radam }) => [radam()],
  lion: ({ lion }) => [lion({ learningRate: 1e-4 })],
  lbfgs: ({ lbfgs }) => [lbfgs({ iterations: 3 })],
  optimizer: ({ optimizer }) => [optimizer("heavyBall", {
    learningRate: 0.01, state: ["m"],
    update({ parameter, gradient, learningRate, m }) {
      const next = ops.add(ops.multiply(m, 0.9), gradient);
      return { parameter: ops.subtract(parameter, ops.multiply(next, learningRate)), m: next };
    },
  })],
});

const schedules: Table<"schedules", Lanewise.schedules.Schedule> = {
  stepDecay: ({ stepDecay }) => [stepDecay({ steps: 2, factor: 0.5 })],
  multiStepDecay: ({ multiStepDecay }) => [multiStepDecay({ steps: [1, 4], factor: 0.5 })],
  exponentialDecay: ({ exponentialDecay }) => [exponentialDecay({ epochs: 1, factor: 0.5 })],
  polynomialDecay: ({ polynomialDecay }) => [polynomialDecay({ power: 2 })],
  inverseSqrtDecay: ({ inverseSqrtDecay }) => [inverseSqrtDecay({ steps: 2 })],
  cosine: ({ cosine }) => [cosine()],
  cosineWarmRestarts: ({ cosineWarmRestarts }) => [cosineWarmRestarts({ steps: 2, multiplier: 2 })],
  oneCycle: ({ oneCycle }) => [oneCycle(), oneCycle({ anneal: "linear", threePhase: true })],
  warmup: ({ warmup, cosine }) => [warmup(cosine(), { steps: 2 })],
  sequence: ({ sequence, cosine, polynomialDecay }) => [sequence([cosine({ steps: 3 }), polynomialDecay()], { steps: [3] })],
  reduceOnPlateau: ({ reduceOnPlateau }) => [reduceOnPlateau({ monitor: "loss", patience: 0, threshold: 0.9 })],
};

/** All bits of the catalogue, as tensors by name. */
class Notes {
  readonly parameters = new Map<string, Tensor>();

  numbers(name: string, data: ArrayLike<number>): void {
    const bad = Array.from(data).find((x) => !Number.isFinite(x));
    if (bad !== undefined) throw new Error(`${name} has a ${bad}, whose bits say nothing`);
    this.parameters.set(name, { data: Float32Array.from(data), shape: [data.length] });
  }

  /** Trains, and notes what is reported: all but times. */
  async fit(name: string, model: Lanewise.Model, data: Lanewise.Data, options: Lanewise.FitOptions, more: Options): Promise<void> {
    const { seconds: _, rowsPerSecond: __, ...columns } = (await run(model, data, options, more)).columns;
    for (const [column, values] of Object.entries(columns)) this.numbers(`${name} ${column}`, values as number[]);
  }

  /** Notes what the model has come to, and ends it. */
  async end(name: string, model: Lanewise.Model, x: unknown): Promise<void> {
    const predicted: Tensor | Record<string, Tensor> = await model.predict(x);
    for (const [output, { data }] of Object.entries("data" in predicted ? { y: predicted as Tensor } : predicted)) this.numbers(`${name} predicts ${output}`, data);
    for (const [key, tensor] of await model.parameters) this.parameters.set(`${name} ${key}`, tensor);
    await model.dispose();
  }
}

/** A branch for each layer, each behind a layer with another initializer; bytes as input, and a share held out. */
async function branches(library: Library, notes: Notes, more: Options): Promise<void> {
  const { createModel, dense, ops, huber, adam, r2, rmse } = library;
  const all = every(library, "layers", layers(library)), starts = every(library, "initializers", initializers);
  const firsts = all.map((_, i) => dense(WIDTH, { initializer: starts[i % starts.length]! })), last = dense(2);
  const model = await createModel((x) => {
    const centered = ops.subtract(ops.multiply(x, 1 / 64), 2);
    return last(ops.concat(all.map((layer, i) => layer(firsts[i]!(centered))), 1));
  }, { input: [8], seed: 101 }), rows = 2 * BATCH + 26;
  const x = Uint8Array.from(numbers(rows * 8, 11), (v) => 128 + 128 * v);
  await notes.fit("layers", model, { x, y: numbers(rows * 2, 12) }, {
    loss: huber(), optimizer: adam(), batchSize: BATCH, epochs: 2, validation: 0.2, metrics: [r2(), rmse()],
  }, more);
  await notes.end("layers", model, x);
}

/** The mean of each formula over a row. */
async function opFormulas(library: Library, notes: Notes, more: Options): Promise<void> {
  const { createModel, dense, layer, ops, rmsprop } = library, rows = 2 * BATCH + 11;
  const weight = layer("weight", (_, scope) => scope.parameter("w", [WIDTH], { initializer: "he", fans: { fanIn: 2, fanOut: 2 } }));
  const first = dense(WIDTH, { initializer: "xavier" }), last = dense(1);
  const model = await createModel((x) => {
    const h = first(x), w = weight(x), n = x.shape[0]!;
    return last(ops.concat(Object.values(formulas).map((f) => {
      const y = f(ops, h, w);
      return ops.mean(ops.reshape(y, [n, y.size / n]), 1, { keepDims: true });
    }), 1));
  }, { input: [16], seed: 102 });
  const x = numbers(rows * 16, 13);
  await notes.fit("ops", model, { x, y: numbers(rows, 14) }, { loss: (p, t) => ops.square(ops.subtract(p, t)), optimizer: rmsprop(), batchSize: BATCH, epochs: 2 }, more);
  await notes.end("ops", model, x);
}

/** Targets of a kind. */
function targets(kind: Target, rows: number, width: number, salt: number): Float32Array | Int32Array {
  const x = numbers(rows * width, salt);
  if (kind === "numbers") return x;
  if (kind === "label") return classes(x, width, CLASSES);
  if (kind !== "distribution") return x.map((v) => (v > 0 ? 1 : kind === "yes" ? 0 : -1));
  return x.map((_, i) => {
    const row = x.subarray(i - (i % width), i - (i % width) + width);
    return (x[i]! + 1) / row.reduce((total, v) => total + v + 1, 0);
  });
}

/** A head for each loss: once for means, then for sums; weighted rows, and all metrics. */
async function heads(library: Library, notes: Notes, more: Options): Promise<void> {
  const { createModel, confusionMatrix, dense, ops, sgd } = library, rows = 2 * BATCH + 9;
  const rowsOf = (reduction: "mean" | "sum") => Object.fromEntries(Object.entries(losses(reduction)).flatMap(([name, make]) =>
    (make as (family: Library["losses"]) => readonly LossRow[])(library.losses).map((row, i) => [i ? `${name}${i}` : name, row])));
  const means = rowsOf("mean"), outputs = Object.entries(means), layers = outputs.map(([, { width = CLASSES }]) => dense(width));
  const model = await createModel((x) => Object.fromEntries(outputs.map(([name, { end }], i) => {
    const logits = layers[i]!(x);
    return [name, end ? end(ops, logits) : logits];
  })), { input: [16], seed: 103 });
  const x = numbers(rows * 16, 15);
  const y = Object.fromEntries(outputs.map(([name, { target, width = CLASSES }], i) => [name, targets(target, rows, width, 20 + i)]));
  const weight = Float32Array.from({ length: rows }, (_, i) => 1 + (i % 2)), told: Record<string, Lanewise.metrics.MetricOption[]> = {};
  for (const [of, metric] of every(library, "metrics", metrics(library))) (told[of] ??= []).push(metric);
  for (const [reduction, table, learningRate] of [["mean", means, 0.1], ["sum", rowsOf("sum"), 1e-4]] as const)
    await notes.fit(`losses ${reduction}`, model, { x, y, weight }, {
      loss: Object.fromEntries(Object.entries(table).map(([name, { loss }]) => [name, loss])), optimizer: sgd({ learningRate, momentum: 0.9 }),
      batchSize: BATCH, epochs: 2, metrics: told, validation: { x, y },
    }, more);
  const said = (await model.classify(x, { output: "crossEntropy" })).map(([first]) => first!.index);
  notes.numbers("confusion matrix", confusionMatrix(said, y.crossEntropy).matrix.flat());
  await notes.end("losses", model, x);
}

/** One model, trained by each optimizer, with another schedule and other options of fit each time. */
async function runs(library: Library, notes: Notes, more: Options): Promise<void> {
  const { createModel, crossEntropy, dense, dropout, sequential, tanh } = library, rows = 2 * BATCH + 12;
  const model = await createModel(sequential(dense(128), tanh(), dropout(0.3), dense(5)), { input: [64], seed: 104 });
  const x = numbers(rows * 64, 16), y = classes(x, 64, 5), penalty = every(library, "penalties", penalties), rates = every(library, "schedules", schedules);
  const others: Partial<Lanewise.FitOptions>[] = [
    {}, { clipNorm: 0.5 }, { penalty }, { accumulate: 3 }, { ema: 0.9 }, { clipValue: 0.01 }, { validation: 0.25, metrics: ["accuracy"] }, { shuffle: false },
  ];
  const all = every(library, "optimizers", optimizers(library));
  for (let i = 0; i < Math.max(all.length, rates.length); i++) {
    const optimizer = all[i % all.length]!, byBatches = optimizer.optimizer !== "lbfgs";
    await notes.fit(`run ${i}`, model, { x, y }, {
      loss: crossEntropy(), optimizer, epochs: 2, seed: i, ...(byBatches && { schedule: rates[i % rates.length]!, batchSize: BATCH, ...others[i % others.length] }),
    }, more);
  }
  await notes.end("runs", model, x);
}

export const catalogue: TrainingRun = async (library, options = {}): Promise<Trained> => {
  const notes = new Notes();
  for (const part of [branches, opFormulas, heads, runs]) await part(library, notes, options);
  return { parameters: notes.parameters, dispose() {} };
};

/** The names that it has, by namespace: for the test that holds them against what is exported. */
export const listed = (library: Library): Readonly<Record<string, readonly string[]>> => Object.fromEntries(Object.entries({
  layers: layers(library), initializers, ops: formulas, losses: losses("mean"), metrics: metrics(library), penalties, optimizers: optimizers(library), schedules,
}).map(([family, table]) => [family, Object.keys(table)]));
