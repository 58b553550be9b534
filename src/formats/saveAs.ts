// A model's file in another type of numbers, or with more to tell.

import { RESERVED } from "./model.ts";
import { parseSafetensors } from "./safetensors.ts";
import { type WriteOptions, writeSafetensors } from "./weights.ts";
import type { Model } from "../model.ts";
import { badOption, checkNames, isRecord } from "../options.ts";
import type { WorkerModel } from "../workerModel.ts";

export interface SaveOptions extends WriteOptions {
  /** Under which licence the model is given away, such as "CC-BY-4.0": metadata "licence". */
  licence?: string;
  /** More strings, by name. */
  metadata?: Readonly<Record<string, string>>;
}

/** What model.save() gives, with numbers of `dtype` and more metadata. "float16" and "bfloat16" take half the room; loadModel and PyTorch
 * read them, and the model that comes back has the rounded numbers.
 *
 * @throws what model.save() throws; FormatError, naming the parameter, for numbers beyond `dtype` (overflow: "infinity" does not refuse
 * them, but loadModel does); OptionError for options that are none.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: () => [0.1] }), { input: [1] });
 * const again = await loadModel(saveAs(model, { dtype: "bfloat16", licence: "CC-BY-4.0" }));
 * again.parameters.get("weight").data // → [0.10009765625]
 * again.metadata.get("licence") // → "CC-BY-4.0"
 */
export function saveAs(model: Model, options?: SaveOptions): Uint8Array<ArrayBuffer>;
/** Of a model in a worker, a promise. */
export function saveAs(model: WorkerModel, options?: SaveOptions): Promise<Uint8Array<ArrayBuffer>>;
export function saveAs(model: Model | WorkerModel, options: SaveOptions = {}): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  checkNames("saveAs", options, ["dtype", "overflow", "licence", "metadata"]);
  const { licence, metadata = {}, ...write } = options;
  if (licence !== undefined && (typeof licence !== "string" || !licence)) throw badOption("licence", licence, "a text");
  if (!isRecord(metadata) || !Object.entries(metadata).every(([key, value]) => typeof value === "string" && !RESERVED.test(key)))
    throw badOption("metadata", metadata, "a record of strings; format, classes and lanewise.… are the file's own");
  writeSafetensors(new Map(), {}, write); // bad options are told before anything is done
  const convert = (file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
    const { tensors, metadata: own } = parseSafetensors(file);
    return writeSafetensors(tensors, { ...Object.fromEntries(own), ...metadata, ...(licence !== undefined && { licence }) }, write);
  };
  const file = model.save();
  return file instanceof Promise ? file.then(convert) : convert(file);
}
