// How work is shared out, by share() and by every kernel, and the barrier as far as one thread can see it.

import {
  BinaryKind, ConvertKind, CrossEntropyKind, GatherKind, GuardCell, LossKind, MapKind, Opcode, Barrier, RandomKind, ReduceKind,
  SeedCell, Size, SoftmaxKind, UpdateKind,
} from "../../assembly/isa";
import { barrier, share } from "../../assembly/parallel";
import { bits, getInt, input, instruction, integers, launch, noise, output, sameInt, set, setInt, setUp, written } from "./support";

describe("share", () => {
  it("hands out every item once, in whole groups, to any number of ranks", () => {
    const counts: StaticArray<u32> = [0, 1, 3, 15, 16, 17, 31, 32, 33, 100, 784, 65537, 0x7fffffff, 0xffffffff];
    const grains: StaticArray<u32> = [1, 4, 16, 64];
    for (let c = 0; c < counts.length; c++) {
      for (let g = 0; g < grains.length; g++) {
        for (let size: u32 = 1; size <= 65; size++) {
          const n = counts[c], grain = grains[g];
          setUp(`share(${n}, ${grain}, …, ${size})`);
          sameInt(0, share(n, grain, 0, size), 0);
          sameInt(size, share(n, grain, size, size), n);
          for (let rank: u32 = 0; rank < size; rank++) {
            const start = share(n, grain, rank, size), end = share(n, grain, rank + 1, size);
            assert(start <= end, "a share ends before it begins");
            assert(start == n || start % grain == 0, "a group is cut");
          }
        }
      }
    }
  });

  it("gives no rank more than one group above another", () => {
    for (let size: u32 = 1; size <= 9; size++) {
      for (let n: u32 = 0; n < 200; n += 16) {
        let least: u32 = 1000, most: u32 = 0;
        for (let rank: u32 = 0; rank < size; rank++) {
          const groups = (share(n, 16, rank + 1, size) - share(n, 16, rank, size)) / 16;
          least = min(least, groups);
          most = max(most, groups);
        }
        expect<u32>(most - least).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe("barrier", () => {
  it("lets a single rank through, again and again, and is ready for the next round", () => {
    store<u32>(Barrier.ARRIVED, 0);
    store<u32>(Barrier.GENERATION, 41);
    for (let round = 0; round < 3; round++) {
      expect<bool>(barrier(1)).toBe(true);
      sameInt(0, load<u32>(Barrier.ARRIVED), 0);
      sameInt(1, load<u32>(Barrier.GENERATION), 42 + round);
    }
  });
  it("lets the last of several through", () => {
    store<u32>(Barrier.ARRIVED, 2);
    store<u32>(Barrier.GENERATION, -1);
    expect<bool>(barrier(3)).toBe(true);
    sameInt(0, load<u32>(Barrier.ARRIVED), 0);
    sameInt(1, load<u32>(Barrier.GENERATION), 0);
  });
});

/** Runs an instruction with `count` words of output: each of four ranks writes a quarter, give or take `grain`. */
function isSplit(name: string, count: u32, grain: u32, opcode: u32, operands: StaticArray<u32>): void {
  launch(instruction(opcode, operands));
  for (let r = 0; r < 4; r++)
    expect<bool>(written[r] + grain >= count / 4 && written[r] <= count / 4 + grain)
      .toBe(true, `${name}: rank ${r} of 4 writes ${written[r]} of ${count}`);
}

describe("Every kernel", () => {
  it("gives each rank its part of the numbers", () => {
    setUp("1024 numbers");
    const a = noise(1024), b = noise(1024), c = noise(1024), seed = integers(SeedCell.SIZE, 0, 9), n: u32 = 1024;
    isSplit("Fill", n, 16, Opcode.Fill, [output(n), n, 7]);
    isSplit("Convert", n, 16, Opcode.Convert, [ConvertKind.FloatToInt, output(n), a, n]);
    isSplit("Random", n, 16, Opcode.Random, [RandomKind.Normal, output(n), n, 1, seed, 0, bits(1)]);
    isSplit("Map", n, 16, Opcode.Map, [MapKind.Relu, output(n), a, n, 0, 0]);
    isSplit("Map, heavy", n, 16, Opcode.Map, [MapKind.Exp, output(n), a, n, 0, 0]);
    isSplit("MapGradient", n, 16, Opcode.MapGradient, [MapKind.Tanh, output(n), a, b, n, 0, 0]);
    isSplit("Binary", n, 16, Opcode.Binary, [BinaryKind.Add, output(n), a, b, 1, n, 1, 1]);
    isSplit("Loss", n, 16, Opcode.Loss, [LossKind.SquaredError, output(n), a, b, n]);
    isSplit("Loss, heavy", n, 16, Opcode.Loss, [LossKind.LogitCrossEntropy, output(n), a, b, n]);
    isSplit("LossGradient", n, 16, Opcode.LossGradient, [LossKind.SquaredError, output(n), a, b, c, n]);
    isSplit("LossGradient, heavy", n, 16, Opcode.LossGradient, [LossKind.LogitCrossEntropy, output(n), a, b, c, n]);
  });

  it("or its part of the rows", () => {
    setUp("64 rows");
    const a = noise(1024), b = noise(1024), g = noise(64), ids = integers(256, 0, 4), n: u32 = 1024;
    isSplit("Copy", n, 16, Opcode.Copy, [output(n), a, 2, 64, 1, 16, 16, 64, 1]);
    isSplit("Gather", n, 16, Opcode.Gather, [GatherKind.Word, output(n), a, ids, 0, 64, 16]);
    isSplit("Pick", 256, 4, Opcode.Pick, [output(256), a, ids, 64, 4, 4]);
    isSplit("Place", n, 16, Opcode.Place, [output(n), a, ids, 64, 4, 4]);
    isSplit("Binary", n, 16, Opcode.Binary, [BinaryKind.Add, output(n), a, b, 2, 64, 16, 0, 16, 1, 1]);
    isSplit("Reduce", 64, 1, Opcode.Reduce, [ReduceKind.Sum, output(64), a, 64, 16, 1]);
    isSplit("Reduce, columns", 128, 2, Opcode.Reduce, [ReduceKind.Max, output(128), a, 64, 8, 2]);
    isSplit("Reduce, one table", 256, 16, Opcode.Reduce, [ReduceKind.Sum, output(256), a, 1, 4, 256]);
    isSplit("Reduce, few columns", 12, 4, Opcode.Reduce, [ReduceKind.Sum, output(12), a, 1, 64, 12]);
    isSplit("Reduce, extremes", 256, 16, Opcode.Reduce, [ReduceKind.ArgMax, output(256), a, 1, 4, 256]);
    isSplit("Softmax", n, 16, Opcode.Softmax, [SoftmaxKind.Softmax, output(n), a, 64, 16]);
    isSplit("SoftmaxGradient", n, 16, Opcode.SoftmaxGradient, [SoftmaxKind.Softmax, output(n), a, b, 64, 16]);
    isSplit("CrossEntropy", n + 64, 17, Opcode.CrossEntropy, [CrossEntropyKind.Labels, output(64), output(n), a, ids, 64, 16]);
    isSplit("CrossEntropyGradient", n, 16, Opcode.CrossEntropyGradient, [CrossEntropyKind.Labels, output(n), g, b, ids, 64, 16]);
  });

  it("or its part of the panels, the chunks, the parameters", () => {
    setUp("panels");
    const a = noise(2048), b = noise(2048), n: u32 = 1024;
    isSplit("Pack", n, 64, Opcode.Pack, [output(n), a, 64, 16, 16, 1, Size.MR]);
    isSplit("Gemm by rows", n, 64, Opcode.Gemm, [output(n), a, b, 64, 16, 8, 0, 0]);
    isSplit("Gemm by columns", n, 64, Opcode.Gemm, [output(n), a, b, 8, 128, 8, 0, 0]);
    isSplit("Direct by rows", n, 16, Opcode.Direct, [output(n), a, b, 64, 16, 8, 8, 1, 16]);
    isSplit("Direct by columns", n, 48, Opcode.Direct, [output(n), a, b, 2, 512, 4, 4, 1, 512]);
    const chunks = input(16 * Size.GUARD_CHUNK);
    for (let i: u32 = 0; i < 16 * <u32>Size.GUARD_CHUNK; i++) set(chunks, i, 0.3);
    isSplit("Squares", 32, 2, Opcode.Squares, [output(32), chunks, 16 * Size.GUARD_CHUNK]);
    const parameters = output(n), table = input(4), cells = noise(8), guard = input(GuardCell.SIZE);
    setInt(table, 0, parameters);
    setInt(table, 1, 0);
    setInt(table, 2, n);
    setInt(table, 3, 0);
    setInt(guard, GuardCell.FINITE, 1);
    set(guard, GuardCell.FACTOR, 1);
    for (let i: u32 = 0; i < n; i++) set(parameters, i, 1);
    isSplit("Update", n, 64, Opcode.Update, [UpdateKind.Sgd, table, 1, n, a, 0, 0, cells, 32, guard]);
  });
});
