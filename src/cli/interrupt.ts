// Ctrl+C, and SIGTERM, by which schedulers and containers ask: the first one asks for an end, the second one is the end.

/** Exit codes of a process that was interrupted: 128 and the signal's number. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** That of the signal that was heard. */
export const interruptCode = (): number => code;

let code: number = CODES.SIGINT;

/** Those who are to be asked, the last first. */
const asks: (() => void)[] = [];
let asked = false;

function heard(signal: keyof typeof CODES): void {
  code = CODES[signal];
  if (asked) process.exit(code);
  asked = true;
  asks.at(-1)!();
}

/** Calls `first`, and nobody who asked before, at the first signal; a second one quits at once. Gives what takes it back. */
export function onInterrupt(first: () => void): () => void {
  if (!asks.length) for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, heard);
  asks.push(first);
  return () => {
    asks.splice(asks.lastIndexOf(first), 1);
    if (!asks.length) for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, heard);
  };
}
