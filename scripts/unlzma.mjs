// What unpacks the page's script: LZMA, which takes a tenth less than deflate (see scripts/page.mjs). After the LZMA specification, 2015,
// by Igor Pavlov (https://www.7-zip.org/sdk.html): a range decoder, whose probabilities learn from what they have said.

/** The bytes of a .lzma file. It is this page's own, made by its build: what is broken in it is not looked for.
 *
 * @param {Uint8Array} packed
 */
export function unlzma(packed) {
  const [properties] = packed, contexts = properties % 9, positions = 2 ** Math.floor(properties / 45), literals = 2 ** (Math.floor(properties / 9) % 5);
  const out = new Uint8Array(new DataView(packed.buffer, packed.byteOffset).getUint32(5, true));
  // where each kind of probability begins
  const IS_MATCH = 0, IS_REP = 192, IS_REP0 = 204, IS_REP1 = 216, IS_REP2 = 228, IS_LONG = 240, SLOT = 432, NEAR = 688, ALIGN = 816, LENGTH = 832, REP_LENGTH = 1346, LITERAL = 1860;
  const chances = new Uint16Array(LITERAL + 768 * 2 ** contexts * literals).fill(1024);
  let from = 18, range = 0xffffffff, code = ((packed[14] << 24) | (packed[15] << 16) | (packed[16] << 8) | packed[17]) >>> 0, at = 0, state = 0, rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0;
  const more = () => {
    if (range < 0x1000000) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | packed[from++]) >>> 0;
    }
  };
  const bit = (i) => {
    const bound = (range >>> 11) * chances[i];
    let said = 0;
    if (code < bound) {
      range = bound;
      chances[i] += (2048 - chances[i]) >> 5;
    } else {
      said = 1;
      range -= bound;
      code -= bound;
      chances[i] -= chances[i] >> 5;
    }
    more();
    return said;
  };
  /** A number of so many bits, the first one the highest; */
  const tree = (base, bits) => {
    let i = 1;
    for (let n = bits; n--;) i = 2 * i + bit(base + i);
    return i - 2 ** bits;
  };
  /** or the lowest. */
  const reversed = (base, bits) => {
    let i = 1, number = 0;
    for (let n = 0; n < bits; n++) {
      const said = bit(base + i);
      i = 2 * i + said;
      number += said * 2 ** n;
    }
    return number;
  };
  const length = (base, position) => (!bit(base) ? tree(base + 2 + 8 * position, 3) : !bit(base + 1) ? 8 + tree(base + 130 + 8 * position, 3) : 16 + tree(base + 258, 8));
  while (at < out.length) {
    const position = at % positions;
    if (!bit(IS_MATCH + 16 * state + position)) {
      const base = LITERAL + 768 * ((at % literals) * 2 ** contexts + ((at && out[at - 1]) >> (8 - contexts)));
      let letter = 1;
      if (state > 6)
        for (let match = out[at - rep0 - 1]; letter < 256;) {
          match *= 2;
          const wanted = (match >> 8) & 1, said = bit(base + 256 * (1 + wanted) + letter);
          letter = 2 * letter + said;
          if (wanted !== said) break;
        }
      while (letter < 256) letter = 2 * letter + bit(base + letter);
      out[at++] = letter;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let count;
    if (bit(IS_REP + state)) {
      if (!bit(IS_REP0 + state)) {
        if (!bit(IS_LONG + 16 * state + position)) {
          state = state < 7 ? 9 : 11;
          out[at] = out[at++ - rep0 - 1];
          continue;
        }
      } else {
        let distance = rep1;
        if (bit(IS_REP1 + state)) {
          distance = rep2;
          if (bit(IS_REP2 + state)) {
            distance = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = rep0;
        rep0 = distance;
      }
      count = length(REP_LENGTH, position);
      state = state < 7 ? 8 : 11;
    } else {
      [rep3, rep2, rep1] = [rep2, rep1, rep0];
      count = length(LENGTH, position);
      state = state < 7 ? 7 : 10;
      rep0 = tree(SLOT + 64 * Math.min(count, 3), 6);
      if (rep0 > 3) {
        const slot = rep0, bits = (slot >> 1) - 1;
        rep0 = (2 + (slot & 1)) * 2 ** bits;
        if (slot < 14) rep0 += reversed(NEAR + rep0 - slot, bits);
        else {
          let high = 0;
          for (let n = bits - 4; n--;) {
            range >>>= 1;
            const said = code >= range ? 1 : 0;
            if (said) code -= range;
            high = 2 * high + said;
            more();
          }
          rep0 += high * 16 + reversed(ALIGN, 4);
        }
      }
    }
    for (let n = count + 2; n--;) out[at] = out[at++ - rep0 - 1];
  }
  return out;
}
