// What every store does, whatever keeps its bytes. The browser's run it too: test/runtimes/entries/stores.js.

/** Throws unless a store is what keepRun relies on; `reopen` gives the same place again. Plain code, for it runs in pages as well. */
export async function trySuite(store: Store, reopen: () => Promise<Store>): Promise<string[]> {
  const done: string[] = [];
  const same = (a: unknown, b: unknown, what: string): void => {
    if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error(`${what}: got ${JSON.stringify(a)}, wanted ${JSON.stringify(b)}`);
    done.push(what);
  };
  const list = (bytes: Uint8Array | undefined): number[] | undefined => bytes && [...bytes];
  const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 24);

  same(await store.list(), [], "a new place is empty");
  same(list(await store.get("nothing")), undefined, "what is not there is undefined");
  await store.put("b.json", new Uint8Array([1, 2, 3]));
  await store.put("a-000.bin", large);
  same(await store.list(), ["a-000.bin", "b.json"], "names are listed, sorted");
  same(list(await store.get("b.json")), [1, 2, 3], "bytes come back");
  for (let i = 0; i < 5; i++) {
    await store.put("b.json", new Uint8Array(i).fill(i));
    same(list(await store.get("b.json")), Array(i).fill(i), `put again, the ${i + 1}th time`);
  }
  const mine = new Uint8Array([7, 7]), part = new Uint8Array([0, 9, 8, 0]).subarray(1, 3);
  await store.put("mine", mine);
  mine[0] = 1;
  same(list(await store.get("mine")), [7, 7], "what the caller does to his bytes later is his own");
  await store.put("part", part);
  same(list(await store.get("part")), [9, 8], "a part of a buffer is that part");
  const got = await store.get("part");
  got![0] = 1;
  same(list(await store.get("part")), [9, 8], "what is given is a copy");
  for (const name of ["", ".hidden", "../up", "a/b", "a\\b", "a\0", "x".repeat(200)]) {
    const refused = await store.put(name, mine).then(() => "", (error: { code?: string }) => error.code);
    same(refused, "bad-option", `the name ${JSON.stringify(name.slice(0, 9))} is refused`);
  }
  await store.remove("mine");
  await store.remove("mine");
  same(await store.list(), ["a-000.bin", "b.json", "part"], "what is removed is gone, and may be removed again");
  await store.close();
  const again = await reopen();
  same(await again.list(), ["a-000.bin", "b.json", "part"], "the names are there when it is opened again");
  same(list(await again.get("a-000.bin")), list(large), "and the bytes");
  await again.close();
  return done;
}

interface Store {
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array | undefined>;
  list(): Promise<string[]>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}
