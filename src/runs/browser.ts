// Runs in a browser: its own file system (OPFS), else IndexedDB. One tab at a time has a run, by a lock (Web Locks) that the browser
// gives free when the tab dies.
//
// File System Standard, https://fs.spec.whatwg.org/ (2024); Indexed Database API 3.0, https://www.w3.org/TR/IndexedDB/ (2023).

import { EngineError } from "../errors.ts";
import { type SlotFiles, slotStore } from "./slots.ts";
import { busy, storageError, type Store, wantPlainName } from "./store.ts";

/** What is not yet in TypeScript's library, or only for workers. */
interface AccessHandle {
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}
type FileHandle = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<AccessHandle> };
type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterableIterator<string> };

/** Does this engine have a file system of its own for the page? */
export const hasOPFS = (): boolean => typeof globalThis.navigator?.storage?.getDirectory === "function";

export const hasIndexedDB = (): boolean => typeof globalThis.indexedDB?.open === "function";

/** Holds a run's lock until it is given back; pages of http: have none, and no second tab is seen.
 *
 * @throws StateError if another tab or worker has it.
 */
async function takeLock(run: string, name: string): Promise<() => Promise<void>> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return async () => {};
  return new Promise((resolve, reject) => {
    const done: Promise<unknown> = locks.request(`lanewise run ${run}`, { ifAvailable: true }, (lock) =>
      lock ? new Promise<void>((release) => resolve(async () => {
        release();
        await done; // it is free when this has come back
      })) : reject(busy(name, "another tab or worker")));
    done.catch(reject);
  });
}

/** Opens a run in the browser's own file system, in the folder lanewise/`run`.
 *
 * @throws StateError if another run has it; StorageError if the browser refuses.
 */
export async function opfsStore(run: string, reading = false): Promise<Store> {
  const name = `the run ${run} in the browser's file system`;
  if (!hasOPFS()) throw new EngineError("no-opfs", { of: "keepRun", problem: "this engine has no file system for pages (navigator.storage.getDirectory)" });
  const release = reading ? async () => {} : await takeLock(run, name);
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await (await root.getDirectoryHandle("lanewise", { create: true })).getDirectoryHandle(folderName(run), { create: true }) as Folder;
    return slotStore(name, opfsFiles(folder, name, release));
  } catch (error) {
    await release();
    throw storageError(name, "open", error);
  }
}

/** A run's name may have what a folder's name may not. */
const folderName = (run: string): string => encodeURIComponent(run).replace(/^\.+$/, (dots) => dots.replaceAll(".", "%2E"));

function opfsFiles(folder: Folder, name: string, release: () => Promise<void>): SlotFiles {
  const attempt = async <T>(did: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storageError(name, did, error);
    }
  };
  return {
    read: (file) => attempt(`read ${file}`, async () => {
      try {
        return new Uint8Array(await (await (await folder.getFileHandle(file)).getFile()).arrayBuffer());
      } catch (error) {
        if ((error as { name?: string }).name === "NotFoundError") return undefined;
        throw error;
      }
    }),
    write: (file, bytes) => attempt(`write ${file}`, async () => {
      const handle = await folder.getFileHandle(file, { create: true }) as FileHandle;
      if (handle.createSyncAccessHandle) {
        const access = await handle.createSyncAccessHandle();
        try {
          access.truncate(0);
          for (let at = 0; at < bytes.length;) {
            const written = access.write(bytes.subarray(at), { at });
            if (!(written > 0)) throw Object.assign(new Error("it takes no more bytes"), { code: "ENOSPC" });
            at += written;
          }
          access.flush();
        } finally {
          access.close();
        }
      } else {
        const stream = await handle.createWritable();
        try {
          await stream.write(bytes as Uint8Array<ArrayBuffer>);
        } catch (error) {
          await stream.abort().catch(() => {});
          throw error;
        }
        await stream.close();
      }
    }),
    remove: (file) => attempt(`remove ${file}`, () => folder.removeEntry(file).catch((error: { name?: string }) => {
      if (error.name !== "NotFoundError") throw error;
    })),
    list: () => attempt("list", async () => {
      const names: string[] = [];
      for await (const file of folder.keys()) names.push(file);
      return names;
    }),
    close: release,
  };
}

const FILES = "files", databaseOf = (run: string): string => `lanewise run ${run}`;

/** Opens a run in IndexedDB, in a database of its own.
 *
 * @throws StateError if another run has it; StorageError if the browser refuses.
 */
export async function indexedDBStore(run: string, reading = false): Promise<Store> {
  const name = `the run ${run} in IndexedDB`;
  if (!hasIndexedDB()) throw new EngineError("no-indexeddb", { of: "keepRun", problem: "this engine has no IndexedDB" });
  const release = reading ? async () => {} : await takeLock(run, name);
  const asked = <T>(request: IDBRequest<T>): Promise<T> => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let database: IDBDatabase;
  try {
    const opening = indexedDB.open(databaseOf(run), 1);
    opening.onupgradeneeded = () => void opening.result.createObjectStore(FILES);
    database = await asked(opening);
  } catch (error) {
    await release();
    throw storageError(name, "open", error);
  }
  /** One transaction; it is done when the disk has it ("strict"). */
  const within = async <T>(did: string, mode: "readonly" | "readwrite", work: (files: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    try {
      const transaction = database.transaction(FILES, mode, { durability: "strict" });
      const done = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
      done.catch(() => {}); // the request may tell first
      const result = await asked(work(transaction.objectStore(FILES)));
      await done;
      return result;
    } catch (error) {
      throw storageError(name, did, error);
    }
  };
  return {
    name,
    put: async (file, bytes) => void await within(`write ${wantPlainName(file)}`, "readwrite", (files) => files.put(bytes, file)),
    get: async (file) => {
      const found: unknown = await within(`read ${wantPlainName(file)}`, "readonly", (files) => files.get(file));
      return found instanceof Uint8Array ? new Uint8Array(found) : undefined;
    },
    list: async () => (await within("list", "readonly", (files) => files.getAllKeys())).map(String).sort(),
    remove: async (file) => void await within(`remove ${wantPlainName(file)}`, "readwrite", (files) => files.delete(file)),
    async close() {
      database.close();
      await release();
    },
  };
}

/** Names of the runs in IndexedDB; of an engine that does not tell its databases, none. */
export async function indexedDBRuns(): Promise<string[]> {
  const before = databaseOf("");
  return (await indexedDB.databases?.() ?? []).flatMap(({ name }) => (name?.startsWith(before) ? [name.slice(before.length)] : []));
}

/** Removes a run from IndexedDB, with its database.
 *
 * @throws StorageError if the browser refuses.
 */
export async function removeIndexedDB(run: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(databaseOf(run));
    request.onsuccess = () => resolve();
    request.onerror = () => reject(storageError(`the run ${run} in IndexedDB`, "remove", request.error));
  });
}
