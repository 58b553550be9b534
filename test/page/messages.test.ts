// Calls to the engine, when something goes wrong on the way.

import { expect, test } from "vitest";
import type { Api, Problem } from "../../src/page/engine/api.ts";
import { problemOf, remote, serve } from "../../src/page/engine/messages.ts";
import { DataError } from "../../src/index.ts";

/** A port, and what comes out at its other end. */
function port() {
  const target = new EventTarget(), sent: any[] = [];
  return { sent, target, fire: (type: string, more: object) => target.dispatchEvent(Object.assign(new Event(type), more)), port: Object.assign(target, { postMessage: (message: unknown) => void sent.push(message) }) as unknown as Worker };
}

test("calls of a worker that dies fail, those that wait and those that come, and the page hears of it once", async () => {
  const { port: worker, sent, fire } = port(), heard: Problem[] = [], api = remote(worker, () => {}, (problem) => heard.push(problem));
  const first = api.suggest();
  fire("message", { data: { answer: sent[0].call, value: "done" } });
  expect(await first).toBe("done");
  const second = api.suggest().catch((problem) => problem);
  fire("error", { message: "out of memory" });
  fire("error", { message: "again" });
  const died = { code: "worker-died", details: { message: "out of memory" } };
  expect(await second).toMatchObject(died);
  expect(await api.suggest().catch((problem) => problem)).toMatchObject(died);
  expect(heard).toMatchObject([died]);
  expect(sent).toHaveLength(2);
});

test("a worker that never said anything did not start", async () => {
  const { port: worker, fire } = port(), heard: Problem[] = [], call = remote(worker, () => {}, (problem) => heard.push(problem)).suggest().catch((problem) => problem);
  fire("error", {});
  expect(await call).toEqual({ code: "no-worker", message: "", details: {} });
  expect(heard).toHaveLength(1);
});

test("an answer that cannot be read ends the calls", async () => {
  const { port: worker, fire } = port(), call = remote(worker, () => {}, () => {}).suggest().catch((problem) => problem);
  fire("messageerror", {});
  expect(await call).toMatchObject({ code: "no-worker", details: { message: "a message could not be read" } });
});

test("what fails in the engine with no call waiting for it is told", () => {
  const { port: self, sent, fire } = port(), page = port(), heard: Problem[] = [];
  serve(self, {} as Api);
  fire("unhandledrejection", { reason: new DataError("no-rows", { of: "a.csv" }) });
  remote(page.port, () => {}, (problem) => heard.push(problem));
  page.fire("message", { data: sent[0] });
  expect(heard).toMatchObject([{ code: "no-rows", details: { of: "a.csv" } }]);
});

test("errors of the engine's own become codes that have texts", () => {
  expect(problemOf(new DOMException("quota", "QuotaExceededError")).code).toBe("storage-full");
  expect(problemOf(new DOMException("denied", "SecurityError")).code).toBe("storage-read-only");
  expect(problemOf(new DOMException("gone", "NotReadableError")).code).toBe("unreadable");
  expect(problemOf(new RangeError("Array buffer allocation failed")).code).toBe("out-of-memory");
  expect(problemOf(new TypeError("x is not a function"))).toEqual({ code: "unknown", message: "x is not a function", details: { message: "x is not a function" } });
  expect(problemOf("text")).toMatchObject({ code: "unknown", message: "text" });
});

test("details are short, plain values", () => {
  const { details } = problemOf(new DataError("x", { got: Number.NaN, least: 0, wanted: [[2, 3], [4]], fix: undefined, cause: new Error("no"), option: "a".repeat(500) }));
  expect(details).toEqual({ got: "NaN", least: 0, wanted: "[2, 3], [4]", option: `${"a".repeat(80)}…` });
  const problem = problemOf(new DataError("x", { row: 3 }));
  expect(problemOf(problem)).toEqual(problem);
});
