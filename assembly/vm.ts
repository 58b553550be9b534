// Fetch and dispatch. No arithmetic: a case reads its operands and calls a kernel.

import {
  Binary, Check, Convert, Copy, CrossEntropy, CrossEntropyGradient, Direct, Fill, Gather, Gemm, Guard, GuardCell, Header, Loss,
  LossGradient, Map, MapGradient, Opcode, Pack, Pick, Place, Random, Reduce, Size, Softmax,
  SoftmaxGradient, SoftmaxKind, Squares, Stop, Update,
} from "./isa";
import { convert, copy, fill, gather, pick, place } from "./kernels/copy";
import { binary, elements } from "./kernels/elements";
import { direct, gemm } from "./kernels/gemm";
import { check, guard, squares } from "./kernels/guard";
import { pack } from "./kernels/pack";
import { random } from "./kernels/random";
import { reduce } from "./kernels/reduce";
import { crossEntropyGradient, softmax, softmaxGradient } from "./kernels/softmax";
import { update } from "./kernels/update";
import { barrier, wait } from "./parallel";

/** Header of the instruction behind the barrier at which this rank waits: read before it, for behind it the program may be gone. */
let upcoming: u32 = 0;

/** Runs a program as one of `size` ranks. 0: done. Else another rank did not come to the barrier in time: given the number
 * as `from`, it waits on. More ranks than have a scratch trap. */
export function run(program: usize, rank: u32, size: u32, from: usize): usize {
  if (size > <u32>Size.RANKS) unreachable();
  let at = program;
  if (!from) upcoming = load<u32>(at);
  else if (wait()) at = from;
  else return from;
  let header = upcoming;
  while (header & 0xffff) {
    at = execute(at, rank, size);
    upcoming = load<u32>(at);
    // between two that rank 0 executes alone nobody waits
    if (size > 1 && !(header & upcoming & Header.ALONE) && !barrier(size)) return at;
    header = upcoming;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function u(at: usize, slot: i32): u32 {
  return load<u32>(at + (<usize>slot << 2));
}

// @ts-ignore: decorator
@inline
function f(at: usize, slot: i32): f32 {
  return load<f32>(at + (<usize>slot << 2));
}

/** Executes one instruction as one of `size` ranks; returns the address of the next. */
export function execute(at: usize, rank: u32, size: u32): usize {
  const header = load<u32>(at);
  if (header & Header.ALONE) {
    if (rank) return at + (<usize>(header >>> 16) << 2);
    size = 1;
  }
  switch (header & Header.OPCODE) {
    case Opcode.Fill: fill(u(at, Fill.DST), u(at, Fill.COUNT), u(at, Fill.VALUE), rank, size); break;
    case Opcode.Copy:
      copy(u(at, Copy.DST), u(at, Copy.SRC), u(at, Copy.RANK), at + (Copy.DIMS << 2), rank, size);
      break;
    case Opcode.Convert:
      convert(u(at, Convert.KIND), u(at, Convert.DST), u(at, Convert.SRC), u(at, Convert.COUNT), rank, size);
      break;
    case Opcode.Gather:
      gather(u(at, Gather.KIND), u(at, Gather.DST), u(at, Gather.TABLE), u(at, Gather.IDS), u(at, Gather.CURSOR),
        u(at, Gather.ROWS), u(at, Gather.WIDTH), rank, size);
      break;
    case Opcode.Pick:
      pick(u(at, Pick.DST), u(at, Pick.SRC), u(at, Pick.IDS), u(at, Pick.OUTER), u(at, Pick.AXIS),
        u(at, Pick.INNER), rank, size);
      break;
    case Opcode.Place:
      place(u(at, Place.DST), u(at, Place.SRC), u(at, Place.IDS), u(at, Place.OUTER), u(at, Place.AXIS),
        u(at, Place.INNER), rank, size);
      break;
    case Opcode.Random:
      random(u(at, Random.KIND), u(at, Random.DST), u(at, Random.COUNT), u(at, Random.STREAM), u(at, Random.SEED),
        f(at, Random.P0), f(at, Random.P1), rank, size);
      break;
    case Opcode.Pack:
      pack(u(at, Pack.DST), u(at, Pack.SRC), u(at, Pack.LINES), u(at, Pack.DEPTH), u(at, Pack.LINE),
        u(at, Pack.ALONG), u(at, Pack.WIDTH), rank, size);
      break;
    case Opcode.Gemm:
      gemm(u(at, Gemm.C), u(at, Gemm.A), u(at, Gemm.B), u(at, Gemm.M), u(at, Gemm.N), u(at, Gemm.K),
        u(at, Gemm.A_STEP), u(at, Gemm.B_STEP), rank, size);
      break;
    case Opcode.Direct:
      direct(u(at, Direct.C), u(at, Direct.A), u(at, Direct.B), u(at, Direct.M), u(at, Direct.N), u(at, Direct.K),
        u(at, Direct.A_ROW), u(at, Direct.A_COLUMN), u(at, Direct.B_ROW), rank, size);
      break;
    case Opcode.Map:
      elements(Opcode.Map, u(at, Map.KIND), u(at, Map.DST), u(at, Map.SRC), u(at, Map.SRC), u(at, Map.SRC),
        u(at, Map.COUNT), f(at, Map.P0), f(at, Map.P1), rank, size);
      break;
    case Opcode.MapGradient:
      elements(Opcode.MapGradient, u(at, MapGradient.KIND), u(at, MapGradient.DST), u(at, MapGradient.G),
        u(at, MapGradient.V), u(at, MapGradient.V),
        u(at, MapGradient.COUNT), f(at, MapGradient.P0), f(at, MapGradient.P1), rank, size);
      break;
    case Opcode.Binary:
      binary(u(at, Binary.KIND), u(at, Binary.DST), u(at, Binary.A), u(at, Binary.B), u(at, Binary.RANK),
        at + (Binary.DIMS << 2), rank, size);
      break;
    case Opcode.Reduce:
      reduce(u(at, Reduce.KIND), u(at, Reduce.DST), u(at, Reduce.SRC), u(at, Reduce.OUTER), u(at, Reduce.AXIS),
        u(at, Reduce.INNER), rank, size);
      break;
    case Opcode.Softmax:
      softmax(u(at, Softmax.KIND) == SoftmaxKind.LogSoftmax, u(at, Softmax.DST), u(at, Softmax.SRC), 0, 0, 0, u(at, Softmax.ROWS),
        u(at, Softmax.WIDTH), rank, size);
      break;
    case Opcode.SoftmaxGradient:
      softmaxGradient(u(at, SoftmaxGradient.KIND), u(at, SoftmaxGradient.DST), u(at, SoftmaxGradient.G),
        u(at, SoftmaxGradient.Y), u(at, SoftmaxGradient.ROWS), u(at, SoftmaxGradient.WIDTH), rank, size);
      break;
    case Opcode.CrossEntropy:
      softmax(false, u(at, CrossEntropy.PROBABILITIES), u(at, CrossEntropy.LOGITS), u(at, CrossEntropy.KIND), u(at, CrossEntropy.LOSS),
        u(at, CrossEntropy.TARGET), u(at, CrossEntropy.ROWS), u(at, CrossEntropy.WIDTH), rank, size);
      break;
    case Opcode.CrossEntropyGradient:
      crossEntropyGradient(u(at, CrossEntropyGradient.KIND), u(at, CrossEntropyGradient.DST),
        u(at, CrossEntropyGradient.G), u(at, CrossEntropyGradient.PROBABILITIES), u(at, CrossEntropyGradient.TARGET),
        u(at, CrossEntropyGradient.ROWS), u(at, CrossEntropyGradient.WIDTH), rank, size);
      break;
    case Opcode.Loss:
      elements(Opcode.Loss, u(at, Loss.KIND), u(at, Loss.DST), u(at, Loss.P), u(at, Loss.T), u(at, Loss.T),
        u(at, Loss.COUNT), 0, 0, rank, size);
      break;
    case Opcode.LossGradient:
      elements(Opcode.LossGradient, u(at, LossGradient.KIND), u(at, LossGradient.DST), u(at, LossGradient.G),
        u(at, LossGradient.P), u(at, LossGradient.T), u(at, LossGradient.COUNT), 0, 0, rank, size);
      break;
    case Opcode.Check: check(u(at, Check.SRC), u(at, Check.COUNT), u(at, Check.FLAG), rank, size); break;
    case Opcode.Squares: squares(u(at, Squares.PARTIALS), u(at, Squares.SRC), u(at, Squares.COUNT), rank, size); break;
    case Opcode.Guard:
      guard(u(at, Guard.CELLS), u(at, Guard.PARTIALS), u(at, Guard.CHUNKS), u(at, Guard.LOSS), u(at, Guard.FLAG),
        f(at, Guard.CLIP), rank);
      break;
    case Opcode.Update:
      update(u(at, Update.KIND), u(at, Update.TABLE), u(at, Update.SEGMENTS), u(at, Update.TOTAL),
        u(at, Update.GRADIENT), u(at, Update.STATE), u(at, Update.STRIDE), u(at, Update.CELLS), u(at, Update.GROUP),
        u(at, Update.GUARD), rank, size);
      break;
    case Opcode.Stop:
      if (!u(u(at, Stop.GUARD), GuardCell.FINITE)) return u(at, Stop.END);
      break;
  }
  return at + (<usize>(header >>> 16) << 2);
}
