// Unpacks LZMA ("LZMA specification", I. Pavlov, public domain), which packs the page's script a tenth smaller than deflate does. No
// browser has it, so the page brings it. It reads what the build writes, with its parameters, lc 3, lp 0 and pb 2, the length in the header;
// nothing is checked, for the page's policy knows the script by its hash.

/** Bits of a byte's forerunner that choose its probabilities; the place in four bytes chooses those of the rest. */
const CONTEXT = 3, PLACES = 4;
const HEADER = 13, STATES = 12, HALF = 1024;

// where the probabilities of each kind of bit begin
const MATCH = 0, SHORT = MATCH + STATES * PLACES, REPEAT = SHORT + STATES * PLACES, REPEAT_0 = REPEAT + STATES, REPEAT_1 = REPEAT_0 + STATES, REPEAT_2 = REPEAT_1 + STATES;
const SLOTS = REPEAT_2 + STATES, DISTANCES = SLOTS + 4 * 64, ALIGN = DISTANCES + 115, LENGTH = ALIGN + 16, LENGTHS = 2 + 2 * 8 * PLACES + 256, LITERALS = LENGTH + 2 * LENGTHS;

/** The bytes that were packed. */
export function unpack(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(new DataView(packed.buffer, packed.byteOffset).getUint32(5, true)), odds = new Uint16Array(LITERALS + (0x300 << CONTEXT)).fill(HALF);
  let next = HEADER + 1, range = 0xffffffff, code = 0, at = 0;
  for (let i = 0; i < 4; i++) shift();

  function shift(): void {
    code = ((code << 8) | packed[next++]!) >>> 0;
  }

  /** Is the code at or above this part of the range? The half in which it is becomes the range. */
  function above(bound: number): 0 | 1 {
    const is = code >= bound ? 1 : 0;
    if (is) code -= bound;
    range = is ? range - bound : bound;
    return is;
  }

  function widen(): void {
    if (range >= 0x1000000) return;
    range = (range << 8) >>> 0;
    shift();
  }

  function bit(place: number): 0 | 1 {
    const p = odds[place]!, is = above((range >>> 11) * p);
    odds[place] = is ? p - (p >> 5) : p + ((2048 - p) >> 5);
    widen();
    return is;
  }

  /** A number of so many bits, the highest first. */
  function tree(place: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | bit(place + node);
    return node - (1 << bits);
  }

  /** The lowest first. */
  function reversed(place: number, bits: number): number {
    let node = 1, number = 0;
    for (let i = 0; i < bits; i++) {
      const is = bit(place + node);
      node = (node << 1) | is;
      number |= is << i;
    }
    return number;
  }

  /** Bits that are as likely as not. */
  function even(bits: number): number {
    let number = 0;
    for (let i = 0; i < bits; i++) {
      const half = range >>> 1, is = code >= half ? 1 : 0;
      if (is) code -= half;
      range = half;
      number = (number << 1) | is;
      widen();
    }
    return number;
  }

  function length(place: number, four: number): number {
    if (!bit(place)) return 2 + tree(place + 2 + 8 * four, 3);
    return bit(place + 1) ? 18 + tree(place + 2 + 2 * 8 * PLACES, 8) : 10 + tree(place + 2 + 8 * (PLACES + four), 3);
  }

  /** How far back a new match lies, less one. */
  function distance(count: number): number {
    const slot = tree(SLOTS + 64 * Math.min(count - 2, 3), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1, base = (2 | (slot & 1)) << bits;
    return base + (slot < 14 ? reversed(DISTANCES + base - slot, bits) : 16 * even(bits - 4) + reversed(ALIGN, 4));
  }

  let state = 0, last = [0, 0, 0, 0];
  while (at < out.length) {
    const four = at % PLACES;
    if (!bit(MATCH + PLACES * state + four)) {
      const place = LITERALS + 0x300 * ((at ? out[at - 1]! : 0) >> (8 - CONTEXT));
      let node = 1;
      // after a match, the byte that would have gone on with it is a guess, as long as it is right
      if (state >= 7) {
        for (let guess = out[at - last[0]! - 1]! << 1, same = true; same && node < 256; guess <<= 1) {
          const is = bit(place + 256 + (guess & 256) + node);
          node = (node << 1) | is;
          same = is === (guess >> 8 & 1);
        }
      }
      while (node < 256) node = (node << 1) | bit(place + node);
      out[at++] = node;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let count: number;
    if (!bit(REPEAT + state)) {
      count = length(LENGTH, four);
      last = [distance(count), last[0]!, last[1]!, last[2]!];
      state = state < 7 ? 7 : 10;
    } else {
      const which = !bit(REPEAT_0 + state) ? 0 : !bit(REPEAT_1 + state) ? 1 : 2 + bit(REPEAT_2 + state);
      if (which === 0 && !bit(SHORT + PLACES * state + four)) {
        count = 1;
        state = state < 7 ? 9 : 11;
      } else {
        last.unshift(...last.splice(which, 1));
        count = length(LENGTH + LENGTHS, four);
        state = state < 7 ? 8 : 11;
      }
    }
    for (const from = last[0]! + 1; count > 0; count--, at++) out[at] = out[at - from]!;
  }
  return out;
}
