// The page's only script. In a page it draws, and starts itself once more in a worker, where it is the engine: so the library and its
// core are in the file once.

import { render } from "preact";
import type { Problem, Told } from "./engine/api.ts";
import { engine } from "./engine/engine.ts";
import { problemOf, remote, serve } from "./engine/messages.ts";
import { takeWork } from "./ui/saved.ts";
import { begin } from "./ui/state.ts";
import { Shell } from "./ui/shell.tsx";

if (typeof document === "undefined") {
  serve(self as unknown as Worker, engine((told) => self.postMessage(told)));
} else {
  const own = document.currentScript!, app = begin(remote(startWorker(own.textContent!), (told: Told) => app.told(told), failed));
  own.remove(); // what the page saves of itself has it packed
  const packed = takeWork();
  const place = document.getElementById("app")!;
  place.textContent = "";
  render(<Shell />, place);
  addEventListener("unhandledrejection", ({ reason }) => failed(problemOf(reason)));
  void app.wake(packed);
  // a file that misses its place would be opened in the place of the page
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => (event as DragEvent).dataTransfer?.types.includes("Files") && event.preventDefault());

  /** A run whose worker has ended is not running. */
  function failed(problem: Problem): void {
    const over = problem.code === "worker-died";
    app.set({ problem, ...(over && { runs: app.state.runs.map((run) => (run.status === "running" ? { ...run, status: "failed" as const, problem } : run)) }) });
  }
}

/** Where the browser refuses at once, it is as if the worker had failed when it was started. */
function startWorker(script: string): Pick<Worker, "postMessage" | "addEventListener"> {
  try {
    return new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  } catch (error) {
    const none = new EventTarget();
    queueMicrotask(() => none.dispatchEvent(new ErrorEvent("error", { message: String(error) })));
    return Object.assign(none, { postMessage() {} }) as unknown as Worker;
  }
}
