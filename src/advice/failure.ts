// What goes wrong with people's data, before the library sees them.

import type { Details } from "../errors.ts";

/** A call that is wrong: the command line ends with exit code 2. */
export class UsageError extends Error {}

/** An error of data, with a code and details, by which a page tells it in another language. */
export function failed(path: string, problem: string, code = "no-data", details: Details = {}): Error {
  return Object.assign(new Error(`${path}: ${problem}`), { code, details: { of: path, ...details } });
}
