// Ctrl+C: the first one asks for an end, the second one is the end.

/** Exit code of a process that was interrupted (128 + SIGINT). */
export const INTERRUPTED = 130;

/** Calls `first` at the first SIGINT; a second one quits at once. Gives what takes it back. */
export function onInterrupt(first: () => void): () => void {
  let asked = false;
  const heard = (): void => {
    if (asked) process.exit(INTERRUPTED);
    asked = true;
    first();
  };
  process.on("SIGINT", heard);
  return () => void process.off("SIGINT", heard);
}
