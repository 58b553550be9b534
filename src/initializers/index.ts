// The initializers, as flat exports and as the namespace `initializers`. An initializer says from which distribution a
// parameter is drawn; the core draws it, from the model's seed.

import { checkNames, wantOneOf } from "../options.ts";
import { bell, type Initializer, spread } from "./initializer.ts";

export type { Fans, Filling, Initializer, InitializerOption } from "./initializer.ts";

export interface InitializerOptions {
  distribution?: "normal" | "uniform";
}

/** For layers before relu and its kin: variance 2 / fanIn. Normal by default: N(0, √(2 / fanIn)); uniform:
 * ±√(6 / fanIn). He et al., Delving Deep into Rectifiers (2015);
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_
 *
 * @throws OptionError for an unknown distribution.
 * @example
 * he({ distribution: "uniform" }).filling({ fanIn: 6, fanOut: 1 }) // → { kind: "uniform", low: -1, high: 1 }
 */
export function he(options: InitializerOptions = {}): Initializer {
  const uniform = distributionOf("he", options, "normal") === "uniform";
  return {
    initializer: "he",
    filling: ({ fanIn }) => (uniform ? spread(Math.sqrt(6 / fanIn)) : bell(Math.sqrt(2 / fanIn))),
  };
}

/** For layers before tanh, sigmoid or nothing: variance 2 / (fanIn + fanOut). Uniform by default:
 * ±√(6 / (fanIn + fanOut)); normal: N(0, √(2 / (fanIn + fanOut))). Glorot and Bengio, Understanding the Difficulty of
 * Training Deep Feedforward Neural Networks (2010); https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_uniform_
 *
 * @throws OptionError for an unknown distribution.
 * @example
 * xavier().filling({ fanIn: 2, fanOut: 4 }) // → { kind: "uniform", low: -1, high: 1 }
 */
export function xavier(options: InitializerOptions = {}): Initializer {
  const uniform = distributionOf("xavier", options, "uniform") === "uniform";
  return {
    initializer: "xavier",
    filling: ({ fanIn, fanOut }) => (uniform ? spread(Math.sqrt(6 / (fanIn + fanOut))) : bell(Math.sqrt(2 / (fanIn + fanOut)))),
  };
}

/** All zeros.
 *
 * @example
 * zeros().filling({ fanIn: 2, fanOut: 4 }) // → { kind: "constant", value: 0 }
 */
export function zeros(): Initializer {
  return { initializer: "zeros", filling: () => ({ kind: "constant", value: 0 }) };
}

function distributionOf(name: string, options: InitializerOptions, normal: "normal" | "uniform"): "normal" | "uniform" {
  checkNames(name, options, ["distribution"]);
  return options.distribution === undefined ? normal : wantOneOf("distribution", options.distribution, ["normal", "uniform"]);
}
