// The works trained in plain JavaScript, in f64: what every peer's losses are compared with before it is timed.

import { fixedBatch, initialLayers } from "./works.mjs";

/** Steps whose losses are compared, and how far a loss may be off, relative to the reference. Rounding in f32 grows
 * from step to step, most where a ReLU stands near 0. */
export const checkpoints = [{ step: 1, tolerance: 1e-4 }, { step: 5, tolerance: 5e-3 }, { step: 20, tolerance: 6e-2 }];

/** Losses of the checkpoints' steps. For inference: the sum of the outputs, three times. */
export function referenceLosses(work) {
  const network = new Network(work), { x, y } = fixedBatch(work);
  if (work.inference) {
    const sum = network.forward(Float64Array.from(x)).at(-1).reduce((a, b) => a + b, 0);
    return checkpoints.map(() => sum);
  }
  const last = checkpoints.at(-1).step, losses = [];
  for (let step = 1; step <= last; step++) losses.push(network.step(Float64Array.from(x), y, step));
  return checkpoints.map(({ step }) => losses[step - 1]);
}

/** Says how losses differ from the reference, or undefined where they agree. */
export function disagreement(losses, reference) {
  const off = checkpoints.flatMap(({ step, tolerance }, i) => {
    const fits = typeof losses[i] === "number" && Math.abs(losses[i] - reference[i]) <= tolerance * Math.abs(reference[i]) + 1e-6;
    return fits ? [] : [`loss of step ${step} is ${losses[i]}, should be ${Number(reference[i].toPrecision(6))}`];
  });
  return off.length ? off.join("; ") : undefined;
}

class Network {
  constructor(work) {
    this.work = work;
    this.layers = initialLayers(work).map(({ from, to, weight, bias }) => {
      const parameters = [Float64Array.from(weight), Float64Array.from(bias)];
      return { from, to, parameters, states: parameters.map(({ length }) => [new Float64Array(length), new Float64Array(length)]) };
    });
  }

  /** Inputs of each layer, and the logits at the end. */
  forward(x) {
    const values = [x], rows = this.work.batch;
    this.layers.forEach(({ from, to, parameters: [w, b] }, layer) => {
      const z = new Float64Array(rows * to), a = values.at(-1);
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < to; j++) z[r * to + j] = b[j];
        for (let i = 0; i < from; i++) {
          const s = a[r * from + i];
          if (s !== 0) for (let j = 0; j < to; j++) z[r * to + j] += s * w[i * to + j];
        }
      }
      const isLast = layer === this.layers.length - 1;
      values.push(isLast ? z : this.work.activation === "tanh" ? z.map(Math.tanh) : z.map((v) => Math.max(v, 0)));
    });
    return values;
  }

  /** One train step; returns the loss before it. */
  step(x, y, t) {
    const { work, layers } = this, rows = work.batch, values = this.forward(x);
    let { loss, g } = lossOf(values.at(-1), y, rows, work.loss);
    for (let layer = layers.length - 1; layer >= 0; layer--) {
      const { from, to, parameters, states } = layers[layer], a = values[layer], [w] = parameters;
      const dw = new Float64Array(from * to), db = new Float64Array(to), da = new Float64Array(rows * from);
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < to; j++) db[j] += g[r * to + j];
        for (let i = 0; i < from; i++) {
          const s = a[r * from + i];
          let sum = 0;
          for (let j = 0; j < to; j++) {
            const d = g[r * to + j];
            dw[i * to + j] += s * d;
            sum += w[i * to + j] * d;
          }
          // through the activation, from its output
          da[r * from + i] = sum * (work.activation === "tanh" ? 1 - s * s : s > 0 ? 1 : 0);
        }
      }
      [dw, db].forEach((d, i) => update(work.optimizer, parameters[i], d, states[i], t));
      g = da;
    }
    return loss;
  }
}

/** Mean loss of the rows, and its gradient with respect to the logits. */
function lossOf(logits, y, rows, kind) {
  const width = logits.length / rows, g = new Float64Array(logits.length);
  let loss = 0;
  for (let r = 0; r < rows; r++) {
    if (kind === "binaryCrossEntropy") {
      const z = logits[r];
      loss += Math.max(z, 0) - z * y[r] + Math.log1p(Math.exp(-Math.abs(z)));
      g[r] = (1 / (1 + Math.exp(-z)) - y[r]) / rows;
      continue;
    }
    const row = logits.subarray(r * width, (r + 1) * width), top = Math.max(...row);
    const total = row.reduce((sum, z) => sum + Math.exp(z - top), 0);
    loss += top + Math.log(total) - row[y[r]];
    row.forEach((z, j) => (g[r * width + j] = (Math.exp(z - top) / total - (j === y[r] ? 1 : 0)) / rows));
  }
  return { loss: loss / rows, g };
}

/** The optimizer's step t = 1, 2, … on one parameter, as PyTorch defines it. */
export function update({ name, learningRate, momentum = 0, beta1, beta2, epsilon }, p, g, [m, v], t) {
  for (let i = 0; i < p.length; i++) {
    if (name === "sgd") {
      m[i] = momentum * m[i] + g[i];
      p[i] -= learningRate * m[i];
    } else {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
      p[i] -= (learningRate * (m[i] / (1 - beta1 ** t))) / (Math.sqrt(v[i] / (1 - beta2 ** t)) + epsilon);
    }
  }
}
