export interface Part {
  readonly node: string;
  readonly figures: { readonly steps: readonly { readonly work: string; readonly title: string; readonly ratios: readonly (readonly [peer: string, ratio: number])[] }[] };
}
export function plot(parts: readonly Part[]): string;
