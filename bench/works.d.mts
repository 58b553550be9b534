/** What a test takes of works.mjs. */
export const works: Readonly<Record<string, { sizes: number[]; batch: number; activation: "relu" | "tanh"; loss: "crossEntropy" | "binaryCrossEntropy" }>>;
