// How results look in a terminal.

import { type ColumnSchema, Schema, useText } from "../data/schema.ts";
import type { Finding } from "../index.ts";
import { shell } from "./args.ts";
import type { Choice } from "../advice/choose.ts";
import type { ClassScores, NumberScores } from "../advice/scores.ts";
import type { Terminal } from "./terminal.ts";
import { TRAINING } from "./settings.ts";
import { clean, padEnd, table, widthOf, wrap } from "./text.ts";
import { grouped, share, short } from "../advice/text.ts";
import { fixInFlags, inFlags } from "./words.ts";

/** More classes make a matrix that no terminal holds. */
const MATRIX = 20;

/** A reason that asks whether it is right, or says which flag makes it another: it is shown whole. */
const HINT = /\?|--/;

/** The columns: what they are, and what is done with them. */
export function showSchema(terminal: Terminal, { schema: made, kind }: { readonly schema: Schema | undefined; readonly kind: string }): void {
  if (!made) return;
  // a word among numbers may say that there is none
  const missing = ({ reason }: ColumnSchema): string => (kind === "csv" && reason.code === "near-numbers" && !/\d/.test(reason.example) ? ` --missing ${shell(reason.example)}, if it stands for no value` : "");
  const schema = new Schema(made, made.columns.map((column) => ({ ...column, why: inFlags(column.why, TRAINING, column.name) + missing(column) })), made.target, made.task);
  terminal.emit("schema", { name: schema.name, rows: schema.rows, target: schema.target, task: schema.task, columns: schema.columns });
  terminal.say();
  // a table of its own where the terminal is too narrow for the library's
  const lines = String(schema).split("\n"), width = 2 + Math.max(...lines.map(widthOf));
  if (width <= terminal.width) for (const line of lines.slice(0, -1)) terminal.say(`  ${clean(line)}`);
  else {
    const rows = schema.columns.map((column) => [clean(column.name), column.type, column.missing ? String(column.missing) : "", clean(useText(column.use !== "ignore" || HINT.test(column.why) ? { ...column, why: "" } : column))]);
    terminal.say(table([["column", "type", "missing", "use"], ...rows], terminal.width, [2], "  "));
    for (const { name, why } of schema.columns) if (HINT.test(why)) terminal.tell(clean(`${name}: ${why}`), "    ");
  }
  terminal.say();
}

/** Choices, each with its reason beside or below it. */
export function showChoices(terminal: Terminal, choices: readonly Choice[]): void {
  terminal.heading("Choices");
  const name = Math.max(...choices.map((choice) => choice.name.length)) + 2, value = Math.min(32, Math.max(...choices.map((choice) => clean(choice.value).length)) + 2);
  for (const choice of choices) {
    const said = clean(choice.value), head = `  ${padEnd(choice.name, name)}`, room = terminal.prose - 2 - name - value;
    const why = wrap(clean(choice.why), room).split("\n");
    if (room < 24 || said.length > value) {
      terminal.say(`${head}${said}`);
      terminal.tell(clean(choice.why), "      ");
    } else why.forEach((line, i) => terminal.say(i ? " ".repeat(2 + name + value) + line : `${head}${padEnd(said, value)}${line}`));
    terminal.emit("choice", { name: choice.name, value: choice.value, why: choice.why, asked: choice.asked });
  }
  terminal.say();
}

/** The doctor's findings, the worst first. */
export function showFindings(terminal: Terminal, findings: readonly Finding[]): void {
  const order = ["error", "warning", "info"] as const;
  for (const told of [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))) {
    const finding = { ...told, fix: fixInFlags(told.fix, TRAINING) };
    terminal.emit("finding", finding);
    terminal.say(`  ${finding.severity}: ${finding.code}${finding.layer ? ` (layer ${clean(finding.layer)})` : ""}`);
    terminal.tell(clean(finding.cause), "    ");
    for (const line of finding.fix ? finding.fix.split("\n") : []) terminal.say(`    → ${clean(line)}`);
  }
}

/** Names and figures in a row, or below each other where it is too long. */
function showFigures(terminal: Terminal, figures: readonly string[]): void {
  const line = figures.join("   ");
  for (const text of widthOf(line) <= terminal.width ? [line] : figures) terminal.say(text);
  terminal.say();
}

export function showClasses(terminal: Terminal, { rows, accuracy, logLoss, macroF1, classes, matrix }: ClassScores): void {
  showFigures(terminal, [`accuracy ${share(accuracy)}`, `macro F1 ${share(macroF1)}`, `log loss ${short(logLoss)}`, `rows ${grouped(rows)}`]);
  const lines = classes.map(({ name, precision, recall, f1, rows: count }) => [clean(name), share(precision), share(recall), share(f1), grouped(count)]);
  terminal.say(table([["class", "precision", "recall", "F1", "rows"], ...lines], terminal.width, [1, 2, 3, 4], "  "));
  terminal.say();
  if (classes.length > MATRIX) return terminal.say(`  ${classes.length} classes: their confusion matrix is in --html and --json alone.`);
  terminal.say("  right \\ said");
  const names = classes.map(({ name }) => clean(name));
  terminal.say(table([["", ...names], ...matrix.map((line, i) => [names[i]!, ...line.map((count) => (count ? grouped(count) : "·"))])], terminal.width, names.map((_, i) => i + 1), "  "));
}

export function showNumbers(terminal: Terminal, { rows, r2, mae, rmse, residuals }: NumberScores): void {
  showFigures(terminal, [`R² ${share(r2)}`, `mean absolute error ${short(mae)}`, `root mean square error ${short(rmse)}`, `rows ${grouped(rows)}`]);
  const name = (at: number): string => (at === 0 ? "smallest" : at === 1 ? "largest" : `${100 * at} %`);
  terminal.say(table([["residual", "right − predicted"], ...residuals.map(({ at, value }) => [name(at), short(value)])], terminal.width, [1], "  "));
}
