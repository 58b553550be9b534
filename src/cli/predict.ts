// lanewise predict: raw rows in, the user's words out.

import { textAt } from "../data/table.ts";
import type { Classification, Model, Table } from "../index.ts";
import { command } from "./args.ts";
import { failed, UsageError } from "../advice/failure.ts";
import type { Arrays } from "../advice/data.ts";
import { grouped, plural } from "../advice/text.ts";
import { isTabular, kindOf, readArrays, readingFor, tablesOf } from "./data.ts";
import { openWhole, wantOther } from "./files.ts";
import { imagesToPredict } from "./imageFolder.ts";
import { openModel } from "./models.ts";
import { csvLine } from "../advice/rows.ts";
import { classesOf, inputOf, isTable } from "./scoring.ts";
import { READING } from "./settings.ts";
import { Progress, type Terminal } from "./terminal.ts";

const FLAGS = {
  out: { kind: "text", value: "FILE", help: "where predictions go, by its name as CSV or JSON Lines; stdout, as CSV, by default" },
  top: { kind: "count", help: "the N most probable classes of each row, instead of the probabilities of all" },
  withInputs: { kind: "yes", help: "write the columns of the rows first" },
  bom: { kind: "yes", help: "begin the CSV file with a byte order mark, for Excel" },
  ...READING,
} as const;

export const predict = command({
  name: "predict",
  summary: "Says for each row what the model takes it for.",
  about: "Rows are raw, as the model was trained with; a column of answers may be there or not. A category that no training row had counts as none, and is told. "
    + "A CSV file that is written as the one that the model was trained on needs no flags again. "
    + "CSV cells are quoted where RFC 4180 wants it, and otherwise written as they are: a cell that begins with = or @ is a formula to a spreadsheet.\n\n"
    + "Columns of the result: prediction, then for each class its probability; with --top prediction, probability, prediction2, probability2 …; for numbers prediction alone. Of images the name of the file comes first. "
    + "Where a column before it has the name already, it is prediction_2.",
  arguments: [{ name: "MODEL", help: "a model file, such as model.safetensors" }, { name: "DATA", help: "a file of rows, a folder of images, or one image" }],
  flags: FLAGS,
  examples: ["lanewise predict penguins-species-run/model.safetensors new.csv --out labels.csv", "lanewise predict model.safetensors new.jsonl --top 3 --json", "lanewise predict flowers-run/model.safetensors photo.jpg"],
  async run(terminal, [modelPath, dataPath], flags) {
    const { out, top, withInputs = false, bom = false } = flags;
    const lines = out !== undefined && /\.(jsonl|ndjson)$/i.test(out);
    if (out !== undefined && !lines && !/\.(csv|tsv|txt)$/i.test(out)) throw new UsageError(`--out: wanted a name that ends in .csv or .jsonl, got ${JSON.stringify(out)}`);
    if (bom && lines) throw new UsageError("--bom goes with CSV");
    if (out !== undefined) await wantOther(out, "--out", [modelPath, dataPath]);
    const model = await openModel(modelPath!), kind = await kindOf(dataPath!);
    const parts: AsyncIterable<Table | Arrays> = isTabular(kind) ? tablesOf(dataPath!, await readingFor(model, dataPath!, kind, flags), kind) : kind === "images" ? imagesToPredict(model, dataPath!) : once(readArrays(dataPath!, kind, undefined, undefined));
    const file = out === undefined ? undefined : await openWhole(out), progress = new Progress(terminal), unseen = new Map<string, number>();
    let rows = 0, writer: Writer | undefined;
    try {
      for await (const part of parts) {
        if (part.rows === 0) continue;
        wantFit(model, part);
        const names = classesOf(model, part);
        if (!names && top !== undefined) throw new UsageError("--top is for classes, and this model tells numbers");
        writer ??= new Writer(part, names, { top, withInputs, lines, bom });
        const text = writer.lines(model, part, names, terminal, rows);
        rows += part.rows;
        for (const [column, count] of unseenOf(model, part)) unseen.set(column, (unseen.get(column) ?? 0) + count);
        await file?.write(text);
        await drained(terminal, file || terminal.json ? "" : text);
        progress.show(() => [{ text: `${grouped(rows)} rows`, rank: 0 }]);
      }
      if (!rows) throw failed(dataPath!, "has no rows");
      await file?.close();
    } catch (error) {
      await file?.abandon();
      throw error;
    } finally {
      progress.end();
      model.dispose();
    }
    for (const [column, count] of unseen) terminal.note(`${column}: ${plural(count, "row")} with a category that no training row had`);
    terminal.emit("done", { rows, ...(out !== undefined && { out }), unseen: Object.fromEntries(unseen) });
    if (out !== undefined) terminal.say(`${plural(rows, "prediction")} in ${out}`);
    return 0;
  },
});

async function* once<T>(value: Promise<T>): AsyncGenerator<T> {
  yield await value;
}

/** Waits until stdout takes more: a pipe is slower than we are. */
async function drained({ stdout }: Terminal, text: string): Promise<void> {
  const stream = stdout as unknown as { write(text: string): boolean; once?(event: "drain", then: () => void): void };
  if (!stream.write(text) && stream.once) await new Promise<void>((resolve) => stream.once!("drain", resolve));
}

function wantFit(model: Model, part: Table | Arrays): void {
  if (isTable(part) && !model.preprocessing) throw failed(part.name, "is a table, and the model has no preprocessing for tables", "no-preprocessing");
  if (!isTable(part) && model.preprocessing) throw failed(part.name, "holds arrays, and the model wants a table", "no-table");
}

function unseenOf({ preprocessing }: Model, part: Table | Arrays): ReadonlyMap<string, number> {
  return preprocessing && isTable(part) ? preprocessing.apply(part, { target: false }).unseen : new Map();
}

interface Form {
  readonly top: number | undefined;
  readonly withInputs: boolean;
  readonly lines: boolean;
  readonly bom: boolean;
}

/** Names that no column before them has: prediction_2, where the rows have a prediction. */
function unlike(columns: readonly string[], names: readonly string[]): string[] {
  const taken = new Set(columns);
  return names.map((name) => {
    let own = name;
    for (let count = 2; taken.has(own); count++) own = `${name}_${count}`;
    taken.add(own);
    return own;
  });
}

/** Writes the predictions of part after part. */
class Writer {
  private head: string;
  private readonly columns: readonly string[];

  constructor(part: Table | Arrays, names: readonly string[] | undefined, private readonly form: Form) {
    const { top, withInputs, lines, bom } = form;
    this.columns = !isTable(part) ? (part.names ? ["file"] : []) : withInputs ? [...part.columns.keys()] : [];
    const told = !names ? ["prediction"] : top === undefined ? ["prediction", ...names]
      : Array.from({ length: Math.min(top, names.length) }, (_, i) => [`prediction${i ? i + 1 : ""}`, `probability${i ? i + 1 : ""}`]).flat();
    this.head = lines ? "" : (bom ? "\ufeff" : "") + csvLine([...this.columns, ...unlike(this.columns, told)]);
  }

  /** The lines of a part, the first with the names of the columns; with --json, they are told instead. */
  lines(model: Model, part: Table | Arrays, names: readonly string[] | undefined, terminal: Terminal, before: number): string {
    const { top, lines } = this.form, told = names && model.classify(inputOf(part), top === undefined ? {} : { top }), numbers = names ? undefined : model.predict(inputOf(part)).data as Float32Array;
    const out: string[] = [this.head];
    this.head = "";
    for (let row = 0; row < part.rows; row++) {
      const result = told ? inWords(told[row]!, top) : { prediction: numbers![row]! };
      const inputs = this.columns.map((column) => (isTable(part) ? textAt(part.columns.get(column)!, row) : part.names![row]!));
      terminal.emit("prediction", { row: before + row, ...(!isTable(part) && part.names && { file: part.names[row] }), ...result });
      if (lines) {
        const values = [...inputs, ...Object.values(result)], keys = [...this.columns, ...unlike(this.columns, Object.keys(result))];
        out.push(`${JSON.stringify(Object.fromEntries(keys.map((key, i) => [key, values[i]])))}\n`);
      }
      else out.push(csvLine([...inputs.map((cell) => cell ?? ""), ...(told ? cells(told[row]!, names!, top) : [digits(numbers![row]!)])]));
    }
    return out.join("");
  }
}

/** As many digits as a float32 has. */
const digits = (x: number): number => Number(x.toPrecision(7));

function inWords(classes: readonly Classification[], top: number | undefined): object {
  const [best] = classes as [Classification], list = classes.map(({ label, probability }) => ({ label, probability: digits(probability) }));
  return top === undefined ? { prediction: best.label, probabilities: Object.fromEntries(list.map(({ label, probability }) => [label, probability])) } : { prediction: best.label, top: list };
}

function cells(classes: readonly Classification[], names: readonly string[], top: number | undefined): (string | number)[] {
  if (top !== undefined) return classes.flatMap(({ label, probability }) => [label, digits(probability)]);
  const sorted = new Array<number>(names.length);
  for (const { index, probability } of classes) sorted[index] = digits(probability);
  return [classes[0]!.label, ...sorted];
}
