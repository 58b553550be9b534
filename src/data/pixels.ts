// From decoded pixels to the bytes of a row: channels, and another size. In whole numbers and f64 alone, so that the same pixels give
// the same bytes on every engine.

/** Decoded pixels, row by row from the top. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 2: grey and alpha; 3: red, green, blue; 4: with alpha. */
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

export type Colour = readonly [red: number, green: number, blue: number];

/** Luma of Rec. 601, 0.299 R + 0.587 G + 0.114 B, in 16-bit fixed point as Pillow has it. */
function luma(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

/** The pixels with another number of channels. Where alpha goes, they are laid over `background`. */
export function withChannels({ width, height, channels: from, data }: Pixels, to: 1 | 3 | 4, background: Colour): Pixels {
  if (from === to) return { width, height, channels: to, data };
  const count = width * height, out = new Uint8Array(count * to), alphaAt = from === 2 ? 1 : from === 4 ? 3 : -1, coloured = from > 2;
  const over = (value: number, below: number, alpha: number): number => Math.floor((value * alpha + below * (255 - alpha) + 127) / 255);
  for (let i = 0, a = 0, b = 0; i < count; i++, a += from, b += to) {
    let red = data[a]!, green = coloured ? data[a + 1]! : red, blue = coloured ? data[a + 2]! : red;
    const alpha = alphaAt < 0 ? 255 : data[a + alphaAt]!;
    if (to < 4 && alpha < 255) {
      red = over(red, background[0], alpha);
      green = over(green, background[1], alpha);
      blue = over(blue, background[2], alpha);
    }
    if (to === 1) out[b] = luma(red, green, blue);
    else {
      out[b] = red;
      out[b + 1] = green;
      out[b + 2] = blue;
      if (to === 4) out[b + 3] = alpha;
    }
  }
  return { width, height, channels: to, data: out };
}

/** For each place of an axis of `to`, the first of `from` places that it is made of, and their weights. */
interface Axis {
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

/** Fewer places: each is the mean of the stretch that it covers, its ends in part. More places: between the centres of the two that
 * are next to it, in a straight line; at the edges, the last. */
function axisOf(from: number, to: number): Axis {
  const first = new Int32Array(to), scale = from / to;
  const weights = Array.from({ length: to }, (_, i) => {
    if (to >= from) {
      const centre = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1), low = Math.min(Math.floor(centre), Math.max(from - 2, 0)), share = centre - low;
      first[i] = low;
      return from === 1 ? Float64Array.of(1) : Float64Array.of(1 - share, share);
    }
    const begin = (i * from) / to, end = ((i + 1) * from) / to, low = Math.floor(begin), high = Math.min(Math.ceil(end), from);
    first[i] = low;
    return Float64Array.from({ length: high - low }, (_, k) => (Math.min(low + k + 1, end) - Math.max(low + k, begin)) / (end - begin));
  });
  return { first, weights };
}

/** The pixels in another size: the mean of the area where that is smaller, bilinear where it is larger. Colours count by their alpha. */
export function resized(pixels: Pixels, height: number, width: number): Pixels {
  const { data, channels, height: h, width: w } = pixels;
  if (h === height && w === width) return pixels;
  const across = axisOf(w, width), down = axisOf(h, height), alpha = channels === 4;
  const wide = new Float64Array(h * width * channels); // [h, width, channels]
  for (let y = 0, to = 0; y < h; y++)
    for (let x = 0; x < width; x++) {
      const weights = across.weights[x]!, start = (y * w + across.first[x]!) * channels;
      for (let c = 0; c < channels; c++, to++) {
        let sum = 0;
        for (let k = 0, at = start; k < weights.length; k++, at += channels) sum += weights[k]! * (alpha && c < 3 ? data[at + c]! * data[at + 3]! : data[at + c]!);
        wide[to] = sum;
      }
    }
  const out = new Uint8Array(height * width * channels), row = width * channels;
  for (let y = 0, to = 0; y < height; y++) {
    const weights = down.weights[y]!, start = down.first[y]! * row;
    for (let x = 0; x < row; x += channels) {
      let opaque = 0;
      for (let c = channels - 1; c >= 0; c--) {
        let sum = 0;
        for (let k = 0, at = start + x + c; k < weights.length; k++, at += row) sum += weights[k]! * wide[at]!;
        if (alpha && c === 3) opaque = sum;
        const value = alpha && c < 3 ? (opaque > 0 ? sum / opaque : 0) : sum;
        out[to + x + c] = Math.min(255, Math.floor(value + 0.5));
      }
    }
    to += row;
  }
  return { width, height, channels, data: out };
}
