// Where did the first NaN come from? The guard has kept the parameters from before the step and the cells are those of the
// step, so the same program is run once more, instruction by instruction.

import type { Address, Read } from "../program.ts";
import type { LoadedProgram } from "../session.ts";
import { runLockstep } from "../trace.ts";

/** What an op was given when it made the first NaN or infinity. */
export interface Given {
  /** The op that made it, with its layer. */
  of: string;
  minimum: number;
  maximum: number;
  /** The number from which that one was made, where op and input have one shape. */
  value?: number;
}

/** What made the first NaN or infinity of a step. */
export interface Culprit {
  op: string;
  layer?: string;
  /** Which of its numbers, and that number. */
  position: number;
  made: number;
  inputs: Given[];
}

/** Labels of what makes no numbers of the model: rows of the data are finite, and whole numbers may look like NaN (-100 does). */
const SILENT = /^(check|clip|convert|gatherRows|guard|stop|update)/;

/** Runs a program again up to the instruction that makes the first NaN or infinity: its op and layer, the place and the
 * number made, and what went in. Undefined if there is none. */
export function replay(loaded: LoadedProgram): Culprit | undefined {
  const { session: { core }, program: { instructions } } = loaded;
  let found: { index: number; position: number; address: Address } | undefined;
  runLockstep(loaded, 1, (index) => {
    const { label, writes } = instructions[index]!;
    if (SILENT.test(label)) return false;
    for (const { address, bytes } of writes) {
      const position = core.firstNonFinite(loaded.address(address), bytes >>> 2);
      if (position < bytes >>> 2) found = { index, position, address };
    }
    return found !== undefined;
  });
  if (!found) return undefined;
  const { index, position, address } = found, { label, reads, writes } = instructions[index]!, size = writes[0]!.bytes >>> 2;
  const made = loaded.session.floats[(loaded.address(address) >>> 2) + position]!;
  // an op may write where its input lies: what went in is looked at before it runs
  if (index > 0) runLockstep(loaded, 1, (before) => before === index - 1);
  const [, op, layer] = /^(\S+)(?: \((.*)\))?$/.exec(label)!;
  return { op: op!, ...(layer !== undefined && { layer }), position, made, inputs: reads.map((read) => given(loaded, read, position, size)) };
}

const single = /* @__PURE__ */ new Float32Array(1);

function given(loaded: LoadedProgram, { label, size, at }: Read, position: number, made: number): Given {
  let numbers: Float32Array;
  if (at !== 0 && "literal" in at) {
    new Uint32Array(single.buffer)[0] = at.literal;
    numbers = single;
  } else {
    const from = at === 0 ? 0 : loaded.address(at) >>> 2;
    numbers = loaded.session.floats.subarray(from, from + size);
  }
  let minimum = Infinity, maximum = -Infinity;
  for (const x of numbers) {
    if (!(x >= minimum)) minimum = x;
    if (!(x <= maximum)) maximum = x;
  }
  const value = size === 1 ? numbers[0] : size === made ? numbers[position] : undefined;
  return { of: label, minimum, maximum, ...(value !== undefined && { value }) };
}
