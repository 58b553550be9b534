// What a model wants to be told, column by column, and a held-out row as it would be told.

import type { Ready } from "../../advice/prepare.ts";
import { parseDate, showDate } from "../../data/dates.ts";
import { textAt } from "../../data/table.ts";
import type { Fitted } from "../../data/transforms.ts";
import type { Field, Form } from "./api.ts";
import { heldOutOf } from "./outcomes.ts";
import { pictureWanted } from "./pictures.ts";

export function formOf(ready: Ready): Form {
  const { preprocessing } = ready, rest = { target: preprocessing?.target!.name, heldOut: heldOutOf(ready).rows };
  return preprocessing ? { kind: "table", fields: preprocessing.columns.map((column) => fieldOf(column, ready)), ...rest } : { kind: "picture", wanted: pictureWanted(ready), ...rest };
}

function fieldOf(fitted: Readonly<Fitted>, { schema }: Ready): Field {
  const { column: name, use } = fitted;
  switch (use) {
    case "oneHot": case "ordinal":
      return { name, kind: "category", categories: fitted.categories };
    case "hash":
      return { name, kind: "text" };
    case "cyclic":
      return { name, kind: fitted.parts.includes("hour") ? "time" : "date", format: fitted.format };
    default:
      return { name, kind: "number", range: schema?.columns.find((column) => column.name === name)?.range };
  }
}

/** The cells of a held-out row, as the fields have them. */
export function cellsOf(ready: Ready, row: number): Record<string, string> {
  const raw = heldOutOf(ready), { preprocessing } = ready;
  if (!("columns" in raw)) return {};
  return Object.fromEntries(preprocessing!.columns.map((fitted): [string, string] => {
    const text = textAt(raw.columns.get(fitted.column)!, row) ?? "";
    return [fitted.column, fitted.use === "cyclic" && text !== "" ? dateValue(text, fitted) : text];
  }));
}

function dateValue(text: string, { format, parts }: Extract<Fitted, { use: "cyclic" }>): string {
  const instant = format === "milliseconds" ? Number(text) : parseDate(text, format);
  if (!Number.isFinite(instant)) return "";
  const [day, time = "00:00"] = showDate(instant).split(" ");
  return parts.includes("hour") ? `${day}T${time}` : day!;
}
