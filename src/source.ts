// Where the bytes of a core may come from beside the library: a response, a URL. Loaded when one is given, or threads are wanted.

/** The bytes behind a response or a URL; what is neither is given back.
 *
 * @throws whatever the engine says of it.
 */
export async function bytesOf(source: unknown): Promise<unknown> {
  const response = typeof source === "string" || source instanceof URL ? await load(source) : source;
  if (!(response instanceof Response)) return response;
  if (!response.ok) throw new Error(`HTTP ${response.status} for ${response.url}`);
  return response.clone().arrayBuffer(); // another model may read it again
}

/** What lies at a URL; Node.js fetches no files. */
async function load(url: string | URL): Promise<Response | Uint8Array> {
  const { process } = globalThis as unknown as { process?: { getBuiltinModule?: (name: string) => any } };
  if (/^file:/.test(String(url)) && process?.getBuiltinModule) return process.getBuiltinModule("node:fs/promises").readFile(new URL(url));
  return fetch(url);
}

/** Bytes of the import env.memory, up to its limits: a flag byte follows, 1 for a memory of its own and 3 for a shared one. */
const ENTRY = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2];

/** The core for a shared memory: one bit. What is no core is given back. */
export function forSharedMemory(source: ArrayBuffer | Uint8Array): Uint8Array {
  const bytes = new Uint8Array(source).slice(), at = bytes.findIndex((_, i) => ENTRY.every((byte, j) => bytes[i + j] === byte));
  if (at >= 0) bytes[at + ENTRY.length] = 3;
  return bytes;
}
