// The fast build: the same module, compiled with relaxed SIMD (asconfig.json), and a mark by which the host tells it from the
// exact one.

export * from "./index";

/** Products that are added may be rounded once, as the processor likes: bits are not promised. */
export const fast: bool = true;
