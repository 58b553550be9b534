// Two slots for a name, written in turn, where the engine has no rename that is whole or nothing: while one is written, the other is
// sound. A header tells a torn one, and which of two sound ones is the newer:
//
//   0   8            12         16          24                       56   64
//   | magic | sequence | unused | length    | SHA-256 of the others | 0  | bytes …

import { digest, type Store, wantPlainName } from "./store.ts";

/** Files that may be torn by whoever kills the writer. */
export interface SlotFiles {
  read(file: string): Promise<Uint8Array | undefined>;
  /** Resolves when all of it is where it stays. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  remove(file: string): Promise<void>;
  list(): Promise<string[]>;
  close(): Promise<void>;
}

const MAGIC = [0x4c, 0x57, 0x73, 0x6c, 0x6f, 0x74, 0x31, 0x0a]; // "LWslot1\n"
const LENGTH = 16, DIGEST = 24, HEADER = 64, SLOTS = [".a", ".b"] as const;

/** The bytes of a slot. */
export async function packSlot(sequence: number, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const slot = new Uint8Array(HEADER + bytes.length), view = new DataView(slot.buffer);
  slot.set(MAGIC);
  view.setUint32(8, sequence, true);
  view.setBigUint64(LENGTH, BigInt(bytes.length), true);
  slot.set(bytes, HEADER);
  slot.set(await digest(slot), DIGEST); // of all, while its own place is 0
  return slot;
}

/** What a slot holds; undefined if that is not what was written. */
export async function unpackSlot(slot: Uint8Array | undefined): Promise<{ sequence: number; bytes: Uint8Array<ArrayBuffer> } | undefined> {
  if (!slot || slot.length < HEADER || !MAGIC.every((byte, i) => slot[i] === byte)) return undefined;
  const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength);
  if (view.getBigUint64(LENGTH, true) !== BigInt(slot.length - HEADER)) return undefined;
  const copy = new Uint8Array(slot), told = copy.slice(DIGEST, DIGEST + 32);
  const found = await digest(copy.fill(0, DIGEST, DIGEST + 32));
  return told.every((byte, i) => byte === found[i]) ? { sequence: view.getUint32(8, true), bytes: copy.slice(HEADER) } : undefined;
}

/** A store of such files. */
export function slotStore(name: string, files: SlotFiles): Store {
  /** The newer of a name's sound slots. */
  const newest = async (name: string) => {
    const slots = await Promise.all(SLOTS.map(async (end) => ({ end, held: await unpackSlot(await files.read(name + end)) })));
    const sound = slots.flatMap(({ end, held }) => (held ? [{ end, ...held }] : []));
    return sound.sort((a, b) => b.sequence - a.sequence)[0];
  };
  return {
    name,
    async put(name, bytes) {
      const before = await newest(wantPlainName(name));
      await files.write(name + (before?.end === ".a" ? ".b" : ".a"), await packSlot((before?.sequence ?? 0) + 1, bytes));
    },
    get: async (name) => (await newest(name))?.bytes,
    async list() {
      return [...new Set((await files.list()).filter((file) => SLOTS.some((end) => file.endsWith(end))).map((file) => file.slice(0, -2)))].sort();
    },
    async remove(name) {
      for (const end of SLOTS) await files.remove(name + end);
    },
    close: () => files.close(),
  };
}
