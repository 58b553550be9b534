// The same page with jax-js, whose optimizers are not published. Each use consumes an array, `.ref` keeps it for another.

import { defaultDevice, init, jit, nn, numpy as np, random, tree, valueAndGrad } from "@jax-js/jax";

await init("wasm");
defaultDevice("wasm");
const x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), y = np.array([[0], [1], [1], [0]]);
const forward = ([w1, b1, w2, b2], x) => np.matmul(np.tanh(np.matmul(x, w1).add(b1)), w2).add(b2);
const cost = (p, x, y) => {
  const logits = forward(p, x);
  return nn.softplus(logits.ref).sub(logits.mul(y)).mean();
};
const step = jit(({ p, m, v, t }, x, y) => {
  const [loss, gradients] = valueAndGrad(cost)(tree.ref(p), x, y);
  t = t.add(1);
  const unbiased = (beta) => np.expm1(t.ref.mul(Math.log(beta))).neg(), c1 = unbiased(0.9), c2 = unbiased(0.999);
  m = m.map((m, i) => m.mul(0.9).add(gradients[i].ref.mul(0.1)));
  v = v.map((v, i) => v.mul(0.999).add(np.square(gradients[i]).mul(0.001)));
  p = p.map((p, i) => p.sub(m[i].ref.div(c1.ref).div(np.sqrt(v[i].ref.div(c2.ref)).add(1e-8)).mul(0.05)));
  c1.dispose();
  c2.dispose();
  return [{ p, m, v, t }, loss];
});
const shapes = [[2, 8], [8], [8, 1], [1]], zeros = () => shapes.map((shape) => np.zeros(shape));
const p = shapes.map((shape, i) => random.uniform(random.key(i), shape, { minval: -1, maxval: 1 }));
let state = { p, m: zeros(), v: zeros(), t: np.array(0) }, loss;
for (let epoch = 1; epoch <= 300; epoch++) {
  [state, loss] = step(state, x.ref, y.ref);
  document.body.textContent = "epoch " + epoch + ": " + loss.item();
}
document.body.textContent += " " + [...forward(state.p, x).dataSync()].map((logit) => (logit > 0 ? 1 : 0)).join(" ");
