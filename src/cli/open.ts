// lanewise open: the trainer page, for those who would rather click.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { command } from "./args.ts";
import { failed, UsageError } from "../advice/failure.ts";
import { onInterrupt } from "./interrupt.ts";

/** What opens an address in the user's browser. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = { darwin: ["open"], win32: ["cmd", "/c", "start", ""], linux: ["xdg-open"] };

export const open = command({
  name: "open",
  summary: "Opens the trainer: data, training and predictions in a page, on this machine alone.",
  about: "Serves the page to this machine until Ctrl+C. The page is one file, trainer.html in the package: copied anywhere, it works by a double click too. What it is given stays in the browser.",
  arguments: [],
  flags: {
    port: { kind: "count", most: 65_535, help: "where it is served; any free port by default" },
    browser: { kind: "yes", off: true, help: "only print the address" },
  } as const,
  examples: ["lanewise open", "lanewise open --port 8080 --no-browser"],
  async run(terminal, _, { port = 0, browser = true }) {
    const page = await readFile(new URL("trainer.html", import.meta.url)).catch(() => {
      throw failed("trainer.html", "is not beside this program: the package is not whole", "no-file");
    });
    const server = await serve(page, port), url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    terminal.emit("open", { url });
    terminal.say(`The trainer is at ${url}`);
    terminal.note("Ctrl+C ends it.");
    const opener = OPENERS[process.platform];
    // who reads the address from a pipe opens it by himself
    if (browser && opener && process.stdout.isTTY) spawn(opener[0]!, [...opener.slice(1), url], { stdio: "ignore", detached: true }).on("error", () => {}).unref();
    await new Promise<void>((resolve) => {
      const release = onInterrupt(() => {
        release();
        resolve();
      });
    });
    server.closeAllConnections();
    server.close();
    return 0;
  },
});

/** To this machine alone, under its own name: another site's name that leads here is refused. */
function serve(page: Uint8Array, port: number): Promise<Server> {
  const server = createServer(({ method, url, headers }, response) => {
    const here = headers.host === `127.0.0.1:${(server.address() as AddressInfo).port}`, found = url === "/" || url === "/trainer.html";
    if (!here || (method !== "GET" && method !== "HEAD") || !found) response.writeHead(here && found ? 405 : 404).end();
    else response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-length": page.length, "cache-control": "no-store", "x-content-type-options": "nosniff" }).end(method === "HEAD" ? undefined : page);
  });
  return new Promise((resolve, reject) => {
    server.on("error", ({ code }: NodeJS.ErrnoException) => reject(new UsageError(`--port ${port}: ${code === "EADDRINUSE" ? "another program is there" : code === "EACCES" ? "it may not be used" : `it cannot be used (${code})`}`)));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
