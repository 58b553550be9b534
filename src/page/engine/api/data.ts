// Of data.

import type { Picture, Said } from "./common.ts";

/** Where data come from. */
export type Given =
  | { readonly kind: "files"; readonly files: readonly Named[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "sample"; readonly name: SampleName };

/** A file, and where it lay in what was dropped: of a picture, its folder is its class. */
export interface Named {
  readonly path: string;
  readonly file: File;
}

/** How pictures are read, where they are not to be as they are. */
export interface PictureOptions {
  readonly side?: number | undefined;
  readonly channels?: 1 | 3 | undefined;
}

export const SAMPLES = ["penguins", "digits", "spirals", "sine"] as const;
export type SampleName = (typeof SAMPLES)[number];

/** What was found in them. */
export interface DataView {
  readonly name: string;
  readonly kind: "table" | "images";
  readonly rows: number;
  /** Names of a table's columns. */
  readonly columns: readonly string[];
  /** The first rows, as texts. */
  readonly preview: readonly (readonly string[])[];
  /** The target that is proposed. */
  readonly target: string | undefined;
  /** Some of the pictures. */
  readonly pictures: readonly LabelledPicture[];
  /** Can they be read in another size? */
  readonly resizable: boolean;
  readonly notes: readonly Said[];
}

export interface LabelledPicture extends Picture {
  readonly label: string;
}

/** What the user says of the data. */
export interface Asked {
  readonly target?: string | undefined;
  readonly task?: "classification" | "regression" | undefined;
  readonly types?: Readonly<Record<string, string>> | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly validation?: number | undefined;
  readonly seed?: number | undefined;
}

export interface ColumnView {
  readonly name: string;
  readonly type: string;
  readonly use: string;
  readonly why: Said;
  readonly missing: number;
  readonly distinct: number;
  readonly range: readonly [number, number] | undefined;
  /** Counts in equal parts of the range, or of the most frequent values. */
  readonly histogram: readonly { readonly label: string; readonly count: number }[];
}

/** What was said of the data, and what their columns are taken for. */
export interface Looked {
  readonly asked: Asked;
  readonly columns: readonly ColumnView[];
}

/** Data made ready for a target. */
export interface Described extends Looked {
  readonly task: "classes" | "yes-no" | "number";
  readonly target: string;
  readonly classes: readonly { readonly name: string; readonly rows: number }[];
  readonly trainingRows: number;
  readonly heldOutRows: number;
  /** Shape of a row as the model takes it. */
  readonly input: readonly number[];
  readonly notes: readonly Said[];
}


export interface DataApi {
  open(given: Given, pictures?: PictureOptions): Promise<DataView>;
  describe(asked: Asked): Promise<Described>;
  /** What the columns would be taken for, also where nothing can be learnt from them so. */
  look(asked: Asked): Promise<Looked>;
}
