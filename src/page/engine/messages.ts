// Calls over a port: on the engine's side they are answered, on the page's they are promises. Whatever happens to the worker, no call waits
// for ever, and nothing fails in silence.

import type { Api, Problem, Told } from "./api.ts";

type Call = { readonly call: number; readonly method: keyof Api; readonly with: readonly unknown[] };
type Answer = { readonly answer: number; readonly value?: unknown; readonly problem?: Problem };
/** Went wrong where no call waits for it. */
type Failed = { readonly failed: Problem };
type Port = Pick<Worker, "postMessage" | "addEventListener">;

/** Answers what comes over the port. */
export function serve(port: Port, api: Api): void {
  port.addEventListener("message", async ({ data: { call, method, with: given } }: MessageEvent<Call>) => {
    try {
      const value = await (api[method] as (...given: readonly unknown[]) => unknown)(...given);
      port.postMessage({ answer: call, value } satisfies Answer);
    } catch (error) {
      port.postMessage({ answer: call, problem: problemOf(error) } satisfies Answer);
    }
  });
  // its call would never be answered: thrown, it ends the engine as the page sees it
  port.addEventListener("messageerror", () => {
    throw new Error("a message could not be read");
  });
  port.addEventListener("unhandledrejection" as "message", (event) => port.postMessage({ failed: problemOf((event as unknown as PromiseRejectionEvent).reason) } satisfies Failed));
}

/** The engine as it looks from the page: its methods reject with a Problem. `fail` hears of what no call has waited for, and of the end of
 * the worker, after which every call fails. */
export function remote(port: Port, tell: (told: Told) => void, fail: (problem: Problem) => void): Api {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(problem: Problem): void }>();
  let calls = 0, spoken = false, dead: Problem | undefined;
  port.addEventListener("message", ({ data }: MessageEvent<Answer | Failed | Told>) => {
    spoken = true;
    if ("tell" in data) return tell(data);
    if ("failed" in data) return fail(data.failed);
    const call = waiting.get(data.answer);
    waiting.delete(data.answer);
    if (data.problem) call?.reject(data.problem);
    else call?.resolve(data.value);
  });
  const die = (message = "a message could not be read"): void => {
    if (dead) return;
    dead = { code: spoken ? "worker-died" : "no-worker", message, details: message ? { message } : {} };
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
    fail(dead);
  };
  // where its script cannot be run, the event has no message
  port.addEventListener("error", (event) => die(event.message ?? ""));
  port.addEventListener("messageerror", () => die());
  return new Proxy({} as Api, {
    get: (_, method: keyof Api) => (...given: unknown[]) => new Promise((resolve, reject) => {
      if (dead) return reject(dead);
      waiting.set(++calls, { resolve, reject });
      port.postMessage({ call: calls, method, with: given } satisfies Call);
    }),
  });
}

/** What engines call by names of their own. */
const NAMES: Readonly<Record<string, string>> = {
  QuotaExceededError: "storage-full", NotAllowedError: "storage-read-only", SecurityError: "storage-read-only", InvalidStateError: "storage-failed",
  NotReadableError: "unreadable", NotFoundError: "unreadable", EncodingError: "bad-image",
};

/** An error as it goes over: code, details that a message can carry, and its words. */
export function problemOf(error: unknown): Problem {
  const { code, name = "", message = String(error), details } = (error ?? {}) as { code?: unknown; name?: string; message?: string; details?: Readonly<Record<string, unknown>> };
  // a DOMException's code is a number that says less than its name
  const known = typeof code === "string" ? code : name === "RangeError" && /memory|allocat|array length/i.test(message) ? "out-of-memory" : NAMES[name] ?? "unknown";
  const told = Object.entries(details ?? { message }).map(([of, value]) => [of, wordOf(value)]);
  return { code: known, message, details: Object.fromEntries(told.filter(([, value]) => value !== undefined)) as Record<string, string | number> };
}

/** Letters of a value that are shown. */
const SHOWN = 80;

/** What is no plain value is left out. */
function wordOf(value: unknown): string | number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
  return Array.isArray(value) ? wordOf(value.slice(0, 8).map((one: unknown) => (Array.isArray(one) ? `[${one.join(", ")}]` : wordOf(one) ?? "")).join(", ")) : undefined;
}
