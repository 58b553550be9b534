// compile(): a function on Values becomes a program that runs on numbers.

import { ADDRESSABLE, loadCore } from "./core.ts";
import type { Build, CoreSource } from "./source.ts";
import { compileProgram, type Passes } from "./compile.ts";
import { ShapeError, show } from "./errors.ts";
import { Graph, notAValue, Value } from "./graph.ts";
import { input } from "./op.ts";
import { badOption, checkNames, isRecord, wantFunction, wantNumber, wantOneOf } from "./options.ts";
import type { Program } from "./program.ts";
import { disposed, type LoadedProgram, Session } from "./session.ts";
import { isShape, type Shape } from "./shape.ts";
import { flatten, type Numbers, type Tensor, wantWhole } from "./tensor.ts";

/** Shape of an argument, with its type where that is not float32. */
export type Argument = Shape | { readonly shape: Shape; readonly dtype?: "float32" | "int32" };

export interface CompileOptions {
  /** Most bytes that it may use; 4 GiB by default. */
  memoryLimit?: number;
  core?: CoreSource;
  /** As createModel's. */
  build?: Build;
  /** What the compiler leaves out, such as { inPlace: false }; the bits are the same. */
  passes?: Passes;
}

/** A compiled function; made by compile(). */
export class Compiled {
  /** For `listing`. */
  readonly program: Program;
  readonly loaded: LoadedProgram;
  private readonly inputs: readonly Value[];
  private readonly outputs: readonly Value[];
  private open = true;

  constructor(loaded: LoadedProgram, inputs: readonly Value[], outputs: readonly Value[]) {
    this.loaded = loaded;
    this.program = loaded.program;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** What it runs on: "fast" if that was asked for, and the engine has relaxed SIMD. */
  get build(): Build {
    return this.loaded.session.core.fast ? "fast" : "exact";
  }

  /** Computes the outputs from one array for each argument.
   *
   * @throws ShapeError if an array has not as many numbers as its argument.
   */
  run(args: readonly Numbers[]): Tensor<Float32Array | Int32Array>[] {
    this.stage(args);
    this.loaded.runSync();
    return this.outputs.map(({ shape, size, dtype }, i) => {
      const from = this.loaded.place(`output ${i}`), { buffer } = this.loaded.session.core.memory;
      const data = dtype === "int32" ? new Int32Array(buffer, from, size).slice() : new Float32Array(buffer, from, size).slice();
      return { data, shape: [...shape] };
    });
  }

  /** Writes the arguments into memory, for `loaded.run()` or `trace(loaded)`. */
  stage(args: readonly Numbers[]): void {
    if (!this.open) throw disposed("this function");
    if (!Array.isArray(args) || args.length !== this.inputs.length)
      throw new ShapeError("arguments", { option: "run", wanted: `an array of ${this.inputs.length} arguments`, got: args });
    const all = args.map((arg, i) => {
      const { data } = flatten(arg, `argument ${i}`), { size, shape, dtype } = this.inputs[i]!;
      if (dtype === "int32") wantWhole(data, `argument ${i}`);
      if (data.length !== size)
        throw new ShapeError("shape-mismatch", { option: `argument ${i}`, wanted: `${size} numbers for ${show(shape)}`, got: data.length });
      return data;
    });
    const { floats, words } = this.loaded.session;
    all.forEach((data, i) => {
      if (!this.program.places.has(`argument ${i}`)) return; // nothing reads it
      const at = this.loaded.place(`argument ${i}`) / 4;
      if (this.inputs[i]!.dtype === "int32") new Int32Array(words.buffer).set(data, at);
      else floats.set(data, at);
    });
  }

  /** Gives the memory back. */
  dispose(): void {
    if (!this.open) return;
    this.open = false;
    this.loaded.session.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Compiles a function on Values, for arguments of the given shapes. `grad` works inside.
 *
 * @throws ShapeError, GraphError if the function does not fit the shapes; MemoryError beyond the limit.
 * @example
 * const f = await compile((x, w) => { const y = mean(square(matmul(x, w))); return [y, ...grad(y, [w])]; }, [[4, 3], [3, 2]]);
 * const [y, dw] = f.run([new Float32Array(12).fill(1), new Float32Array(6).fill(1)]);
 * [y.data[0], dw.shape] // → [9, [3, 2]]
 */
export async function compile(
  f: (...args: Value[]) => Value | readonly Value[], args: readonly Argument[], options: CompileOptions = {},
): Promise<Compiled> {
  checkNames("compile", options, ["memoryLimit", "core", "build", "passes"]);
  const { passes = {} } = options;
  checkNames("passes", passes, ["inPlace", "order", "alone"]);
  wantFunction("compile: f", f);
  if (!Array.isArray(args)) throw badOption("compile: args", args, "an array with the shape of each argument");
  const memoryLimit = options.memoryLimit === undefined ? undefined : wantNumber("memoryLimit", options.memoryLimit, 1, ADDRESSABLE);
  const build = wantOneOf("build", options.build ?? "exact", ["exact", "fast"] as const);
  const graph = new Graph();
  const inputs = args.map((arg: Argument, i) => {
    const { shape, dtype = "float32" } = isRecord(arg) ? arg as Exclude<Argument, Shape> : { shape: arg };
    if (!isShape(shape)) throw new ShapeError("bad-shape", { option: `argument ${i}`, wanted: "a shape of whole lengths above 0", got: shape });
    return input(graph, `argument ${i}`, shape, wantOneOf(`argument ${i}: dtype`, dtype, ["float32", "int32"] as const));
  });
  const result: unknown = f(...inputs);
  const outputs: readonly Value[] = Array.isArray(result) ? result : [result];
  outputs.forEach((output, i) => {
    if (!(output instanceof Value) || output.graph !== graph)
      throw notAValue(`result ${i}`, output, { of: "compile", fix: "make it from the arguments" });
  });
  const program = compileProgram({ outputs: new Map(outputs.map((value, i) => [`output ${i}`, value])), passes });
  const session = new Session(await loadCore(options.core, build), memoryLimit);
  return new Compiled(session.load(program, {}), inputs, outputs);
}
