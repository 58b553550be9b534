// Model files.

import { open, readFile, stat } from "node:fs/promises";
import { loadModel, type Model, Preprocessing } from "../index.ts";
import { LanewiseError } from "../errors.ts";
import { failed } from "../advice/failure.ts";
import { inWords } from "./words.ts";

/** The bytes of a file.
 *
 * @throws Error with a code for a file that cannot be read.
 */
export async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(path).catch((error: { code?: string }) => {
    const why: Record<string, string> = { ENOENT: "no such file", EISDIR: "is a folder: wanted a file, such as model.safetensors in it" };
    throw failed(path, why[error.code ?? ""] ?? `cannot be read (${error.code})`, "no-file");
  }));
}

/** A saved model. What goes wrong names the file. */
export async function openModel(path: string): Promise<Model> {
  const bytes = await bytesOf(path);
  if (!hasHeader(bytes)) throw failed(path, "is no model file: wanted one such as model.safetensors, of which train writes one", "bad-model");
  try {
    return await loadModel(bytes, { preprocessing: Preprocessing });
  } catch (error) {
    const { code = "bad-model", message, details } = error as { code?: string; message?: string; details?: unknown };
    throw Object.assign(failed(path, error instanceof LanewiseError ? inWords(error, {}).message : String(message), code), details === undefined ? {} : { details });
  }
}

/** A safetensors file has a header of JSON, after eight bytes that say how long it is. */
const hasHeader = (bytes: Uint8Array): boolean => bytes[8] === 0x7b;

/** Is it a safetensors file? */
export async function isModelFile(path: string): Promise<boolean> {
  if (/\.safetensors$/i.test(path)) return true;
  if (!(await stat(path).then((found) => found.isFile(), () => false))) return false;
  const file = await open(path), { buffer } = await file.read(new Uint8Array(9), 0, 9, 0).finally(() => file.close());
  return hasHeader(buffer) && !/\.(csv|tsv|txt|jsonl?|ndjson|parquet|npz)(\.gz)?$/i.test(path);
}
