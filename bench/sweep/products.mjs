// The products of the sweep, and the ways to do one: programs for the core, as words.

import { isa } from "lanewise-sweep-modules";

const { Opcode, Size } = isa;
const square = (n) => [{ m: n, n, k: n }, { m: n, n, k: n, ta: true }, { m: n, n, k: n, tb: true }];

/** A is m × k, B is k × n; ta and tb: how they lie. */
export const products = [
  ...[8, 16, 32, 64, 128, 256, 512, 1024].flatMap(square),
  ...[1, 2, 3, 4, 8, 16, 32, 64, 96, 128].map((m) => ({ m, n: 128, k: 784 })),
  { m: 784, n: 128, k: 64, ta: true }, { m: 64, n: 10, k: 128 }, { m: 128, n: 10, k: 64, ta: true }, { m: 64, n: 128, k: 10, tb: true },
  { m: 128, n: 512, k: 784 }, { m: 784, n: 512, k: 128, ta: true }, { m: 128, n: 512, k: 512 }, { m: 512, n: 512, k: 128, ta: true },
  { m: 128, n: 512, k: 512, tb: true }, { m: 128, n: 10, k: 512 }, { m: 512, n: 10, k: 128, ta: true }, { m: 128, n: 512, k: 10, tb: true },
  { m: 32, n: 64, k: 13 }, { m: 32, n: 32, k: 64 }, { m: 32, n: 3, k: 32 }, { m: 13, n: 64, k: 32, ta: true }, { m: 64, n: 32, k: 32, ta: true },
  { m: 32, n: 3, k: 32, ta: true }, { m: 32, n: 64, k: 32, tb: true }, { m: 32, n: 32, k: 3, tb: true }, { m: 4, n: 8, k: 2 }, { m: 4, n: 1, k: 8 },
];

const header = (opcode, size) => opcode | (size << 16);
const up = (n, to) => Math.ceil(n / to) * to;

/** { path, words } of each way that there is; the last one packs both factors. */
export function pathsOf({ m, n, k, ta = false, tb = false }) {
  const C = 1 << 20, A = C + (4 << 20) + 4096, B = A + (4 << 20) + 4096, PA = B + (4 << 20) + 8192, PB = PA + (8 << 20);
  const aRow = ta ? 1 : k, aColumn = ta ? m : 1, bRow = tb ? 1 : n, bColumn = tb ? k : 1;
  const pack = (dst, src, lines, line, along, width) => [header(Opcode.Pack, 8), dst, src, lines, k, line, along, width];
  const gemm = (packA, packB) => [
    ...(packA ? pack(PA, A, m, aRow, aColumn, Size.MR) : []), ...(packB ? pack(PB, B, n, bColumn, bRow, Size.NR) : []),
    header(Opcode.Gemm, 9), C, packA ? PA : A, packB ? PB : B, m, n, k, packA ? 0 : aColumn, packB ? 0 : bRow,
  ];
  const mayA = ta && (m % Size.MR === 0 || n % Size.NR === 0), mayB = !tb;
  return [
    ...(tb ? [] : [{ path: "direct", words: [header(Opcode.Direct, 10), C, A, B, m, n, k, aRow, aColumn, bRow] }]),
    ...(mayA && mayB ? [{ path: "both in place", words: gemm(false, false) }] : []),
    ...(mayA ? [{ path: "A in place", words: gemm(false, true) }] : []),
    ...(mayB ? [{ path: "B in place", words: gemm(true, false) }] : []),
    { path: "packed", words: gemm(true, true) },
  ];
}
