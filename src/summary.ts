// A model as a table, in Keras's columns plus bytes.

import type { Network } from "./network.ts";
import { showShape } from "./shape.ts";

export function summaryOf(network: Network): string {
  const rows = network.calls.map(({ path, type, shape }) => {
    const own = network.parameters.filter(({ layer }) => layer === path);
    const count = own.reduce((sum, { size }) => sum + size, 0);
    return [`${path ? `${path} ` : ""}(${type})`, showShape(["rows" as unknown as number, ...shape.slice(1)]), grouped(count), grouped(4 * count)];
  });
  const seen = new Set<string>();
  // a layer that is called twice has its parameters once
  for (const row of rows) {
    if (row[2] !== "0" && seen.has(row[0]!)) [row[2], row[3]] = ["shared", ""];
    seen.add(row[0]!);
  }
  const head = ["Layer (type)", "Output Shape", "Param #", "Bytes"];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ").trimEnd();
  const rule = "-".repeat(widths.reduce((a, b) => a + b, 0) + 6);
  const total = (wanted: (parameter: Network["parameters"][number]) => boolean): number =>
    network.parameters.filter(wanted).reduce((sum, { size }) => sum + size, 0);
  const trainable = total(({ trainable: may, frozen }) => may && !frozen), all = total(() => true);
  return [
    line(head), rule, ...rows.map(line), rule,
    `Total params: ${grouped(all)} (${grouped(4 * all)} bytes)`,
    `Trainable params: ${grouped(trainable)}`,
    `Non-trainable params: ${grouped(all - trainable)}`,
  ].join("\n") + "\n";
}

/** 1234567 as 1,234,567, in every locale. */
function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}
