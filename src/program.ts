// Programs: lists of instructions whose addresses still count from the start of a region (the arena, the parameters,
// a data set …). A session puts the regions somewhere and links the program to them; a program may be linked again
// when a region moves, and its words never change otherwise.

import * as isa from "../assembly/isa.ts";
import { Header, Opcode } from "../assembly/isa.ts";

/** A place in memory: bytes from the start of a region. */
export interface Address {
  readonly region: string;
  readonly offset: number;
}

/** Bytes that an instruction or a program writes. */
export interface Range {
  readonly address: Address;
  readonly bytes: number;
}

/** What an instruction is given: a Value's label, its numbers, and where they lie. */
export interface Read {
  readonly label: string;
  readonly size: number;
  readonly at: Address | Literal | 0;
}

export interface Instruction {
  /** Index of the header word. */
  readonly word: number;
  /** What it is for: op and layer, for people. */
  readonly label: string;
  readonly writes: readonly Range[];
  /** Inputs of the op that it belongs to. */
  readonly reads: readonly Read[];
}

/** The region of activations and scratch, which all programs of a session share. */
export const ARENA = "arena";

/** Bits of a number as f32. */
export function bits(value: number): number {
  scratch[0] = value;
  return scratchBits[0]!;
}
const scratch = /* @__PURE__ */ new Float32Array(1);
const scratchBits = /* @__PURE__ */ new Uint32Array(scratch.buffer);

/** A word of the program itself, read as a tensor of one element. */
export interface Literal {
  readonly literal: number;
}

/** An operand of an instruction: a number, or where it lies. */
export type Operand = number | Address | Literal;

/** The region of a program's own words. */
const SELF = "program";

export class Program {
  /** Instructions, End, literals. */
  words: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  readonly instructions: Instruction[] = [];
  /** For each word that is an address: its index and region. */
  readonly relocations: { readonly word: number; readonly region: string }[] = [];
  /** Bytes of the arena that it uses. */
  arena = 0;
  /** What the host reads after a run. */
  readonly results: Range[] = [];
  /** Do all ranks share in each instruction, however small? Else see passes/alone.ts. */
  shared = false;
  /** Does rank 0 execute all of it? Known where it runs on several. */
  alone = false;
  /** Where inputs and outputs lie, by name. */
  readonly places = new Map<string, Address>();
}

/** Writes the words of a program. */
export class Assembler {
  private readonly program = new Program();
  private readonly words: number[] = [];
  /** Words that want the address of a literal, by its value. */
  private readonly literals = new Map<number, number[]>();

  /** Adds an instruction of `size` words; `slots` gives each operand by its slot in isa.ts. */
  instruction(opcode: Opcode, size: number, slots: Record<number, Operand>, label: string, writes: Range[], reads: Read[] = []): void {
    const { program, words } = this;
    program.instructions.push({ word: words.length, label, writes, reads });
    words.push(opcode | (size << 16));
    for (let slot = 1; slot < size; slot++) {
      const operand = slots[slot];
      if (operand === undefined) throw new Error(`${label}: instruction ${opcode} lacks operand ${slot}`);
      if (typeof operand === "number") words.push(operand >>> 0);
      else if ("literal" in operand) {
        const users = this.literals.get(operand.literal);
        if (users) users.push(words.length);
        else this.literals.set(operand.literal, [words.length]);
        program.relocations.push({ word: words.length, region: SELF });
        words.push(0);
      } else {
        program.relocations.push({ word: words.length, region: operand.region });
        words.push(operand.offset);
      }
    }
  }

  finish(): Program {
    const { program, words } = this;
    words.push(Opcode.End);
    for (const [value, users] of this.literals) {
      for (const word of users) words[word] = words.length * 4;
      words.push(value);
    }
    program.words = Uint32Array.from(words);
    return program;
  }
}

/** A program in readable lines, one an instruction: operands by name, places as region + bytes, and what it is for.
 *
 * @example
 * const f = await compile((x) => relu(x), [[2]]);
 * listing(f.program); // "   0  Map  KIND=Relu DST=arena+64 SRC=arena+0 COUNT=2 ..."
 */
export function listing(program: Program): string {
  const enums = isa as unknown as Record<string, Record<string | number, string | number>>;
  const regions = new Map(program.relocations.map(({ word, region }) => [word, region]));
  const lines = program.instructions.map(({ word, label }, index) => {
    const header = program.words[word]!, opcode = header & Header.OPCODE, size = header >>> 16;
    const name = Opcode[opcode]!, slots = enums[name]!;
    const kinds = enums[`${name.replace("Gradient", "")}Kind`];
    const operands: string[] = [];
    for (let slot = 1; slot < size; slot++) {
      const value = program.words[word + slot]!, slotName = slots[slot];
      const region = regions.get(word + slot);
      if (slotName === undefined || slot > Number(slots.DIMS ?? size)) operands.push(String(value));
      else if (region !== undefined) operands.push(`${slotName}=${region}+${value}`);
      else if (slotName === "KIND" && kinds) operands.push(`${slotName}=${kinds[value]}`);
      else if (/^(P0|P1|CLIP|VALUE)$/.test(String(slotName))) operands.push(`${slotName}=${fromBits(value)}`);
      else operands.push(`${slotName}=${value}`);
    }
    return `${String(index).padStart(4)}  ${name.padEnd(20)} ${operands.join(" ")}  ; ${label}`;
  });
  return lines.join("\n") + "\n";
}

function fromBits(value: number): number {
  scratchBits[0] = value;
  return scratch[0]!;
}
