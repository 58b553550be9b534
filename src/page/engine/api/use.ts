// Of what a model is for.

export type Prediction =
  | { readonly kind: "classes"; readonly classes: readonly { readonly label: string; readonly probability: number }[] }
  | { readonly kind: "number"; readonly value: number };

export interface Download {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface UseApi {
  /** Of one row: cells by column, or pixels. */
  predict(id: string, row: Readonly<Record<string, string>> | ImageData): Promise<Prediction>;
  download(id: string, what: string): Promise<Download>;
}
