export type Library = typeof import("../../src/index.ts");
export type Outcome = { read?: true; code?: string; wrong?: string };
export function random(seed: number): (below: number) => number;
export function soundFiles(library: Pick<Library, "writeNpy">): Promise<Record<"idx" | "npy" | "npz" | "csv" | "jsonl" | "parquet", Uint8Array<ArrayBuffer>[]>>;
export function mutate(bytes: Uint8Array<ArrayBuffer>, next: (below: number) => number): Uint8Array<ArrayBuffer>;
export function brokenFile(files: readonly Uint8Array<ArrayBuffer>[], seed: number): Uint8Array<ArrayBuffer>;
export function outcome(library: Library, format: string, file: Uint8Array<ArrayBuffer>): Promise<Outcome>;
