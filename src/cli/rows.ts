// Files that are written: CSV, JSON Lines, and whatever else, whole or not at all.

import { open, rename, rm } from "node:fs/promises";

/** A line of CSV (RFC 4180): cells with a comma, a quote, a line break or a space at an end stand in quotes. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => {
    const text = String(cell);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",")}\r\n`;
}

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

/** A file that comes piece by piece. */
export async function openWhole(path: string): Promise<Whole> {
  const unfinished = `${path}.${process.pid}.part`;
  const handle = await open(unfinished, "w").catch((error: { code?: string }) => {
    throw Object.assign(new Error(`${path}: cannot be written${error.code === "ENOENT" ? ": there is no such folder" : ` (${error.code})`}`), { code: "unwritable" });
  });
  return {
    write: async (content) => void (await handle.writeFile(content)),
    async close() {
      await handle.sync();
      await handle.close();
      await rename(unfinished, path);
    },
    async abandon() {
      await handle.close().catch(() => {});
      await rm(unfinished, { force: true }).catch(() => {});
    },
  };
}
