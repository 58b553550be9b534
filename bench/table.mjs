// Text for people: tables that read well in a terminal and are Markdown as well, and numbers with three digits.

/** Rows of cells, the first the heads; columns after the first stand to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? "").length)));
  const line = (row) => `| ${widths.map((width, column) => {
    const cell = String(row[column] ?? "");
    return column ? cell.padStart(width) : cell.padEnd(width);
  }).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column ? `${"-".repeat(width + 1)}:` : "-".repeat(width + 2))).join("|")}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join("\n");
}

/** Three digits: 123, 12.3, 1.23, 0.123, 0.0123. */
export function three(value) {
  if (!(value > 0) || value >= 100) return String(Math.round(value));
  return value.toFixed(Math.min(6, 2 - Math.floor(Math.log10(value))));
}

export const times = (value) => `${three(value)}×`;

/** What an error says, in a line. */
export const firstLine = (error) => String(error?.message ?? error).split("\n")[0];

let shown = false;
/** What is being done, on one line of a terminal that the next takes over; elsewhere nothing. */
export function status(text) {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[K${text}`);
  shown = text !== "";
}

/** A line for stderr. */
export function say(text) {
  if (shown) status("");
  console.error(text);
}
