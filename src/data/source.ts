// Where the bytes of a data file come from: a path, a URL, what a page is given by its user, a stream. Read whole or in chunks;
// gzip is known by its first bytes. Nothing here trusts a length that a file states.

import { DataError, EngineError, FormatError, LanewiseError } from "../errors.ts";
import { badOption } from "../options.ts";

/** Where bytes come from. A string is a path (Node, Deno, Bun) or a URL (http:, https:, file:, blob:, data:); in a page it may be
 * relative to the page. A Blob is a File too. */
export type Source =
  | string | URL | Uint8Array | ArrayBuffer | Blob | Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of a chunk of a file or of an array. */
const CHUNK = 1 << 18;
/** Bytes that are given to gzip at once: 1,032 times as many may come out. */
const PACKED = 1 << 16;
/** What a file may have unpacked, where nothing else is said: 1 GiB. */
export const LIMIT = 1 << 30;

const WANTED = "a path, a URL, bytes, a Blob or File, a Response, a stream or an async iterable of Uint8Array";

/** All bytes of a source, as they are. They are the caller's own array if the source is one.
 *
 * @param label The name for messages; else `nameOf(source)`.
 * @param limit Most bytes; default without limit.
 * @throws DataError where nothing can be read, or more than the limit; OptionError for what is no source.
 * @example
 * (await readBytes(new Blob(["abc"]))).length // → 3
 */
export async function readBytes(source: Source, label = nameOf(source), limit = Infinity): Promise<Bytes> {
  const whole = source instanceof Uint8Array ? source : source instanceof ArrayBuffer ? new Uint8Array(source) : undefined;
  if (whole) {
    if (whole.length > limit) throw tooLarge(label, limit);
    return whole.buffer instanceof ArrayBuffer ? whole as Bytes : new Uint8Array(whole);
  }
  return joined(chunks(source, label), label, limit);
}

/** The bytes of a source in chunks of any size; each iteration reads it anew. A stream, a Response or a generator can be read once.
 *
 * @throws DataError where nothing can be read, or a second time what can be read once; OptionError for what is no source.
 * @example
 * const sizes = [];
 * for await (const chunk of chunksOf(new Blob(["abc"]))) sizes.push(chunk.length);
 * sizes // → [3]
 */
export function chunksOf(source: Source, label = nameOf(source)): AsyncIterable<Bytes> {
  return { [Symbol.asyncIterator]: () => chunks(source, label) };
}

/** A source's name for messages: the last part of a path or URL, a File's name, or "data".
 *
 * @example
 * nameOf("flowers/iris.csv") // → "iris.csv"
 */
export function nameOf(source: Source): string {
  const given = source as { name?: unknown; url?: unknown } | string | null | undefined;
  const place = typeof given === "string" ? given : source instanceof URL ? source.href
    : source instanceof Response ? source.url : typeof given === "object" && typeof given?.name === "string" ? given.name : "";
  if (/^(data|blob):/i.test(place)) return "data";
  const last = (/^[a-z][a-z0-9+.-]+:\/\//i.test(place) ? place.replace(/[?#].*$/, "") : place).replace(/[\\/]+$/, "").split(/[\\/]/).at(-1)!;
  return last.length > 80 ? `${last.slice(0, 77)}...` : last || "data";
}

/** Does a file start as gzip does? */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** A source's bytes, unpacked if they are gzip. `own`: nobody else has this array.
 *
 * @throws FormatError for gzip that is broken, or larger than `limit` when unpacked.
 */
export async function readUnpacked(source: Source, limit = LIMIT): Promise<{ bytes: Bytes; name: string; own: boolean }> {
  const name = nameOf(source), bytes = await readBytes(source, name, limit);
  if (isGzip(bytes)) return { bytes: await joined(gunzip(chunks(bytes, name), name, limit), name, limit), name, own: true };
  // an iterable's chunk may be the caller's, and come as it is
  return { bytes, name, own: typeof source === "string" || source instanceof URL || source instanceof Blob || source instanceof Response };
}

/** A source's bytes in chunks, unpacked if they are gzip. */
export async function* unpackedChunks(source: Source, name: string, limit: number): AsyncGenerator<Bytes> {
  const iterator = chunks(source, name);
  try {
    // the first two bytes may come alone
    let head: Bytes = new Uint8Array(0);
    while (head.length < 2) {
      const { value, done } = await iterator.next();
      if (done) break;
      head = head.length ? concat([head, value], head.length + value.length) : value;
    }
    const all = (async function* () {
      if (head.length) yield head;
      yield* iterator;
    })();
    if (isGzip(head)) return yield* gunzip(all, name, limit);
    let total = 0;
    for await (const chunk of all) {
      total += chunk.length;
      if (total > limit) throw tooLarge(name, limit);
      yield chunk;
    }
  } finally {
    await iterator.return(undefined);
  }
}

/** The error for a package that has to be installed. */
export function missingPackage(of: string, name: string, cause: unknown): EngineError {
  return new EngineError("missing-package", { of, problem: `wants the package ${name}`, fix: `npm install ${name}`, package: name, cause });
}

/** Several arrays in one. */
export function concat(parts: readonly Uint8Array[], length: number): Bytes {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function joined(parts: AsyncIterable<Bytes>, name: string, limit: number): Promise<Bytes> {
  const all: Bytes[] = [];
  let length = 0;
  for await (const part of parts) {
    length += part.length;
    if (length > limit) throw tooLarge(name, limit);
    all.push(part);
  }
  return all.length === 1 ? all[0]! : concat(all, length);
}

function tooLarge(name: string, limit: number): DataError {
  return new DataError("too-large", { of: name, problem: `has more than ${limit} bytes`, fix: "raise the option limit", limit });
}

function unreadable(name: string, problem: string, cause?: unknown): DataError {
  return new DataError("unreadable", { of: name, problem, cause });
}

/** Streams and generators that were read. */
const taken = (): WeakSet<object> => (read ??= new WeakSet());
let read: WeakSet<object> | undefined;

/** What can be read once, marked as read. */
function once<T extends object>(source: T, name: string, used: boolean): T {
  if (used || taken().has(source)) throw unreadable(name, "was read before; a stream can be read once: give a path, a URL, bytes or a Blob");
  taken().add(source);
  return source;
}

async function* chunks(source: Source, name: string): AsyncGenerator<Bytes> {
  if (typeof source === "string" || source instanceof URL) return yield* located(source, name);
  if (source instanceof ArrayBuffer) return yield* cut(new Uint8Array(source));
  if (source instanceof Uint8Array) return yield* cut(source);
  if (source instanceof Blob) return yield* streamed(source.stream(), name);
  if (source instanceof Response) {
    once(source, name, source.bodyUsed);
    if (!source.ok) throw unreadable(name, `HTTP status ${source.status}`);
    return source.body ? yield* streamed(source.body, name) : undefined;
  }
  if (source instanceof ReadableStream) return yield* streamed(once(source, name, source.locked), name);
  if (typeof (source as AsyncIterable<Uint8Array> | undefined)?.[Symbol.asyncIterator] !== "function") throw badOption("source", source, WANTED);
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> & object;
  // a generator gives itself, and would be empty the second time
  if ((iterator as unknown) === source) once(source, name, false);
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield* cut(wantBytes(next.value, name));
  } finally {
    await iterator.return?.();
  }
}

function wantBytes(chunk: unknown, name: string): Uint8Array {
  if (!(chunk instanceof Uint8Array)) throw new DataError("bad-chunk", { of: name, wanted: "chunks that are Uint8Array", got: chunk });
  return chunk;
}

/** Pieces that can be worked on at once. */
function* cut(bytes: Uint8Array, size = CHUNK): Generator<Bytes> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size) as Bytes;
}

async function* streamed(stream: ReadableStream<Uint8Array>, name: string): AsyncGenerator<Bytes> {
  const reader = stream.getReader();
  let whole = false;
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error: unknown) => {
        throw error instanceof LanewiseError ? error : unreadable(name, String((error as Error)?.message ?? error), error);
      });
      if (done) break;
      yield* cut(wantBytes(value, name));
    }
    whole = true;
  } finally {
    if (!whole) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

interface Host {
  readonly process?: { readonly versions?: { readonly node?: string }; readonly type?: string; getBuiltinModule?(name: string): any };
}

/** node:fs/promises, as far as it is used. */
interface Files {
  open(place: string | URL, flags: "r"): Promise<{
    read(buffer: Bytes, offset: number, length: number): Promise<{ bytesRead: number; buffer: Bytes }>;
    close(): Promise<void>;
  }>;
}

/** A path, or what a URL leads to. */
async function* located(place: string | URL, name: string): AsyncGenerator<Bytes> {
  const { process } = globalThis as unknown as Host;
  const files: Files | undefined = process?.versions?.node && process.type !== "renderer" ? process.getBuiltinModule?.("node:fs/promises") : undefined;
  const url = typeof place !== "string" || /^(https?|file|blob|data):/i.test(place), local = !url || /^file:/i.test(String(place));
  if (files && local) return yield* stored(files, url ? new URL(place) : place as string, name);
  let response: Response;
  try {
    response = await fetch(place);
  } catch (error) {
    throw unreadable(name, local ? "a path wants Node.js, Deno or Bun; a page can give a URL, a File or bytes" : `cannot be fetched: ${(error as Error).message}`, error);
  }
  if (!response.ok) throw unreadable(name, `HTTP status ${response.status}`);
  if (response.body) yield* streamed(response.body, name);
}

async function* stored(files: Files, place: string | URL, name: string): AsyncGenerator<Bytes> {
  const failed = (error: Error & { code?: string }): never => {
    throw unreadable(name, error.code === "ENOENT" ? `there is no file ${JSON.stringify(String(place))}` : error.message, error);
  };
  const file = await files.open(place, "r").catch(failed);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK), 0, CHUNK).catch(failed);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* gunzip(packed: AsyncIterable<Bytes>, name: string, limit: number): AsyncGenerator<Bytes> {
  const { readable, writable } = new DecompressionStream("gzip"), writer = writable.getWriter(), reader = readable.getReader();
  let trouble: unknown, ended = false;
  writer.closed.catch(() => {});
  const feeding = (async () => {
    try {
      for await (const chunk of packed)
        for (const piece of cut(chunk, PACKED)) {
          if (ended) return;
          await writer.write(piece);
        }
      await writer.close();
    } catch (error) {
      trouble ??= error;
      await writer.abort(error).catch(() => {});
    }
  })();
  try {
    for (let total = 0;;) {
      const { value, done } = await reader.read();
      if (done) break;
      total += value.length;
      if (total > limit)
        throw new FormatError("too-large", { of: name, problem: `has more than ${limit} bytes when unpacked`, fix: "raise the option limit", limit });
      yield value as Bytes;
    }
    await feeding;
    if (trouble) throw trouble;
  } catch (error) {
    const cause = trouble ?? error;
    if (error instanceof LanewiseError) throw error;
    if (cause instanceof LanewiseError) throw cause;
    throw new FormatError("bad-gzip", { of: name, problem: "the gzip data are broken or cut off", cause });
  } finally {
    ended = true;
    await reader.cancel().catch(() => {});
    await writer.abort().catch(() => {});
  }
}
