// A step's profile: what holds of it in any engine.
import { adam, createModel, crossEntropy, dense, relu, sequential } from "lanewise";
import { report } from "./report.js";

export default report(profiled());

async function profiled() {
  const model = await createModel(sequential(dense(32), relu(), dense(3)), { input: [16] });
  const { instructions, step, grain, ceilings } = await model.profile(3, { loss: crossEntropy(), optimizer: adam(), batchSize: 16 });
  const figures = instructions.flatMap(({ microseconds, gflops, gbps, ceiling }) => [microseconds, gflops, gbps, ...(ceilings ? [ceiling] : [])]);
  return {
    grain, microseconds: step.microseconds, sum: step.instructions, gflops: ceilings?.multiplyAdd, repeated: instructions.filter(({ repeated }) => repeated).length / instructions.length,
    sound: figures.every((figure) => figure >= 0 && figure < Infinity) && instructions.every(({ microseconds }) => microseconds > 0),
    shares: instructions.reduce((sum, { share }) => sum + share, 0), last: instructions.at(-1).op,
  };
}
