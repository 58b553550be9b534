// What a run was begun with, beside what its checkpoints say: the hash of its data.

import { Version } from "../../assembly/isa.ts";
import type { Column } from "../data/columns.ts";
import { bytesOf } from "../graph.ts";
import type { Run } from "../train/fit.ts";
import type { DataLayout } from "../train/programs.ts";
import { digest, hex } from "./store.ts";

/** Plain data. */
export interface Manifest {
  readonly format: number;
  readonly numerics: number;
  /** By column: type, shape and SHA-256. "stream" where the rows are not in memory. */
  readonly data: Readonly<Record<string, string>> | "stream";
  readonly validation?: Manifest["data"];
}

/** Describes a run, before it begins. */
export async function manifest({ plan }: Run): Promise<Manifest> {
  const held = plan.validation?.data;
  return { format: 1, numerics: Version.NUMERICS, data: await described(plan.data), ...(held && { validation: await described(held) }) };
}

/** The first thing in which two manifests differ. */
export function compare(before: Manifest, now: Manifest): { option: string; got: unknown; wanted: unknown } | undefined {
  if (before.numerics !== now.numerics) return { option: "numerics version", got: before.numerics, wanted: now.numerics };
  for (const name of ["data", "validation"] as const) {
    const [a, b] = [before[name], now[name]].map((data) => (typeof data === "object" && data !== null ? data : { rows: data ?? "none" })) as [Record<string, string>, Record<string, string>];
    for (const column of new Set([...Object.keys(a), ...Object.keys(b)]))
      if (a[column] !== b[column]) return { option: `${name} ${column}`, got: a[column] ?? "none", wanted: b[column] ?? "none" };
  }
  return undefined;
}

async function described({ columns, rows }: DataLayout): Promise<Manifest["data"]> {
  const told: [string, string][] = [];
  for (const column of columns) {
    if (column.data.length === 0) return "stream";
    told.push([column.name, `${column.dtype} [${[rows, ...column.shape].join(", ")}] ${hex(await digest(numbersOf(column)))}`]);
  }
  return Object.fromEntries(told);
}

/** The numbers as they lie in memory. */
function numbersOf({ data, dtype }: Column): Uint8Array {
  const numbers = bytesOf(dtype) === 1 ? Uint8Array.from(data) : dtype === "int32" ? Int32Array.from(data) : Float32Array.from(data);
  return new Uint8Array(numbers.buffer);
}
