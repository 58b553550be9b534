// Of what a model is for.

import type { Language } from "../../text/index.ts";
import type { Drawing, Field, PictureWanted } from "../../form/fields.ts";
import type { Picture } from "./common.ts";
import type { Given } from "./data.ts";

export type { Drawing, Field, PictureWanted } from "../../form/fields.ts";

/** What a model wants to be told of a row. */
export type Form = {
  /** The column that is predicted; of pictures none. */
  readonly target: string | undefined;
  /** Rows that were held out. */
  readonly heldOut: number;
} & ({ readonly kind: "table"; readonly fields: readonly Field[] } | { readonly kind: "picture"; readonly wanted: PictureWanted });

/** A row: cells by column, an image's file, a drawing, or a held-out row by its number. */
export type Row = Readonly<Record<string, string>> | File | { readonly drawing: Drawing } | { readonly heldOut: number };

export type Prediction = { /** What an image was made into. */ readonly picture?: Picture | undefined; /** Columns whose category no training row had. */ readonly unseen: readonly string[] } & (
  | { readonly kind: "classes"; readonly classes: readonly { readonly label: string; readonly probability: number }[] }
  | { readonly kind: "number"; readonly value: number });

/** Rows of a table: a file of them, or pasted. */
export type Rows = Extract<Given, { readonly kind: "files" | "text" }>;

/** Predictions of a table of rows: the first ones. */
export interface Predictions {
  readonly name: string;
  readonly of: number;
  /** Of the table, and then what was predicted. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly unseen: readonly string[];
}

export const DOWNLOADS = ["safetensors", "onnx", "checkpoint", "held-out", "predictions", "report", "predictor"] as const;
export type DownloadKind = (typeof DOWNLOADS)[number];

export interface Download {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface UseApi {
  form(id: string): Promise<Form>;
  /** The cells of a held-out row, by column, as fields have them. */
  heldOut(id: string, row: number): Promise<Readonly<Record<string, string>>>;
  predict(id: string, row: Row): Promise<Prediction>;
  predictRows(id: string, given: Rows): Promise<Predictions>;
  /** "held-out": predictions of the held-out rows; "predictions": those of the table that predictRows had last. */
  download(id: string, what: DownloadKind, language: Language): Promise<Download>;
}
