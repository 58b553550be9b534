// Of how good a model is.

/** Figures of the held-out rows. */
export type Scores =
  | { readonly kind: "classes"; readonly rows: number; readonly accuracy: number; readonly logLoss: number; readonly macroF1: number;
      readonly classes: readonly { readonly name: string; readonly precision: number; readonly recall: number; readonly f1: number; readonly rows: number }[];
      readonly matrix: readonly (readonly number[])[] }
  | { readonly kind: "numbers"; readonly rows: number; readonly r2: number; readonly mae: number; readonly rmse: number;
      readonly right: readonly number[]; readonly predicted: readonly number[] };


export interface UnderstandApi {
  scores(id: string): Promise<Scores>;
}
