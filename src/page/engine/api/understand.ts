// Of how good a model is.

import type { Picture } from "./common.ts";

/** Figures of the held-out rows. `columns` are those of a table that the model learns from. */
export type Scores =
  | { readonly kind: "classes"; readonly rows: number; readonly columns: readonly string[]; readonly accuracy: number; readonly logLoss: number; readonly macroF1: number;
      readonly classes: readonly { readonly name: string; readonly precision: number; readonly recall: number; readonly f1: number; readonly rows: number }[];
      /** matrix[right][said] */
      readonly matrix: readonly (readonly number[])[];
      /** One for each class against the rest; of two classes, of the second. */
      readonly roc: readonly Curve[] }
  | { readonly kind: "numbers"; readonly rows: number; readonly columns: readonly string[]; readonly r2: number; readonly mae: number; readonly rmse: number;
      /** At most 2,000 rows: every so-many-th. */
      readonly right: readonly number[]; readonly predicted: readonly number[] };

/** The share of the others that are taken for a class, and of its own rows, as the threshold falls. */
export interface Curve {
  readonly name: string;
  /** Area under it; NaN where all rows are of the class, or none. */
  readonly auc: number;
  readonly points: readonly (readonly [number, number])[];
}

/** Held-out rows: those of a cell of the confusion matrix, or those with the greatest loss first. */
export type Chosen = { readonly right: number; readonly said: number } | "worst";

export interface Examples {
  /** How many there are; not all need be in `rows`. */
  readonly of: number;
  readonly columns: readonly string[];
  readonly rows: readonly Example[];
}

export interface Example {
  /** Its number among the held-out rows, from 0. */
  readonly row: number;
  readonly right: string | number;
  readonly said: string | number;
  /** Of what was said; undefined for numbers. */
  readonly probability: number | undefined;
  /** −log of the right class's probability; of numbers the distance. */
  readonly loss: number;
  /** Of a table, as texts. */
  readonly cells: readonly string[];
  readonly picture: Picture | undefined;
}

/** What the score loses when a column's values are shuffled among the rows: accuracy, or R² of numbers. */
export interface Importance {
  readonly column: string;
  readonly mean: number;
  /** Of the repeats. */
  readonly least: number;
  readonly most: number;
}

/** What the model says all over the range of its inputs, where they are one or two numbers. */
export type Surface =
  | { readonly kind: "plane"; readonly x: Axis; readonly y: Axis; readonly size: number;
      /** Of classes: names; numbers have none. */
      readonly classes: readonly string[];
      /** Class numbers, or numbers, [size, size] from the lowest y on. */
      readonly values: Float32Array;
      /** Of what was said; numbers have none. */
      readonly probability: Float32Array | undefined;
      readonly points: readonly { readonly x: number; readonly y: number; readonly value: number }[] }
  | { readonly kind: "curve"; readonly x: Axis; readonly at: readonly number[];
      /** The number, or the probability of each class. */
      readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[];
      readonly points: readonly (readonly [number, number])[] };

export interface Axis {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

export interface UnderstandApi {
  scores(id: string): Promise<Scores>;
  examples(id: string, chosen: Chosen): Promise<Examples>;
  /** Of one column: whoever wants all asks for one after the other, and may stop. */
  importance(id: string, column: string): Promise<Importance>;
  /** undefined where inputs are more than two, or no numbers. */
  surface(id: string): Promise<Surface | undefined>;
}
