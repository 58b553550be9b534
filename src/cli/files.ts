// Files and folders that are written: whole or not at all, and never one that is read.

import { rmSync } from "node:fs";
import { mkdir, mkdtemp, open, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../advice/failure.ts";

/** Writes a file under another name, and then in its place: who is killed leaves the old one. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const writer = await openWhole(path);
  try {
    await writer.write(content);
    await writer.close();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

export interface Whole {
  write(content: string | Uint8Array): Promise<void>;
  /** Puts it in its place. */
  close(): Promise<void>;
  /** Leaves nothing. */
  abandon(): Promise<void>;
}

/** A file that comes piece by piece. Of a process that is interrupted, nothing stays. */
export async function openWhole(path: string): Promise<Whole> {
  const about = await stat(path).catch(() => undefined);
  if (about?.isDirectory()) throw unwritable(path, "it is a folder");
  // /dev/null and pipes stay what they are
  if (about && !about.isFile()) return openDirectly(path);
  // a link stays one: what it leads to is written
  const place = about ? await realpath(path) : path, unfinished = `${place}.${process.pid}.part`, gone = (): void => rmSync(unfinished, { force: true });
  const handle = await open(unfinished, "w").catch(async (error: { code?: string }) => {
    throw unwritable(path, (await isThere(dirname(resolve(path)))) ? `no file can be made there (${error.code})` : "there is no such folder");
  });
  process.once("exit", gone);
  return {
    write: async (content) => void (await handle.writeFile(content)),
    async close() {
      await handle.sync();
      await handle.close();
      await rename(unfinished, place).catch((error: { code?: string }) => {
        gone();
        throw unwritable(path, String(error.code));
      });
      process.off("exit", gone);
    },
    async abandon() {
      await handle.close().catch(() => {});
      await rm(unfinished, { force: true }).catch(() => {});
      process.off("exit", gone);
    },
  };
}

async function openDirectly(path: string): Promise<Whole> {
  const handle = await open(path, "w").catch((error: { code?: string }) => {
    throw unwritable(path, String(error.code));
  });
  const close = (): Promise<void> => handle.close();
  return { write: async (content) => void (await handle.writeFile(content)), close, abandon: () => close().catch(() => {}) };
}

const unwritable = (path: string, why: string): Error => Object.assign(new Error(`${path}: cannot be written: ${why}`), { code: "unwritable" });

/** Says before anything is done that a file that is to be written is one that is read: it would be gone.
 *
 * @throws UsageError
 */
export async function wantOther(out: string, flag: string, read: readonly (string | undefined)[]): Promise<void> {
  const real = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined), place = await real(out);
  for (const path of read)
    if (path !== undefined && place !== undefined && place === await real(path) && (await stat(place)).isFile()) throw new UsageError(`${flag}: ${out} is the file that is read: name another one`);
}

/** Makes a folder and those above it, one after the other: mkdir's own way to do it does not come to an end below /proc, where each name is
 * said not to be there, and none can be made. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path).catch(async (error: { code?: string }) => {
    if (error.code === "EEXIST") return;
    const above = dirname(resolve(path));
    if (error.code !== "ENOENT" || (await isThere(above))) throw Object.assign(new Error(`${path}: no folder can be made there (${error.code})`), { code: "unwritable" });
    await makeFolder(above);
    await makeFolder(path);
  });
}

export const isThere = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);

/** Says at once, and not after a training, that no file can be made in a folder, or in the nearest above it that is there.
 *
 * @throws UsageError
 */
export async function wantFolder(folder: string, flag: string): Promise<void> {
  let place = resolve(folder);
  while (!(await isThere(place)) && dirname(place) !== place) place = dirname(place);
  await mkdtemp(join(place, ".lanewise-")).then(rmdir, (error: { code?: string }) => {
    const why = error.code === "ENOTDIR" ? `${place} is a file` : `no file can be made in ${place} (${error.code})`;
    throw new UsageError(`${flag}: ${folder} cannot be written to, as ${why}; name another folder`);
  });
}
