import type { Plugin } from "esbuild";

export function wasmModule(file: string): string;
export const embedWasm: Plugin;
