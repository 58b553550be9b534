// A plan of the command line, as a design of blocks: both choose by the same rules.

import type { Plan } from "../../advice/choose.ts";
import type { Design, Part } from "./api.ts";
import { partOf } from "./parts.ts";

export function designOf(plan: Plan, input: readonly number[], seed: number): Design {
  const { hidden, activation, dropout, initializer, outputs, optimizer, learningRate, weightDecay } = plan;
  const layers: Part[] = [
    ...(input.length > 1 ? [partOf("layers", "flatten")] : []),
    ...hidden.flatMap((units) => [partOf("layers", "dense", { units, initializer }), partOf("layers", activation), ...(dropout ? [partOf("layers", "dropout", { rate: dropout })] : [])]),
    partOf("layers", "dense", { units: outputs, initializer: "pytorch" }),
  ];
  return {
    layers, loss: partOf("losses", plan.loss, plan.loss === "focal" ? { variant: plan.task === "classes" ? "softmax" : "sigmoid" } : {}), optimizer: partOf("optimizers", optimizer, { learningRate: learningRate!, weightDecay }), schedule: partOf("schedules", plan.schedule),
    batchSize: plan.batchSize, epochs: plan.epochs, patience: plan.patience, balanced: plan.classWeights !== undefined, seed,
  };
}
