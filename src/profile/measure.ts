// Times a program's instructions one by one.
//
// What takes long beside the clock's grain and its cost is timed in passes of the whole program, with a look at the clock after
// each instruction: so its data lie where they lie in a step. What is shorter is repeated: a program of nothing but that
// instruction runs until the time can be told. Before each run of an instruction that writes where it reads, what it reads is
// brought back by a Copy, whose own time is subtracted; so no number runs off to infinity or among the denormals.

import { Copy, Fill, Header, Opcode } from "../../assembly/isa.ts";
import type { Block, LoadedProgram } from "../session.ts";
import { type Clock, middle, timed, type Turn } from "./clock.ts";
import type { Work } from "./work.ts";

/** Milliseconds in which the program runs before it is timed: engines compile what is hot anew. */
const WARM_UP = 200;
/** Copies of an instruction in a program that repeats it, so that a call of the core is a small part; and the time, in µs, from
 * which on fewer will do. */
const COPIES = 64, LONG = 1;
const ROUNDS = 7;
/** How often the whole program is timed. */
const BREAKS = 9;
/** In a pass, an instruction takes at least so many grains, and looks at the clock. */
const LOOKS = 20;
/** Words of a Copy of one dimension, and those of the longest instruction. */
const COPY_SIZE = Copy.DIMS + 3, LONGEST = 64;

export interface Times {
  /** Microseconds of each instruction. */
  readonly each: readonly number[];
  /** Was it repeated by itself? */
  readonly repeated: readonly boolean[];
  /** Microseconds of the whole program, in one call. */
  readonly whole: number;
  /** Microseconds of an instruction that does nothing: it is fetched, and a kernel is called. */
  readonly call: number;
}

/** Times the instructions of a loaded program, whose inputs stay where they are; `steps` passes of it are made. */
export async function measure(loaded: LoadedProgram, works: readonly Work[], steps: number, clock: Clock, turn: Turn): Promise<Times> {
  const { session, program: { instructions } } = loaded, count = instructions.length, { now } = clock;
  const room = largest(loaded, works), blocks: Block[] = [];
  try {
    blocks.push(session.allocate(4 * (COPIES * (COPY_SIZE + LONGEST) + 1), "a program"), session.allocate(room, "a copy"));
    const [own, kept] = blocks as [Block, Block], { execute, run } = session.core;
    const at = (i: number): number => loaded.block.offset + 4 * instructions[i]!.word;
    const begin = now();
    for (let passes = 0; passes < 2 || now() - begin < WARM_UP; passes++) {
      loaded.wantLoaded();
      run(loaded.block.offset, 0, 1);
      for (let i = 0; i < count; i++) execute(at(i), 0, 1); // to the engine another function
      await turn();
    }

    /** A program of `copies` of an instruction, each behind a Copy if there is one. */
    const repeat = (words: ArrayLike<number>, copies: number, restore?: ArrayLike<number>): ((times: number) => void) => {
      const all: number[] = [];
      for (let i = 0; i < copies; i++) all.push(...Array.from(restore ?? []), ...Array.from(words));
      session.words.set([...all, Opcode.End], own.offset / 4);
      return (times) => {
        for (let i = 0; i < times; i++) run(own.offset, 0, 1);
      };
    };
    const nothing = instructionOf(Opcode.Fill, Fill.SIZE, [kept.offset, 0, 0]);
    let call = Math.min(...timed(clock, repeat(nothing, COPIES), ROUNDS)) / COPIES;
    // a look at the clock, with a call of the core from outside
    repeat(nothing, 1);
    const look = Math.min(...timed(clock, (times) => {
      for (let i = 0; i < times; i++) {
        execute(own.offset, 0, 1);
        now();
      }
    }, ROUNDS)) - call;

    // passes, and between them runs of the whole program
    const samples = instructions.map(() => new Float64Array(steps)), wholes: number[] = [];
    const whole = (times: number): void => {
      for (let i = 0; i < times; i++) run(loaded.block.offset, 0, 1);
    };
    for (let step = 0; step < steps; step++) {
      await turn();
      loaded.wantLoaded();
      if (step % Math.ceil(steps / BREAKS) === 0) wholes.push(middle(timed(clock, whole, ROUNDS)));
      let last = now();
      for (let i = 0; i < count; i++) {
        execute(at(i), 0, 1);
        const next = now();
        samples[i]![step] = 1000 * (next - last);
        last = next;
      }
    }
    const each = samples.map((sample) => Math.max(0, middle(sample) - look)), repeated = each.map((time) => time < LOOKS * Math.max(look, clock.grain));

    for (let i = 0; i < count; i++) {
      const waited = turn();
      if (waited) {
        await waited;
        loaded.wantLoaded();
        for (let before = 0; before < i; before++) execute(at(before), 0, 1); // others may have used the arena
      }
      if (repeated[i]) each[i] = again(i);
      execute(at(i), 0, 1);
    }
    call = Math.min(call, ...timed(clock, repeat(nothing, COPIES), ROUNDS).map((time) => time / COPIES));
    return { each, repeated, whole: middle(wholes), call };

    /** Microseconds of an instruction that is repeated, from what lies before it in memory now. */
    function again(i: number): number {
      const start = at(i) / 4, header = session.words[start]!, words = session.words.slice(start, start + (header >>> 16));
      words[0] = header & ~Header.ALONE;
      const copies = each[i]! < LONG ? COPIES : Math.max(1, Math.round(COPIES * LONG / each[i]!));
      if (!works[i]!.inPlace) return middle(timed(clock, repeat(words, copies), ROUNDS)) / copies;
      const [{ address, bytes }] = instructions[i]!.writes as [typeof instructions[number]["writes"][number]], place = loaded.address(address);
      const save = instructionOf(Opcode.Copy, COPY_SIZE, [kept.offset, place, 1, bytes / 4, 1, 1]);
      const restore = instructionOf(Opcode.Copy, COPY_SIZE, [place, kept.offset, 1, bytes / 4, 1, 1]);
      repeat(save, 1)(1);
      const both = middle(timed(clock, repeat(words, copies, restore), ROUNDS)) / copies;
      const alone = middle(timed(clock, repeat(restore, copies), ROUNDS)) / copies;
      repeat(restore, 1)(1);
      return Math.max(call, both - alone);
    }
  } finally {
    for (const block of blocks) session.free(block);
  }
}

function instructionOf(opcode: Opcode, size: number, operands: readonly number[]): number[] {
  return [opcode | (size << 16), ...operands];
}

/** Bytes of the largest tensor that an instruction works on in place. */
function largest({ program: { instructions } }: LoadedProgram, works: readonly Work[]): number {
  return Math.max(64, ...instructions.map(({ writes }, i) => (works[i]!.inPlace ? writes[0]!.bytes : 0)));
}
