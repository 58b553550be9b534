import type { Plugin } from "esbuild";

export function wasmModule(file: string): Promise<string>;
export const embedWasm: Plugin;
