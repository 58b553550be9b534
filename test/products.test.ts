// Matrix products through the host, in every number of rows that a register tile or a block of panels may leave over. That the exact
// build's bits are those of a plain loop is in kernels/gemm.spec.ts; runtimes/fast.test.ts runs this with the fast core, which has
// another tile.

import { expect, test } from "vitest";
import { compile, type Compiled } from "../src/compiled.ts";
import { matmul } from "../src/ops/index.ts";
import { trace } from "../src/trace.ts";
import { numbers } from "./helpers.ts";

/** With a depth of two blocks. */
const ROWS = [...Array(24).keys()].map((i) => i + 4).concat([47, 48, 49, 59, 60, 61, 97, 108, 131]), K = 300, MOST = Math.max(...ROWS);

const turned = (x: Float32Array, rows: number, columns: number): Float32Array => x.map((_, i) => x[(i % rows) * columns + Math.floor(i / rows)]!);

/** How many numbers the ranks of a product write to C, counted for each rank, and how many behind it, where rows of a tile would lie. */
function writtenBy({ loaded }: Compiled, ranks: number): { inside: number; behind: number } {
  const { session: { core, words }, block, program } = loaded, { word, writes } = program.instructions.at(-1)!;
  const from = loaded.place("output 0") / 4, size = writes[0]!.bytes / 4, written = { inside: 0, behind: 0 };
  for (let rank = 0; rank < ranks; rank++) {
    const before = words.subarray(from, from + 2 * size).fill(NONE, 0, size).slice();
    core.execute(block.offset + 4 * word, rank, ranks);
    before.forEach((value, i) => {
      if (words[from + i] !== value) written[i < size ? "inside" : "behind"]++;
    });
  }
  return written;
}
/** Bits of a NaN that no sum is. */
const NONE = 0x7fc12345;

test.each([
  ["NN", 8], ["NN", 10], ["NN", 24], ["NT", 8], ["NT", 10], ["NT", 24], ["TN", 8], ["TN", 10], ["TN", 24],
])("%s, %i columns: a row has the same bits among any number of rows and on any number of ranks, and they are its sums' to rounding", async (kind, n) => {
  const a = numbers(MOST * K, 1), b = numbers(K * n, 2), transposeA = kind[0] === "T", transposeB = kind[1] === "T";
  let most: ArrayLike<number> = [];
  for (const m of [...ROWS].reverse()) {
    using f = await compile((x, y) => matmul(x, y, { transposeA, transposeB }), [transposeA ? [K, m] : [m, K], transposeB ? [n, K] : [K, n]]);
    const rows = a.subarray(0, m * K), [c] = f.run([transposeA ? turned(rows, m, K) : rows, transposeB ? turned(b, K, n) : b]);
    if (m === MOST) most = c!.data;
    expect([...c!.data], `${m} rows`).toEqual(Array.from(most).slice(0, m * n));
    const hashes = [1, 2, 3, 5].map((ranks) => trace(f.loaded, ranks).at(-1)!.hash);
    expect(new Set(hashes).size, `${m} rows`).toBe(1);
    expect(writtenBy(f, 3), `${m} rows`).toEqual({ inside: m * n, behind: 0 });
  }
  let worst = 0;
  for (let i = 0; i < MOST; i++) for (let j = 0; j < n; j++) {
    let sum = 0, size = 0;
    for (let k = 0; k < K; k++) {
      const product = a[i * K + k]! * b[k * n + j]!;
      sum += product;
      size += Math.abs(product);
    }
    worst = Math.max(worst, Math.abs(most[i * n + j]! - sum) / size);
  }
  expect(worst).toBeLessThan(1e-6);
});
