// Giving the event loop a turn. Not by setTimeout, which browsers stretch to 4 ms, unless there is nothing else.

interface Host {
  setImmediate?: (f: () => void) => unknown;
}

/** Resolves in a later task. Not by scheduler.yield: what waits for that comes before all other tasks of the page, which then
 * have to wait until the end of a run (1.5 s of 75 steps, where it is 18 ms by a message). */
export function nextTask(): Promise<void> {
  const { setImmediate } = globalThis as Host;
  return new Promise((resolve) => {
    try {
      if (typeof setImmediate === "function") setImmediate(resolve);
      else {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          resolve();
        };
        port2.postMessage(null);
      }
    } catch {
      setTimeout(resolve); // the edge of Next.js has them all, but they throw
    }
  });
}

/** Gives the event loop a turn now and then; undefined where there is nothing to wait for. */
export type Pause = () => Promise<void> | undefined;

/** A pause that takes a turn before `milliseconds` have gone by since the last one, if what comes next takes as long as what
 * came before. */
export function pacer(milliseconds: number): Pause {
  let last = performance.now(), before = last;
  return () => {
    const now = performance.now(), next = now + (now - before);
    before = now;
    if (next - last < milliseconds) return undefined;
    return nextTask().then(() => {
      last = before = performance.now();
    });
  };
}
