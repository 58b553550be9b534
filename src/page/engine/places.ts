// Where the checkpoints of runs are kept.

import { memoryStore } from "../../index.ts";
import type { Place, StoreKind } from "../../runs/place.ts";
import { hasIndexedDB, removeIndexedDB } from "../../runs/browser.ts";

export interface Places {
  /** Of a run. */
  of(id: string): { readonly place: Place; readonly store?: StoreKind };
  remove(id: string): Promise<void>;
}

const nameOf = (id: string): string => `lanewise-trainer/${id}`;

/** In the browser. */
export const storedPlaces: Places = { of: (id) => ({ place: nameOf(id), store: "indexeddb" }), remove: (id) => removeIndexedDB(nameOf(id)) };

/** In memory: they go with the page. */
export function memoryPlaces(): Places {
  const stores = new Map<string, Place>();
  return {
    of(id) {
      const place = stores.get(id) ?? memoryStore();
      stores.set(id, place);
      return { place };
    },
    remove: async (id) => void stores.delete(id),
  };
}

export const usualPlaces = (): Places => (hasIndexedDB() ? storedPlaces : memoryPlaces());
