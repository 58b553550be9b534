// Every error of the library is a LanewiseError with a stable code, so that a program can react to it and a page can
// tell it in another language. A message says what was wrong, what was given, what is wanted, and how to mend it.

/** What an error is about; which fields are there depends on the code. */
export interface Details {
  /** The layer, by the name it has in `model.parameters` and `model.summary()`. */
  layer?: string;
  /** The option or argument. */
  option?: string;
  got?: unknown;
  wanted?: unknown;
  [more: string]: unknown;
}

/** The base of all errors that lanewise throws: `code` never changes between versions, `details` names the parts. */
export class LanewiseError extends Error {
  readonly code: string;
  readonly details: Details;

  constructor(code: string, message: string, details: Details = {}) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
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
/** A training step whose loss or gradients were NaN or infinite; the parameters are those from before the step. */
export class NonFiniteError extends LanewiseError {}

/** A value as a short text for a message. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? value.slice(0, 57) + "..." : value);
  if (typeof value === "function") return value.name ? `function ${value.name}` : "a function";
  if (Array.isArray(value)) {
    const items = value.slice(0, 8).map(show);
    return `[${items.join(", ")}${value.length > 8 ? ", ..." : ""}]`;
  }
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as unknown as ArrayLike<unknown>).length})`;
  if (value !== null && typeof value === "object") {
    const name = value.constructor?.name;
    return name && name !== "Object" ? `a ${name}` : `{ ${Object.keys(value).slice(0, 6).join(", ")} }`;
  }
  return String(value);
}
