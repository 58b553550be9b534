// The script that stands in the page: it unpacks the page's own and runs it, unless check.js has found that the browser lacks something.

import { unpack } from "./lzma.ts";

/** Put there by the build: the page's script, packed, in base 64. */
declare const PACKED: string;

if (document.documentElement.dataset["lacks"] === undefined) {
  const script = document.createElement("script");
  script.textContent = new TextDecoder().decode(unpack(Uint8Array.from(atob(PACKED), (letter) => letter.charCodeAt(0))));
  document.body.append(script);
}
