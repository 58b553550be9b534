export interface PageFile {
  readonly name: string;
  readonly content: Uint8Array;
  readonly zipped: number;
  readonly loaded: boolean;
}
export const KB: number;
export const LIMITS: { readonly core: number; readonly coreZipped: number; readonly fastZipped: number; readonly pageZipped: number };
export const MINIFIERS: readonly ("esbuild" | "terser")[];
export function zipped(bytes: Uint8Array): number;
export function pageOf(library: string, folder: string, minifier: "esbuild" | "terser", options?: { whole?: boolean; assets?: readonly string[] }): Promise<PageFile[]>;
export function weigh(files: readonly PageFile[]): { loaded: number; later: number };
export function shows(files: readonly PageFile[]): string;
export function learnt(text: string): boolean;
