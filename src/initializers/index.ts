// The initializers, as flat exports and as the namespace `initializers`. An initializer says from which distribution a
// parameter is drawn; the core draws it, from the model's seed.

import { badOption, checkNames, wantNumber, wantOneOf, wantPositive } from "../options.ts";
import { bell, type Initializer, NAMED, spread } from "./initializer.ts";

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
  const even = distributionOf("he", options, "normal") === "uniform";
  return { initializer: "he", filling: even ? ({ fanIn }) => spread(Math.sqrt(6 / fanIn)) : NAMED.he };
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
  const even = distributionOf("xavier", options, "uniform") === "uniform";
  return { initializer: "xavier", filling: even ? NAMED.xavier : ({ fanIn, fanOut }) => bell(Math.sqrt(2 / (fanIn + fanOut))) };
}

/** All zeros.
 *
 * @example
 * zeros().filling({ fanIn: 2, fanOut: 4 }) // → { kind: "constant", value: 0 }
 */
export function zeros(): Initializer {
  return { initializer: "zeros", filling: NAMED.zeros };
}

/** All ones. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.ones_
 *
 * @example
 * ones().filling({ fanIn: 2, fanOut: 4 }) // → { kind: "constant", value: 1 }
 */
export function ones(): Initializer {
  return constant(1);
}

/** One number everywhere. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.constant_
 *
 * @throws OptionError if it is not finite.
 * @example
 * constant(0.5).filling({ fanIn: 2, fanOut: 4 }) // → { kind: "constant", value: 0.5 }
 */
export function constant(value: number): Initializer {
  wantNumber("constant: value", value);
  return { initializer: "constant", filling: () => ({ kind: "constant", value }) };
}

/** Evenly from low to high, 0 to 1 by default. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.uniform_
 *
 * @throws OptionError if low is not below high, or their difference beyond float32.
 * @example
 * uniform({ low: -1, high: 1 }).filling({ fanIn: 2, fanOut: 4 }) // → { kind: "uniform", low: -1, high: 1 }
 */
export function uniform(options: { low?: number; high?: number } = {}): Initializer {
  checkNames("uniform", options, ["low", "high"]);
  const { low = 0, high = 1 } = options;
  wantNumber("uniform: low", low);
  if (wantNumber("uniform: high", high) <= low) throw badOption("uniform: high", high, `a number above low, ${low}`);
  if (!Number.isFinite(Math.fround(high - low))) throw badOption("uniform: high", high, `a number that is less than 3.4e38 above low, ${low}`);
  return { initializer: "uniform", filling: () => ({ kind: "uniform", low, high }) };
}

/** From N(mean, deviation), 0 and 1 by default. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.normal_
 *
 * @throws OptionError if the mean is not finite or the deviation below 0, or if a draw might not be finite.
 * @example
 * normal({ deviation: 0.02 }).filling({ fanIn: 2, fanOut: 4 }) // → { kind: "normal", mean: 0, deviation: 0.02 }
 */
export function normal(options: NormalOptions = {}): Initializer {
  const given = normalOptions("normal", options);
  return { initializer: "normal", filling: () => ({ kind: "normal", ...given }) };
}

/** From N(mean, deviation), drawn again where it is more than two deviations off: PyTorch's trunc_normal_ with a and b at two
 * deviations. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_
 *
 * @throws OptionError if the mean is not finite or the deviation below 0, or if a draw might not be finite.
 * @example
 * truncatedNormal({ deviation: 0.02 }).filling({ fanIn: 2, fanOut: 4 }) // → { kind: "normal", mean: 0, deviation: 0.02 }
 */
export function truncatedNormal(options: NormalOptions = {}): Initializer {
  const { mean, deviation } = normalOptions("truncatedNormal", options), middle = Math.fround(mean);
  // what rounding to float32 adds is not far: beside a great mean, a small deviation is all rounding
  const far = (x: number): boolean => Math.abs(x - middle) > 2 * deviation + 2.4e-7 * Math.abs(middle);
  return {
    initializer: "truncatedNormal", filling: () => ({ kind: "normal", mean, deviation }),
    finish(numbers, _, draw) {
      for (let n = 1; numbers.some(far); n++) {
        const more = draw(n);
        numbers.forEach((x, i) => far(x) && (numbers[i] = more[i]!));
      }
      return numbers;
    },
  };
}

/** For layers before selu: variance 1 / fanIn. Normal by default: N(0, 1 / √fanIn); uniform: ±√(3 / fanIn). LeCun et al.,
 * Efficient BackProp (1998).
 *
 * @throws OptionError for an unknown distribution.
 * @example
 * lecun().filling({ fanIn: 4, fanOut: 1 }) // → { kind: "normal", mean: 0, deviation: 0.5 }
 */
export function lecun(options: InitializerOptions = {}): Initializer {
  const even = distributionOf("lecun", options, "normal") === "uniform";
  return { initializer: "lecun", filling: even ? ({ fanIn }) => spread(Math.sqrt(3 / fanIn)) : NAMED.lecun };
}

/** For weights of layers like dense: as the activation wants it that comes next, when there are only sums, reshaping, dropout
 * and the like between.
 *
 * | what comes next | weights |
 * |---|---|
 * | relu, relu6, elu, celu, gelu, silu, mish, softplus, hardSwish | he(): N(0, √(2 / fanIn)) |
 * | leakyRelu(a), prelu (a = 0.25) | N(0, √(2 / (1 + a²) / fanIn)) |
 * | selu | lecun(): N(0, √(1 / fanIn)) |
 * | tanh, sigmoid, softmax …, any other function, or nothing | xavier(): ±√(6 / (fanIn + fanOut)) |
 *
 * Where several activations of the upper three rows read what a layer gives, the first to be applied counts; a function of one's
 * own, written in other ops than these, is one of the last row. Glorot and Bengio (2010); He et al. (2015), with the slope in its
 * equation 15; Klambauer et al. (2017); https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain, whose gain of 5/3
 * for tanh is not taken.
 *
 * @example
 * const model = await createModel(sequential(dense(1, { initializer: auto() }), relu()), { input: [1] });
 * auto().filling({ fanIn: 2, fanOut: 4 }) // → { kind: "uniform", low: -1, high: 1 }
 * auto().filling({ fanIn: 2, fanOut: 4, gain: 2 }) // → { kind: "normal", mean: 0, deviation: 1 }
 */
export function auto(): Initializer {
  return { initializer: "auto", filling: NAMED.auto };
}

/** Rows (or columns, where they are fewer) that are orthogonal and of length `gain`; all axes but the first count as one. Saxe
 * et al., Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks (2014);
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.orthogonal_
 *
 * @throws OptionError if the gain is not above 0.
 * @example
 * const model = await createModel(dense(1, { initializer: orthogonal() }), { input: [1] });
 * Math.abs(model.parameters.get("weight").data[0]) // → 1
 */
export function orthogonal(options: { gain?: number } = {}): Initializer {
  checkNames("orthogonal", options, ["gain"]);
  const gain = wantPositive("orthogonal: gain", options.gain ?? 1);
  return {
    initializer: "orthogonal", filling: () => bell(1),
    finish(numbers, [rows = 1]) {
      const columns = numbers.length / rows, wide = columns > rows;
      const [count, length] = wide ? [rows, columns] : [columns, rows];
      const at = (vector: number, i: number): number => (wide ? vector * columns + i : i * columns + vector);
      const vectors = Array.from({ length: count }, (_, v) => Float64Array.from({ length }, (_, i) => numbers[at(v, i)]!));
      vectors.forEach((vector, v) => {
        // Gram and Schmidt, twice, as once leaves what rounding leaves
        for (let turn = 0; turn < 2; turn++)
          for (const other of vectors.slice(0, v)) {
            const share = dot(vector, other);
            other.forEach((x, i) => (vector[i]! -= share * x));
          }
        const size = Math.sqrt(dot(vector, vector));
        vector.forEach((x, i) => (vector[i] = x / size));
      });
      vectors.forEach((vector, v) => vector.forEach((x, i) => (numbers[at(v, i)] = gain * x)));
      return numbers;
    },
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

export interface NormalOptions {
  mean?: number;
  deviation?: number;
}

/** No draw is so many deviations off: the core draws √(−2 · log u), with u from 2⁻²⁴ on, which is up to 5.8. */
const MOST = 6;

function normalOptions(of: string, options: NormalOptions): { mean: number; deviation: number } {
  checkNames(of, options, ["mean", "deviation"]);
  const { mean = 0, deviation = 1 } = options;
  wantNumber(`${of}: mean`, mean);
  wantNumber(`${of}: deviation`, deviation, 0);
  if (!Number.isFinite(Math.fround(Math.abs(mean) + MOST * deviation))) throw badOption(`${of}: deviation`, deviation, `one whose draws are finite: mean ± ${MOST} deviations within float32`);
  return { mean, deviation };
}

function distributionOf(name: string, options: InitializerOptions, normal: "normal" | "uniform"): "normal" | "uniform" {
  checkNames(name, options, ["distribution"]);
  return options.distribution === undefined ? normal : wantOneOf("distribution", options.distribution, ["normal", "uniform"]);
}
