// Calls over a port: on the engine's side they are answered, on the page's they are promises.

import type { Api, Problem, Told } from "./api.ts";

type Call = { readonly call: number; readonly method: keyof Api; readonly with: readonly unknown[] };
type Answer = { readonly answer: number; readonly value?: unknown; readonly problem?: Problem };
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
}

/** The engine as it looks from the page: its methods reject with a Problem. */
export function remote(port: Port, tell: (told: Told) => void): Api {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(problem: Problem): void }>();
  let calls = 0;
  port.addEventListener("message", ({ data }: MessageEvent<Answer | Told>) => {
    if ("tell" in data) return tell(data);
    const { resolve, reject } = waiting.get(data.answer)!;
    waiting.delete(data.answer);
    if (data.problem) reject(data.problem);
    else resolve(data.value);
  });
  return new Proxy({} as Api, {
    get: (_, method: keyof Api) => (...given: unknown[]) => new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject });
      port.postMessage({ call: calls, method, with: given } satisfies Call);
    }),
  });
}

/** An error as it goes over: code, details that a message can carry, and its words. */
export function problemOf(error: unknown): Problem {
  const { code = "unknown", message, details = {} } = error as { code?: string; message?: string; details?: Record<string, unknown> };
  const plain = Object.entries(details).filter(([, value]) => value !== undefined).map(([name, value]) => [name, typeof value === "number" ? value : wordsOf(value)]);
  return { code: String(code), message: message ?? String(error), details: Object.fromEntries(plain) as Record<string, string | number> };
}

const wordsOf = (value: unknown): string => (typeof value === "string" ? value : Array.isArray(value) ? value.map(wordsOf).join(", ") : String(value));
