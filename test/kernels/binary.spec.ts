// Binary: every kind against an f64 formula, and every way of broadcasting.

import { BinaryKind, Opcode } from "../../assembly/isa";
import {
  atEndOfMemory, COUNTS, EDGES, get, input, instruction, integers, launch, near, noise, output, outputOf, same, set, setInt,
  setUp,
} from "./support";

const NAMES: string[] = [
  "Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum", "Power", "Greater", "Equal", "EqualInt", "Heaviside",
];

/** The exact result; rounded to f32 it is what one operation must give. */
function f(kind: BinaryKind, a: f32, b: f32): f64 {
  const x = <f64>a, y = <f64>b;
  switch (kind) {
    case BinaryKind.Add: return x + y;
    case BinaryKind.Subtract: return x - y;
    case BinaryKind.Multiply: return x * y;
    case BinaryKind.Divide: return x / y;
    case BinaryKind.Maximum: return max<f64>(x, y);
    case BinaryKind.Minimum: return min<f64>(x, y);
    case BinaryKind.Power: return x == 1 || (x == -1 && abs(y) == Infinity) ? 1 : NativeMath.pow(x, y); // IEEE 754's
    case BinaryKind.Greater: return x > y ? 1 : 0;
    case BinaryKind.Equal: return x == y ? 1 : 0;
    case BinaryKind.EqualInt: return reinterpret<i32>(a) == reinterpret<i32>(b) ? 1 : 0;
    case BinaryKind.Heaviside: return x < y ? 0 : x == y ? 0.5 : 1;
  }
  throw new Error(`no formula for ${NAMES[kind]}`);
}

function check(i: u32, kind: BinaryKind, got: f32, a: f32, b: f32): void {
  if (kind == BinaryKind.Power) near(i, got, f(kind, a, b), 0.51);
  else same(i, got, <f32>f(kind, a, b));
}

/** dims: (size, stride in A, stride in B) for each dimension. */
function run(kind: BinaryKind, dst: usize, a: usize, b: usize, dims: StaticArray<u32>): void {
  launch(instruction(Opcode.Binary, StaticArray.concat<u32>([kind, dst, a, b, dims.length / 3], dims)));
}

/** Runs it and compares with a walk over all indices. */
function runAndCompare(kind: BinaryKind, dst: usize, a: usize, b: usize, dims: StaticArray<u32>): void {
  run(kind, dst, a, b, dims);
  const depth = dims.length / 3;
  let count: u32 = 1;
  for (let d = 0; d < depth; d++) count *= dims[3 * d];
  for (let i: u32 = 0; i < count; i++) {
    let rest = i, atA: u32 = 0, atB: u32 = 0;
    for (let d = depth - 1; d >= 0; d--) {
      const index = rest % dims[3 * d];
      rest /= dims[3 * d];
      atA += index * dims[3 * d + 1];
      atB += index * dims[3 * d + 2];
    }
    check(i, kind, get(dst, i), get(a, atA), get(b, atB));
  }
}

describe("Binary", () => {
  it("computes every kind, for every length of tail, both dense or either one stretched", () => {
    for (let kind: BinaryKind = 0; kind < BinaryKind.Count; kind++) {
      for (let c = 0; c < COUNTS.length; c++) {
        const n = COUNTS[c];
        setUp(`${NAMES[kind]} of ${n}`);
        const whole = kind == BinaryKind.EqualInt;
        const a = whole ? integers(n + 1, -2, 2) : noise(n + 1), b = whole ? integers(n + 1, -2, 2) : noise(n + 1);
        if (!whole) for (let i: u32 = 0; i < n; i += 3) set(b, i, get(a, i)); // for Equal, Maximum, Heaviside
        runAndCompare(kind, output(n), a, b, [n, 1, 1]);
        runAndCompare(kind, output(n), a, b, [n, 1, 0]);
        runAndCompare(kind, output(n), a, b, [n, 0, 1]);
      }
    }
  });

  it("is right for each pair of zeros, denormals, infinities, NaN and large numbers", () => {
    const n = <u32>EDGES.length;
    for (let kind: BinaryKind = 0; kind < BinaryKind.Count; kind++) {
      setUp(`${NAMES[kind]} of edges`);
      const a = input(n), b = input(n);
      for (let i: u32 = 0; i < n; i++) { set(a, i, EDGES[i]); set(b, i, EDGES[i]); }
      runAndCompare(kind, output(n * n), a, b, [n, 1, 0, n, 0, 1]);
    }
  });

  it("compares whole numbers as such, also those whose bits are NaN or zeros of either sign", () => {
    setUp("EqualInt of bits");
    const a = input(5), b = input(5), dst = output(5);
    for (let i: u32 = 0; i < 5; i++) { setInt(a, i, -1); setInt(b, i, -1); }
    setInt(a, 2, 0);
    setInt(b, 2, i32.MIN_VALUE);
    run(BinaryKind.EqualInt, dst, a, b, [5, 1, 1]);
    for (let i: u32 = 0; i < 5; i++) same(i, get(dst, i), i == 2 ? 0 : 1);
  });

  it("broadcasts rows, columns, scalars, middles and strided tensors, up to five dimensions", () => {
    for (let n: u32 = 1; n <= 17; n += n == 1 ? 2 : n == 5 ? 10 : 1) { // 1 3 4 5 15 16 17
      setUp(`Subtract with broadcasting, ${n} innermost`);
      const a = noise(40 * n + 8), b = noise(40 * n + 8), kind = BinaryKind.Subtract;
      runAndCompare(kind, output(5 * n), a, b, [5, n, 0, n, 1, 1]);               // [5, n] − [n]
      runAndCompare(kind, output(5 * n), a, b, [5, n, 1, n, 1, 0]);               // [5, n] − [5, 1]
      runAndCompare(kind, output(5 * n), a, b, [5, 0, n, n, 1, 1]);               // [n] − [5, n]
      runAndCompare(kind, output(5 * n), a, b, [5, 1, 0, n, 0, 1]);               // [5, 1] − [n]
      runAndCompare(kind, output(24 * n), a, b, [2, 12 * n, 0, 3, 4 * n, 1, 4, n, 0, n, 1, 0]); // [2,3,4,n] − [3,1,1]
      runAndCompare(kind, output(24 * n), a, b, [2, 3 * n, n, 3, n, 0, 4, 0, 2 * n, n, 1, 1]);  // [2,3,1,n] − [4,2,1,n]ᵀ
      runAndCompare(kind, output(24 * n), a, b, [2, 1, 12, 2, 0, 6, 2, 2, 3, 3, 0, 1, n, 1, 0]);
      runAndCompare(kind, output(8 * n), a, b, [8, n + 1, n, n, 1, 1]);           // rows of a wider tensor
    }
  });

  it("takes one row for all rows, of every length, for any number of them, at the end of memory too", () => {
    for (let kind: BinaryKind = 0; kind <= BinaryKind.Subtract; kind++) {
      for (let n: u32 = 1; n <= 24; n++) {
        setUp(`${NAMES[kind]} of rows of ${n}`);
        for (let rows: u32 = 1; rows < 6; rows++) {
          const a = noise(rows * n), b = noise(n);
          runAndCompare(kind, output(rows * n), a, b, [rows, n, 0, n, 1, 1]);
          runAndCompare(kind, output(rows * n), atEndOfMemory(rows * n), b, [rows, n, 0, n, 1, 1]);
          runAndCompare(kind, output(rows * n), a, atEndOfMemory(n), [rows, n, 0, n, 1, 1]);
          runAndCompare(kind, output(rows * n), noise(rows * (n + 3)), b, [rows, n + 3, 0, n, 1, 1]);
        }
      }
    }
  });

  it("works in place of whichever operand is dense", () => {
    for (let kind: BinaryKind = 0; kind < BinaryKind.Count; kind++) {
      setUp(`${NAMES[kind]} in place`);
      const a = noise(7 * 19), b = noise(7 * 19), dst = output(7 * 19), row = output(7 * 19);
      const overA = outputOf(a, 7 * 19), overB = outputOf(b, 7 * 19), overRow = outputOf(b, 7 * 19);
      run(kind, dst, a, b, [7 * 19, 1, 1]);
      run(kind, overA, overA, b, [7 * 19, 1, 1]);
      run(kind, overB, a, overB, [7 * 19, 1, 1]);
      run(kind, row, a, b, [7, 0, 19, 19, 1, 1]);
      run(kind, overRow, a, overRow, [7, 0, 19, 19, 1, 1]);
      for (let i: u32 = 0; i < 7 * 19; i++) {
        same(i, get(overA, i), get(dst, i));
        same(i, get(overB, i), get(dst, i));
        same(i, get(overRow, i), get(row, i));
      }
    }
  });

  it("does nothing where a dimension is 0", () => {
    setUp("Add of nothing");
    const a = noise(8), b = noise(8), dst = output(0);
    run(BinaryKind.Add, dst, a, b, [0, 4, 4, 4, 1, 1]);
    run(BinaryKind.Add, dst, a, b, [4, 1, 0, 0, 1, 1]);
    run(BinaryKind.Add, dst, a, b, [2, 1, 0, 0, 1, 1, 3, 1, 0]);
    run(BinaryKind.Add, dst, a, b, [3, 0, 0, 0, 1, 1]);
  });

  it("reads nothing beyond the end of memory", () => {
    for (let n: u32 = 1; n < 18; n++) {
      setUp("Add at the end of memory");
      run(BinaryKind.Add, output(n), atEndOfMemory(n), noise(n), [n, 1, 1]);
      run(BinaryKind.Add, output(n), noise(n), atEndOfMemory(n), [n, 1, 1]);
      run(BinaryKind.Add, output(n), atEndOfMemory(1), noise(n), [n, 0, 1]);
      run(BinaryKind.Add, output(n), noise(n), atEndOfMemory(1), [n, 1, 0]);
    }
  });
});
