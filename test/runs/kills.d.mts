export interface Ended { readonly lines: string[]; readonly killed: boolean; readonly milliseconds: number }
export function train(library: string, folder: string, after?: number, engine?: readonly string[]): Promise<Ended>;
export function look(folder: string): { torn: string[]; newest: number };
export function killedRun(library: string, folder: string, times: number, most: number, engine?: readonly string[]): Promise<{
  readonly end: string; readonly kills: number; readonly resumes: number; readonly faults: string[]; readonly moments: number[];
}>;
export function isFault(line: string, inBrowser?: boolean): boolean;
export function told(lines: readonly string[], word: string): number[];
export function lost(lines: readonly string[], acknowledged: number): boolean;
