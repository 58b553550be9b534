// Data: from files to what a model can be trained on.

import { inferSchema, type Table } from "../../index.ts";
import { prepareArrays, prepareTable, type Wanted } from "../../cli/prepare.ts";
import { textAt } from "../../data/table.ts";
import type { Asked, DataApi, DataView } from "./api.ts";
import { describe } from "./describe.ts";
import { type Opened, open } from "./files.ts";
import type { Project } from "./project.ts";
import { sample } from "./samples.ts";

export function dataApi(project: Project): DataApi {
  return {
    async open(given) {
      const files = given.kind === "files" ? given.files : given.kind === "sample" ? sample(given.name) : [new File([given.text], "pasted.csv")];
      project.opened = await open(files);
      project.ready = undefined;
      return viewOf(project.opened);
    },
    async describe(asked) {
      const { opened } = project, wanted = wantedOf(asked);
      if (!opened) return describe(project.known, asked, undefined);
      const ready = opened.kind === "table" ? prepareTable(opened.table, "csv", wanted) : prepareArrays(opened.arrays, "idx", wanted);
      Object.assign(project, { wanted, ready });
      return describe(ready, asked, opened.kind === "table" ? opened.table : undefined);
    },
  };
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
  if (opened.kind === "images") {
    const { name, rows } = opened.arrays;
    return { name, kind: "images", rows, columns: [], preview: [], target: undefined, notes: [] };
  }
  const { table } = opened, columns = [...table.columns.keys()];
  const preview = Array.from({ length: Math.min(SHOWN, table.rows) }, (_, row) => [...table.columns.values()].map((values) => textAt(values, row) ?? ""));
  return { name: table.name, kind: "table", rows: table.rows, columns, preview, target: proposed(table), notes: [] };
}

/** A category that is named like an answer; else the last column that may be one. */
function proposed(table: Table): string | undefined {
  const { columns } = inferSchema(table), able = columns.filter(({ use, type }) => use !== "ignore" && type !== "date" && type !== "text");
  return (able.find(({ name, type }) => type === "category" && /^(species|class|label|target|y|category|kind|type|arm)$/i.test(name)) ?? able.at(-1))?.name;
}
