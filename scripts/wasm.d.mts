import type { Plugin } from "esbuild";

export function scriptModule(file: string): string;
export function wasmModule(file: string): string;
export const embedWasm: Plugin;
export const fastApart: Plugin;
