// The exponential moving average of the trained parameters: a = decay · a + (1 − decay) · p after each step, a = p after
// the first. As torch.optim.swa_utils.AveragedModel has it with such an avg_fn.

import type { Network } from "../network.ts";
import type { FitLayout } from "./state.ts";

export interface Average {
  /** In the layout of the gradients; while the average is shown, the weights as they were trained. */
  readonly numbers: Float32Array;
  /** Has the model the average? */
  readonly shown: boolean;
  /** Takes the parameters in, after step t = 1, 2, … */
  add(t: number): void;
  /** Puts the average into the model, or the weights. */
  show(average: boolean): void;
  /** Takes an average up, beside a model that has the weights. */
  load(numbers: Float32Array): void;
}

export function makeAverage(network: Network, { segments, count }: FitLayout, decay: number): Average {
  const numbers = new Float32Array(count);
  let shown = false;
  /** Takes the parameters in with a share of 1 − keep; exchanges where keep is 2. */
  const visit = (keep: number): void => {
    const { floats } = network.session;
    for (const { parameter, start, count: n } of segments)
      for (let i = start, at = (network.block.offset + parameter) / 4; i < start + n; i++, at++) {
        const p = floats[at]!, a = numbers[i]!;
        numbers[i] = keep > 1 ? p : keep * a + (1 - keep) * p;
        if (keep > 1) floats[at] = a;
      }
  };
  return {
    numbers,
    get shown() {
      return shown;
    },
    add: (t) => visit(t === 1 ? 0 : decay),
    show(average) {
      if (average !== shown) {
        visit(2);
        network.session.wrote(network.block.offset, network.bytes);
      }
      shown = average;
    },
    load(saved) {
      numbers.set(saved);
      shown = false;
    },
  };
}
