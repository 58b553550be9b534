// The places where runs live: one suite for all of them, what is torn, and who else is there. Those of browsers are tried in a
// browser by browser.test.ts; here, their slots.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/index.ts";
import { folderStore } from "../../src/runs/files.ts";
import { packSlot, type SlotFiles, slotStore, unpackSlot } from "../../src/runs/slots.ts";
import { temporary } from "../runtimes/project.ts";
import { trySuite } from "./suite.ts";

let place: ReturnType<typeof temporary>;
beforeAll(() => void (place = temporary()));
afterAll(() => place.remove());

/** Files in memory that tear: what is written when `left` bytes are used up stops there. */
function tornFiles(files = new Map<string, Uint8Array>(), left = Infinity): SlotFiles & { files: typeof files } {
  return {
    files,
    read: async (file) => files.get(file),
    async write(file, bytes) {
      const taken = Math.min(left, bytes.length);
      left -= taken;
      files.set(file, bytes.slice(0, taken));
      if (taken < bytes.length) throw new Error("killed");
    },
    remove: async (file) => void files.delete(file),
    list: async () => [...files.keys()],
    close: async () => {},
  };
}

describe("the suite of all stores", () => {
  test("memory", async () => {
    const store = memoryStore();
    expect(await trySuite(store, async () => store)).toHaveLength(22);
  });

  test("a folder, which is made with those above it", async () => {
    const folder = join(place.folder, "deep/down/run"), store = await folderStore(folder);
    expect(await trySuite(store, () => folderStore(folder))).toHaveLength(22);
    expect(readdirSync(folder).sort()).toEqual(["a-000.bin", "b.json", "part"]); // no lock, nothing unfinished
  });

  test("two slots", async () => {
    const files = tornFiles();
    expect(await trySuite(slotStore("slots", files), async () => slotStore("slots", files))).toHaveLength(22);
  });
});

describe("slots", () => {
  test("what comes back is what was put last, wherever the writing is cut off", async () => {
    const before = Uint8Array.from([5, 6, 7]), after = Uint8Array.from([8, 9, 10, 11]), whole = 64 + after.length;
    for (const puts of [1, 2, 3])
      for (let cut = 0; cut <= whole; cut++) {
        const sound = tornFiles();
        for (let i = 0; i < puts; i++) await slotStore("slots", sound).put("name", before);
        const torn = tornFiles(new Map(sound.files), cut);
        await slotStore("slots", torn).put("name", after).catch(() => {});
        const [got, again] = [await slotStore("slots", torn).get("name"), slotStore("slots", tornFiles(torn.files))];
        expect([cut, ...got!]).toEqual([cut, ...(cut < whole ? before : after)]);
        await again.put("name", after); // and writing goes on
        expect([...(await again.get("name"))!]).toEqual([...after]);
      }
  });

  test("one that is altered anywhere is none", async () => {
    const slot = await packSlot(3, Uint8Array.from({ length: 40 }, (_, i) => i));
    expect(await unpackSlot(slot)).toMatchObject({ sequence: 3 });
    for (let at = 0; at < slot.length; at++) {
      const altered = slot.slice();
      altered[at]! ^= 1 << at % 8;
      expect(await unpackSlot(altered), `byte ${at}`).toBeUndefined();
    }
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => (await unpackSlot(bytes)) === undefined), { numRuns: 300 });
  });
});

describe("a folder", () => {
  test("has what killed writers left swept away when it is opened, and nothing else", async () => {
    const folder = join(place.folder, "swept");
    mkdirSync(folder);
    for (const name of [".new-0-checkpoint", ".new-12-manifest.json", "notes.txt", ".gitignore"]) writeFileSync(join(folder, name), "half");
    const store = await folderStore(folder);
    expect(readdirSync(folder).filter((name) => !/^\.(lock|held)-/.test(name)).sort()).toEqual([".gitignore", "notes.txt"]);
    await store.close();
  });

  test("is had by one at a time in this process, and given back", async () => {
    const folder = join(place.folder, "ours"), first = await folderStore(folder);
    await expect(folderStore(folder)).rejects.toMatchObject({ name: "StateError", code: "run-busy" });
    expect(await (await folderStore(folder, true)).list()).toEqual([]); // reading wants no lock
    await first.close();
    await (await folderStore(folder)).close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("that another has taken is written to no more", async () => {
    const folder = join(place.folder, "taken"), store = await folderStore(folder);
    await store.put("a", Uint8Array.of(1));
    for (const name of readdirSync(folder).filter((name) => name.startsWith(".lock-"))) rmSync(join(folder, name));
    await expect(store.put("a", Uint8Array.of(2))).rejects.toMatchObject({ code: "run-taken" });
    expect([...readFileSync(join(folder, "a"))]).toEqual([1]);
    await store.close();
  });

  test("that was removed is made again, unless another has it by then", async () => {
    const folder = join(place.folder, "removed"), store = await folderStore(folder);
    await store.put("a", Uint8Array.of(1));
    rmSync(folder, { recursive: true });
    await store.put("b", Uint8Array.of(2));
    expect(await store.list()).toEqual(["b"]);
    rmSync(folder, { recursive: true });
    const other = await folderStore(folder);
    await expect(store.put("c", Uint8Array.of(3))).rejects.toMatchObject({ code: "run-busy" });
    await other.put("d", Uint8Array.of(4));
    await other.close();
    await expect(store.put("c", Uint8Array.of(3))).rejects.toMatchObject({ code: "run-taken" });
    expect(await store.list()).toEqual(["d"]); // a run of another is there
    await store.close();
    expect(readdirSync(folder)).toEqual(["d"]);
  });

  test("whose path is a file is an error that says so", async () => {
    const file = join(place.folder, "file");
    writeFileSync(file, "");
    await expect(folderStore(file)).rejects.toThrow(/no folder/);
  });

  describe("with another process", () => {
    const children: ChildProcess[] = [];
    afterAll(() => children.forEach((child) => child.kill("SIGKILL")));

    /** A process that lives and does nothing. */
    const other = async (): Promise<ChildProcess> => {
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log()"], { stdio: ["ignore", "pipe", "ignore"] });
      children.push(child);
      await new Promise((resolve) => child.stdout!.once("data", resolve));
      return child;
    };
    /** The lock that a process would have, in the place of ours. */
    const lockOf = async (folder: string, change: (parts: string[]) => void): Promise<string> => {
      const store = await folderStore(folder), own = readdirSync(folder).find((name) => name.startsWith(".lock-"))!;
      await store.close();
      const parts = own.split("-");
      change(parts);
      const name = parts.join("-"), token = parts.at(-1);
      for (const file of [name, `.held-${token}`]) writeFileSync(join(folder, file), "");
      return name;
    };
    const startOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[19]!;
    const linux = existsSync("/proc/self/stat");

    test.skipIf(!linux)("that lives, it is busy; killed, it is free at once", async () => {
      const folder = join(place.folder, "theirs"), child = await other();
      await lockOf(folder, (parts) => parts.splice(3, 3, String(child.pid), startOf(child.pid!), "0".repeat(16)));
      await expect(folderStore(folder)).rejects.toThrow(`process ${child.pid} trains there`);
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
      await (await folderStore(folder)).close();
      expect(readdirSync(folder)).toEqual([]);
    });

    test.skipIf(!linux)("whose number another has got since, it is free", async () => {
      const folder = join(place.folder, "reused"), child = await other();
      await lockOf(folder, (parts) => parts.splice(3, 3, String(child.pid), "12345", "0".repeat(16)));
      await (await folderStore(folder)).close();
    });

    test("of before the machine was started again, it is free", async () => {
      const folder = join(place.folder, "rebooted");
      await lockOf(folder, (parts) => parts.splice(2, 1, "00000000") && parts.splice(5, 1, "0".repeat(16)));
      await (await folderStore(folder)).close();
    });

    test("of another machine, it is busy as long as its heart beats", async () => {
      const folder = join(place.folder, "remote");
      const name = await lockOf(folder, (parts) => parts.splice(1, 1, "00000000") && parts.splice(5, 1, "0".repeat(16)));
      let beats = 0;
      const beating = setInterval(() => utimesSync(join(folder, name), 0, ++beats), 50);
      await expect(folderStore(folder)).rejects.toMatchObject({ code: "run-busy" });
      clearInterval(beating);
      await (await folderStore(folder)).close(); // in 10 s
    });

    test("of two threads that come at once, or two machines, one gets it, and keeps it", async () => {
      const folder = join(place.folder, "threads");
      mkdirSync(folder);
      // what a thread has of this module is its own
      const threads = [(await import("../../src/runs/lock.ts")).takeLock];
      vi.resetModules();
      threads.push((await import("../../src/runs/lock.ts")).takeLock);
      expect(threads[0]).not.toBe(threads[1]);
      const locks = await Promise.allSettled(threads.map((takeLock) => takeLock(folder, "it"))), got = locks.flatMap((it) => (it.status === "fulfilled" ? [it.value] : []));
      expect(locks.map((it) => it.status === "rejected" && it.reason.code).sort()).toEqual([false, "run-busy"]);
      await got[0]!.check(); // nobody has taken it for dead
      await got[0]!.release();
      expect(readdirSync(folder)).toEqual([]);
    });

    test("of two that come at once, one gets it, or none; never both", async () => {
      const folder = join(place.folder, "crowd");
      for (let round = 0; round < 20; round++) {
        const stores = await Promise.allSettled([1, 2, 3, 4].map(() => folderStore(folder))), got = stores.flatMap((it) => (it.status === "fulfilled" ? [it.value] : []));
        expect(got.length).toBe(1);
        await got[0]!.close();
        await pause(1);
      }
    });
  });
});
