// Matrix products.

import { Direct, Gemm, Opcode, Pack, Size } from "../../assembly/isa.ts";
import type { Node, Op, Value } from "../graph.ts";
import { apply, misfit, wantFloats } from "../op.ts";
import type { Address } from "../program.ts";

/** m · n · k below which Gemm costs more than it brings, and lines of a factor up to which packing the other one does. Measured
 * by bench/sweep.mjs. */
const DIRECT_WORK = 512, FEW_LINES = 64;
const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

interface Flags {
  transposeA: boolean;
  transposeB: boolean;
}

function lengths({ inputs: [a, b], attributes: { transposeA, transposeB } }: Node<Flags>): { m: number; n: number; k: number } {
  const [rows, columns] = a!.shape, [inner, outer] = b!.shape;
  return { m: transposeA ? columns! : rows!, k: transposeA ? rows! : columns!, n: transposeB ? inner! : outer! };
}

/** How a product is done: without Pack and Gemm, or which of its factors are packed. Gemm reads a factor where it stands if its
 * lines lie side by side, and does so with profit where packing would cost more than it brings: where few lines of the other
 * factor, or of this one, make use of it. */
function pathOf(node: Node<Flags>): { m: number; n: number; k: number; direct: boolean; packA: boolean; packB: boolean } {
  const { m, n, k } = lengths(node), { transposeA, transposeB } = node.attributes;
  const direct = !transposeB && (m < Size.MR || m * n * k < DIRECT_WORK);
  const whole = m % Size.MR === 0 || n % Size.NR === 0; // else Gemm would read beyond A
  return {
    m, n, k, direct,
    packA: !direct && !(transposeA && whole && (n <= FEW_LINES || m <= 2 * Size.MR)),
    packB: !direct && (transposeB || (m > FEW_LINES && n > 2 * Size.NR)),
  };
}

export const matmulOp: Op<Flags> = {
  name: "matmul",
  shape([a, b], { transposeA, transposeB }) {
    wantFloats("matmul", [a!, b!]);
    const fits = a!.shape.length === 2 && b!.shape.length === 2
      && a!.shape[transposeA ? 0 : 1] === b!.shape[transposeB ? 1 : 0];
    if (!fits) throw misfit("matmul", a!, `${transposeA ? "[k, m]" : "[m, k]"} and ${transposeB ? "[n, k]" : "[k, n]"}`, [a!.shape, b!.shape]);
    return [{ shape: [a!.shape[transposeA ? 1 : 0]!, b!.shape[transposeB ? 0 : 1]!] }];
  },
  // y = a·b: da = g·bᵀ, db = aᵀ·g; with the flags, each factor is read as the formula finds it
  gradient({ inputs: [a, b], attributes: { transposeA, transposeB } }, [g]) {
    const da = transposeA
      ? matmul(b!, g!, { transposeA: transposeB, transposeB: true })
      : matmul(g!, b!, { transposeB: !transposeB });
    const db = transposeB
      ? matmul(g!, a!, { transposeA: true, transposeB: transposeA })
      : matmul(a!, g!, { transposeA: !transposeA });
    return [da, db];
  },
  scratch(node) {
    const { m, n, k, packA, packB } = pathOf(node);
    return [...(packA ? [roundUp(m, Size.MR) * k * 4] : []), ...(packB ? [roundUp(n, Size.NR) * k * 4] : [])];
  },
  emit(node, to) {
    const [a, b] = node.inputs, { transposeA, transposeB } = node.attributes, { m, n, k, direct, packA, packB } = pathOf(node);
    // steps in elements to the next row and column of A [m, k] and B [k, n] as the product reads them
    const aRow = transposeA ? 1 : k, aColumn = transposeA ? m : 1;
    const bRow = transposeB ? 1 : n, bColumn = transposeB ? k : 1;
    const c = to.at(node.outputs[0]!);
    if (direct) {
      to.instruction(Opcode.Direct, Direct.SIZE, {
        [Direct.C]: c, [Direct.A]: to.at(a!), [Direct.B]: to.at(b!), [Direct.M]: m, [Direct.N]: n, [Direct.K]: k,
        [Direct.A_ROW]: aRow, [Direct.A_COLUMN]: aColumn, [Direct.B_ROW]: bRow,
      });
      return;
    }
    const packed = (i: number, x: Value, lines: number, line: number, along: number, width: number): Address => {
      const address = to.scratch(i);
      to.instruction(Opcode.Pack, Pack.SIZE, {
        [Pack.DST]: address, [Pack.SRC]: to.at(x), [Pack.LINES]: lines, [Pack.DEPTH]: k,
        [Pack.LINE]: line, [Pack.ALONG]: along, [Pack.WIDTH]: width,
      }, [{ address, bytes: roundUp(lines, width) * k * 4 }]);
      return address;
    };
    const A = packA ? packed(0, a!, m, aRow, aColumn, Size.MR) : to.at(a!);
    const B = packB ? packed(packA ? 1 : 0, b!, n, bColumn, bRow, Size.NR) : to.at(b!);
    to.instruction(Opcode.Gemm, Gemm.SIZE, {
      [Gemm.C]: c, [Gemm.A]: A, [Gemm.B]: B, [Gemm.M]: m, [Gemm.N]: n, [Gemm.K]: k,
      [Gemm.A_STEP]: packA ? 0 : aColumn, [Gemm.B_STEP]: packB ? 0 : bRow,
    });
  },
};

/** The matrix product [m, k] · [k, n] → [m, n]; a flag reads a factor transposed, at no cost.
 * https://pytorch.org/docs/stable/generated/torch.mm.html
 *
 * @throws ShapeError if the inner lengths differ or a factor has not two axes.
 * @example
 * const f = await compile((a, b) => matmul(a, b), [[2, 2], [2, 1]]);
 * f.run([[1, 2, 3, 4], [1, 10]])[0].data // → [21, 43]
 */
export function matmul(a: Value, b: Value, { transposeA = false, transposeB = false }: Partial<Flags> = {}): Value {
  return apply(matmulOp, [a, b], { transposeA, transposeB });
}
