// Giving the event loop a turn. Never by setTimeout, which browsers stretch to 4 ms.

interface Host {
  setImmediate?: (f: () => void) => unknown;
  scheduler?: { yield?: () => Promise<void> };
}

let channel: { port1: MessagePort; port2: MessagePort } | undefined;
const waiting: (() => void)[] = [];

/** Resolves in a later task. */
export function nextTask(): Promise<void> {
  const { setImmediate, scheduler } = globalThis as Host;
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  if (typeof scheduler?.yield === "function") return scheduler.yield();
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
  }
  const { port2 } = channel;
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}

/** Gives the event loop a turn when `milliseconds` have gone by since the last one; else returns at once. */
export class Pacer {
  private last = performance.now();
  private readonly milliseconds: number;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  readonly pause = (): Promise<void> | undefined => {
    if (performance.now() - this.last < this.milliseconds) return undefined;
    return nextTask().then(() => {
      this.last = performance.now();
    });
  };
}
