// Ctrl+C: the first one asks for an end, the second one is the end.

/** Exit code of a process that was interrupted (128 + SIGINT). */
export const INTERRUPTED = 130;

/** Those who are to be asked, the last first. */
const asks: (() => void)[] = [];
let asked = false;

function heard(): void {
  if (asked) process.exit(INTERRUPTED);
  asked = true;
  asks.at(-1)!();
}

/** Calls `first`, and nobody who asked before, at the first SIGINT; a second one quits at once. Gives what takes it back. */
export function onInterrupt(first: () => void): () => void {
  if (!asks.length) process.on("SIGINT", heard);
  asks.push(first);
  return () => {
    asks.splice(asks.lastIndexOf(first), 1);
    if (!asks.length) process.off("SIGINT", heard);
  };
}
