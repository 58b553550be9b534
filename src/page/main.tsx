// The page's only script. In a page it draws, and starts itself once more in a worker, where it is the engine: so the library and its
// core are in the file once.

import { render } from "preact";
import type { Told } from "./engine/api.ts";
import { engine } from "./engine/engine.ts";
import { remote, serve } from "./engine/messages.ts";
import { takeWork } from "./ui/saved.ts";
import { begin } from "./ui/state.ts";
import { Shell } from "./ui/shell.tsx";

if (typeof document === "undefined") {
  serve(self as unknown as Worker, engine((told) => self.postMessage(told)));
} else {
  const own = document.currentScript!, script = new Blob([own.textContent!], { type: "text/javascript" }), worker = new Worker(URL.createObjectURL(script));
  own.remove(); // what the page saves of itself has it packed
  const app = begin(remote(worker, (told: Told) => app.told(told))), packed = takeWork();
  const place = document.getElementById("app")!;
  place.textContent = "";
  render(<Shell />, place);
  void app.wake(packed);
}
