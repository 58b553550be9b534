// How times, and what differs between two designs, are told.

import type { Design, Part, RunView } from "../../../engine/api.ts";
import { type Family, PARTS } from "../../../engine/parts.ts";
import { numberText, t } from "../../../text/index.ts";

export function timeText(seconds: number): string {
  if (seconds < 10) return t("train.seconds", { n: Math.round(10 * seconds) / 10 });
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  if (whole < 60) return t("train.seconds", { n: whole });
  return whole < 3600 ? t("train.minutes", { n: minutes, seconds: whole % 60 }) : t("train.hours", { n: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** "dense 32 he": a part with those of its options that people look for. */
function partText(family: Family, { kind, options }: Part): string {
  const specs = PARTS[family][kind]?.options ?? {};
  const told = Object.entries(options).filter(([name, value]) => specs[name]?.positional || value !== specs[name]?.default).map(([name, value]) => (typeof value === "number" && !specs[name]?.positional ? `${name} ${value}` : String(value)));
  return [kind, ...told].join(" ");
}

/** What the second design has otherwise, in the library's words. */
export function differences(first: Design, second: Design): string[] {
  const change = (name: string, from: unknown, to: unknown): string[] => (from === to ? [] : [`${name} ${worded(from)} → ${worded(to)}`]);
  const layers = [first, second].map((design) => design.layers.map((layer) => partText("layers", layer))) as [string[], string[]];
  const changed = layers[0].length === layers[1].length ? layers[1].flatMap((layer, i) => (layer === layers[0][i] ? [] : [`${i + 1}: ${layers[0][i]} → ${layer}`]))
    : [layers[1].join(", ")];
  const { optimizer } = first, { optimizer: other } = second, rates = [optimizer.options.learningRate, other.options.learningRate];
  const kinds = optimizer.kind === other.kind ? Object.keys(other.options).filter((name) => name !== "learningRate").flatMap((name) => change(name, optimizer.options[name], other.options[name]))
    : change("", optimizer.kind, other.kind);
  return [
    ...changed, ...change("loss", partText("losses", first.loss), partText("losses", second.loss)), ...kinds, ...change("learningRate", ...rates as [unknown, unknown]),
    ...change("schedule", partText("schedules", first.schedule), partText("schedules", second.schedule)),
    ...(["batchSize", "epochs", "patience", "balanced", "seed"] as const).flatMap((name) => change(name, first[name], second[name])),
  ].map((text) => text.trim());
}

/** What is otherwise of a run's data: what it predicts, or from what. */
export function otherData({ asked: first }: Pick<RunView, "asked">, { asked: second }: Pick<RunView, "asked">): string[] {
  if (JSON.stringify(first) === JSON.stringify(second)) return [];
  return [first.target === second.target ? t("train.runs.otherData") : t("train.runs.otherTarget", { target: second.target ?? "" })];
}

const worded = (value: unknown): string => (typeof value === "number" ? numberText(value) : String(value));
