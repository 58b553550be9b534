// What threads and workers use of the rest of the library. They are handed it when they are asked for, and import but types: what
// a page imports at once and something else later, bundlers put into a file of its own, and a page in two files has 0.4 KB more.

/** Filled by whoever opens this room. */
export const kit = {} as Kit;

export type Kit =
  & Pick<typeof import("../core.ts"), "badCore" | "compile" | "embeddedBytes" | "instantiate" | "memoryOf" | "moduleOf" | "releaseCore">
  & Pick<typeof import("../errors.ts"), "EngineError" | "WorkerError">
  & Pick<typeof import("../options.ts"), "badOption" | "wantCount" | "wantOneOf">
  & Pick<typeof import("../session.ts"), "disposed">
  & Pick<typeof import("../train/checkpoint.ts"), "writeCheckpoint">
  & Pick<typeof import("../yield.ts"), "nextTask">;
