// What a model is for: predictions, and files to take away.

import { DataError, type Model, StateError, type Table, type Tensor, toONNX } from "../../index.ts";
import type { Arrays } from "../../advice/data.ts";
import { grouped } from "../../advice/text.ts";
import { classReport, numberReport, type ReportHead } from "../../advice/report.ts";
import type { Ready } from "../../advice/prepare.ts";
import { scoreClasses, scoreNumbers } from "../../advice/scores.ts";
import { REPORT, type Language, textIn } from "../text/index.ts";
import type { Download, DownloadKind, Picture, Prediction, Row, Rows, UseApi } from "./api.ts";
import { open } from "./files.ts";
import { cellsOf, formOf } from "./forms.ts";
import { heldOutOf, inUnits, outcomesOf } from "./outcomes.ts";
import { pictureFrom, pictureOf, pictureWanted } from "./pictures.ts";
import { predictorPage } from "./predictorPage.ts";
import type { Project } from "./project.ts";
import { BYTE_ORDER_MARK, predicted, safeLine, saidColumns, saidOf } from "./rows.ts";
import type { Run } from "./run.ts";

/** Rows of predictions that are shown. */
const SHOWN = 50;

export function useApi(project: Project): UseApi {
  const tables = new WeakMap<Run, Table>();
  return {
    form: async (id) => formOf(project.run(id).ready),
    heldOut: async (id, row) => {
      const { ready } = project.run(id);
      return cellsOf(ready, wantRow(ready, row));
    },
    predict: async (id, row) => predict(await project.awake(id), row),
    async predictRows(id, given) {
      const run = await project.awake(id), table = await tableOf(given), { preprocessing } = run.model, rows: string[][] = [], unseen = new Set<string>();
      for await (const block of predicted(run.model, table)) {
        for (const cells of block.rows.slice(0, SHOWN - rows.length)) rows.push(cells.map(String));
        for (const column of block.unseen) unseen.add(column);
      }
      tables.set(run, table);
      return { name: table.name, of: table.rows, columns: [...table.columns.keys(), ...saidColumns(preprocessing!.classes)], rows, unseen: [...unseen] };
    },
    download: async (id, what, language) => fileOf(await project.awake(id), what, language, tables),
  };
}

async function tableOf(given: Rows): Promise<Table> {
  const opened = await open(given.kind === "files" ? given.files : [{ path: "pasted.csv", file: new File([given.text], "pasted.csv") }]);
  if (opened.kind !== "table") throw new DataError("no-table", { option: "rows", wanted: "a table of rows" });
  return opened.table;
}

/** The number of a held-out row. */
function wantRow(ready: Ready, row: number): number {
  const { rows } = heldOutOf(ready);
  if (!(Number.isInteger(row) && row >= 0 && row < rows)) throw new DataError("row-out-of-range", { option: "row", wanted: `a whole number below ${rows}`, got: row });
  return row;
}

async function predict(run: Run, row: Row): Promise<Prediction> {
  const { model, ready } = run, { preprocessing } = ready, held = "heldOut" in row && typeof row.heldOut === "number" ? wantRow(ready, row.heldOut) : undefined;
  let x: Tensor, unseen: readonly string[] = [], picture: Picture | undefined;
  if (preprocessing) {
    const cells = (held !== undefined ? cellsOf(ready, held) : row) as Readonly<Record<string, string>>;
    const columns = new Map(preprocessing.columns.map(({ column }) => [column, [Object.hasOwn(cells, column) ? cells[column]! : null]]));
    const prepared = preprocessing.apply({ name: ready.name, rows: 1, columns }, { target: false });
    x = prepared.x;
    unseen = [...prepared.unseen.keys()];
  } else {
    const wanted = pictureWanted(ready);
    picture = held !== undefined ? pictureOf(wanted, (heldOutOf(ready) as Arrays).x.data, held) : await pictureFrom(wanted, row as File);
    x = { data: picture.data, shape: [1, ...ready.input] } as unknown as Tensor;
  }
  if (!ready.classes) return { kind: "number", value: inUnits(model, model.predict(x).data as Float32Array)[0]!, unseen, picture };
  return { kind: "classes", classes: model.classify(x)[0]!.map(({ label, probability }) => ({ label, probability })), unseen, picture };
}

async function fileOf(run: Run, what: DownloadKind, language: Language, tables: WeakMap<Run, Table>): Promise<Download> {
  const { model, ready } = run, binary = "application/octet-stream", csv = "text/csv;charset=utf-8", html = "text/html;charset=utf-8";
  switch (what) {
    case "safetensors":
      return { name: "model.safetensors", type: binary, bytes: model.save() };
    case "onnx":
      return { name: "model.onnx", type: binary, bytes: toONNX(model, { probabilities: ready.classes !== undefined }) };
    case "checkpoint":
      return { name: "checkpoint.safetensors", type: binary, bytes: await run.checkpoint() };
    case "held-out":
      return { name: "held-out-predictions.csv", type: csv, bytes: encoded(await heldOutText(run)) };
    case "predictions": {
      const table = tables.get(run);
      if (!table) throw new StateError("no-predictions", { of: "download", wanted: "rows that were predicted" });
      return { name: "predictions.csv", type: csv, bytes: encoded(await tableText(model, table)) };
    }
    case "report":
      return { name: "report.html", type: html, bytes: encoded(await report(run, language)) };
    case "predictor":
      return { name: "predictor.html", type: html, bytes: encoded(predictorPage(run, titleOf(run, language), targetName(run, language), language)) };
  }
}

const encoded = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function tableText(model: Model, table: Table): Promise<string> {
  const lines = [BYTE_ORDER_MARK, safeLine([...table.columns.keys(), ...saidColumns(model.preprocessing!.classes)])];
  for await (const { rows } of predicted(model, table)) for (const cells of rows) lines.push(safeLine(cells));
  return lines.join("");
}

/** Pictures have no cells: their numbers among the held-out ones, and what they are. */
async function heldOutText(run: Run): Promise<string> {
  const { model, ready } = run, raw = heldOutOf(ready);
  if ("columns" in raw) return tableText(model, raw);
  const { right } = await outcomesOf(run), names = ready.classes;
  const said = saidOf(model, ready.heldOut.x as Tensor, names), lines = said.map((cells, row) => safeLine([row, names?.[right[row]!] ?? right[row]!, ...cells]));
  return [BYTE_ORDER_MARK, safeLine(["row", "right", ...saidColumns(names)]), ...lines].join("");
}

/** Pictures have a class without a name of its own. */
const targetName = ({ ready: { preprocessing } }: Run, language: Language): string => preprocessing?.target!.name ?? textIn(language, "use.label");
const titleOf = (run: Run, language: Language): string => textIn(language, "use.of", { target: targetName(run, language), data: run.ready.name });

async function report(run: Run, language: Language): Promise<string> {
  const { names, right, said, chances } = await outcomesOf(run), { epochs, name, step } = run.record, words = REPORT[language], say = (key: "data" | "target" | "run" | "steps" | "rows") => textIn(language, `report.${key}`);
  const head: ReportHead = {
    title: titleOf(run, language), words,
    facts: [[say("data"), run.ready.name], [say("target"), targetName(run, language)], [say("run"), name], [say("steps"), grouped(step)], [say("rows"), grouped(right.length)]],
    ...(epochs.length && { history: { epochs: epochs.map(({ epoch }) => epoch), loss: epochs.map(({ loss }) => loss), heldOut: epochs.map(({ heldOutLoss }) => heldOutLoss) } }),
  };
  if (!names) return numberReport(head, scoreNumbers(right, said), right, said, targetName(run, language));
  const chance = (of: ArrayLike<number>): Float32Array => Float32Array.from(said, (_, row) => chances[row * names.length + of[row]!]!);
  return classReport(head, scoreClasses(names, right, said, chance(right)), { probability: chance(said), right: Array.from(said, (value, row) => (value === right[row] ? 1 : 0)) });
}
