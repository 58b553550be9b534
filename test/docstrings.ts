// What the sources say of themselves: docstrings with the names that they stand before, and their examples as code that runs.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

const root = join(import.meta.dirname, "../src");

export interface Doc {
  file: string;
  name: string;
  text: string;
  example: string | undefined;
}

/** The docstrings of a file with the names of what they stand before. */
function docs(file: string): Doc[] {
  const source = readFileSync(join(root, file), "utf8");
  return [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:\/\/[^\n]*\n\s*)?(?:export )?(?:async )?(?:function |const |class )?(?:async )?(\w+)/g)].map(([, body, name]) => {
    const text = body!.replace(/^\s*\* ?/gm, ""), at = text.indexOf("@example");
    return { file, name: name!, text, example: at < 0 ? undefined : text.slice(at + 8).trim() };
  });
}

/** Those of all files of src. */
export const all = readdirSync(root, { recursive: true }).map(String).filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")).flatMap(docs);

/** Does a docstring name a paper, or a page of PyTorch's documentation? */
export const SOURCE = /https:\/\/pytorch\.org|\(\d{4}\)|, \d{4}\)/;

/** Typed arrays as lists, numbers as f32 shows them. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object") return Object.fromEntries(Object.entries(value).filter(([, v]) => typeof v !== "function").map(([key, v]) => [key, plain(v)]));
  return value;
}

function expectClose(got: unknown, wanted: unknown): void {
  if (typeof wanted === "number" && Number.isFinite(wanted)) expect(got as number).toBeCloseTo(wanted, 5);
  else if (wanted !== null && typeof wanted === "object") {
    expect(Object.keys(got as object)).toEqual(Object.keys(wanted));
    for (const [key, value] of Object.entries(wanted)) expectClose((got as Record<string, unknown>)[key], value);
  } else expect(got).toEqual(wanted);
}

/** Runs code with the names of a scope: a line that ends in "// → value" has that value. Gives the number of such lines. */
export async function run(code: string, scope: Readonly<Record<string, unknown>>): Promise<number> {
  let checks = 0;
  const check = (got: unknown, wanted: unknown): void => {
    checks++;
    expectClose(plain(got), plain(wanted));
  };
  const checked = code.split("\n").map((line) => {
    const at = line.indexOf("// →");
    return at < 0 ? line : `check((${line.slice(0, at).trim().replace(/;$/, "")}), (${line.slice(at + 4).trim()}));`;
  }).join("\n");
  const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction("check", ...Object.keys(scope), checked)(check, ...Object.values(scope));
  return checks;
}
