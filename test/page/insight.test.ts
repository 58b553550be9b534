// What the page's Understand and Use are told. The engine's parts run here as in the page's worker, on runs that are made by hand.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { adam, binaryCrossEntropy, createModel, crossEntropy, csv, dense, idx, type Layer, mse, ops, relu, rocAuc, sequential, flatten, type Table, takeRows } from "../../src/index.ts";
import type { Arrays } from "../../src/advice/data.ts";
import { prepareArrays, prepareTable, type Ready } from "../../src/advice/prepare.ts";
import { draws, shuffle } from "../../src/data/philox.ts";
import type { Scores } from "../../src/page/engine/api.ts";
import { drawn } from "../../src/page/form/ink.ts";
import { dateCell } from "../../src/page/form/fields.ts";
import { heldOutOf } from "../../src/page/engine/outcomes.ts";
import { Project } from "../../src/page/engine/project.ts";
import { rocOf } from "../../src/page/engine/roc.ts";
import type { Run } from "../../src/page/engine/run.ts";
import { safeLine } from "../../src/page/engine/rows.ts";
import { understandApi } from "../../src/page/engine/understand.ts";
import { useApi } from "../../src/page/engine/use.ts";

const root = join(import.meta.dirname, "../.."), project = new Project(() => {}), understand = understandApi(project), use = useApi(project);

/** A run of a small network, trained; its id. */
async function run(ready: Ready, hidden: Layer, outputs: number, epochs = 20): Promise<string> {
  const { input, classes, preprocessing, factor, training } = ready, network = sequential(...(input.length > 1 ? [flatten()] : []), hidden, relu(), dense(outputs));
  const options = { input: input as [number], seed: 1, ...(classes && { classes: [...classes] }), ...(preprocessing && { preprocessing }) };
  const model = await createModel(factor === 1 ? network : ((x) => network(ops.multiply(x as never, factor))) as Layer, options);
  await model.fit(training as never, { loss: (!classes ? mse() : outputs === 1 ? binaryCrossEntropy() : crossEntropy()) as never, optimizer: adam({ learningRate: 0.01 }), epochs, batchSize: 32, seed: 1 });
  const id = `run-${project.runs.size}`, epoch = { epoch: 1, step: 9, loss: 0.5, metric: 0.9, heldOutLoss: 0.6, heldOutMetric: 0.8, learningRate: 0.01 };
  project.runs.set(id, { id, model, ready, design: { seed: 3 }, record: { name: "Run <1>", step: 9, epochs: [epoch, epoch] }, checkpoint: async () => new Uint8Array(8), wake: async () => {} } as unknown as Run);
  return id;
}

const heldOut = (id: string) => heldOutOf(project.run(id).ready);
const tableOf = (text: string, name = "rows.csv") => csv(new File([text], name));
const text = ({ bytes }: { bytes: Uint8Array }): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
const classesOf = (scores: Scores) => scores as Extract<Scores, { kind: "classes" }>;

let penguins: string, line: string, hostile: string, digits: string, days: string;

/** Names that would end a script, begin a comment, run a handler, or be a formula. */
const EVIL = ["</script><img src=x onerror=alert(1)>", "<!--<script>", "=cmd|' /C calc'!A0", "\"'`&${1}\\"];

beforeAll(async () => {
  penguins = await run(await prepareTable(await csv(new File([readFileSync(join(root, "examples/penguins.csv"))], "penguins.csv")), "csv", { target: "species" }), dense(16), 3);
  const draw = draws({ low: 1, high: 0 }, 0), rows = Array.from({ length: 300 }, (_, i) => [i / 10, draw(1000) / 100, `2020-0${1 + (i % 9)}-1${i % 10}`]);
  line = await run(await prepareTable(await tableOf(["a,noise,day,y", ...rows.map(([a, noise, day]) => `${a},${noise},${day},${3 * (a as number) + 2}`)].join("\n"), "line.csv"), "csv", { target: "y", ignore: ["day"] }), dense(8), 1, 60);
  const dated = rows.map(([a], i) => `${1 + (i % 28)}.${1 + (i % 12)}.${2000 + (i % 20)},"word ${i % 5} and ${"long ".repeat(i % 3)}text no ${i}",${a}`);
  days = await run(await prepareTable(await tableOf(["day,note,y", ...dated].join("\n"), "days.csv"), "csv", { target: "y", types: { note: "text" } }), dense(8), 1, 5);
  const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const evil = Array.from({ length: 120 }, (_, i) => [EVIL[i % 4]!, String(i % 7), String(i), EVIL[i % 4]!]);
  hostile = await run(await prepareTable(await tableOf([[EVIL[0]!, "__proto__", "=1+1", EVIL[2]!], ...evil].map((cells) => cells.map(quote).join(",")).join("\n"), `${EVIL[0]}.csv`), "csv", { target: EVIL[2]!, types: { "=1+1": "number" } }), dense(8), 4);
  const file = (kind: string): Promise<{ data: any; shape: number[] }> => idx(new File([readFileSync(join(root, `src/page/samples/digits-${kind}-ubyte`))], `digits-${kind}-ubyte`)) as never;
  const x = await file("images-idx3"), y = await file("labels-idx1");
  digits = await run(await prepareArrays({ name: "digits", rows: 600, x: { data: x.data.subarray(0, 600 * 64), shape: [600, 8, 8, 1] }, y: { data: y.data.subarray(0, 600), shape: [600] } }, "idx", {}), dense(32), 10, 30);
});

describe("understanding", () => {
  test("a cell of the matrix has as many rows behind it as it says, of its classes, the greatest loss first", async () => {
    const { matrix, classes, rows, accuracy } = classesOf(await understand.scores(penguins));
    expect(matrix.flat().reduce((a, b) => a + b, 0)).toBe(rows);
    expect(matrix.reduce((sum, counts, i) => sum + counts[i]!, 0) / rows).toBe(accuracy);
    for (const [right, counts] of matrix.entries()) for (const [said, count] of counts.entries()) {
      const found = await understand.examples(penguins, { right, said });
      expect(found.of).toBe(count);
      for (const row of found.rows) expect([row.right, row.said]).toEqual([classes[right]!.name, classes[said]!.name]);
      expect(found.rows.map(({ loss }) => loss)).toEqual(found.rows.map(({ loss }) => loss).sort((a, b) => b - a));
      for (const { cells } of found.rows) expect(cells[found.columns.indexOf("species")]).toBe(classes[right]!.name);
    }
  });

  test("pictures are those of the data; the worst mistakes are mistakes", async () => {
    const { of, rows } = await understand.examples(digits, "worst"), { matrix } = classesOf(await understand.scores(digits));
    expect(of).toBe(matrix.flatMap((counts, i) => counts.filter((_, k) => k !== i)).reduce((a, b) => a + b, 0));
    expect(of).toBeGreaterThan(0);
    const raw = heldOut(digits) as Arrays;
    for (const { row, right, said, picture } of rows) {
      expect(right).not.toBe(said);
      expect(right).toBe(String(raw.y!.data[row]));
      expect([...picture!.data]).toEqual([...raw.x.data.subarray(64 * row, 64 * row + 64)]);
      expect([picture!.width, picture!.height, picture!.most]).toEqual([8, 8, 16]);
    }
  });

  test("ROC: rows of equal probability lie on one stretch, and count half", () => {
    expect(rocOf("a", [0.9, 0.5, 0.5, 0.1], (row) => row < 2)).toEqual({ name: "a", auc: 0.875, points: [[0, 0], [0, 0.5], [0.5, 1], [1, 1]] });
    expect(rocOf("a", [0.5, 0.1, 0.9, 0.5], (row) => row === 0 || row === 2)).toEqual({ name: "a", auc: 0.875, points: [[0, 0], [0, 0.5], [0.5, 1], [1, 1]] });
    expect(rocOf("a", [0.5, 0.5, 0.5], (row) => row === 1)).toEqual({ name: "a", auc: 0.5, points: [[0, 0], [1, 1]] });
    expect(rocOf("a", [0.1, 0.2], () => true).auc).toBeNaN();
  });

  test("the area is that of the library's metric, each class against the rest", async () => {
    const { model, ready } = project.run(penguins), { rocAuc: mean } = (await model.evaluate(ready.heldOut as never, { loss: crossEntropy() as never, metrics: [rocAuc()] })) as unknown as { rocAuc: number };
    const { roc } = classesOf(await understand.scores(penguins));
    expect(roc.reduce((sum, { auc }) => sum + auc, 0) / roc.length).toBeCloseTo(mean, 6);
  });

  test("numbers: R² and errors in the target's units", async () => {
    const scores = (await understand.scores(line)) as Extract<Scores, { kind: "numbers" }>;
    expect(scores.r2).toBeGreaterThan(0.95);
    expect(scores.right.length).toBe(scores.rows);
    const mae = scores.right.reduce((sum, value, i) => sum + Math.abs(value - scores.predicted[i]!), 0) / scores.rows;
    expect(scores.mae).toBeCloseTo(mae, 6);
    const { rows } = await understand.examples(line, "worst");
    expect(rows[0]!.loss).toBe(Math.max(...scores.right.map((value, i) => Math.abs(value - scores.predicted[i]!))));
  });

  test("a column that decides is important, noise is not; the same each time; other calls are answered meanwhile", async () => {
    let answered = 0, during = -1;
    const asked = understand.importance(line, "a").then((found) => ((during = answered), found));
    const turns = (async () => {
      for (; during < 0; answered++) await new Promise<void>((next) => setImmediate(next));
    })();
    const a = await asked, noise = await understand.importance(line, "noise");
    await turns;
    expect(during).toBeGreaterThan(0);
    expect(a.mean).toBeGreaterThan(1);
    expect(Math.abs(noise.mean)).toBeLessThan(0.05);
    expect(a.least).toBeLessThanOrEqual(a.mean);
    expect(await understand.importance(line, "a")).toEqual(a);
    await expect(understand.importance(line, "nothing")).rejects.toMatchObject({ code: "unknown-option" });
  });

  test("importance is what accuracy loses when the raw column is shuffled, however many numbers a value becomes", async () => {
    const { model, ready } = project.run(penguins), raw = heldOut(penguins) as Table, { columns } = ready.preprocessing!, at = columns.findIndex(({ column }) => column === "island");
    const accuracy = (table: Table): number => model.classify(table as never, { top: 1 }).filter(([told], row) => told!.label === raw.columns.get("species")![row]).length / raw.rows;
    const drops = [0, 1, 2, 3, 4].map((repeat) => {
      const order = shuffle(Uint32Array.from({ length: raw.rows }, (_, row) => row), { low: 3, high: 0 }, 0xfffffffd, 5 * at + repeat), moved = takeRows(raw, order);
      return accuracy(raw) - accuracy({ ...raw, columns: new Map([...raw.columns, ["island", moved.columns.get("island")!]]) });
    });
    const found = await understand.importance(penguins, "island");
    expect(found.mean).toBeCloseTo(drops.reduce((a, b) => a + b, 0) / 5, 12);
    expect([found.least, found.most]).toEqual([Math.min(...drops), Math.max(...drops)]);
  });

  test("a plane says at each place what predict says there", async () => {
    const { model } = project.run(line), surface = await understand.surface(line);
    if (surface?.kind !== "plane") throw new Error("a plane was wanted");
    const { x, y, size, values, points } = surface, at = (axis: typeof x, i: number): number => axis.low + ((axis.high - axis.low) * i) / (size - 1);
    for (const [column, row] of [[0, 0], [7, 50], [size - 1, size - 1]] as const)
      expect(values[row * size + column]).toBe(model.predict([{ a: at(x, column), noise: at(y, row) }] as never).data[0]);
    expect([x.name, y.name, points.length]).toEqual(["a", "noise", 60]);
    expect(await understand.surface(penguins)).toBeUndefined();
    expect(await understand.surface(digits)).toBeUndefined();
  });
});

describe("use", () => {
  test("fields are what the columns are", async () => {
    const form = await use.form(penguins);
    if (form.kind !== "table") throw new Error("a table was wanted");
    const kinds = Object.fromEntries(form.fields.map(({ name, kind }) => [name, kind]));
    expect(kinds).toMatchObject({ island: "category", sex: "category", bill_length_mm: "number" });
    expect(form.fields.find(({ name }) => name === "island")!.categories).toContain("Biscoe");
    expect(form).toMatchObject({ target: "species", heldOut: heldOut(penguins).rows });
  });

  test("a row of texts is predicted as a row of the table is; what is empty is missing; what is new is told", async () => {
    const { model } = project.run(penguins), told = model.classify(heldOut(penguins) as never);
    for (const row of [0, 1, 5]) {
      const said = await use.predict(penguins, await use.heldOut(penguins, row));
      expect(said).toMatchObject({ kind: "classes", unseen: [], classes: told[row]!.map(({ label, probability }) => ({ label, probability })) });
    }
    const empty = await use.predict(penguins, {}), strange = await use.predict(penguins, { island: "Atlantis" });
    expect(empty.kind).toBe("classes");
    expect(strange.unseen).toEqual(["island"]);
    await expect(use.predict(penguins, { heldOut: heldOut(penguins).rows })).rejects.toMatchObject({ code: "row-out-of-range" });
    await expect(use.predict(penguins, { bill_length_mm: "long" })).rejects.toMatchObject({ code: "not-a-number", details: { column: "bill_length_mm" } });
  });

  test("dates and words have fields of their own; a held-out date comes as its field has it, and goes back as the data write it", async () => {
    const form = await use.form(days), cells = await use.heldOut(days, 3), { preprocessing } = project.run(days).ready;
    if (form.kind !== "table") throw new Error("a table was wanted");
    expect(form.fields.map(({ name, kind, format }) => [name, kind, format])).toEqual([["day", "date", "dmy"], ["note", "text", undefined]]);
    expect(cells.day).toMatch(/^20\d\d-\d\d-\d\d$/);
    const own = takeRows(heldOut(days) as Table, [3]), back = { day: dateCell(cells.day!, "dmy"), note: cells.note! };
    expect(preprocessing!.apply([back]).x).toEqual(preprocessing!.apply(own, { target: false }).x);
  });

  test("a date field's value is written as the data write it", () => {
    const value = "2020-02-01T12:30";
    expect(["iso", "dmy", "mdy", "named", "milliseconds"].map((format) => dateCell(value, format))).toEqual([value, "01/02/2020 12:30", "02/01/2020 12:30", "1 Feb 2020 12:30", "1580560200000"]);
    expect(dateCell("2020-02-01", "milliseconds")).toBe("1580515200000");
    expect(dateCell("", "dmy")).toBe("");
  });

  test("pasted rows are predicted, and come back as a table; a missing column is named", async () => {
    const names = "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year", row = "Biscoe,46.1,13.2,211,4500,FEMALE,2007";
    const told = await use.predictRows(penguins, { kind: "text", text: `${names}\n${row}\n${row}\n` });
    expect(told).toMatchObject({ of: 2, unseen: [] });
    expect(told.columns.slice(-4)).toEqual(["prediction", "Adelie", "Chinstrap", "Gentoo"]);
    expect(told.rows[0]![7]).toBe("Gentoo");
    const lines = text(await use.download(penguins, "predictions", "en")).split("\r\n");
    expect(lines[0]).toBe(`\ufeff${names},prediction,Adelie,Chinstrap,Gentoo`);
    expect(lines[1]!.startsWith(`${row},Gentoo,`)).toBe(true);
    await expect(use.predictRows(penguins, { kind: "text", text: "island\nBiscoe\n" })).rejects.toMatchObject({ code: "missing-column" });
  });

  test("a cell that a spreadsheet would compute is a text, and a number stays one", () => {
    expect(safeLine(["=1+1", "+1", "-2.5e3", "@x", "\tx", "\r=x", "-x", "a=b", -3, "'=1"])).toBe("'=1+1,+1,-2.5e3,'@x,'\tx,\"'\r=x\",'-x,a=b,-3,'=1\r\n");
    expect(safeLine(["=HYPERLINK(\"x\",1)"])).toBe("\"'=HYPERLINK(\"\"x\"\",1)\"\r\n");
  });

  test("held-out predictions have a line for each row, of pictures too", async () => {
    const { rows } = await understand.scores(digits), lines = text(await use.download(digits, "held-out", "en")).trimEnd().split("\r\n");
    expect(lines[0]).toBe("\ufeffrow,right,prediction,0,1,2,3,4,5,6,7,8,9");
    expect(lines.length).toBe(rows + 1);
    expect(text(await use.download(line, "held-out", "en")).startsWith("\ufeffa,noise,day,y,prediction\r\n")).toBe(true);
  });
});

describe("drawings", () => {
  const drawing = (height: number, width: number, [top, left, h, w]: readonly [number, number, number, number]) => {
    const ink = new Uint8Array(height * width);
    for (let y = top; y < top + h; y++) ink.fill(255, y * width + left, y * width + left + w);
    return { height, width, ink };
  };
  const wanted = { height: 8, width: 8, channels: 1, most: 16, light: false };

  test("of 16 levels are the dots of a bitmap of 32 × 32, in blocks of four", () => {
    const out = drawn(drawing(224, 224, [10, 150, 200, 50]), wanted); // as high as the picture, 8 dots wide, in its middle
    expect([...out]).toEqual(Array.from({ length: 64 }, (_, i) => (i % 8 === 3 || i % 8 === 4 ? 16 : 0)));
  });

  test("others are in a box of 20 of 28 places, their centre of mass in the middle", () => {
    const of28 = { height: 28, width: 28, channels: 1, most: 255, light: false }, out = drawn(drawing(224, 224, [0, 0, 100, 100]), of28);
    expect([...out]).toEqual(Array.from({ length: 784 }, (_, i) => (i % 28 >= 4 && i % 28 < 24 && i >= 4 * 28 && i < 24 * 28 ? 255 : 0)));
    // an L is heavier below and on the left
    const corner = drawing(224, 224, [0, 0, 200, 40]);
    for (let y = 160; y < 200; y++) corner.ink.fill(255, y * 224, y * 224 + 200);
    const moved = drawn(corner, of28), mass = moved.reduce((sum, value, i) => [sum[0]! + value, sum[1]! + value * (i % 28 + 0.5), sum[2]! + value * (Math.floor(i / 28) + 0.5)], [0, 0, 0] as number[]);
    expect(Math.abs(mass[1]! / mass[0]! - 14)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(mass[2]! / mass[0]! - 14)).toBeLessThanOrEqual(0.5);
  });

  test("are dark on light where the data are, in all channels; nothing is nothing", () => {
    const out = drawn(drawing(224, 224, [0, 0, 100, 100]), { height: 28, width: 28, channels: 3, most: 255, light: true });
    expect([out.length, out[0], out[3 * (14 * 28 + 14)]]).toEqual([3 * 784, 255, 0]);
    expect([...drawn({ height: 224, width: 224, ink: new Uint8Array(224 * 224) }, wanted)]).toEqual(new Array(64).fill(0));
  });

  test("a digit of the data, drawn large, is taken for what it is", async () => {
    const raw = heldOut(digits) as Arrays;
    let hits = 0;
    for (let row = 0; row < 60; row++) {
      const ink = Uint8Array.from({ length: 224 * 224 }, (_, i) => (raw.x.data[64 * row + 8 * Math.floor(i / 224 / 28) + Math.floor((i % 224) / 28)]! >= 8 ? 255 : 0));
      const said = await use.predict(digits, { drawing: { height: 224, width: 224, ink } });
      if (said.kind === "classes" && said.classes[0]!.label === String(raw.y!.data[row])) hits++;
    }
    console.log(`of 60 digits drawn in blocks, ${hits} are taken for what they are`);
    expect(hits).toBeGreaterThan(36);
  });
});

describe("predictor.html", () => {
  const scriptOf = (page: string): string => /<script type="module">([\s\S]*?)<\/script>/.exec(page)![1]!;
  /** The model in it, without the form. */
  const modelIn = (page: string): Promise<any> => import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(scriptOf(page).split("\nconst MODEL")[0]!).toString("base64")}`);
  const bits = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0]!;

  test.each([["a table's classes", () => penguins], ["numbers", () => line], ["pictures", () => digits], ["dates and texts", () => days], ["hostile names", () => hostile]])("has the bits of the page's predictions: %s", async (_, id) => {
    const raw = heldOut(id()), file = await use.download(id(), "predictor", "en"), { predict, classify } = await modelIn(text(file)), rows = 40;
    console.log(`predictor.html of ${_}: ${file.bytes.length} bytes`);
    for (let row = 0; row < Math.min(rows, raw.rows); row++) {
      const said = await use.predict(id(), { heldOut: row }), x = "columns" in raw ? [await use.heldOut(id(), row)] : { data: [...raw.x.data.subarray(64 * row, 64 * row + 64)], shape: [1, 8, 8, 1] };
      if (said.kind === "number") expect(bits(predict(x).data[0])).toBe(bits(said.value));
      else {
        const own = classify(x)[0] as { label: string; probability: number }[];
        expect(own.map(({ label }) => label)).toEqual(said.classes.map(({ label }) => label));
        expect(own.map(({ probability }) => bits(probability))).toEqual(said.classes.map(({ probability }) => bits(probability)));
      }
    }
  });

  test.each(["en", "zh"] as const)("no name of a file gets out of its place (%s)", async (language) => {
    const page = text(await use.download(hostile, "predictor", language)), script = scriptOf(page), outside = page.replace(script, "");
    expect(page.match(/<script/g)).toEqual(["<script"]);
    expect(page.match(/<\/script/g)).toEqual(["</script"]);
    expect(script).not.toContain("<!--");
    expect(outside).not.toMatch(/<img|onerror=alert\(1\)>/);
    const [, policy] = /content="(default-src[^"]+)"/.exec(page)!;
    expect(policy).toContain(`script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`);
    expect(policy).toContain(`style-src 'sha256-${createHash("sha256").update(/<style>([\s\S]*?)<\/style>/.exec(page)![1]!).digest("base64")}'`);
    expect(policy).not.toMatch(/https?:|\*|unsafe|connect-src/);
    expect(page).toContain(`<html lang="${language === "zh" ? "zh-Hans" : "en"}">`);
    expect(script).toContain(language === "zh" ? "预测" : "Predict");
  });
});

describe("the report", () => {
  test.each(["en", "zh"] as const)("escapes what comes from files, and speaks the language (%s)", async (language) => {
    for (const id of [hostile, line]) {
      const page = text(await use.download(id, "report", language));
      expect(page).not.toMatch(/<script|<img|<!--|Run <1>/);
      expect(page).toContain("Run &#60;1&#62;");
      expect(page).toContain(language === "zh" ? "每轮的损失" : "Loss by epoch");
    }
    expect(text(await use.download(hostile, "report", language))).toContain(language === "zh" ? "混淆矩阵" : "Confusion matrix");
  });

  test("predictions of hostile rows have no formula", async () => {
    const lines = text(await use.download(hostile, "held-out", "en")).replace("\ufeff", "");
    expect(lines).not.toMatch(/(^|[,\n])"?[=@]/);
    expect(lines).toContain("'=cmd|' /C calc'!A0");
  });
});

test("the checkpoint, the model and ONNX are files with their names", async () => {
  const files = await Promise.all((["safetensors", "onnx", "checkpoint"] as const).map((what) => use.download(penguins, what, "en")));
  expect(files.map(({ name }) => name)).toEqual(["model.safetensors", "model.onnx", "checkpoint.safetensors"]);
  for (const { bytes } of files) expect(bytes.length).toBeGreaterThan(0);
});
