// Where the checkpoints of runs are kept: in the browser, or in memory, and gone with the page.

import { memoryStore, StorageError } from "../../index.ts";
import { hasIndexedDB, indexedDBRuns, indexedDBStore, removeIndexedDB } from "../../runs/browser.ts";
import type { Place, StoreKind } from "../../runs/place.ts";
import type { Store } from "../../runs/store.ts";

export interface Places {
  /** Of a run. */
  of(id: string): Promise<RunPlace>;
  /** To fill it, while no run is at work there; or to read it. */
  open(id: string, reading?: boolean): Promise<Store>;
  remove(id: string): Promise<void>;
}

export interface RunPlace {
  readonly place: Place;
  readonly store?: StoreKind;
}

const PREFIX = "lanewise-trainer/";

/** In the browser; a run that it does not take is told of, and kept in memory. */
export function storedPlaces(refused: (id: string, error: StorageError) => void): Places {
  const memory = memoryPlaces(), homeless = new Set<string>();
  return {
    async of(id) {
      if (homeless.has(id)) return memory.of(id);
      try {
        await (await indexedDBStore(PREFIX + id, true)).close();
        return { place: PREFIX + id, store: "indexeddb" };
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        homeless.add(id);
        refused(id, error);
        return memory.of(id);
      }
    },
    open: (id, reading) => (homeless.has(id) ? memory.open(id) : indexedDBStore(PREFIX + id, reading)),
    remove: (id) => (homeless.delete(id) ? memory.remove(id) : removeIndexedDB(PREFIX + id)),
  };
}

/** Runs that have a place in the browser, those of earlier visits too. */
export const storedRuns = async (): Promise<string[]> => (await indexedDBRuns()).flatMap((name) => (name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []));

/** In memory. */
export function memoryPlaces(): Places {
  const stores = new Map<string, Store>();
  const storeOf = (id: string): Store => {
    const store = stores.get(id) ?? memoryStore();
    stores.set(id, store);
    return store;
  };
  return { of: async (id) => ({ place: storeOf(id) }), open: async (id) => storeOf(id), remove: async (id) => void stores.delete(id) };
}

/** All files of one place, to another. */
export async function copy(id: string, from: Places, to: Places): Promise<void> {
  const source = await from.open(id, true), target = await to.open(id);
  try {
    for (const name of await source.list()) {
      const bytes = await source.get(name);
      if (bytes) await target.put(name, bytes);
    }
  } finally {
    await source.close();
    await target.close();
  }
}

export const canStore = (): boolean => hasIndexedDB();
