export interface Thrown {
  readonly name: string;
  readonly files: number;
  readonly taken: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly slowest: number;
  readonly largest: number;
  readonly peak: number;
  readonly seconds: number;
}
export function fileOf(header: string | Uint8Array, body: Uint8Array, length?: number | bigint): Uint8Array<ArrayBuffer>;
export function throwAt(lanewise: object, options: { count: number; seed?: number }): Promise<Thrown[]>;
