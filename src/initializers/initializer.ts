// What an initializer is.

/** Numbers of inputs and outputs that an element of a weight joins. */
export interface Fans {
  fanIn: number;
  fanOut: number;
  /** For a weight that leads to an activation of relu's kin: what its variance times fanIn should be. */
  gain?: number | undefined;
}

/** What a parameter is filled with. */
export type Filling =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
  | { readonly kind: "normal"; readonly mean: number; readonly deviation: number };

/** A distribution that depends on the fans; made by he(), xavier(), zeros() … */
export interface Initializer {
  readonly initializer: string;
  filling(fans: Fans): Filling;
  /** Makes a parameter's numbers from what was drawn, in row-major order of the shape as PyTorch has it. `draw(n)` draws
   * them once more, for n = 1, 2, … */
  finish?(numbers: Float32Array, shape: readonly number[], draw: (n: number) => Float32Array): ArrayLike<number>;
}

/** What the option `initializer` takes: a name, an initializer, or a function that gives the numbers of a parameter in
 * row-major order, from its shape as PyTorch has it ([out, in] for dense). */
export type InitializerOption = "he" | "xavier" | "lecun" | "zeros" | "auto" | Initializer | ((shape: number[]) => ArrayLike<number>);

/** PyTorch's default for weights and biases of linear layers: ±1 / √fanIn. */
export function torchDefault(): Initializer {
  return { initializer: "torch", filling: ({ fanIn }) => spread(1 / Math.sqrt(fanIn)) };
}

export const spread = (bound: number): Filling => ({ kind: "uniform", low: -bound, high: bound });
export const bell = (deviation: number): Filling => ({ kind: "normal", mean: 0, deviation });

const even = ({ fanIn, fanOut }: Fans): Filling => spread(Math.sqrt(6 / (fanIn + fanOut)));

/** What an option's name stands for, with its defaults; more of each is imported, as he({ distribution }). */
export const NAMED = {
  he: ({ fanIn }: Fans): Filling => bell(Math.sqrt(2 / fanIn)),
  xavier: even,
  lecun: ({ fanIn }: Fans): Filling => bell(Math.sqrt(1 / fanIn)),
  zeros: (): Filling => ({ kind: "constant", value: 0 }),
  auto: (fans: Fans): Filling => (fans.gain ? bell(Math.sqrt(fans.gain / fans.fanIn)) : even(fans)),
};
