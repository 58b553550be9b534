// Rows as they are written.

/** A line of CSV (RFC 4180): cells with a comma, a quote, a line break or a space at an end stand in quotes. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => {
    const text = String(cell);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",")}\r\n`;
}
