// Of models.

import type { Said } from "./common.ts";

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
  /** What was chosen, and why, in the order in which it is told; `name` is that of the text catalogue's choice.… */
  readonly choices: readonly { readonly name: string; readonly value: Said; readonly why: Said }[];
}

/** What is wrong with a design, and where: "layers.2.units", "loss", "batchSize". */
export interface Flaw extends Said {
  readonly at: string;
}

/** What a training will take. */
export interface Estimate {
  /** Of memory, while it trains. */
  readonly bytes: number;
  readonly stepsPerEpoch: number;
  /** From steps that were made. */
  readonly secondsPerEpoch: number;
}

export interface ModelApi {
  suggest(): Promise<Suggestion>;
  estimate(design: Design): Promise<Estimate>;
  /** The TypeScript that trains the same model to the same bits. */
  code(design: Design): Promise<string>;
}
