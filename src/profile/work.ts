// What an instruction has to do, read off its operands: arithmetic, and bytes that it loads and stores at the least. As many
// operations of an element are counted as its kernel has vector instructions for it, comparisons and shifts too, so that
// they can be held against a loop of products and sums; quotients and roots are counted by themselves too, for they take longer.

import {
  Binary, BinaryKind, Check, Convert, Copy, CrossEntropy, CrossEntropyGradient, CrossEntropyKind, Direct, Fill, Gather, GatherKind, Gemm, Guard, GuardCell, Header,
  Loss, LossGradient, LossKind, Map as MapSlot, MapGradient, MapKind, Opcode, Pack, Pick as PickSlot, Place, Random, RandomKind, Reduce, Softmax, SoftmaxGradient, SoftmaxKind,
  Squares, Update, UpdateKind,
} from "../../assembly/isa.ts";

/** Loads and stores that go on side by side. */
export type Streams = readonly [loads: number, stores: number];

export interface Work {
  /** Of the instruction, as isa.ts calls it. */
  readonly name: string;
  /** What goes in, and last what comes out. */
  readonly shapes: readonly (readonly number[])[];
  readonly flops: number;
  /** Those of them that are quotients or roots. */
  readonly divisions: number;
  /** Bytes. */
  readonly loads: number;
  readonly stores: number;
  readonly streams: Streams;
  /** Does it write where it reads, so that it finds other numbers when it is run again? (Update does, too, but stays in range.) */
  readonly inPlace: boolean;
}

/** Reads an operand by its slot. */
type Slots = (slot: number) => number;
/** Operations of an element, and those of them that are quotients or roots. */
type Cost = readonly [flops: number, divisions?: number];

interface Row {
  readonly name: string;
  /** Slots of what it writes, and of what it may write over. */
  readonly to: number;
  readonly from: readonly number[];
  of(at: Slots): Partial<Omit<Work, "name" | "inPlace" | "shapes" | "streams">> & Pick<Work, "shapes" | "streams">;
}

/** Vector instructions of e^x in assembly/math.ts; likewise of log x, of log x where all are normal numbers, and of log(1 + x)
 * beside its quotient. */
const EXP = 31, LOG = 43, LOG_NORMAL = 36, LOG1P = 39;

const MAP: Readonly<Record<Exclude<MapKind, MapKind.Count>, Cost>> = {
  [MapKind.Relu]: [1], [MapKind.LeakyRelu]: [3], [MapKind.Sigmoid]: [EXP + 6, 1], [MapKind.Tanh]: [EXP + 12, 1], [MapKind.Exp]: [EXP], [MapKind.Log]: [LOG_NORMAL],
  [MapKind.Sqrt]: [1, 1], [MapKind.Square]: [1], [MapKind.Abs]: [1], [MapKind.Scale]: [1], [MapKind.Erf]: [EXP + 33], [MapKind.Clamp]: [2],
  [MapKind.Elu]: [EXP + 20], [MapKind.Softplus]: [EXP + LOG1P + 8, 2],
};
const MAP_GRADIENT: Readonly<Record<Exclude<MapKind, MapKind.Count>, Cost>> = {
  [MapKind.Relu]: [2], [MapKind.LeakyRelu]: [3], [MapKind.Sigmoid]: [3], [MapKind.Tanh]: [3], [MapKind.Exp]: [1], [MapKind.Log]: [1, 1], [MapKind.Sqrt]: [2, 1],
  [MapKind.Square]: [2], [MapKind.Abs]: [6], [MapKind.Scale]: [1], [MapKind.Erf]: [EXP + 4], [MapKind.Clamp]: [4], [MapKind.Elu]: [EXP + 6],
  [MapKind.Softplus]: [EXP + 10, 1],
};
const BINARY: Readonly<Record<Exclude<BinaryKind, BinaryKind.Count>, Cost>> = {
  [BinaryKind.Add]: [1], [BinaryKind.Subtract]: [1], [BinaryKind.Multiply]: [1], [BinaryKind.Divide]: [1, 1], [BinaryKind.Maximum]: [1], [BinaryKind.Minimum]: [1],
  [BinaryKind.Power]: [60, 1], [BinaryKind.Greater]: [2], [BinaryKind.Equal]: [2], [BinaryKind.EqualInt]: [2], [BinaryKind.Heaviside]: [4],
};
const LOSS: Readonly<Record<Exclude<LossKind, LossKind.Count>, Cost>> = {
  [LossKind.SquaredError]: [2], [LossKind.AbsoluteError]: [2], [LossKind.LogitCrossEntropy]: [EXP + LOG1P + 6, 1],
  [LossKind.ProbabilityCrossEntropy]: [2 * LOG + 15, 1], [LossKind.Hinge]: [3],
};
const LOSS_GRADIENT: Readonly<Record<Exclude<LossKind, LossKind.Count>, Cost>> = {
  [LossKind.SquaredError]: [3], [LossKind.AbsoluteError]: [8], [LossKind.LogitCrossEntropy]: [EXP + 8, 1], [LossKind.ProbabilityCrossEntropy]: [6, 1], [LossKind.Hinge]: [5],
};
/** Philox takes 120 vector instructions for 16 numbers. */
const RANDOM: Readonly<Record<Exclude<RandomKind, RandomKind.Count>, Cost>> = {
  [RandomKind.Uniform]: [35], [RandomKind.Normal]: [LOG + 70, 1], [RandomKind.Bernoulli]: [36],
};
/** And the streams: parameters, gradient and states. */
const UPDATE: Readonly<Record<Exclude<UpdateKind, UpdateKind.Count>, readonly [Cost, Streams]>> = {
  [UpdateKind.Sgd]: [[5], [2, 1]], [UpdateKind.Momentum]: [[11], [3, 2]], [UpdateKind.Adam]: [[17, 2], [4, 3]], [UpdateKind.Amsgrad]: [[18, 2], [5, 4]],
};

/** What `count` elements cost. */
const cost = (count: number, [flops, divisions = 0]: Cost): Pick<Work, "flops" | "divisions"> => ({ flops: count * flops, divisions: count * divisions });

/** An instruction on `count` elements of `loads` tensors. */
const elements = (count: number, loads: number, each: Cost): ReturnType<Row["of"]> =>
  ({ shapes: Array<number[]>(loads + 1).fill([count]), ...cost(count, each), loads: 4 * count * loads, stores: 4 * count, streams: [loads, 1] });

/** An instruction on rows. */
const rows = (at: Slots, height: number, width: number, loads: number, each: Cost): ReturnType<Row["of"]> => {
  const shape = [at(height), at(width)], count = shape[0]! * shape[1]!;
  return { ...elements(count, loads, each), shapes: Array<number[]>(loads + 1).fill(shape) };
};

/** The sizes in a list of size and two strides, and how many elements lie along each of these strides. */
function dimensions(at: Slots, rank: number, first: number): { sizes: number[]; count: number; along: number[] } {
  const sizes = Array.from({ length: at(rank) }, (_, i) => at(first + 3 * i));
  const product = (stride: number): number => sizes.reduce((product, size, i) => (stride && !at(first + 3 * i + stride) ? product : product * size), 1);
  return { sizes, count: product(0), along: [product(1), product(2)] };
}

const up = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Every opcode; the compiler misses none. */
const ROWS: Readonly<Record<Exclude<Opcode, Opcode.End | Opcode.Count>, Row>> = {
  [Opcode.Fill]: { name: "Fill", to: Fill.DST, from: [], of: (at) => elements(at(Fill.COUNT), 0, [0]) },
  [Opcode.Copy]: { name: "Copy", to: Copy.DST, from: [Copy.SRC], of(at) {
    const { sizes, count, along: [, from] } = dimensions(at, Copy.RANK, Copy.DIMS);
    return { shapes: [sizes, sizes], loads: 4 * from!, stores: 4 * count, streams: [1, 1] };
  } },
  [Opcode.Convert]: { name: "Convert", to: Convert.DST, from: [Convert.SRC], of: (at) => elements(at(Convert.COUNT), 1, [1]) },
  [Opcode.Gather]: { name: "Gather", to: Gather.DST, from: [], of(at) {
    const bytes = at(Gather.KIND) === GatherKind.ByteToFloat, shape = [at(Gather.ROWS), at(Gather.WIDTH)], count = shape[0]! * shape[1]!;
    return { shapes: [shape, shape], flops: bytes ? count : 0, loads: (bytes ? 1 : 4) * count + 4 * shape[0]!, stores: 4 * count, streams: [1, 1] };
  } },
  [Opcode.Pick]: { name: "Pick", to: PickSlot.DST, from: [], of(at) {
    const count = at(PickSlot.OUTER) * at(PickSlot.INNER);
    return { shapes: [[at(PickSlot.OUTER), at(PickSlot.AXIS), at(PickSlot.INNER)], [at(PickSlot.OUTER), at(PickSlot.INNER)]], loads: 8 * count, stores: 4 * count, streams: [2, 1] };
  } },
  [Opcode.Place]: { name: "Place", to: Place.DST, from: [], of(at) {
    const count = at(Place.OUTER) * at(Place.INNER);
    return {
      shapes: [[at(Place.OUTER), at(Place.INNER)], [at(Place.OUTER), at(Place.AXIS), at(Place.INNER)]],
      loads: 8 * count, stores: 4 * count * at(Place.AXIS), streams: [0, 1],
    };
  } },
  [Opcode.Random]: { name: "Random", to: Random.DST, from: [], of: (at) => elements(at(Random.COUNT), 0, RANDOM[at(Random.KIND) as keyof typeof RANDOM]) },
  [Opcode.Pack]: { name: "Pack", to: Pack.DST, from: [], of(at) {
    const lines = at(Pack.LINES), depth = at(Pack.DEPTH), stored = up(lines, at(Pack.WIDTH));
    return { shapes: [[lines, depth], [stored, depth]], loads: 4 * lines * depth, stores: 4 * stored * depth, streams: [1, 1] };
  } },
  [Opcode.Gemm]: { name: "Gemm", to: Gemm.C, from: [], of: (at) => product(at(Gemm.M), at(Gemm.N), at(Gemm.K)) },
  [Opcode.Direct]: { name: "Direct", to: Direct.C, from: [], of: (at) => product(at(Direct.M), at(Direct.N), at(Direct.K)) },
  [Opcode.Map]: { name: "Map", to: MapSlot.DST, from: [MapSlot.SRC], of: (at) => elements(at(MapSlot.COUNT), 1, MAP[at(MapSlot.KIND) as keyof typeof MAP]) },
  [Opcode.MapGradient]: {
    name: "MapGradient", to: MapGradient.DST, from: [MapGradient.G, MapGradient.V],
    of: (at) => elements(at(MapGradient.COUNT), 2, MAP_GRADIENT[at(MapGradient.KIND) as keyof typeof MAP]),
  },
  [Opcode.Binary]: { name: "Binary", to: Binary.DST, from: [Binary.A, Binary.B], of(at) {
    const { sizes, count, along: [a, b] } = dimensions(at, Binary.RANK, Binary.DIMS), shape = (size: number): number[] => (size === count ? sizes : [size]);
    return {
      shapes: [shape(a!), shape(b!), sizes], ...cost(count, BINARY[at(Binary.KIND) as keyof typeof BINARY]),
      loads: 4 * (a! + b!), stores: 4 * count, streams: [a === count && b === count ? 2 : 1, 1],
    };
  } },
  [Opcode.Reduce]: { name: "Reduce", to: Reduce.DST, from: [], of(at) {
    const shape = [at(Reduce.OUTER), at(Reduce.AXIS), at(Reduce.INNER)] as const, left = shape[0] * shape[2], count = left * shape[1];
    return { shapes: [shape, [shape[0], shape[2]]], flops: count, loads: 4 * count, stores: 4 * left, streams: [1, 0] };
  } },
  [Opcode.Softmax]: {
    name: "Softmax", to: Softmax.DST, from: [Softmax.SRC],
    of: (at) => rows(at, Softmax.ROWS, Softmax.WIDTH, 1, at(Softmax.KIND) === SoftmaxKind.Softmax ? [EXP + 5, 1] : [EXP + 6]),
  },
  [Opcode.SoftmaxGradient]: {
    name: "SoftmaxGradient", to: SoftmaxGradient.DST, from: [SoftmaxGradient.G, SoftmaxGradient.Y],
    of: (at) => rows(at, SoftmaxGradient.ROWS, SoftmaxGradient.WIDTH, 2, at(SoftmaxGradient.KIND) === SoftmaxKind.Softmax ? [5] : [EXP + 4]),
  },
  [Opcode.CrossEntropy]: { name: "CrossEntropy", to: CrossEntropy.PROBABILITIES, from: [CrossEntropy.LOGITS], of(at) {
    const height = at(CrossEntropy.ROWS), width = at(CrossEntropy.WIDTH), count = height * width, labels = at(CrossEntropy.KIND) === CrossEntropyKind.Labels;
    const kept = at(CrossEntropy.PROBABILITIES) > 0, each = EXP + 4 + (labels ? 0 : 4) + Number(kept), logs = 30 * height;
    return {
      shapes: [[height, width], labels ? [height] : [height, width], kept ? [height, width] : [height]],
      flops: count * each + logs, divisions: (kept ? count : 0) + height,
      loads: 4 * (count + (labels ? height : count)), stores: 4 * ((kept ? count : 0) + height), streams: [labels ? 1 : 2, kept ? 1 : 0],
    };
  } },
  [Opcode.CrossEntropyGradient]: { name: "CrossEntropyGradient", to: CrossEntropyGradient.DST, from: [CrossEntropyGradient.PROBABILITIES], of(at) {
    const height = at(CrossEntropyGradient.ROWS), width = at(CrossEntropyGradient.WIDTH), count = height * width;
    const labels = at(CrossEntropyGradient.KIND) === CrossEntropyKind.Labels;
    return {
      shapes: [[height, width], labels ? [height] : [height, width], [height, width]], flops: (labels ? 1 : 4) * count,
      loads: 4 * (count + height + (labels ? height : count)), stores: 4 * count, streams: [labels ? 1 : 2, 1],
    };
  } },
  [Opcode.Loss]: { name: "Loss", to: Loss.DST, from: [Loss.P, Loss.T], of: (at) => elements(at(Loss.COUNT), 2, LOSS[at(Loss.KIND) as keyof typeof LOSS]) },
  [Opcode.LossGradient]: {
    name: "LossGradient", to: LossGradient.DST, from: [LossGradient.G, LossGradient.P, LossGradient.T],
    of: (at) => elements(at(LossGradient.COUNT), 3, LOSS_GRADIENT[at(LossGradient.KIND) as keyof typeof LOSS]),
  },
  [Opcode.Check]: { name: "Check", to: Check.FLAG, from: [], of(at) {
    const count = at(Check.COUNT);
    return { shapes: [[count]], flops: 3 * count, loads: 4 * count, streams: [1, 0] };
  } },
  [Opcode.Squares]: { name: "Squares", to: Squares.PARTIALS, from: [], of(at) {
    const count = at(Squares.COUNT);
    return { shapes: [[count]], flops: 2 * count, loads: 4 * count, streams: [1, 0] };
  } },
  [Opcode.Guard]: { name: "Guard", to: Guard.CELLS, from: [], of(at) {
    const count = at(Guard.CHUNKS);
    return { shapes: [[count]], flops: count, loads: 8 * count, stores: 4 * GuardCell.SIZE, streams: [1, 0] };
  } },
  [Opcode.Update]: { name: "Update", to: Update.TABLE, from: [], of(at) {
    const count = at(Update.TOTAL), [each, streams] = UPDATE[at(Update.KIND) as keyof typeof UPDATE];
    return { shapes: [[count]], ...cost(count, each), loads: 4 * count * streams[0], stores: 4 * count * streams[1], streams };
  } },
  [Opcode.Stop]: { name: "Stop", to: 0, from: [], of: () => ({ shapes: [], streams: [1, 0] }) },
};

/** A product of [m, k] and [k, n], each read once. */
function product(m: number, n: number, k: number): ReturnType<Row["of"]> {
  return { shapes: [[m, k], [k, n], [m, n]], flops: 2 * m * n * k, loads: 4 * (m * k + k * n), stores: 4 * m * n, streams: [2, 1] };
}

/** The work of an instruction whose header is at `word`. */
export function workOf(words: Uint32Array, word: number): Work {
  const row = ROWS[(words[word]! & Header.OPCODE) as keyof typeof ROWS], at: Slots = (slot) => words[word + slot]!;
  const { flops = 0, divisions = 0, loads = 0, stores = 0, shapes, streams } = row.of(at), to = at(row.to);
  return { name: row.name, shapes, flops, divisions, loads, stores, streams, inPlace: row.from.some((slot) => at(slot) === to) };
}
