// ONNX Runtime, native and in WebAssembly as a page has it; installed with the engines of test/runtimes, where neither that folder
// nor bench/ has it.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { install } from "../runtimes/engines.ts";

export const RUNTIMES = ["onnxruntime-node", "onnxruntime-web"] as const;

export interface Runtime {
  Tensor: new (type: "float32" | "float64" | "int32" | "string", data: unknown, shape: readonly number[]) => object;
  InferenceSession: { create(file: Uint8Array, options?: object): Promise<Session> };
}

interface Session {
  readonly inputNames: readonly string[];
  run(feeds: Readonly<Record<string, object>>): Promise<Record<string, { data: Float32Array; dims: number[] }>>;
  release(): Promise<void>;
}

const folders = ["../runtimes/", "../../bench/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
const found = (name: string): string | undefined => folders.find((folder) => existsSync(join(folder, "node_modules", name)));

export async function runtime(name: (typeof RUNTIMES)[number]): Promise<Runtime> {
  if (!found(name)) await install();
  const require = createRequire(join(found(name)!, "package.json"));
  if (name === "onnxruntime-node") return require(name) as Runtime;
  const ort = await import(pathToFileURL(join(dirname(require.resolve(name)), "ort.node.min.mjs")).href);
  ort.env.wasm.numThreads = 1;
  return ort as Runtime;
}

/** A file, loaded. */
export async function session(ort: Runtime, file: Uint8Array): Promise<Session> {
  return ort.InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
}
