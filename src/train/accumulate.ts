// Sums of micro-batches' gradients in a fixed tree: neighbours first, then the sums of neighbours, and so on; sums that
// are left over at the end are joined from the right. So whoever adds the same parts, here or on several machines, gets
// the same bits.
//
//   g0 g1  g2 g3  g4
//    └─┘    └─┘   │
//      └──┬──┘    │
//         └───┬───┘

/** Adds vectors one after the other; each becomes the sum of its part of the tree, the last one of all. */
export interface Tree {
  /** Adds share · gradient, the vector `part` (0, 1, …), which is changed. With `whole`, it is the last and becomes the whole
   * sum, divided by that. */
  add(gradient: Float32Array, part: number, share: number, whole?: number): void;
}

export function makeTree(): Tree {
  /** By the height of their part; they stay for the next step. */
  const sums: Float32Array[] = [];
  return {
    add(gradient, part, share, whole) {
      for (let i = 0; i < gradient.length; i++) gradient[i]! *= share;
      let height = 0;
      for (let rest = part; whole ? rest > 0 : rest % 2 === 1; rest >>>= 1, height++) {
        if (rest % 2 === 0) continue;
        const left = sums[height]!;
        for (let i = 0; i < gradient.length; i++) gradient[i]! += left[i]!;
      }
      if (!whole) (sums[height] ??= new Float32Array(gradient.length)).set(gradient);
      else for (let i = 0; i < gradient.length; i++) gradient[i]! /= whole;
    },
  };
}
