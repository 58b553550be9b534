// A run in a folder. What is put there is written to a file of another name in the same folder, forced to the disk, renamed, and then
// the folder is forced there too: whoever is killed at any moment leaves the old bytes or the new ones (POSIX rename, fsync).

import { type Lock, takeLock } from "./lock.ts";
import { builtin } from "./node.ts";
import { storageError, type Store, wantPlainName } from "./store.ts";

/** A file that is not yet what it is to be. */
const UNFINISHED = /^\.new-/;

/** Opens a folder; it is made when something is put there. To read alone wants no lock.
 *
 * @throws StateError if another run has it; StorageError for a path that is no folder.
 */
export async function folderStore(folder: string, reading = false): Promise<Store> {
  const { mkdir, open, readdir, readFile, rename, rm, stat } = builtin("node:fs/promises"), { dirname, join, resolve } = builtin("node:path");
  const name = `the folder ${folder}`;
  const kind = await stat(folder).catch(() => undefined);
  if (kind && !kind.isDirectory()) throw storageError(name, "open", new Error("it is no folder"));
  let lock: Lock | undefined, files = 0;

  /** All names but those of ours; none where there is no folder. */
  const list = async (): Promise<string[]> => {
    try {
      return (await readdir(folder)).filter((file) => !file.startsWith(".")).sort();
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return [];
      throw error;
    }
  };

  /** Takes the folder, if we have it not, and sweeps up after whoever was killed there. */
  const take = async (): Promise<void> => {
    if (lock)
      try {
        return await lock.check();
      } catch (error) {
        // where there is nothing at all, nobody has taken it over: it was emptied or removed
        if ((await list()).length) throw error;
      }
    const made = await mkdir(folder, { recursive: true });
    // what leads to a new folder is to be on the disk as well
    if (made) for (let path = resolve(folder); path.length >= resolve(made).length; path = dirname(path)) await syncFolder(dirname(path));
    const taken = await takeLock(folder, name);
    await lock?.release();
    lock = taken;
    for (const file of await readdir(folder)) if (UNFINISHED.test(file)) await rm(join(folder, file), { force: true });
  };

  /** Forces names to the disk, where the platform can. */
  const syncFolder = async (path: string): Promise<void> => {
    try {
      const handle = await open(path, "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      // a folder that cannot be opened or forced is a matter of the platform; anything else is one of the disk
      if (!/^(EISDIR|EPERM|EACCES|EINVAL|ENOTSUP|EBADF|ENOSYS)$/.test(String((error as { code?: string }).code))) throw error;
    }
  };

  /** Does something; its error says what. */
  const attempt = async <T>(did: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storageError(name, did, error);
    }
  };

  if (!reading)
    await take().catch((error: { code?: string }) => {
      // who may not write may still read what is there, and the run goes on
      if (error.code === "run-busy" || error.code === "no-files") throw error;
    });

  return {
    name,
    put: async (file, bytes) => attempt(`write ${wantPlainName(file)}`, async () => {
      await take();
      const unfinished = join(folder, `.new-${files++}-${file}`);
      try {
        const handle = await open(unfinished, "w");
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await lock!.check();
        await rename(unfinished, join(folder, file));
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {});
        throw error;
      }
      await syncFolder(folder);
    }),
    get: async (file) => attempt(`read ${wantPlainName(file)}`, async () => {
      try {
        return new Uint8Array(await readFile(join(folder, file)));
      } catch (error) {
        if ((error as { code?: string }).code === "ENOENT") return undefined;
        throw error;
      }
    }),
    list: () => attempt("list", list),
    remove: async (file) => attempt(`remove ${wantPlainName(file)}`, async () => {
      await take();
      await rm(join(folder, file), { force: true });
    }),
    async close() {
      await lock?.release();
      lock = undefined;
    },
  };
}
