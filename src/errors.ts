// Every error of the library is a LanewiseError with a stable code, so that a program can react to it and a page can
// tell it in another language. Its message is made of its details: where, what was wanted and what came, how to mend it.

/** What an error is about; which fields are there depends on the code. */
export interface Details {
  /** The layer, by the name it has in `model.parameters` and `model.summary()`. */
  layer?: string;
  /** The kind of the layer. */
  layerType?: string;
  /** The option, argument or op. */
  option?: string;
  /** The function or option that it belongs to. */
  of?: string;
  /** Where in the data, or when. */
  row?: number;
  position?: number | undefined;
  step?: number;
  epoch?: number | undefined;
  /** What is wrong, where `wanted` and `got` do not say it. */
  problem?: string;
  /** What would have been right: in words, or the value itself. */
  wanted?: unknown;
  got?: unknown;
  /** How to mend it. */
  fix?: string | undefined;
  [more: string]: unknown;
}

/** The base of all errors that lanewise throws: `code` never changes between versions, `details` names the parts. */
export class LanewiseError extends Error {
  readonly code: string;
  readonly details: Details;

  constructor(code: string, details: Details) {
    super(messageOf(details));
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** "matmul in layer 0 (dense): wanted [m, k] and [k, n], got …; …" */
function messageOf(details: Details): string {
  const { layer, layerType, option, of, problem, wanted, fix } = details;
  const name = layer && layerType ? `${layer} (${layerType})` : layer || layerType;
  const place = [[option, name && `layer ${name}`].filter(Boolean).join(" in ")];
  for (const key of ["row", "position", "step", "epoch"]) if (details[key] !== undefined) place.push(`${key} ${details[key]}`);
  const facts: string[] = [];
  if (wanted !== undefined) facts.push(`wanted ${typeof wanted === "string" ? wanted : show(wanted)}`);
  if ("got" in details) facts.push(`got ${show(details.got)}`);
  const what = (problem ?? facts.join(", ")) + (fix ? `; ${fix}` : "");
  return [of, place.filter(Boolean).join(", "), what].filter(Boolean).join(": ");
}

/** Shapes that do not fit together: layers, operands of an op, rows of data. */
export class ShapeError extends LanewiseError {}
/** Data that cannot be used: NaN, labels outside the classes, no rows, x and y of unequal length. */
export class DataError extends LanewiseError {}
/** An option that is unknown, misspelt or out of its range. */
export class OptionError extends LanewiseError {}
/** A call at the wrong time: fit while a fit is running, anything after dispose. */
export class StateError extends LanewiseError {}
/** A file that is truncated, altered, foreign, or written by a version that computes other bits. */
export class FormatError extends LanewiseError {}
/** A plan that needs more memory than the limit; told before anything is allocated. */
export class MemoryError extends LanewiseError {}
/** An engine or a core.wasm that cannot run this library. */
export class EngineError extends LanewiseError {}
/** A model or formula that cannot be differentiated or compiled as written. */
export class GraphError extends LanewiseError {}
/** A training step whose loss or gradients were NaN or infinite; the parameters are those from before the step. Or, where the
 * message says so, parameters that an update has taken beyond float32. */
export class NonFiniteError extends LanewiseError {}

/** A place for bytes that does not take them, or does not give them back: a full disk, a read-only folder, a quota that is used up. */
export class StorageError extends LanewiseError {}

/** A worker that died, threw, or could not be started. Of a fit: the step at which it happened, and as `checkpoint` the state
 * that the parameters are in now, from which `resume` goes on. */
export class WorkerError extends LanewiseError {
  readonly checkpoint: Uint8Array<ArrayBuffer> | undefined;
}

/** A value as a short text for a message. */
export function show(value: unknown, depth = 3): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? value.slice(0, 57) + "..." : value);
  if (typeof value === "function") return value.name ? `function ${value.name}` : "a function";
  if (Array.isArray(value)) {
    if (depth === 0) return "[...]";
    const items = value.slice(0, 8).map((item) => show(item, depth - 1));
    return `[${items.join(", ")}${value.length > 8 ? ", ..." : ""}]`;
  }
  if (value instanceof Error) return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as unknown as Partial<ArrayLike<unknown>>).length ?? value.byteLength})`;
  if (value !== null && typeof value === "object") {
    const name = value.constructor?.name;
    return name && name !== "Object" ? `a ${name}` : `{ ${Object.keys(value).slice(0, 6).join(", ")} }`;
  }
  return String(value);
}
