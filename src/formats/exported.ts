// What every export asks of a model first.

import { StateError } from "../errors.ts";
import type { Value } from "../graph.ts";
import { asProbabilities, Model } from "../model.ts";
import type { Reading } from "../losses/loss.ts";
import type { Network } from "../network.ts";
import { badOption } from "../options.ts";

/** A model that can be exported now. */
export interface Exported {
  readonly network: Network;
  readonly classes: readonly string[] | undefined;
  /** An output as probabilities, where it tells classes. */
  readonly probabilities: (name: string, output: Value) => Value;
}

/** @throws OptionError for something else than a model that is here; StateError after dispose; NonFiniteError for parameters
 * beyond float32. */
export function exported(model: unknown, of: string): Exported {
  if (!(model instanceof Model))
    throw badOption("model", model, "a model of createModel or loadModel", { of, fix: "of a model in a worker, export loadModel(await model.save())" });
  const network = model["network"];
  network.wantFinite(); // throws if the model has been disposed
  const probabilities = (name: string, output: Value): Value => {
    const reading = readingOf(model, name, !network.singleOutput);
    return reading === undefined ? output : asProbabilities(output, reading);
  };
  return { network, classes: model["notes"].classes, probabilities };
}

/** How classify reads an output; of several outputs, some need not tell classes. */
export function readingOf(model: Model, name: string, several: boolean): Exclude<Reading, undefined> | undefined {
  try {
    const shape = model["network"].outputs.get(name)!;
    if (shape.length > 1) return undefined;
    return model["readingOf"](name, shape[0] ?? 1);
  } catch (error) {
    if (several && error instanceof StateError) return undefined;
    throw error;
  }
}
