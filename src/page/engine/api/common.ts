// What all that is said is made of.

/** A reason, a label or a finding: a key of the text catalogue, with what stands in it. The page says it in its own language. */
export interface Said {
  readonly code: string;
  readonly details?: Readonly<Record<string, string | number>> | undefined;
}

/** What went wrong, as it goes over: of a LanewiseError code and details, and its message in English. */
export interface Problem extends Said {
  readonly message: string;
}

/** Bytes of one picture, row by row, as a model has them. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array<ArrayBuffer>;
  /** What white is: 255, or the most that any picture has. */
  readonly most: number;
}
