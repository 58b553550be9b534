// A model as a table, in Keras's columns plus bytes.

import type { Network, Parameter } from "./network.ts";
import { showShape } from "./shape.ts";

export function summaryOf({ calls, parameters }: Network): string {
  const count = (wanted: (parameter: Parameter) => boolean): number => parameters.filter(wanted).reduce((sum, { size }) => sum + size, 0);
  const rows = [["Layer (type)", "Output Shape", "Param #", "Bytes"]];
  calls.forEach(({ path, type, shape }, i) => {
    const own = count(({ layer }) => layer === path);
    // a layer that is called twice has its parameters once
    const shared = own > 0 && calls.findIndex((call) => call.path === path) < i;
    rows.push([`${path ? `${path} ` : ""}(${type})`, showShape(["rows" as unknown as number, ...shape.slice(1)]), shared ? "shared" : grouped(own), shared ? "" : grouped(4 * own)]);
  });
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) => row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ").trimEnd());
  const rule = "-".repeat(widths.reduce((a, b) => a + b, 6));
  const all = count(() => true), trainable = count((parameter) => parameter.trainable && !parameter.frozen);
  return [
    lines[0], rule, ...lines.slice(1), rule,
    `Total params: ${grouped(all)} (${grouped(4 * all)} bytes)`,
    `Trainable params: ${grouped(trainable)}`,
    `Non-trainable params: ${grouped(all - trainable)}\n`,
  ].join("\n");
}

/** 1234567 as 1,234,567, in every locale. */
function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}
