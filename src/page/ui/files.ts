// Files as people give them to a page: chosen, or dropped, folders with all that is in them.

import type { Named } from "../engine/api.ts";

/** Files of a field; of a folder, with their paths in it. */
export const chosen = (files: FileList): Named[] => [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Files of a drop. Its entries have to be asked for at once, before the event is over. */
export async function dropped({ items, files }: DataTransfer): Promise<Named[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  return entries.length ? (await Promise.all(entries.map(within))).flat() : chosen(files);
}

async function within(entry: FileSystemEntry): Promise<Named[]> {
  if (entry.isFile) return [{ path: entry.fullPath.slice(1), file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) }];
  const reader = (entry as FileSystemDirectoryEntry).createReader(), found: Named[] = [];
  // it gives some at a time
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const one of some) found.push(...await within(one));
  }
}
