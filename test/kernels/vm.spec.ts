// Programs: one instruction after the other to the end.

import { isaVersion } from "../../assembly/index";
import { BinaryKind, GuardCell, MapKind, Opcode, ReduceKind, Version } from "../../assembly/isa";
import { execute, run } from "../../assembly/vm";
import { bits, get, getInt, input, output, same, sameInt, set, setInt, setUp } from "./support";

let end: usize = 0;

function append(opcode: u32, operands: StaticArray<u32>): void {
  setInt(end, 0, opcode | ((operands.length + 1) << 16));
  for (let i = 0; i < operands.length; i++) setInt(end, i + 1, operands[i]);
  end += (operands.length + 1) << 2;
}

/** Σ (x + 3)² of five numbers, in four instructions. */
function build(x: usize, three: usize, y: usize, result: usize): usize {
  const program = output(64);
  end = program;
  append(Opcode.Fill, [three, 1, bits(3)]);
  append(Opcode.Binary, [BinaryKind.Add, y, x, three, 1, 5, 1, 0]);
  append(Opcode.Map, [MapKind.Square, y, y, 5, 0, 0]);
  append(Opcode.Reduce, [ReduceKind.Sum, result, y, 1, 5, 1]);
  append(Opcode.End, []);
  return program;
}

function numbers(): usize {
  const x = input(5);
  for (let i: u32 = 0; i < 5; i++) set(x, i, <f32>i);
  return x;
}

describe("run", () => {
  it("executes a program to its end and says that all went well", () => {
    setUp("program");
    const x = numbers(), three = output(1), y = output(5), result = output(1), program = build(x, three, y, result);
    sameInt(0, run(program, 0, 1, 0), 0);
    for (let i: u32 = 0; i < 5; i++) same(i, get(y, i), <f32>((i + 3) * (i + 3)));
    same(0, get(result, 0), 9 + 16 + 25 + 36 + 49);
  });

  it("runs it again on other data, and does not change it", () => {
    setUp("program again");
    const x = numbers(), three = output(1), y = output(5), result = output(1), program = build(x, three, y, result);
    const words = (end - program) >> 2, copy = heap.alloc(end - program);
    memory.copy(copy, program, end - program);
    run(program, 0, 1, 0);
    set(x, 0, -13);
    run(program, 0, 1, 0);
    same(0, get(result, 0), 100 + 16 + 25 + 36 + 49);
    for (let i: u32 = 0; i < <u32>words; i++) sameInt(i, getInt(program, i), getInt(copy, i));
    heap.free(copy);
  });

  it("ends at a Stop whose guard says not finite, for any rank, and passes one that says finite", () => {
    setUp("stop");
    const guard = input(GuardCell.SIZE), dst = output(2), program = output(64), stop = output(1);
    setInt(stop, 0, Opcode.End);
    for (let finite = 0; finite < 2; finite++) {
      end = program;
      append(Opcode.Fill, [dst, 2, bits(0)]);
      append(Opcode.Stop, [guard, stop]);
      append(Opcode.Fill, [dst, 2, bits(1)]);
      append(Opcode.End, []);
      setInt(guard, GuardCell.FINITE, finite);
      sameInt(finite, run(program, 0, 1, 0), 0);
      same(finite, get(dst, 0), <f32>finite);
      const at = program + (4 << 2);
      for (let rank: u32 = 0; rank < 3; rank++) sameInt(rank, <i32>(execute(at, rank, 3) - (finite ? at + 12 : stop)), 0);
    }
  });

  it("does nothing for an empty program", () => {
    setUp("empty program");
    const program = output(3);
    for (let i: u32 = 0; i < 3; i++) setInt(program, i, 0);
    sameInt(0, run(program, 0, 1, 0), 0);
  });
});

describe("execute", () => {
  it("returns the address of the next instruction, so that a host can step through a program", () => {
    setUp("stepping");
    const x = numbers(), three = output(1), y = output(5), result = output(1);
    let at = build(x, three, y, result);
    const lengths: StaticArray<u32> = [4, 9, 7, 7];
    for (let i = 0; i < lengths.length; i++) {
      const next = execute(at, 0, 1);
      sameInt(i, <i32>(next - at), lengths[i] << 2);
      at = next;
    }
    sameInt(4, load<u16>(at), Opcode.End);
    same(0, get(result, 0), 9 + 16 + 25 + 36 + 49);
  });

  it("leaves every rank its share: together they have done all, one alone has not", () => {
    setUp("two ranks");
    const x = input(64), dst = output(64);
    for (let i: u32 = 0; i < 64; i++) { set(x, i, <f32>i); set(dst, i, -1); }
    end = output(8);
    const at = end;
    append(Opcode.Map, [MapKind.Scale, dst, x, 64, bits(2), 0]);
    execute(at, 1, 2);
    let done = 0;
    for (let i: u32 = 0; i < 64; i++) if (get(dst, i) != -1) done++;
    sameInt(0, done, 32);
    execute(at, 0, 2);
    for (let i: u32 = 0; i < 64; i++) same(i, get(dst, i), <f32>i * 2);
  });
});

describe("the module", () => {
  it("tells which instruction set it understands", () => {
    expect<u32>(isaVersion()).toBe(Version.ISA);
  });
});
