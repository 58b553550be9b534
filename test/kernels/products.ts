// The matrix product as gemm.ts defines it to the bit, in plain loops.

import { Opcode, Size } from "../../assembly/isa";
import { get, instruction, launch, output } from "./support";

/** How a depth of k is cut into blocks: as few as Size.KC allows, of equal length but for the last, in fours. */
export function blockLength(k: u32): u32 {
  let blocks: u32 = 1;
  while (blocks * <u32>Size.KC < k) blocks++;
  if (blocks == 1) return max<u32>(k, 1);
  let length: u32 = 0;
  while (length * blocks < k) length += 1;
  while (length % 4) length++;
  return length;
}

/** A is m × k, B is k × n; the strides say how they lie: "N" row after row, "T" column after column. */
export class Product {
  aRow: u32;
  aColumn: u32;
  bRow: u32;
  bColumn: u32;
  constructor(public m: u32, public n: u32, public k: u32, aTransposed: bool = false, bTransposed: bool = false) {
    this.aRow = aTransposed ? 1 : k;
    this.aColumn = aTransposed ? m : 1;
    this.bRow = bTransposed ? 1 : n;
    this.bColumn = bTransposed ? k : 1;
  }

  /** C by Gemm from packed factors, or from those that stand where they are, if Gemm can read them there. */
  packed(a: usize, b: usize, aInPlace: bool = false, bInPlace: bool = false): usize {
    const c = output(this.m * this.n), m = this.m, n = this.n, k = this.k;
    const aStays = aInPlace && this.aRow == 1 && (m % 4 == 0 || n % 8 == 0), bStays = bInPlace && this.bColumn == 1;
    const aPanels = aStays ? a : output((m + 3) / 4 * 4 * k), bPanels = bStays ? b : output((n + 7) / 8 * 8 * k);
    if (!aStays) launch(instruction(Opcode.Pack, [aPanels, a, m, k, this.aRow, this.aColumn, Size.MR]));
    if (!bStays) launch(instruction(Opcode.Pack, [bPanels, b, n, k, this.bColumn, this.bRow, Size.NR]));
    launch(instruction(Opcode.Gemm, [c, aPanels, bPanels, m, n, k, aStays ? this.aColumn : 0, bStays ? this.bRow : 0]));
    return c;
  }

  /** C by Direct, if B lies as it wants it, else by Gemm. */
  direct(a: usize, b: usize): usize {
    if (this.bColumn != 1) return this.packed(a, b, true);
    const c = output(this.m * this.n);
    launch(instruction(
      Opcode.Direct, [c, a, b, this.m, this.n, this.k, this.aRow, this.aColumn, this.bRow],
    ));
    return c;
  }

  /** C[i, j] in the one order of operations that every path promises. */
  element(a: usize, b: usize, i: u32, j: u32): f32 {
    const block = blockLength(this.k);
    let c: f32 = 0;
    for (let k0: u32 = 0; k0 < this.k; k0 += block) {
      let sum: f32 = 0;
      for (let k = k0; k < min(k0 + block, this.k); k++)
        sum += get(a, i * this.aRow + k * this.aColumn) * get(b, k * this.bRow + j * this.bColumn);
      c = k0 ? c + sum : sum;
    }
    return c;
  }

  /** C[i, j] in f64. */
  exact(a: usize, b: usize, i: u32, j: u32): f64 {
    let sum: f64 = 0;
    for (let k: u32 = 0; k < this.k; k++)
      sum += <f64>get(a, i * this.aRow + k * this.aColumn) * <f64>get(b, k * this.bRow + j * this.bColumn);
    return sum;
  }
}
