import { expect, test } from "vitest";
import { compile, grad, matmul, mean, square, relu, sum, softmaxCrossEntropy } from "../src/ops/index.ts";
import { listing } from "../src/program.ts";
import { trace } from "../src/session.ts";
test("smoke", async () => {
  const f = await compile((x, w) => { const y = mean(square(matmul(x, w))); return [y, ...grad(y, [w])]; }, [[4, 3], [3, 2]]);
  console.log(listing(f.program));
  console.log(f.run([new Float32Array(12).fill(1), new Float32Array(6).fill(1)]));
  const g = await compile((x, w, t) => { const y = sum(softmaxCrossEntropy(relu(matmul(x, w)), t)); return [y, ...grad(y, [w, x])]; }, [[64, 784], [784, 10], [64, 10]]);
  console.log(listing(g.program), g.program.arena);
  const rnd = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 0.1);
  const t = new Float32Array(640); for (let i = 0; i < 64; i++) t[i * 10 + i % 10] = 1;
  g.stage([rnd(64 * 784), rnd(7840), t]);
  console.log(g.run([rnd(64 * 784), rnd(7840), t])[0]);
  g.stage([rnd(64 * 784), rnd(7840), t]);
  const a = trace(g.loaded, 1); g.stage([rnd(64 * 784), rnd(7840), t]); const b = trace(g.loaded, 3);
  console.log(a); expect(a).toEqual(b);
});
