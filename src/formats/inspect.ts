// What is in a file, without making a model of it.

import { summaryOf } from "../summary.ts";
import { fromHalf } from "./half.ts";
import { buildModel, KEY, parseDescription } from "./model.ts";
import { openSafetensors, type StoredTensor } from "./safetensors.ts";
import { viewOf, width } from "./weights.ts";

/** A tensor, and what its numbers are like. Those of types that lanewise does not read are not looked at. */
export interface TensorSummary {
  name: string;
  /** As safetensors names it: "F32", "BF16", "I64" … */
  dtype: string;
  shape: number[];
  /** Numbers in it. */
  count: number;
  bytes: number;
  /** Of the finite numbers, if there are any; NaN and infinities are counted. */
  minimum?: number;
  maximum?: number;
  mean?: number;
  nonFinite?: number;
}

/** What a file says of itself, and what is in it; plain data. */
export interface FileSummary {
  kind: "model" | "checkpoint" | "tensors";
  bytes: number;
  /** Numbers in all tensors. */
  count: number;
  tensors: TensorSummary[];
  /** As they stand in the file. Files come from anyone: what it says may be anything. */
  metadata: Record<string, string>;
  /** What the file tells of its model or checkpoint: the parsed JSON of its metadata. */
  description?: unknown;
  /** Of a model: the table that model.summary() gives. */
  summary?: string;
  /** Why there is none: layers of one's own, or a broken description. */
  problem?: string;
}

const CHECKPOINT = "lanewise.checkpoint";
/** Numbers that are looked at at once. */
const PIECE = 65536;

/** What a safetensors file, a model or a checkpoint holds: tensors with their types, shapes and ranges, metadata, and a model's layers.
 * No more memory is needed than for the header and some numbers.
 *
 * @throws FormatError for anything but a whole and sound safetensors file.
 * @example
 * const model = await createModel(dense(1, { initializer: () => [3] }), { input: [1] });
 * const { kind, tensors } = inspect(model.save());
 * [kind, tensors[0].name, tensors[0].mean] // → ["model", "weight", 3]
 */
export function inspect(bytes: Uint8Array | ArrayBuffer): FileSummary {
  const { stored, metadata } = openSafetensors(bytes, width), tensors = stored.map(tensorSummary);
  const key = metadata.has(KEY) ? KEY : CHECKPOINT, text = metadata.get(key);
  const summary: FileSummary = {
    kind: text === undefined ? "tensors" : key === KEY ? "model" : "checkpoint", bytes: bytes.byteLength,
    count: tensors.reduce((sum, { count }) => sum + count, 0), tensors, metadata: Object.fromEntries(metadata),
  };
  if (text === undefined) return summary;
  try {
    summary.description = parseDescription(text);
    if (key === KEY) summary.summary = summaryOf(buildModel(text, {}).network);
  } catch (error) {
    summary.problem = error instanceof Error ? error.message : String(error);
  }
  return summary;
}

function tensorSummary(tensor: StoredTensor): TensorSummary {
  const { name, dtype, shape, bytes } = tensor, count = shape.reduce((a, b) => a * b, 1);
  const summary: TensorSummary = { name, dtype, shape, count, bytes: bytes.length };
  if (!/^(?:BOOL|[UI]\d+|F\d+|BF16)$/.test(dtype)) return summary;
  let minimum = Infinity, maximum = -Infinity, sum = 0, nonFinite = 0;
  const step = PIECE * (bytes.length / count);
  for (let at = 0; at < bytes.length; at += step) {
    const view = viewOf({ ...tensor, bytes: bytes.subarray(at, at + step) });
    const numbers = view instanceof Uint16Array && dtype !== "U16" ? fromHalf(view, dtype as "F16" | "BF16") : view;
    for (let i = 0; i < numbers.length; i++) {
      const number = Number(numbers[i]);
      if (!Number.isFinite(number)) nonFinite++;
      else {
        sum += number;
        minimum = Math.min(minimum, number);
        maximum = Math.max(maximum, number);
      }
    }
  }
  return { ...summary, nonFinite, ...(count > nonFinite && { minimum, maximum, mean: sum / (count - nonFinite) }) };
}
