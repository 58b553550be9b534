// A fixed hash of texts, so that a text's bucket is the same on every engine and in every release.

const encoder = /* @__PURE__ */ new TextEncoder();

/** MurmurHash3, x86, 32 bits (Appleby 2011, public domain), of a text's UTF-8 bytes. */
export function murmur3(text: string, seed: number): number {
  const bytes = utf8(text), { length } = bytes, whole = length & ~3;
  let hash = seed | 0;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scramble(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = length - 1; i >= whole; i--) rest = (rest << 8) | bytes[i]!;
  if (length > whole) hash ^= scramble(rest);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A TextEncoder's call takes longer than the hash of a word. */
function utf8(text: string): ArrayLike<number> {
  const bytes = new Array<number>(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return encoder.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

/** A text's words: what stands between blanks and punctuation, with A to Z as small letters. Other letters stay as they are, as
 * engines need not know the same of them. */
export function wordsOf(text: string): string[] {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()).split(/[\0-/:-@[-`{-\u00a0\u2000-\u206f\u3000-\u3003]+/).filter((word) => word !== "");
}
