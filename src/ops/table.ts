// All ops by name: what loadModel, tests and benchmarks know of. Nothing else imports this file, so that a page ships
// only the ops it uses.

import type { Op } from "../graph.ts";
import * as activation from "./activation.ts";
import * as binary from "./binary.ts";
import { constantOp, vectorOp } from "./constant.ts";
import { convertOp } from "./convert.ts";
import { crossEntropyOp, hingeOp, absoluteErrorOp, logitCrossEntropyOp, probabilityCrossEntropyOp, squaredErrorOp } from "./loss.ts";
import { matmulOp } from "./matmul.ts";
import { powerOp } from "./power.ts";
import { argmaxOp, broadcastOp, maxOp, meanOp, pickOp, placeOp, sumOp } from "./reduce.ts";
import { clampOp, eluOp } from "./rectifier.ts";
import { scaleOp } from "./scale.ts";
import { concatOp, copyOp, padOp, reshapeOp, sliceOp, transposeOp } from "./shape.ts";
import { erfOp, softplusOp } from "./smooth.ts";
import { logSoftmaxOp, softmaxOp } from "./softmax.ts";

export const activationOps: readonly activation.ActivationOp[] = [
  activation.reluOp, activation.leakyReluOp, activation.sigmoidOp, activation.tanhOp, activation.expOp, activation.logOp,
  activation.sqrtOp, activation.squareOp, activation.absOp, clampOp, eluOp, erfOp, softplusOp,
];

export const binaryOps: readonly binary.BinaryOp[] = [
  binary.addOp, binary.subtractOp, binary.multiplyOp, binary.divideOp, binary.maximumOp, binary.minimumOp, powerOp,
  binary.greaterOp, binary.equalOp, binary.equalIntOp, binary.heavisideOp,
];

export const lossOps = [squaredErrorOp, absoluteErrorOp, logitCrossEntropyOp, probabilityCrossEntropyOp, hingeOp] as const;

/** The ops that a model's own function may use, by name. */
export function opTable(): Map<string, Op> {
  const ops: Op[] = [
    ...activationOps, ...binaryOps, ...lossOps, constantOp, convertOp, crossEntropyOp, matmulOp, argmaxOp, broadcastOp, maxOp,
    meanOp, pickOp, placeOp, sumOp, scaleOp, vectorOp, concatOp, copyOp, padOp, reshapeOp, sliceOp, transposeOp, logSoftmaxOp, softmaxOp,
  ];
  return new Map(ops.flatMap((op) => [op, op.derivative ?? []].flat()).map((op) => [op.name, op]));
}
