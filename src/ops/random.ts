// Random tensors: a number depends on the run's seed, its step, the node's stream and its place in the tensor alone.

import { Opcode, Random, RandomKind, SeedCell } from "../../assembly/isa.ts";
import type { Graph, Op, Value } from "../graph.ts";
import { wantNumber } from "../options.ts";
import { apply, input, inputOp } from "../op.ts";
import { bits } from "../program.ts";
import type { Shape } from "../shape.ts";
import { add, multiply } from "./binary.ts";
import { scale } from "./scale.ts";

/** Name of the input that holds the seed: int32 [3], see SeedCell. */
const SEED = "seed";

interface RandomAttributes {
  kind: RandomKind;
  shape: Shape;
  stream: number;
  /** See RandomKind. */
  p: number;
  q: number;
}

const randomOp: Op<RandomAttributes> = {
  name: "random",
  shape: (_, { shape }) => [{ shape }],
  gradient: () => [undefined],
  emit(node, to) {
    const { kind, stream, p, q } = node.attributes, out = node.outputs[0]!;
    to.instruction(Opcode.Random, Random.SIZE, {
      [Random.KIND]: kind, [Random.DST]: to.at(out), [Random.COUNT]: out.size, [Random.STREAM]: stream,
      [Random.SEED]: to.at(node.inputs[0]!), [Random.P0]: bits(p), [Random.P1]: bits(q),
    });
  },
};

/** Streams of random numbers: nodes of a graph count from 0, parameters are drawn from INITIAL on, and data are split and
 * shuffled by the last two. What shares a seed shares no stream. */
export const INITIAL = 0x80000000, SPLIT = 0xfffffffe, SHUFFLE = 0xffffffff;

/** The graph's seed, where it has random nodes. */
export function seedOf(graph: Graph): Value | undefined {
  return graph.nodes.find((node) => node.op === inputOp && node.attributes.name === SEED)?.outputs[0];
}

function random(graph: Graph, kind: RandomKind, shape: Shape, p: number, q: number): Value {
  const seed = seedOf(graph) ?? input(graph, SEED, [SeedCell.SIZE], "int32");
  return apply(randomOp, [seed], { kind, shape: [...shape], stream: graph.streams++, p, q });
}

/** Numbers in [low, high), evenly spread. */
export function uniform(graph: Graph, shape: Shape, low = 0, high = 1): Value {
  return random(graph, RandomKind.Uniform, shape, low, high - low);
}

/** Normal numbers. */
export function normal(graph: Graph, shape: Shape, mean = 0, deviation = 1): Value {
  return random(graph, RandomKind.Normal, shape, mean, deviation);
}

/** While training: each element of x is 0 with probability `rate`, the others are divided by 1 − rate; else x itself.
 * https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html; Srivastava et al., JMLR 15 (2014).
 *
 * @throws OptionError if the rate is not from 0 to 1.
 * @example
 * const f = await compile((x) => dropout(x, 0.5), [[2]]); // compile() does not train
 * f.run([[3, 4]])[0].data // → [3, 4]
 */
export function dropout(x: Value, rate: number): Value {
  wantNumber("dropout: rate", rate, 0, 1);
  if (!x.graph.training || rate === 0) return x;
  return multiply(x, random(x.graph, RandomKind.Bernoulli, x.shape, rate, rate === 1 ? 0 : 1 / (1 - rate)));
}

/** What selu tends to at −∞: −1.0507… · 1.6732… */
const SELU_LOW = -1.7580993408473766;

/** Dropout for selu: while training, each element of x is the least value of selu, α' = −1.7581, with probability `rate`, and
 * all are then a · x + b, so that mean 0 and variance 1 stay: a = (q + α'² · q · (1 − q))^(−½), b = −a · (1 − q) · α' with
 * q = 1 − rate. Else x itself. Klambauer et al., Self-Normalizing Neural Networks (2017);
 * https://pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
 *
 * @throws OptionError if the rate is not from 0 to 1.
 * @example
 * const f = await compile((x) => alphaDropout(x, 0.5), [[2]]); // compile() does not train
 * f.run([[3, 4]])[0].data // → [3, 4]
 */
export function alphaDropout(x: Value, rate: number): Value {
  wantNumber("alphaDropout: rate", rate, 0, 1);
  if (!x.graph.training || rate === 0) return x;
  if (rate === 1) return scale(x, 0);
  const keep = 1 - rate, a = 1 / Math.sqrt(keep + SELU_LOW * SELU_LOW * keep * rate);
  // mask · a · (x − α') + a · α' + b
  const mask = random(x.graph, RandomKind.Bernoulli, x.shape, rate, a);
  return add(multiply(mask, add(x, -SELU_LOW)), a * SELU_LOW * (1 - rate));
}

/** While training, x + noise, normal with mean 0; else x itself. Bishop, Training with Noise is Equivalent to Tikhonov
 * Regularization (1995); https://keras.io/api/layers/regularization_layers/gaussian_noise/
 *
 * @throws OptionError if the deviation is below 0 or not finite.
 * @example
 * const f = await compile((x) => gaussianNoise(x, 0.5), [[2]]); // compile() does not train
 * f.run([[3, 4]])[0].data // → [3, 4]
 */
export function gaussianNoise(x: Value, deviation: number): Value {
  wantNumber("gaussianNoise: deviation", deviation, 0);
  return x.graph.training && deviation > 0 ? add(x, normal(x.graph, x.shape, 0, deviation)) : x;
}
