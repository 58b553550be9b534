export interface Layer {
  readonly from: number;
  readonly to: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}
export function onnxFile(layers: readonly Layer[], options: { rows: number; activation: "relu" | "tanh" }): Uint8Array;
