// lanewise evaluate: how good a model is on rows whose answers are known.

import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Table } from "../index.ts";
import { command } from "./args.ts";
import { UsageError } from "../advice/failure.ts";
import type { Arrays } from "../advice/data.ts";
import { grouped, plural, share } from "../advice/text.ts";
import { isTabular, kindOf, readArrays, readingFor, tablesOf } from "./data.ts";
import { openWhole, wantOther } from "./files.ts";
import { classReport, numberReport, type ReportHead } from "../advice/report.ts";
import { imagesFor } from "./imageFolder.ts";
import { openModel } from "./models.ts";
import { score, type Scored, type Unknown } from "./scoring.ts";
import { READING } from "./settings.ts";
import { showClasses, showNumbers } from "./show.ts";
import { clean } from "./text.ts";

const FLAGS = {
  html: { kind: "text", value: "FILE", help: "write a report with pictures, in one file that needs nothing else" },
  labels: { kind: "text", value: "FILE", help: "the labels of an IDX file; found beside it by MNIST's names" },
  target: { kind: "text", value: "ARRAY", help: "the array of an npz file that has the answers; y or labels by default" },
  ...READING,
} as const;

export const evaluate = command({
  name: "evaluate",
  summary: "Says how good a model is on rows whose answers are known.",
  about: "For classes: accuracy, precision, recall and F1 of each, the confusion matrix. For numbers: R², mean absolute and root mean square error, and how residuals are spread. "
    + "Rows without an answer are left out; rows of a class that the model has never seen are counted apart, for it can be right about none of them.\n\n"
    + "A CSV file that is written as the one that the model was trained on needs no flags again.",
  arguments: [{ name: "MODEL", help: "a model file, such as model.safetensors" }, { name: "DATA", help: "a file of rows with the column that the model predicts, or a folder of images with a folder for each class" }],
  flags: FLAGS,
  examples: ["lanewise evaluate penguins-species-run/model.safetensors test.csv", "lanewise evaluate model.safetensors test.csv --html report.html"],
  async run(terminal, [modelPath, dataPath], { html, labels, target, ...reading }) {
    if (html !== undefined) await wantOther(html, "--html", [modelPath, dataPath, labels]);
    const model = await openModel(modelPath!), kind = await kindOf(dataPath!), page = html === undefined ? undefined : await openWhole(html);
    try {
      const [idle] = Object.entries({ labels, target }).filter(([, value]) => isTabular(kind) && value !== undefined);
      if (idle) throw new UsageError(`--${idle[0]} is for ${idle[0] === "labels" ? "IDX" : "npz"} files: of a table the model knows its column${model.preprocessing?.target ? `, ${model.preprocessing.target.name}` : ""}`);
      const parts: AsyncIterable<Table | Arrays> | (Table | Arrays)[] = isTabular(kind) ? tablesOf(dataPath!, await readingFor(model, dataPath!, kind, reading), kind) : [kind === "images" ? await imagesFor(model, dataPath!) : await readArrays(dataPath!, kind, target, labels)];
      const scored = await score(model, parts), name = basename(dataPath!), asked = model.preprocessing?.target?.name;
      terminal.heading(clean(`${name}${asked === undefined ? "" : `: ${asked}`}`));
      const unknown = scored.kind === "classes" ? scored.unknown : undefined;
      if (scored.kind === "classes") showClasses(terminal, scored.scores);
      else showNumbers(terminal, scored.scores);
      if (unknown) {
        terminal.say();
        terminal.tell(clean(toldOf(unknown)));
      }
      terminal.emit("scores", { kind: scored.kind, ...scored.scores, ...(unknown && { unknown }) });
      if (page) {
        await page.write(await reportOf(scored, modelPath!, name, asked));
        await page.close();
        terminal.emit("report", { html });
        terminal.say();
        terminal.say(`Report: ${html}`);
      }
      return 0;
    } catch (error) {
      await page?.abandon();
      throw error;
    } finally {
      model.dispose();
    }
  },
});

function toldOf({ rows, classes, accuracy }: Unknown): string {
  const names = Object.entries(classes), listed = names.slice(0, 8).map(([name, count]) => `${name} (${grouped(count)})`).join(", ");
  return `${plural(rows, "more row")} ${rows === 1 ? "has a class" : "have classes"} that the model has never seen: ${listed}${names.length > 8 ? ", …" : ""}. It cannot be right about ${rows === 1 ? "it" : "them"}: the accuracy of all rows is ${share(accuracy)}.`;
}

async function reportOf(scored: Scored, modelPath: string, data: string, target: string | undefined): Promise<string> {
  const history = await historyBeside(modelPath), head: ReportHead = {
    title: target === undefined ? `${basename(modelPath)} on ${data}` : `${target}: ${basename(modelPath)} on ${data}`,
    facts: [["model", modelPath], ["data", data], ["rows", grouped(scored.scores.rows)], ...(scored.kind === "classes" && scored.unknown ? [["not among them", toldOf(scored.unknown)] as const] : []), ...(target === undefined ? [] : [["target", target] as const])], ...(history && { history }),
  };
  return scored.kind === "classes" ? classReport(head, scored.scores, { probability: scored.probability, right: scored.hit }) : numberReport(head, scored.scores, scored.right, scored.predicted, target ?? "");
}

/** The losses in report.json, if train has written one beside the model. */
async function historyBeside(modelPath: string): Promise<ReportHead["history"]> {
  try {
    const { history } = JSON.parse(await readFile(join(dirname(modelPath), "report.json"), "utf8")) as { history?: Record<string, unknown> };
    const numbers = (list: unknown): number[] => (Array.isArray(list) && list.length ? list.map((value) => (typeof value === "number" ? value : NaN)) : []);
    const loss = numbers(history?.loss);
    return loss.length ? { loss, heldOut: numbers(history?.val_loss) } : undefined;
  } catch {
    return undefined; // it is a picture more, no more
  }
}
