// What runs in folders use of Node.js, Deno and Bun. It is asked for when it is wanted: bundlers for pages never see it.

import { EngineError } from "../errors.ts";

interface Builtins {
  "node:fs/promises": typeof import("node:fs/promises");
  "node:path": typeof import("node:path");
  "node:os": typeof import("node:os");
}

type Host = { readonly process?: { readonly versions?: { readonly node?: string }; readonly type?: string; getBuiltinModule?(name: string): any } };

/** Does this engine have folders? Pages of Electron have Node's process, and are browsers. */
export function hasFolders(): boolean {
  const { process } = globalThis as Host;
  return process?.versions?.node !== undefined && process.type !== "renderer" && process.getBuiltinModule !== undefined;
}

/** A module of the engine's own.
 *
 * @throws EngineError where there is none.
 */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const found = (globalThis as Host).process?.getBuiltinModule?.(name) as Builtins[Name] | undefined;
  if (!found) throw new EngineError("no-files", { problem: "runs in folders want Node.js 20.16 or later, Deno or Bun", fix: "elsewhere a run has a name, not a path" });
  return found;
}
