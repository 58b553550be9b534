// Text for terminals: widths as they are seen, wrapped lines, tables that fit, times.

/** Characters that take no place, and those that take two. */
const MARK = /\p{Mark}|\u200b|\u200d|\ufe0f/u;
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x2e80, 0x303e], [0x3041, 0xa4cf], [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe30, 0xfe6f], [0xff00, 0xff60], [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f], [0x1f900, 0x1f9ff], [0x20000, 0x3fffd],
];

/** Columns that a text takes on a terminal (Unicode Standard Annex 11). */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0)!;
    if (code < 0x300) width++;
    else if (!MARK.test(letter)) width += WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
  }
  return width;
}

/** Text from a file, as it may be shown: control characters would move the cursor, or worse. */
export function clean(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (letter) => (letter === "\t" ? " " : "\ufffd"));
}

/** At most so many columns, with … where something is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "", used = 0;
  for (const letter of text) {
    const own = widthOf(letter);
    if (used + own > width - 1) break;
    kept += letter;
    used += own;
  }
  return `${kept}…`;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}

/** Lines of at most `width` columns, broken at spaces. */
export function wrap(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line && widthOf(indent + line) + 1 + widthOf(word) > width) {
      lines.push(indent + line);
      line = "";
    }
    line += line ? ` ${word}` : word;
  }
  lines.push(indent + line);
  return lines.join("\n");
}

/** Lines of a table. Columns in `right` stand to the right, and are shown whole; where it is wider than the terminal, the widest of the
 * others are cut. */
export function table(rows: readonly (readonly string[])[], width: number, right: readonly number[] = [], indent = ""): string {
  const [first = []] = rows, gap = 2;
  const widths = first.map((_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ""))));
  const room = Math.max(first.length * 4, width - indent.length - gap * (first.length - 1));
  const texts = widths.flatMap((_, i) => (right.includes(i) ? [] : [i]));
  for (let over = widths.reduce((a, b) => a + b, 0) - room; over > 0; over--) {
    const widest = texts.reduce((most, i) => (widths[i]! > (widths[most] ?? 0) ? i : most), -1);
    if ((widths[widest] ?? 0) <= 4) break;
    widths[widest]!--;
  }
  return rows.map((row) => indent + widths.map((own, i) => {
    const cell = cut(row[i] ?? "", own);
    return right.includes(i) ? padStart(cell, own) : padEnd(cell, own);
  }).join(" ".repeat(gap)).trimEnd()).join("\n");
}

/** 75 seconds as 1:15. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds)), two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
