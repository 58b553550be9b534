// The losses, as flat exports and as the namespace `losses`.

export {
  binaryCrossEntropy, type BinaryCrossEntropyOptions, type ClassOptions, crossEntropy, type CrossEntropyOptions, focal, type FocalOptions,
  type From, klDivergence, type KlDivergenceOptions, nll,
} from "./entropy.ts";
export { hinge, multiMargin, type MultiMarginOptions, squaredHinge } from "./margin.ts";
export { huber, type HuberOptions, mae, mse, smoothL1, type SmoothL1Options } from "./regression.ts";
export { cosineSimilarity, tripletMargin, type TripletMarginOptions } from "./similarity.ts";
export type { Loss, LossFunction, LossOption, LossOptions, Reduction } from "./loss.ts";
