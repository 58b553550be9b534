// A worker, whatever the engine calls it: worker_threads in Node.js, Web Workers elsewhere.

import { WorkerError } from "../errors.ts";

/** A Web Worker, as far as it is used here; a page's `worker` option may make one of its own. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): unknown;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  addEventListener?(type: "close", listener: () => void): void;
}

/** What a worker runs: the text of a script, a module's URL, or what makes the worker. */
export type Source = { readonly text: string } | { readonly url: string } | (() => WorkerLike);

export interface Thread {
  post(message: unknown, transfer?: Transferable[]): void;
  /** Told of messages, and once of its end if nobody has ended it. */
  onMessage: (message: any) => void;
  onEnd: (error: unknown) => void;
  /** The lock that the worker is to hold while it lives. */
  readonly lock: string | undefined;
  /** It holds the lock: whoever gets it next knows that the worker has ended. */
  watch(): void;
  /** Does the process wait for it? Where the engine lets one say so. */
  hold(on: boolean): void;
  end(): Promise<unknown>;
}

interface NodeWorker {
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  on(event: string, listener: (it: any) => void): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

interface Engine {
  readonly process?: {
    readonly versions?: { readonly node?: string; readonly bun?: string };
    getBuiltinModule?(name: string): any;
  };
  readonly Worker?: new (url: string | URL, options?: { type: "module" }) => WorkerLike;
  readonly navigator?: { readonly hardwareConcurrency?: number; readonly locks?: LockManager };
  readonly document?: EventTarget;
  readonly Deno?: unknown;
  readonly Bun?: unknown;
  readonly crossOriginIsolated?: boolean;
  readonly location?: { readonly protocol: string };
}

export const engine = globalThis as unknown as Engine;

/** Is this a page's main thread, which may not wait? */
export const inPage = (): boolean => engine.document !== undefined;

/** Is this a browser: a page, or a worker of one? */
export const inBrowser = (): boolean => inPage() || !(engine.Deno || engine.Bun || engine.process?.versions?.node);

const nodeThreads = (): any => engine.process?.getBuiltinModule?.("node:worker_threads");

/** Why there are no workers here; undefined where there are. */
export function noWorkers(): string | undefined {
  if (typeof engine.Worker === "function" || nodeThreads()) return undefined;
  return engine.process?.versions?.node ? "worker threads want Node.js 20.16 or later" : "this engine has no workers";
}

/** Processors that this engine tells of. */
export function processors(): number {
  return engine.navigator?.hardwareConcurrency ?? engine.process?.getBuiltinModule?.("node:os").availableParallelism() ?? 1;
}

/** Starts a worker.
 *
 * @throws WorkerError if the engine refuses at once.
 */
export function start(source: Source): Thread {
  try {
    if (typeof source === "function") return webThread(source());
    if (typeof engine.Worker !== "function") return nodeThread("text" in source ? source.text : `import(${JSON.stringify(source.url)})`);
    if ("url" in source) return webThread(new engine.Worker(source.url, { type: "module" }));
    if (!inBrowser()) return webThread(new engine.Worker(`data:text/javascript,${encodeURIComponent(source.text)}`, { type: "module" }));
    // Deno takes data: without permissions; in browsers such a worker has no origin, and no shared memory
    const url = URL.createObjectURL(new Blob([source.text], { type: "text/javascript" }));
    return webThread(new engine.Worker(url)); // the URL lives on: the worker's own threads come from it
  } catch (error) {
    throw new WorkerError("no-worker", { problem: `the worker could not be started: ${error}` });
  }
}

function nodeThread(text: string): Thread {
  const worker: NodeWorker = new (nodeThreads().Worker)(text, { eval: true, execArgv: [] });
  let ended = false;
  const over = (error: unknown): void => {
    if (!ended) thread.onEnd(error);
    ended = true;
  };
  worker.on("message", (message) => thread.onMessage(message));
  worker.on("error", over);
  worker.on("exit", (code) => over(new Error(`the worker exited with code ${code}`)));
  const thread: Thread = {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage() {},
    onEnd() {},
    lock: undefined, // Node.js tells of the end
    watch() {},
    hold: (on) => (on ? worker.ref() : worker.unref()),
    end() {
      ended = true;
      return worker.terminate();
    },
  };
  return thread;
}

function webThread(worker: WorkerLike): Thread {
  let ended = false;
  const over = (error: unknown): void => {
    if (!ended) thread.onEnd(error);
    ended = true;
  };
  worker.onmessage = ({ data }) => thread.onMessage(data);
  worker.onmessageerror = () => over(new Error("a message could not be read"));
  worker.onerror = (event) => {
    event.preventDefault?.();
    over(event.error ?? new Error(event.message || "its script could not be loaded or run"));
  };
  worker.addEventListener?.("close", () => over(new Error("the worker has ended"))); // Bun
  const locks = engine.navigator?.locks, lock = locks && globalThis.crypto?.randomUUID?.();
  const thread: Thread = {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessage() {},
    onEnd() {},
    lock,
    watch() {
      if (lock) locks!.request(lock, () => over(new Error("the worker has ended"))).catch(() => {});
    },
    hold() {},
    async end() {
      ended = true;
      worker.terminate();
    },
  };
  return thread;
}
