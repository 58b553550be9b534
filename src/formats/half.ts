// Numbers of 16 bits: float16 (IEEE 754 binary16: 5 bits of exponent, 10 of fraction) and bfloat16 (the upper half of a
// float32), to and from float32, rounded to nearest, ties to even.

/** The bits as float32: each has its own there. A NaN stays one, with its sign and payload. */
export function fromHalf(bits: Uint16Array, dtype: "F16" | "BF16"): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(bits.length), words = new Uint32Array(numbers.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!, sign = (half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 0x3ff;
    if (dtype === "BF16") words[i] = half << 16;
    else if (exponent) words[i] = sign | (exponent === 31 ? 0x7f800000 : (exponent + 112) << 23) | (fraction << 13);
    else numbers[i] = (sign ? -fraction : fraction) / 16777216; // below the normal numbers: a whole number of 2^-24
  }
  return numbers;
}

/** Rounded to nearest, ties to even; beyond the largest number is infinity, as IEEE 754 rounds. A NaN is quiet. */
export function toHalf(numbers: Float32Array, dtype: "F16" | "BF16"): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length), bits = new Uint16Array(words.length), round = dtype === "F16" ? half : brain;
  for (let i = 0; i < bits.length; i++) bits[i] = round(words[i]!);
  return bits;
}

function half(word: number): number {
  const sign = (word >>> 16) & 0x8000, exponent = ((word >>> 23) & 0xff) - 112, fraction = word & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (fraction && 0x200 | (fraction >> 13));
  if (exponent > 30) return sign | 0x7c00;
  if (exponent > 0) return sign | shifted((exponent << 23) | fraction, 13); // a fraction that rounds up carries into the exponent
  return exponent < -10 ? sign : sign | shifted(0x800000 | fraction, 14 - exponent);
}

function brain(word: number): number {
  return (word & 0x7fffffff) > 0x7f800000 ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

/** n / 2^bits, rounded to nearest, ties to even. */
function shifted(n: number, bits: number): number {
  return (n + (1 << (bits - 1)) - 1 + ((n >> bits) & 1)) >> bits;
}
