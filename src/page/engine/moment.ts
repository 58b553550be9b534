// A step of a run that is over: trained again from the checkpoint before it, which gives the same bits, and looked at.

import { hash, OptionError, readRun } from "../../index.ts";
import type { Run as Inside } from "../../train/fit.ts";
import type { Ready } from "../../advice/prepare.ts";
import type { Design, Moment, ParameterView, Spread } from "./api.ts";
import { fitOptionsOf, modelOf, trainingOf } from "./design.ts";
import { layerName } from "./layers.ts";
import type { RunPlace } from "./places.ts";

/** Parts of a histogram, and numbers of a matrix that is shown whole. */
const PARTS = 40, WHOLE = 16_384;

/** Trains up to a step; undefined if the signal has ended it. */
export async function momentOf(ready: Ready, design: Design, kept: RunPlace, step: number, last: number, signal: AbortSignal): Promise<Moment | undefined> {
  if (!(Number.isInteger(step) && step >= 1 && step <= last)) throw new OptionError("bad-option", { of: "moment", option: "step", wanted: `a step from 1 to ${last}`, got: step });
  const before = await checkpointBefore(kept, step), model = await modelOf(ready, design), options = fitOptionsOf(ready, design);
  let seen: Moment | undefined;
  try {
    await model.fit(trainingOf(ready, design) as never, {
      ...options, signal, ...(before && { resume: before.bytes }),
      callbacks: [...options.callbacks, {
        onStep(told: { step: number; epoch: number; loss: number; learningRate: number }, running: Inside) {
          if (told.step !== step) return;
          const { epoch, loss, learningRate } = told;
          seen = { step, epoch, loss, learningRate, hash: hash(model), from: before?.step ?? 0, parameters: parametersOf(running, design) };
          running.stop();
        },
      }],
    } as never);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    model.dispose();
  }
  return signal.aborted ? undefined : seen;
}

/** The newest checkpoint before a step that is whole. */
async function checkpointBefore({ place, store }: RunPlace, step: number): Promise<{ step: number; bytes: Uint8Array } | undefined> {
  const { checkpoints } = await readRun(place, store && { store });
  for (const kept of checkpoints.filter((one) => one.step < step).reverse()) {
    const bytes = await kept.bytes().catch(() => undefined); // it may have been thinned out meanwhile, or be broken
    if (bytes) return { step: kept.step, bytes };
  }
  return undefined;
}

function parametersOf({ at, network }: Inside, design: Design): ParameterView[] {
  return at!.layout.slots.map((slot): ParameterView => {
    const { parameter: { name, layer } } = slot, { data, shape } = network.read(slot.parameter), weights = data as Float32Array;
    return {
      name, layer: layerName(design, layer), shape, weights: spreadOf(weights), gradients: spreadOf(network.read(slot.parameter, at!.place(slot)).data),
      matrix: shape.length === 2 && weights.length <= WHOLE ? weights.slice() : undefined,
    };
  });
}

function spreadOf(numbers: ArrayLike<number>): Spread {
  let least = Infinity, most = -Infinity, sum = 0, squares = 0;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i]!;
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
    squares += value * value;
  }
  const mean = sum / numbers.length, counts = new Array<number>(PARTS).fill(0);
  for (let i = 0; i < numbers.length; i++) counts[Math.min(PARTS - 1, Math.floor((PARTS * (numbers[i]! - least)) / (most - least || 1)))]!++;
  return { least, most, mean, deviation: Math.sqrt(Math.max(0, squares / numbers.length - mean * mean)), counts };
}
