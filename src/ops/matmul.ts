// Matrix products.

import { Direct, Gemm, Opcode, Pack, Size } from "../../assembly/isa.ts";
import type { Node, Op, Value } from "../graph.ts";
import { apply, misfit, wantFloats } from "../op.ts";

/** m · n · k up to which packing costs more than it brings. */
const DIRECT_WORK = 8192;

interface Flags {
  transposeA: boolean;
  transposeB: boolean;
}

function lengths({ inputs: [a, b], attributes: { transposeA, transposeB } }: Node<Flags>): { m: number; n: number; k: number } {
  const [rows, columns] = a!.shape, [inner, outer] = b!.shape;
  return { m: transposeA ? columns! : rows!, k: transposeA ? rows! : columns!, n: transposeB ? inner! : outer! };
}

const isDirect = (m: number, n: number, k: number): boolean => m < Size.MR || m * n * k <= DIRECT_WORK;
const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

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
    const { m, n, k } = lengths(node);
    return isDirect(m, n, k) ? [] : [roundUp(m, Size.MR) * k * 4, roundUp(n, Size.NR) * k * 4];
  },
  emit(node, to) {
    const [a, b] = node.inputs, { transposeA, transposeB } = node.attributes, { m, n, k } = lengths(node);
    // steps in elements to the next row and column of A [m, k] and B [k, n] as the product reads them
    const aRow = transposeA ? 1 : k, aColumn = transposeA ? m : 1;
    const bRow = transposeB ? 1 : n, bColumn = transposeB ? k : 1;
    const c = to.at(node.outputs[0]!);
    if (isDirect(m, n, k)) {
      to.instruction(Opcode.Direct, Direct.SIZE, {
        [Direct.C]: c, [Direct.A]: to.at(a!), [Direct.B]: to.at(b!), [Direct.M]: m, [Direct.N]: n, [Direct.K]: k,
        [Direct.A_ROW]: aRow, [Direct.A_COLUMN]: aColumn, [Direct.B_ROW]: bRow, [Direct.B_COLUMN]: bColumn,
      });
      return;
    }
    const packed = (i: number, x: Value, lines: number, line: number, along: number, width: number): void => {
      const address = to.scratch(i);
      to.instruction(Opcode.Pack, Pack.SIZE, {
        [Pack.DST]: address, [Pack.SRC]: to.at(x), [Pack.LINES]: lines, [Pack.DEPTH]: k,
        [Pack.LINE]: line, [Pack.ALONG]: along, [Pack.WIDTH]: width,
      }, [{ address, bytes: roundUp(lines, width) * k * 4 }]);
    };
    packed(0, a!, m, aRow, aColumn, Size.MR);
    packed(1, b!, n, bColumn, bRow, Size.NR);
    to.instruction(Opcode.Gemm, Gemm.SIZE, {
      [Gemm.C]: c, [Gemm.A]: to.scratch(0), [Gemm.B]: to.scratch(1), [Gemm.M]: m, [Gemm.N]: n, [Gemm.K]: k,
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
