// What runs in folders use of Node.js, Deno and Bun. It is asked for when it is wanted: bundlers for pages never see it.

import { EngineError } from "../errors.ts";

/** What is used of them: the library is compiled without Node's types, as its users may have none. */
interface Builtins {
  "node:fs/promises": {
    mkdir(path: string, options: { recursive: true }): Promise<string | undefined>;
    open(path: string, flags: string): Promise<{ writeFile(bytes: Uint8Array): Promise<void>; sync(): Promise<void>; close(): Promise<void> }>;
    readdir(path: string): Promise<string[]>;
    readFile(path: string): Promise<Uint8Array>;
    readFile(path: string, encoding: "utf8"): Promise<string>;
    readlink(path: string): Promise<string>;
    rename(from: string, to: string): Promise<void>;
    rm(path: string, options: { force: true }): Promise<void>;
    stat(path: string): Promise<{ isDirectory(): boolean; readonly mtimeMs: number }>;
    utimes(path: string, accessed: number, modified: number): Promise<void>;
  };
  "node:path": { dirname(path: string): string; join(...parts: string[]): string; resolve(path: string): string };
  "node:os": { hostname(): string };
}

/** This process, as far as it is used here. */
interface Process {
  readonly versions?: { readonly node?: string };
  readonly type?: string;
  readonly pid: number;
  readonly platform: string;
  kill(pid: number, signal: number): unknown;
  getBuiltinModule?(name: string): unknown;
}

export const here = (): Process | undefined => (globalThis as { readonly process?: Process }).process;

/** Does this engine have folders? Pages of Electron have Node's process, and are browsers. */
export function hasFolders(): boolean {
  const process = here();
  return process?.versions?.node !== undefined && process.type !== "renderer" && process.getBuiltinModule !== undefined;
}

/** A module of the engine's own.
 *
 * @throws EngineError where there is none.
 */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const found = here()?.getBuiltinModule?.(name) as Builtins[Name] | undefined;
  if (!found) throw new EngineError("no-files", { problem: "runs in folders want Node.js 20.16 or later, Deno or Bun", fix: "elsewhere a run has a name, not a path" });
  return found;
}
