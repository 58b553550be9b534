// A design looked at before anything is built: what each layer gives and has, and what would not go together. Pure functions of plain
// data, so that the page can say it at each key.

import { FITTING } from "../../advice/choose.ts";
import type { Described, Design, Flaw, Part } from "./api.ts";
import { fits, NUMBERS, type OptionSpec, PARTS } from "./parts.ts";

export interface Outline {
  readonly layers: readonly { readonly output: readonly number[]; readonly parameters: number }[];
  readonly parameters: number;
  readonly flaws: readonly Flaw[];
}

/** What of the data a design must fit. */
export type Frame = Pick<Described, "task" | "input"> & { readonly classes: readonly unknown[] };

export function outline(design: Design, frame: Frame): Outline {
  let shape = frame.input;
  const layers = design.layers.map((part) => {
    const parameters = parametersOf(part, shape);
    return { output: (shape = outputOf(part, shape)), parameters };
  });
  return { layers, parameters: layers.reduce((sum, one) => sum + one.parameters, 0), flaws: [...values(design), ...structure(design, frame)] };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function outputOf({ kind, options }: Part, input: readonly number[]): readonly number[] {
  if (kind === "flatten") return [sizeOf(input)];
  return kind === "dense" ? [...input.slice(0, -1), options.units as number] : input;
}

function parametersOf({ kind, options }: Part, input: readonly number[]): number {
  if (kind === "dense") return (options.units as number) * (input.at(-1)! + (options.bias ? 1 : 0));
  return kind === "prelu" || (kind === "silu" && options.learned) ? 1 : 0;
}

/** Numbers that the last layer must give. */
export function outputsOf({ loss: { kind, options } }: Pick<Design, "loss">, { task, classes }: Frame): number {
  if (task === "number") return 1;
  return task === "classes" || kind === "crossEntropy" || options.variant === "softmax" ? classes.length : 1;
}

/** Losses that a task can have. */
export const lossesFor = ({ task }: Pick<Frame, "task">): readonly string[] => FITTING[task];

/** Values out of their bounds. */
function values(design: Design): Flaw[] {
  const wrong = (at: string, option: string, spec: OptionSpec, value: unknown): Flaw[] =>
    fits(spec, value as never) ? [] : [{ code: spec.kind === "count" ? "bad-count" : "bad-number", at: `${at}${option}`, details: { option, ...("least" in spec && { least: String(spec.least), most: String(spec.most) }) } }];
  const inPart = (at: string, family: keyof typeof PARTS, { kind, options }: Part): Flaw[] =>
    Object.entries(PARTS[family][kind]!.options).flatMap(([option, spec]) => wrong(`${at}.`, option, spec, options[option]));
  return [
    ...design.layers.flatMap((part, i) => inPart(`layers.${i}`, "layers", part)), ...inPart("loss", "losses", design.loss),
    ...inPart("optimizer", "optimizers", design.optimizer), ...inPart("schedule", "schedules", design.schedule),
    ...Object.entries(NUMBERS).flatMap(([option, spec]) => wrong("", option, spec, design[option as keyof typeof NUMBERS])),
  ];
}

/** What does not go together. */
function structure(design: Design, frame: Frame): Flaw[] {
  const { layers, loss, optimizer, schedule } = design, flaws: Flaw[] = [], last = layers.at(-1), at = `layers.${layers.length - 1}`;
  const say = (code: string, where: string, details: Flaw["details"] = {}): void => void flaws.push({ code, at: where, details });
  const wanted = outputsOf(design, frame), flat = layers.findIndex(({ kind }) => kind === "flatten"), dense = layers.findIndex(({ kind }) => kind === "dense");
  if (!lossesFor(frame).includes(loss.kind)) say("loss-of-task", "loss", { loss: loss.kind, losses: lossesFor(frame).join(", ") });
  else if (loss.kind === "focal" && (frame.task === "classes") !== (loss.options.variant === "softmax") && frame.task !== "yes-no") say("focal-variant", "loss.variant");
  if (!last) say("no-layer", "layers", { wanted });
  else if (last.kind !== "dense") say("last-not-dense", at, { wanted, got: last.kind });
  else if (last.options.units !== wanted) say("outputs", `${at}.units`, { wanted, got: last.options.units as number, loss: loss.kind });
  if (frame.input.length > 1 && dense >= 0 && (flat < 0 || flat > dense)) say("flatten-first", `layers.${dense}`, { shape: frame.input.join(" × ") });
  layers.forEach(({ kind, options }, i) => {
    if (kind === "hardTanh" && (options.maximum as number) <= (options.minimum as number)) say("bounds", `layers.${i}.maximum`);
  });
  const { nesterov, momentum, dampening } = optimizer.options;
  if (nesterov && (momentum === 0 || dampening !== 0)) say("nesterov", "optimizer.nesterov");
  if (schedule.options.threePhase && (schedule.options.warmup as number) > 0.5) say("three-phase", "schedule.warmup");
  if (design.balanced && frame.task === "number") say("balanced-number", "balanced");
  return flaws;
}
