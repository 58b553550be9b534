// Register tiles for a matrix product, written out: MR rows × NR columns of C, the steps of depth that a turn of the loop does,
// and how the rows of A are read: "packed" (MR numbers side by side for each step), "columns" (side by side too, any distance
// from step to step), or "rows" (each row by an address of its own: A as it stands, row-major).

const SHAPES = [[4, 8], [5, 8], [6, 8], [8, 8], [3, 12], [4, 12], [2, 16], [3, 16], [8, 4]];

export const tiles = ["packed", "columns", "rows"].flatMap((reads) => SHAPES.flatMap(([mr, nr]) => [1, 2, 4].flatMap((turn) =>
  (reads === "columns" && turn === 4 ? [] : [{ name: `${mr} × ${nr}, ${reads}${turn > 1 ? `, ${turn} steps a turn` : ""}`, symbol: `${reads}${mr}x${nr}x${turn}`, mr, nr, reads, turn }]))));

/** Depth of the panels, as the core's longest block. */
export const DEPTH = 256;

const range = (n) => [...Array(n).keys()];

function tile({ symbol, mr, nr, reads, turn }) {
  const rows = range(mr), vectors = range(nr / 4), row = (i) => (i ? `a${i}` : "a");
  const number = (i, u) => (reads === "rows" ? `v128.load32_splat(${row(i)}, ${4 * u})` : `v128.load32_splat(a, ${4 * (reads === "packed" ? u * mr + i : i)})`);
  const step = (u) => [
    ...vectors.map((j) => `${u ? "" : "let "}b${j} = v128.load(b, ${4 * u * nr + 16 * j});`),
    ...rows.flatMap((i) => [`${u || i ? "" : "let "}s = ${number(i, u)};`, ...vectors.map((j) => `c${i}_${j} = mulAdd(s, b${j}, c${i}_${j});`)]),
    ...(reads === "columns" ? ["a += aStep;"] : []),
  ];
  return `
export function ${symbol}(times: u32, c: usize, a0: usize, b0_: usize, aStep: usize): void {
  for (; times; times--) {
    let a = a0, b = b0_, k: u32 = ${DEPTH};
    ${reads === "rows" ? rows.slice(1).map((i) => `let a${i} = a + ${i} * aStep;`).join(" ") : ""}
    ${rows.flatMap((i) => vectors.map((j) => `let c${i}_${j} = f32x4.splat(0);`)).join(" ")}
    do {
      ${range(turn).flatMap(step).join("\n      ")}
      ${reads === "packed" ? `a += ${4 * mr * turn};` : reads === "rows" ? rows.map((i) => `${row(i)} += ${4 * turn};`).join(" ") : ""}
      b += ${4 * nr * turn};
      k -= ${turn};
    } while (k);
    ${rows.flatMap((i) => vectors.map((j) => `v128.store(c, c${i}_${j}, ${16 * (i * vectors.length + j)});`)).join(" ")}
  }
}`;
}

/** A module with all of them; with fused multiply-add, or multiplication and addition. */
export const source = (fused) => `
// @ts-ignore: decorator
@inline function mulAdd(a: v128, b: v128, c: v128): v128 { return ${fused ? "f32x4.relaxed_madd(a, b, c)" : "f32x4.add(c, f32x4.mul(a, b))"}; }
${tiles.map(tile).join("\n")}`;
