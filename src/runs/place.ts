// Which place a run has: a folder where there are folders, else what the browser keeps for the page.

import { EngineError } from "../errors.ts";
import { badOption, wantOneOf } from "../options.ts";
import { hasIndexedDB, hasOPFS, indexedDBStore, opfsStore } from "./browser.ts";
import { folderStore } from "./files.ts";
import { hasFolders } from "./node.ts";
import { isStore, type Store } from "./store.ts";

/** A path in Node.js, Deno and Bun; a name in browsers; or a store of one's own. */
export type Place = string | Store;

export type StoreKind = "files" | "opfs" | "indexeddb";

export const STORES: Readonly<Record<StoreKind, (place: string, reading?: boolean) => Promise<Store>>> = {
  files: folderStore, opfs: opfsStore, indexeddb: indexedDBStore,
};

/** The place and the kind of store, checked. */
export function wantPlace(of: string, place: unknown, kind: unknown): asserts place is Place {
  if (!isStore(place) && (typeof place !== "string" || place === "")) throw badOption("place", place, "a path or a name, or a store such as memoryStore()", { of });
  if (kind !== undefined) wantOneOf(`${of}: store`, kind, Object.keys(STORES));
}

/** Opens a place.
 *
 * @throws StateError if another run is at work there; EngineError if the engine has no such place.
 */
export async function openPlace(place: Place, kind: StoreKind | undefined, reading = false): Promise<Store> {
  if (isStore(place)) return place;
  const found = kind ?? (hasFolders() ? "files" : hasOPFS() ? "opfs" : hasIndexedDB() ? "indexeddb" : undefined);
  if (!found)
    throw new EngineError("no-store", { of: "keepRun", problem: "this engine has neither folders nor a file system for pages nor IndexedDB", fix: "give memoryStore(), or a store of your own" });
  return STORES[found](place, reading);
}
