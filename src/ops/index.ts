// lanewise/ops: functions on Values.

export { abs, exp, leakyRelu, log, relu, sigmoid, sqrt, square, tanh } from "./activation.ts";
export { add, divide, equal, greater, maximum, minimum, multiply, subtract } from "./binary.ts";
export { toFloat, toInt } from "./convert.ts";
export { cosineDistance, huberError, smoothL1Error, tripletLoss, type TripletShape } from "./distance.ts";
export { divergence, logitFocalLoss, softmaxFocalLoss } from "./entropy.ts";
export { absoluteError, hingeLoss, logitCrossEntropy, probabilityCrossEntropy, softmaxCrossEntropy, squaredError } from "./loss.ts";
export { marginLoss, squaredHingeLoss } from "./margin.ts";
export { matmul } from "./matmul.ts";
export { power } from "./power.ts";
export { celu, clamp, elu, hardSigmoid, hardSwish, hardTanh, prelu, relu6, selu } from "./rectifier.ts";
export { alphaDropout, dropout, gaussianNoise } from "./random.ts";
export { argmax, broadcastTo, max, mean, sum } from "./reduce.ts";
export { negate } from "./scale.ts";
export { concat, reshape, slice, transpose } from "./shape.ts";
export { erf, gelu, logSigmoid, mish, silu, silu as swish, softplus, softsign } from "./smooth.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { grad } from "../autodiff.ts";
export { compile, Compiled, type Argument, type CompileOptions } from "../compiled.ts";
export { type Dtype, Value } from "../graph.ts";
export type { Operand } from "../op.ts";
