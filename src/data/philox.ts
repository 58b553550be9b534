// The core's random numbers on the host, for what is drawn where no model is: Philox4x32-10, as assembly/random.ts has it, bit for bit.
// Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011).

/** A seed as two words; what options.ts makes of a caller's. */
export interface SeedWords {
  readonly low: number;
  readonly high: number;
}

/** The upper 32 bits of the product of two words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16), other = aLow * bHigh + (middle % 0x10000);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000);
}

/** The four words of a block. */
function philox(block: number, step: number, stream: number, low: number, high: number): [number, number, number, number] {
  let c0 = block >>> 0, c1 = step >>> 0, c2 = stream >>> 0, c3 = 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(c0, 0xd2511f53), high1 = multiplyHigh(c2, 0xcd9e8d57);
    const low0 = Math.imul(c0, 0xd2511f53) >>> 0, low1 = Math.imul(c2, 0xcd9e8d57) >>> 0;
    c0 = (high1 ^ c1 ^ low) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ high) >>> 0;
    c3 = low0;
    low = (low + 0x9e3779b9) >>> 0;
    high = (high + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Draws whole numbers one after the other: the n-th is a function of seed, stream, step and n alone. */
export function draws({ low, high }: SeedWords, stream: number, step = 0): (below: number) => number {
  const words = new Uint32Array(16);
  let n = 0;
  return (below) => {
    // word w of the blocks b, b + 1, b + 2, b + 3 stand side by side, as the core makes them at once
    if (n % 16 === 0)
      for (let lane = 0; lane < 4; lane++) philox(n / 4 + lane, step, stream, low, high).forEach((word, w) => (words[4 * w + lane] = word));
    return multiplyHigh(words[n++ % 16]!, below);
  };
}

/** Puts a list in an order that depends on its length, seed, stream and step alone: Fisher and Yates, from the end; the core's shuffle. */
export function shuffle<T extends { [at: number]: unknown; readonly length: number }>(list: T, seed: SeedWords, stream: number, step = 0): T {
  const draw = draws(seed, stream, step), places = list as { [at: number]: unknown };
  for (let i = list.length; i > 1; i--) {
    const other = draw(i), held = places[i - 1];
    places[i - 1] = places[other];
    places[other] = held;
  }
  return list;
}
