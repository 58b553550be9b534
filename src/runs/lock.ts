// One run at a time in a folder. Who wants it puts an empty file there whose name says who he is, and looks for others:
//
//   .lock-<machine>-<boot>-<pid>-<start>-<token>    wants the folder, or has it
//   .held-<token>                                   has it
//
// A folder is had by whoever has seen, after his own file was there, no file of another who lives: of two, at least one sees the other.
// If several come at once, the one with the least token waits for the others to give way. A name is there at once or not at all, so
// that there is no half-written lock; and what a killed process has left is found by its process being gone, or, where that cannot be
// seen, by its heart not beating. Nothing here compares the clocks of two machines.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { StateError } from "../errors.ts";
import { nextTask } from "../yield.ts";
import { builtin, here } from "./node.ts";
import { busy } from "./store.ts";

export interface Lock {
  /** @throws StateError if it has been taken by another. */
  check(): Promise<void>;
  release(): Promise<void>;
}

interface Owner {
  readonly file: string;
  readonly machine: string;
  readonly boot: string;
  readonly pid: number;
  readonly start: string;
  readonly token: string;
}

/** Milliseconds between two beats, and after how many without one a heart has stopped. */
const BEAT = 2000, PATIENCE = 10_000;
/** How often the others of a crowd are looked at before one gives way. */
const LOOKS = 500;

/** Those of this thread. */
const mine = /* @__PURE__ */ new Set<string>();

/** Takes a folder.
 *
 * @throws StateError if another run has it; whatever the engine throws where no file can be made.
 */
export async function takeLock(folder: string, name: string): Promise<Lock> {
  const { open, readdir, rm, stat, utimes } = builtin("node:fs/promises"), { join } = builtin("node:path");
  const me = await owner(), own = join(folder, me.file), held = (token: string): string => `.held-${token}`;
  const remove = (file: string): Promise<void> => rm(join(folder, file), { force: true });
  const create = async (path: string): Promise<void> => (await open(path, "wx")).close();
  let beat: ReturnType<typeof setInterval> | undefined, count = 0;
  const leave = async (): Promise<void> => {
    clearInterval(beat);
    for (const file of [held(me.token), me.file]) await remove(file).catch(() => {});
    mine.delete(me.token); // last: as long as the file is there, others of this thread are to know whose it is
  };
  mine.add(me.token);
  try {
    await create(own);
    // from now on, for two that come at once listen to each other
    beat = setInterval(() => void utimes(own, 0, ++count).catch(() => {}), BEAT); // any other time than before will do
    (beat as { unref?(): void }).unref?.();
    for (let look = 0; ; look++) {
      const names = await readdir(folder), others: Owner[] = [];
      for (const other of names.flatMap((file) => parse(file) ?? [])) {
        if (other.token === me.token) continue;
        if (await lives(other, me, folder)) others.push(other);
        else for (const file of [held(other.token), other.file]) await remove(file);
      }
      if (!others.length) break;
      const holder = others.find(({ token }) => names.includes(held(token)));
      if (holder || look === LOOKS || others.some(({ token }) => token < me.token)) throw busy(name, `process ${(holder ?? others[0]!).pid}`);
      await nextTask();
    }
    await create(join(folder, held(me.token)));
  } catch (error) {
    await leave();
    throw error;
  }
  return {
    async check() {
      const there = await stat(own).then(() => true, (error: { code?: string }) => error.code !== "ENOENT");
      if (!there) throw new StateError("run-taken", { of: name, problem: "its lock is gone: another process has taken it over" });
    },
    release: leave,
  };
}

/** This thread, as an owner of locks. */
async function owner(): Promise<Owner> {
  const { readFile, readlink } = builtin("node:fs/promises"), { pid } = here()!;
  const asked = async (read: () => string | Promise<string>): Promise<string> => {
    try {
      return await read();
    } catch {
      return ""; // not of this platform, or not permitted
    }
  };
  // containers may share a name, but not their processes
  const machine = short(`${await asked(() => builtin("node:os").hostname())} ${await asked(() => readlink("/proc/self/ns/pid"))}`);
  const boot = short(await asked(() => readFile("/proc/sys/kernel/random/boot_id", "utf8"))), start = (await startOf(pid)) || "0";
  const token = globalThis.crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  return { file: `.lock-${machine}-${boot}-${pid}-${start}-${token}`, machine, boot, pid, start, token };
}

function parse(file: string): Owner | undefined {
  const [, machine, boot, pid, start, token] = /^\.lock-([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)-([0-9a-f]{16})$/.exec(file) ?? [];
  return token === undefined ? undefined : { file, machine: machine!, boot: boot!, pid: Number(pid), start: start!, token };
}

const short = (text: string): string => bytesToHex(sha256(new TextEncoder().encode(text)).subarray(0, 4));

/** When a process was started, in ticks since boot (proc(5)); "" if there is no such process, undefined where one cannot know. */
async function startOf(pid: number): Promise<string | undefined> {
  const { readFile } = builtin("node:fs/promises");
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch (error) {
    const { code } = error as { code?: string };
    return code === "ENOENT" && here()!.platform === "linux" ? "" : undefined;
  }
}

/** Does the owner of a lock live? */
async function lives(other: Owner, me: Owner, folder: string): Promise<boolean> {
  if (mine.has(other.token)) return true;
  if (other.machine === me.machine) {
    if (other.boot !== me.boot) return false;
    if (other.pid !== me.pid) {
      if (!isThere(other.pid)) return false;
      const start = await startOf(other.pid);
      if (start !== undefined && other.start !== "0") return start === other.start;
    } else if (other.start !== me.start) return false;
  }
  // of another machine, or another thread of this process, or not to be seen
  return beats(other, folder);
}

/** Is there a process of this number? */
function isThere(pid: number): boolean {
  try {
    here()!.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== "ESRCH"; // it may not be ours, or we may not ask
  }
}

/** Waits for a beat. */
async function beats({ file }: Owner, folder: string): Promise<boolean> {
  const { stat } = builtin("node:fs/promises"), path = builtin("node:path").join(folder, file);
  const time = (): Promise<number | undefined> => stat(path).then(({ mtimeMs }) => mtimeMs, () => undefined);
  const first = await time(), until = performance.now() + PATIENCE;
  while (performance.now() < until) {
    const now = await time();
    if (now === undefined) return false; // it has gone
    if (now !== first) return true;
    await new Promise<void>((resolve) => void setTimeout(resolve, BEAT / 10));
  }
  return false;
}
