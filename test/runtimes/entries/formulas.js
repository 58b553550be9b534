// The second entry, lanewise/ops, beside the first.
import { ops } from "lanewise";
import { compile, grad, matmul, mean, square, Value } from "lanewise/ops";
import { report } from "./report.js";

export default report(formula());

async function formula() {
  const f = await compile((x, w) => {
    const y = mean(square(matmul(x, w)));
    return [y, ...grad(y, [w])];
  }, [[4, 3], [3, 2]]);
  const [y, dw] = f.run([new Float32Array(12).fill(1), new Float32Array(6).fill(1)]);
  return { y: y.data[0], dw: [...dw.data], one: ops.Value === Value };
}
