// JSON with the numbers that JSON lacks: NaN, the infinities and −0.

export function stringify(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    const negative = Object.is(item, -0);
    return typeof item === "number" && (negative || !Number.isFinite(item)) ? { number: negative ? "-0" : String(item) } : item;
  });
}

/** What stands for a function of the caller's in plain data. */
export const OWN = "own";

/** A number by which one can tell plain data from other data (FNV-1a over its JSON, http://www.isthe.com/chongo/tech/comp/fnv): against
 * slips, not against forgers. */
export function fingerprint(value: unknown): number {
  let hash = 0x811c9dc5;
  for (const letter of stringify(value)) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
}

/** Objects and lists that a text may have: each takes some 60 bytes of memory, where it is one or two in a file from strangers. */
const OBJECTS = 2_000_000;

export function wantFew(text: string): string {
  if (text.split(/[[{]/, OBJECTS).length === OBJECTS) throw new SyntaxError();
  return text;
}

/** `change` may replace objects. */
export function parse(text: string, change = (object: object): unknown => object): unknown {
  return JSON.parse(wantFew(text), (_, item) =>
    typeof item?.number === "string" ? Number(item.number) : item !== null && typeof item === "object" ? change(item as object) : item);
}
