// Where a run lives: a folder, a browser's own file system, IndexedDB, memory, or a place of the user's own. All of them are this
// small thing, so that what a run promises is promised by whoever keeps the bytes.

import { sha256 } from "@noble/hashes/sha2.js";
import { OptionError, StateError, StorageError } from "../errors.ts";

/** A place for named bytes. Names are of letters, digits, "." and "-". */
export interface Store {
  /** What it is, for messages: "the folder runs/digits". */
  readonly name: string;
  /** Resolves when the bytes are safe: from then on get() gives them, whatever is killed. Until then, and if it fails, get() gives
   * what was there before. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** The bytes, or undefined if there are none of this name, or none that are whole. */
  get(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** All names, sorted. */
  list(): Promise<string[]>;
  /** That there is nothing of this name is no error. */
  remove(name: string): Promise<void>;
  /** Gives the place free for others. */
  close(): Promise<void>;
}

/** Is it a place of the user's own? */
export function isStore(value: unknown): value is Store {
  const given = value as Partial<Store> | null;
  return typeof given === "object" && typeof given?.name === "string" && (["put", "get", "list", "remove", "close"] as const).every((name) => typeof given[name] === "function");
}

/** Throws for a name that a folder could read as something else. */
export function wantPlainName(name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{0,120}$/i.test(name))
    throw new OptionError("bad-option", { of: "store", option: "name", wanted: 'letters, digits, "." and "-", the first a letter or a digit', got: name });
  return name;
}

const FULL = /^(ENOSPC|EDQUOT|EFBIG|QuotaExceededError)$/;
const READ_ONLY = /^(EACCES|EPERM|EROFS|NotAllowedError|NoModificationAllowedError|SecurityError|NotCapable|PermissionDenied)$/;

/** An engine's error as one of ours, with a code that says whether it may pass. */
export function storageError(store: string, did: string, error: unknown): StorageError | StateError {
  if (error instanceof StorageError || error instanceof StateError) return error;
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: unknown; message?: unknown }, words = [code, name].map(String);
  const [kind, what] = words.some((word) => FULL.test(word)) ? ["storage-full", "it is full"] as const
    : words.some((word) => READ_ONLY.test(word)) ? ["storage-read-only", "it may not be written to"] as const : ["storage-failed", "it failed"] as const;
  return new StorageError(kind, { of: store, problem: `${did}: ${what} (${String(message ?? error)})`, cause: error });
}

/** The error for a place in which another run is at work. */
export function busy(store: string, who: string): StateError {
  return new StateError("run-busy", { of: store, problem: `${who} trains there`, fix: "wait for its end, or take another place" });
}

/** SHA-256 of bytes: by the engine where it has one, for that is off this thread. */
export async function digest(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = (globalThis.crypto ?? {}) as Partial<Crypto>;
  return new Uint8Array(subtle ? await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>) : sha256(bytes));
}
