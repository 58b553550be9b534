// A run in memory: for tests, and for engines at the edge, which have no other place.

import { type Store, wantPlainName } from "./store.ts";

/** A place in memory for keepRun: it lives as long as this object.
 *
 * @example
 * const store = memoryStore();
 * await store.put("a.json", new Uint8Array([1, 2]));
 * await store.get("a.json") // → [1, 2]
 */
export function memoryStore(): Store {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    name: "memory",
    put: async (name, bytes) => void files.set(wantPlainName(name), new Uint8Array(bytes)),
    get: async (name) => files.get(name)?.slice(),
    list: async () => [...files.keys()].sort(),
    remove: async (name) => void files.delete(name),
    close: async () => {},
  };
}
