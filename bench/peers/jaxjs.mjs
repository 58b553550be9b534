// jax-js on WebAssembly, the whole train step as one jitted function: node bench/peers/jaxjs.mjs --work W2 --seconds 1
//
// Arrays are counted: each use consumes one, `.ref` keeps it for another. Its optimizers (optax) are not published, so
// they stand here, inside the jitted step.

import * as jax from "@jax-js/jax";
import { measure, reporting, stepOptions } from "../measure.mjs";
import { packageVersion } from "../setup.mjs";
import { fixedBatch, initialLayers, workNamed } from "../works.mjs";

const options = stepOptions(), peer = "jax-js";
const { numpy: np, nn, jit, valueAndGrad, tree } = jax;
await reporting(peer, options, async () => {
  const work = workNamed(options.work);
  await jax.init("wasm"); // left to choose, it looks for `navigator`, which Node 20 has not
  jax.defaultDevice("wasm");
  const { x, y } = fixedBatch(work), rows = work.batch, classes = work.sizes.at(-1);
  const input = np.array(x).reshape([rows, work.sizes[0]]);
  const start = initialLayers(work).flatMap(({ from, to, weight, bias }) => [np.array(weight).reshape([from, to]), np.array(bias)]);
  await jax.blockUntilReady(start);
  const activation = work.activation === "tanh" ? np.tanh : nn.relu;
  const forward = (parameters, input) => {
    let h = input;
    for (let i = 0; i < parameters.length; i += 2) h = np.matmul(i ? activation(h) : h, parameters[i]).add(parameters[i + 1]);
    return h;
  };

  let step;
  if (work.inference) {
    const predict = jit(forward);
    step = () => predict(tree.ref(start), input.ref).dataSync().reduce((a, b) => a + b, 0);
  } else {
    const target = work.loss === "crossEntropy"
      ? nn.oneHot(np.array(y, { dtype: np.int32 }), classes).astype(np.float32) : np.array(y).reshape([rows, 1]);
    const train = jit(trainStep(work, forward));
    let state = initialState(work, start);
    // The loss is read at every step: unread steps pile up, and each takes several times as long.
    step = () => {
      let loss;
      [state, loss] = train(state, input.ref, target.ref);
      return loss.item();
    };
  }
  await measure(peer, options, step, { version: packageVersion("@jax-js/jax") });
});

/** Parameters and the optimizer's moments; adam counts its steps as well. */
function initialState({ optimizer }, parameters) {
  const zeros = () => parameters.map(({ shape }) => np.zeros(shape));
  return optimizer.name === "sgd" ? { p: parameters, m: zeros() } : { p: parameters, m: zeros(), v: zeros(), t: np.array(0) };
}

/** (state, x, target) → [state, loss] */
function trainStep({ loss, optimizer }, forward) {
  const cost = (parameters, x, target) => {
    const logits = forward(parameters, x);
    if (loss === "crossEntropy") return nn.logSoftmax(logits).mul(target).sum(-1).mean().neg();
    return nn.softplus(logits.ref).sub(logits.mul(target)).mean(); // log(1 + e^z) − t·z
  };
  const { learningRate, momentum, beta1, beta2, epsilon } = optimizer;
  return (state, x, target) => {
    const [value, gradients] = valueAndGrad(cost)(tree.ref(state.p), x, target);
    if (optimizer.name === "sgd") {
      const m = state.m.map((m, i) => m.mul(momentum).add(gradients[i]));
      return [{ p: state.p.map((p, i) => p.sub(m[i].ref.mul(learningRate))), m }, value];
    }
    const t = state.t.add(1);
    const unbiased = (beta) => np.expm1(t.ref.mul(Math.log(beta))).neg(); // 1 − βᵗ
    const c1 = unbiased(beta1), c2 = unbiased(beta2);
    const m = state.m.map((m, i) => m.mul(beta1).add(gradients[i].ref.mul(1 - beta1)));
    const v = state.v.map((v, i) => v.mul(beta2).add(np.square(gradients[i]).mul(1 - beta2)));
    const p = state.p.map((p, i) => p.sub(m[i].ref.div(c1.ref).div(np.sqrt(v[i].ref.div(c2.ref)).add(epsilon)).mul(learningRate)));
    c1.dispose();
    c2.dispose();
    return [{ p, m, v, t }, value];
  };
}
