// What a profile says, and how it is shown: as a table, and as a trace for Chrome's viewer.

import type { Data } from "../data/columns.ts";
import type { RunOptions } from "../train/setup.ts";
import type { Build } from "../source.ts";
import type { Ceilings } from "./ceilings.ts";

export interface ProfileOptions extends Partial<Omit<RunOptions, "resume" | "schedule" | "seed">> {
  /** "step", a training step as fit runs it without `accumulate`: its rows are gathered from a data set in memory; "predict": the outputs alone. By
   * default "step" where it is known which. */
  program?: "step" | "predict";
  /** Rows of it; as in the last fit or trainer, or 32. 256 for "predict". */
  batchSize?: number;
  /** Where the rows are taken from; made-up numbers by default. */
  data?: Data;
}

/** An instruction of a program, and what it takes. */
export interface ProfiledInstruction {
  /** What it is for, and the layer's name as in `model.parameters`; "" outside of layers. */
  readonly op: string;
  readonly layer: string;
  /** The core's instruction. */
  readonly instruction: string;
  /** Of what goes in and, last, of what comes out, as the instruction sees them. */
  readonly shapes: readonly (readonly number[])[];
  readonly microseconds: number;
  /** Was it repeated by itself to be timed? Else it was timed in passes of the whole program. */
  readonly repeated: boolean;
  /** Operations on float32, and bytes that are loaded and stored at the least. */
  readonly flops: number;
  readonly bytes: number;
  /** 10⁹ of them in a second. */
  readonly gflops: number;
  readonly gbps: number;
  /** Part of the instructions' time in all, from 0 to 1. */
  readonly share: number;
  /** Percent of what the engine reaches with as much arithmetic, or as many loads and stores, alone: the roofline of Williams,
   * Waterman and Patterson (2009). Undefined where there are no probes. These multiply and add one after the other: the fast build
   * may reach more. */
  readonly ceiling: number | undefined;
  /** What that ceiling is made of: "call" where it takes longer to fetch the instruction than to do its work. */
  readonly boundBy: "compute" | "memory" | "call";
}

/** What the program takes as a whole. */
export interface ProfiledStep {
  /** In one call of the core. */
  readonly microseconds: number;
  /** Sum of the instructions' times. */
  readonly instructions: number;
  readonly flops: number;
  readonly bytes: number;
  /** 10⁹ a second, of the instructions' time. */
  readonly gflops: number;
  readonly gbps: number;
}

/** Where a program's time goes. */
export interface Profile {
  readonly program: "step" | "predict";
  readonly rows: number;
  /** Passes in which it was timed. */
  readonly steps: number;
  /** In the program's order. */
  readonly instructions: readonly ProfiledInstruction[];
  readonly step: ProfiledStep;
  /** Undefined in the build for edge engines, which compile no probes. */
  readonly ceilings: Ceilings | undefined;
  /** Microseconds of the clock's smallest step, and of an instruction that does nothing. */
  readonly grain: number;
  readonly call: number;
  readonly engine: string;
  readonly build: Build;
  /** Always 1: what one thread takes; `why` says so where the model has more. */
  readonly threads: 1;
  readonly why: string;
  /** A table of at most 100 columns, with the sums by op below. */
  toString(): string;
  /** JSON in Chrome's Trace Event Format, for chrome://tracing and ui.perfetto.dev: a step, and its instructions in it. */
  toTrace(): string;
}

type Facts = Omit<Profile, "toString" | "toTrace">;

export function makeProfile(facts: Facts): Profile {
  return { ...facts, toString: () => tableOf(facts), toTrace: () => traceOf(facts) };
}

/** Three digits, and no exponent. */
export function three(value: number): string {
  if (!(value > 0)) return "0";
  if (value >= 99.95) return String(Math.round(value));
  return value.toFixed(value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3);
}

const percent = (share: number): string => (100 * share).toFixed(1);

/** Columns whose cells stand to the left come first. */
function lines(rows: readonly (readonly string[])[], left: number): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ").trimEnd());
}

/** Longest cells of the columns op, layer and shapes: then a line has at most 100 columns. */
const OP = 16, LAYER = 8, SHAPES = 24;
const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
/** A layer's own name stands last. */
const cutLeft = (text: string, most: number): string => (text.length > most ? `…${text.slice(1 - most)}` : text);

function tableOf({ program, rows, instructions, step, ceilings, grain, call, engine, build, why }: Facts): string {
  const shape = (sizes: readonly number[]): string => sizes.join("×") || "1", ceiling = (percents: number | undefined): string => (percents === undefined ? "" : `${Math.round(percents)}%`);
  const cells = instructions.map((it) => [
    cut(it.op, OP), cutLeft(it.layer, LAYER), cut(it.shapes.map(shape).join(" "), SHAPES), three(it.microseconds), percent(it.share), three(it.gflops), three(it.gbps),
    ceiling(it.ceiling), it.boundBy,
  ]);
  const table = lines([["op", "layer", "shapes", "µs", "%", "GFLOP/s", "GB/s", "ceiling", "by"], ...cells], 3);
  const ops = new Map<string, { count: number; time: number; flops: number; bytes: number; bound: number }>();
  for (const { instruction, microseconds, flops, bytes, ceiling: percents = NaN } of instructions) {
    const sum = ops.get(instruction) ?? { count: 0, time: 0, flops: 0, bytes: 0, bound: 0 };
    ops.set(instruction, {
      count: sum.count + 1, time: sum.time + microseconds, flops: sum.flops + flops, bytes: sum.bytes + bytes, bound: sum.bound + (percents * microseconds) / 100,
    });
  }
  const sums = [...ops].sort(([, a], [, b]) => b.time - a.time).map(([name, { count, time, flops, bytes, bound }]) => [
    name, String(count), three(time), percent(time / step.instructions), three(flops / time / 1000), three(bytes / time / 1000), ceilings ? ceiling((100 * bound) / time) : "",
  ]);
  return [
    `${program === "step" ? "A training step" : "A prediction"} of ${rows} rows: ${three(step.microseconds)} µs in one call, ${three(step.instructions)} µs as the sum of ${instructions.length} instructions.`,
    cut(engine, 100), // a browser's is long
    `The ${build} build, ${why}.`,
    `The clock's grain: ${three(grain)} µs; an instruction that does nothing: ${three(call)} µs.`,
    ...(ceilings ? [`Ceilings: ${three(ceilings.multiplyAdd)} GFLOP/s in registers, ${three(ceilings.multiplyAddLoads)} with a micro-kernel's loads; ${three(ceilings.divide)} quotients.`,
      "GB/s by loads and stores:",
      ...streamLines(ceilings)] : ["No ceilings: this build is for engines that compile nothing."]),
    "", ...table, "", ...lines([["instruction", "count", "µs", "%", "GFLOP/s", "GB/s", "ceiling"], ...sums], 1), "",
  ].join("\n");
}

/** The bandwidths, a line for each kind of streams. */
function streamLines({ streams }: Ceilings): string[] {
  const kinds = new Map<string, string[]>();
  for (const { loads, stores, inPlace, size, gbps } of [...streams].sort((a, b) => a.size - b.size)) {
    const kind = `${loads}/${stores}${inPlace ? " in place" : ""}`, text = `${three(gbps)} (${size >= 1048576 ? `${size / 1048576} MB` : `${size / 1024} KB`})`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), text]);
  }
  return [...kinds].flatMap(([kind, texts]) => {
    const wrapped = [`  ${kind}:`];
    for (const text of texts) {
      if (`${wrapped.at(-1)} ${text},`.length > 98) wrapped.push("   ");
      wrapped[wrapped.length - 1] += ` ${text},`;
    }
    return wrapped.map((line, i) => (i === wrapped.length - 1 ? line.slice(0, -1) : line));
  });
}

/** Instructions one after the other, in the step that they make. Times are whole nanoseconds, so that they add up. */
function traceOf({ program, rows, instructions, step, engine, build }: Facts): string {
  const thread = { pid: 1, tid: 1 }, nano = (microseconds: number): number => Math.max(1, Math.round(1000 * microseconds));
  let at = 0;
  const events = instructions.map(({ op, layer, instruction, microseconds, share: _, ...args }) => {
    const event = { name: layer ? `${op} (${layer})` : op, cat: instruction, ph: "X", ...thread, ts: at / 1000, dur: nano(microseconds) / 1000, args };
    at += nano(microseconds);
    return event;
  });
  return JSON.stringify({
    displayTimeUnit: "ns",
    otherData: { engine, build, microseconds: step.microseconds },
    traceEvents: [
      { name: "process_name", ph: "M", ...thread, args: { name: "lanewise" } },
      { name: "thread_name", ph: "M", ...thread, args: { name: `${program}, ${rows} rows` } },
      { name: program, cat: "program", ph: "X", ...thread, ts: 0, dur: at / 1000, args: { rows, flops: step.flops, bytes: step.bytes } },
      ...events,
    ],
  });
}
