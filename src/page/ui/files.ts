// Files as people give them to a page: chosen, or dropped, folders with all that is in them.

import type { Named } from "../engine/api.ts";

/** Files of a field; of a folder, with their paths in it. */
export const chosen = (files: FileList): Named[] => [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Files of a drop. Its items have to be asked at once, before the event is over. */
export async function dropped({ items }: DataTransfer): Promise<Named[]> {
  return (await Promise.all([...items].filter(({ kind }) => kind === "file").map(of))).flat();
}

/** A folder's handle, of which TypeScript does not yet know all. */
type Handle = (FileSystemFileHandle & { readonly kind: "file" }) | (FileSystemDirectoryHandle & { readonly kind: "directory"; values(): AsyncIterable<Handle> });

async function of(item: DataTransferItem & { getAsFileSystemHandle?(): Promise<Handle> }): Promise<Named[]> {
  const entry = item.webkitGetAsEntry?.(), file = item.getAsFile();
  // to a page that is a file, Chromium refuses what is in an entry (EncodingError), but not what is in a handle, which others have not
  if (entry?.isDirectory) return item.getAsFileSystemHandle ? inHandle(await item.getAsFileSystemHandle(), "") : within(entry);
  return file ? [{ path: file.name, file }] : [];
}

async function inHandle(handle: Handle, before: string): Promise<Named[]> {
  const path = before + handle.name, found: Named[] = [];
  if (handle.kind === "file") return [{ path, file: await handle.getFile() }];
  for await (const one of handle.values()) found.push(...await inHandle(one, `${path}/`));
  return found;
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
