// What is kept between visits, in IndexedDB: values under names.

const open = new Promise<IDBDatabase>((resolve, reject) => {
  const request = indexedDB.open("teach-it-your-drawings", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("values");
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function ask<T>(mode: IDBTransactionMode, make: (values: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const transaction = (await open).transaction("values", mode), request = make(transaction.objectStore("values"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** undefined too where the browser keeps nothing. */
export const load = <T>(name: string): Promise<T | undefined> => ask<T | undefined>("readonly", (values) => values.get(name)).catch(() => undefined);
export const save = (name: string, value: unknown): Promise<unknown> => ask("readwrite", (values) => values.put(value, name));
export const clear = (): Promise<unknown> => ask("readwrite", (values) => values.clear());
