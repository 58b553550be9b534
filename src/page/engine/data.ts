// Data: from files to what a model can be trained on.

import { DataError, inferSchema, type Table } from "../../index.ts";
import { prepareArrays, prepareTable, type Ready, schemaOptions, type Wanted } from "../../advice/prepare.ts";
import { textAt } from "../../data/table.ts";
import type { Asked, DataApi, DataView, Given, LabelledPicture, PictureOptions } from "./api.ts";
import { columnsOf, describe } from "./describe.ts";
import { type Opened, open } from "./files.ts";
import type { Project } from "./project.ts";
import { sample } from "./samples.ts";

export function dataApi(project: Project): DataApi {
  return {
    async open(given, pictures) {
      const found = await read(given, pictures);
      await project.clear(); // the runs of others go
      const view = take(project, found, given, pictures);
      project.keeper.changed("source");
      return view;
    },
    async describe(asked) {
      await use(project, asked);
      project.keeper.changed("asked");
      return describe(project.known, asked, project.opened);
    },
    async look(asked) {
      const { opened: found } = project;
      return { asked, columns: found?.kind === "table" ? columnsOf(inferSchema(found.table, schemaOptions(wantedOf(asked))), found.table) : [] };
    },
  };
}

export async function read(given: Given, pictures: PictureOptions | undefined): Promise<Opened> {
  const files = given.kind === "files" ? given.files : (given.kind === "sample" ? sample(given.name) : [new File([given.text], "pasted.csv")]).map((file) => ({ path: file.name, file }));
  return open(files, pictures);
}

/** Data that were read are those of the project from now on. */
export function take(project: Project, opened: Opened, given: Given, pictures: PictureOptions | undefined): DataView {
  const view = viewOf(opened);
  Object.assign(project, { opened, ready: undefined, source: { name: view.name, given, pictures, asked: undefined } });
  return view;
}

/** Makes the open data ready for what is asked, from now on. */
export async function use(project: Project, asked: Asked): Promise<void> {
  project.ready = await ready(project, asked);
  Object.assign(project, { wanted: wantedOf(asked), source: { ...project.source!, asked } });
}

/** The open data, made ready for what is asked. */
export async function ready({ opened: found }: Project, asked: Asked): Promise<Ready> {
  if (!found) throw new DataError("no-data", { problem: "no data are open" });
  const wanted = wantedOf(asked);
  return found.kind === "table" ? prepareTable(found.table, "csv", wanted) : prepareArrays(found.arrays, "idx", wanted);
}

function wantedOf({ target, task, types, ignore, validation, seed }: Asked): Wanted {
  return {
    ...(target !== undefined && { target }), ...(task !== undefined && { task }), ...(types !== undefined && { types }), ...(ignore !== undefined && { ignore: [...ignore] }),
    ...(validation !== undefined && { validation }), ...(seed !== undefined && { seed }),
  };
}

/** Rows that are shown. */
const SHOWN = 20;

function viewOf(opened: Opened): DataView {
  const { notes } = opened;
  if (opened.kind === "images") {
    const { name, rows } = opened.arrays;
    return { name, kind: "images", rows, columns: [], preview: [], pictures: picturesOf(opened), resizable: opened.arrays.classes !== undefined, target: undefined, notes };
  }
  const { table } = opened, columns = [...table.columns.keys()];
  const preview = Array.from({ length: Math.min(SHOWN, table.rows) }, (_, row) => [...table.columns.values()].map((values) => textAt(values, row) ?? ""));
  return { name: table.name, kind: "table", rows: table.rows, columns, preview, pictures: [], resizable: false, target: proposed(table), notes };
}

/** Some pictures, from all over the rows. */
function picturesOf({ arrays: { x, y, rows, classes } }: Opened & { kind: "images" }): LabelledPicture[] {
  const [height = 1, width = 1, channels = 1] = x.shape.slice(1), each = height * width * channels, count = Math.min(SHOWN, rows);
  const most = mostOf(x.data);
  return Array.from({ length: count }, (_, i) => {
    const row = Math.floor((i * rows) / count), label = y!.data[row]!;
    return { width, height, channels, most, data: Uint8Array.from(x.data.subarray(row * each, (row + 1) * each)), label: classes?.[label] ?? String(label) };
  });
}

/** What white is in these pictures. */
function mostOf(data: ArrayLike<number>): number {
  let most = 1;
  for (let i = 0; i < data.length; i++) most = Math.max(most, data[i]!);
  return most > 127 ? 255 : most;
}

/** A category that is named like an answer; else the last column that may be one, or the last at all: what is wrong with it can be told. */
function proposed(table: Table): string | undefined {
  const { columns } = inferSchema(table), able = columns.filter(({ use, type }) => use !== "ignore" && type !== "date" && type !== "text");
  return (able.find(({ name, type }) => type === "category" && /^(species|class|label|target|y|category|kind|type|arm)$/i.test(name)) ?? able.at(-1) ?? columns.at(-1))?.name;
}
