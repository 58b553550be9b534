// Of models.

/** A layer, a loss, an optimizer or a schedule: the library's name, and its options. */
export interface Part {
  readonly kind: string;
  readonly options: Readonly<Record<string, PartValue>>;
}
export type PartValue = number | string | boolean;

/** All that a run is made of. */
export interface Design {
  /** From the input to the output. */
  readonly layers: readonly Part[];
  readonly loss: Part;
  readonly optimizer: Part;
  readonly schedule: Part;
  readonly batchSize: number;
  readonly epochs: number;
  /** Epochs without a better held-out loss after which it ends; 0: never. */
  readonly patience: number;
  readonly balanced: boolean;
  readonly seed: number;
}

export interface Suggestion {
  readonly design: Design;
  /** What was chosen, and why, in the order in which it is told. */
  readonly choices: readonly { readonly name: string; readonly value: string; readonly why: string }[];
}

export interface Estimate {
  readonly layers: readonly { readonly output: readonly number[]; readonly parameters: number }[];
  readonly parameters: number;
  /** Of memory, while it trains. */
  readonly bytes: number;
  readonly stepsPerEpoch: number;
  /** Measured over some steps. */
  readonly secondsPerEpoch: number;
}


export interface ModelApi {
  suggest(): Promise<Suggestion>;
  estimate(design: Design): Promise<Estimate>;
  /** The TypeScript that trains the same model to the same bits. */
  code(design: Design): Promise<string>;
}
