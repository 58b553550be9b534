// lanewise/ops: functions on Values.

export { abs, exp, leakyRelu, log, relu, sigmoid, sqrt, square, tanh } from "./activation.ts";
export { add, divide, equal, greater, maximum, minimum, multiply, subtract } from "./binary.ts";
export { toFloat, toInt } from "./convert.ts";
export { absoluteError, hingeLoss, logitCrossEntropy, probabilityCrossEntropy, softmaxCrossEntropy, squaredError } from "./loss.ts";
export { matmul } from "./matmul.ts";
export { power } from "./power.ts";
export { dropout } from "./random.ts";
export { argmax, broadcastTo, max, mean, sum } from "./reduce.ts";
export { negate } from "./scale.ts";
export { concat, reshape, slice, transpose } from "./shape.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { grad } from "../autodiff.ts";
export { compile, Compiled, type Argument, type CompileOptions } from "../compiled.ts";
export { type Dtype, Value } from "../graph.ts";
export type { Operand } from "../op.ts";
