// Where the checkpoints of runs are kept: in the browser, or in memory, and gone with the page.

import { memoryStore } from "../../index.ts";
import { hasIndexedDB, indexedDBStore, removeIndexedDB } from "../../runs/browser.ts";
import type { Place, StoreKind } from "../../runs/place.ts";
import type { Store } from "../../runs/store.ts";

export interface Places {
  /** Of a run. */
  of(id: string): { readonly place: Place; readonly store?: StoreKind };
  /** To fill it, while no run is at work there; or to read it. */
  open(id: string, reading?: boolean): Promise<Store>;
  remove(id: string): Promise<void>;
}

const nameOf = (id: string): string => `lanewise-trainer/${id}`;

/** In the browser. */
export const storedPlaces: Places = {
  of: (id) => ({ place: nameOf(id), store: "indexeddb" }),
  open: (id, reading) => indexedDBStore(nameOf(id), reading),
  remove: (id) => removeIndexedDB(nameOf(id)),
};

/** In memory. */
export function memoryPlaces(): Places {
  const stores = new Map<string, Store>();
  const storeOf = (id: string): Store => {
    const store = stores.get(id) ?? memoryStore();
    stores.set(id, store);
    return store;
  };
  return { of: (id) => ({ place: storeOf(id) }), open: async (id) => storeOf(id), remove: async (id) => void stores.delete(id) };
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
