// What PyTorch, tfjs and jax-js have of the catalogue, asked of the packages themselves: a name that the table gives is
// looked up, run and differentiated; a name that it does not give must not be there under ours or PyTorch's.

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { packageVersion, pythonWith } from "../../bench/setup.mjs";

/** Where the activations are compared. */
export const POINTS = [-2.5, -0.7, 0.4, 3.2];

const plain = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
const at = (root, path) => path.split(".").reduce((value, key) => value?.[key], root);
const close = (a, b) => a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) < 1e-5);

/** Names in `spaces` that are ours or PyTorch's, where the table has none. */
function overlooked(row, spaces) {
  const names = [row.name, row.torch?.split(".").at(-1).replace(/LR$|Loss$|_$/, "")].filter((name) => name?.length > 2).map(plain);
  return spaces.flatMap((space) => Object.keys(space)).filter((name) => names.includes(plain(name).replace(/loss$/, "")));
}

/** For each row what there is, and for those of the activations whether the formula is ours: { name, problem?, other? }. */
export async function askTfjs(rows, ours) {
  const require = createRequire(new URL("../../bench/package.json", import.meta.url)), { warn } = console;
  console.warn = () => {}; // it advertises tfjs-node
  const tf = require("@tensorflow/tfjs");
  await tf.setBackend("cpu");
  const spaces = { losses: [tf.losses], optimizers: [tf.train], activations: [tf], schedules: [tf.train], initializers: [tf.initializers], metrics: [tf.metrics] };
  const train = { sgd: [0.1], momentum: [0.1, 0.9], adam: [0.1], rmsprop: [0.1], adagrad: [0.1], adadelta: [0.1], adamax: [0.1] };
  const answer = async (row) => {
    const { family, name, tfjs } = row;
    if (!tfjs) {
      const found = overlooked(row, [...spaces[family], ...(family === "optimizers" ? [Object.fromEntries(Object.getOwnPropertyNames(tf.train).map((key) => [key, 1]))] : [])]);
      return found.length ? { problem: `it has ${found.join(", ")}` } : {};
    }
    const quoted = tfjs.startsWith("'") && tfjs.slice(1, -1), f = quoted ? undefined : at(tf, tfjs);
    if (!quoted && typeof f !== "function") return { problem: "there is no such function" };
    if (family === "activations") {
      const layer = quoted && tf.layers.activation({ activation: quoted });
      const call = (x) => (quoted ? layer.apply(x) : name === "prelu" ? f(x, tf.scalar(0.25)) : name === "leakyRelu" ? f(x, 0.01) : f(x));
      const x = tf.tensor2d([POINTS]), y = [...call(x).dataSync()], weights = tf.tensor2d([[1, -0.5, 2, -1.5]]);
      const slopes = tf.grad((x) => tf.sum(tf.mul(call(x), weights)))(x).dataSync();
      return { ...(slopes.every(Number.isFinite) && slopes.some((d) => d !== 0) ? {} : { problem: "no gradient" }), other: !close(y, ours.get(name)) };
    }
    if (family === "losses") {
      const target = tf.tensor2d([[1, 0]]), p = tf.tensor2d([[0.3, 0.6]]);
      if (quoted) { // known to a model only
        const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, activation: "softmax", inputShape: [2] })] });
        model.compile({ loss: quoted, optimizer: "sgd" });
        const [kernel] = model.getWeights(), before = [...kernel.dataSync()];
        const loss = await model.trainOnBatch(tf.tensor2d([[1, 2]]), target);
        return Number.isFinite(loss) && !close(before, [...model.getWeights()[0].dataSync()]) ? {} : { problem: "no gradient" };
      }
      const slopes = tf.grad((p) => tf.sum(tfjs.endsWith("cosineDistance") ? f(target, p, 1) : f(target, p)))(p).dataSync();
      return slopes.every(Number.isFinite) && slopes.some((d) => d !== 0) ? {} : { problem: "no gradient" };
    }
    if (family === "optimizers") {
      const p = tf.variable(tf.scalar(1));
      tf.train[tfjs.split(".")[1]](...train[tfjs.split(".")[1]]).minimize(() => tf.square(p));
      return p.dataSync()[0] < 1 ? {} : { problem: "a step changes nothing" };
    }
    return {};
  };
  const answers = new Map();
  for (const row of rows) answers.set(row, await answer(row).catch((error) => ({ problem: error.message.slice(0, 80) })));
  console.warn = warn;
  return answers;
}

export async function askJax(rows, ours) {
  const jax = await import("../../bench/node_modules/@jax-js/jax/dist/index.js");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const { numpy: np } = jax, spaces = [jax, jax.nn, jax.lax, ...(jax.nn.initializers ? [jax.nn.initializers] : [])], answers = new Map();
  for (const row of rows) {
    const { name, family, jax: path } = row;
    try {
      if (!path) {
        // its arrays, not distributions to draw parameters from
        const found = family === "initializers" || family === "metrics" ? [] : overlooked(row, spaces);
        answers.set(row, found.length ? { problem: `it has ${found.join(", ")}` } : {});
        continue;
      }
      const f = at(jax, path);
      if (typeof f !== "function") throw new Error("there is no such function");
      const y = [...f(np.array(POINTS)).dataSync()];
      const slopes = [...jax.grad((x) => f(x).mul(np.array([1, -0.5, 2, -1.5])).sum())(np.array(POINTS)).dataSync()];
      const sound = slopes.every(Number.isFinite) && slopes.some((d) => d !== 0);
      answers.set(row, { ...(sound ? {} : { problem: "no gradient" }), other: !close(y, ours.get(name)) });
    } catch (error) {
      answers.set(row, { problem: error.message.slice(0, 80) });
    }
  }
  return answers;
}

/** Names of the table that PyTorch has not, and its version; undefined without PyTorch. */
export function askTorch(rows) {
  const python = pythonWith("torch");
  if (!python) return undefined;
  const code = "import sys,torch,torch.optim.lr_scheduler,functools\n"
    + "print(torch.__version__, *[n for n in sys.argv[1:] if functools.reduce(lambda a, k: getattr(a, k, None), n.split('.'), torch) is None])";
  const done = spawnSync(python, ["-c", code, ...rows.flatMap(({ torch }) => torch ?? [])], { encoding: "utf8" });
  if (done.status !== 0) return undefined;
  const [version, ...missing] = done.stdout.trim().split(" ");
  return { version, missing };
}

export const versions = { tfjs: packageVersion("@tensorflow/tfjs"), jax: packageVersion("@jax-js/jax") };
