// A real browser: headless Chromium, from the registry where it is there for the platform, else the one that CHROME_PATH
// names. Pages come from a small server on this machine, and a page that fails leaves a picture in out/.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { installed, version } from "./engines.ts";
import { root } from "./project.ts";

/** The few things of playwright-core that are used here. */
interface Page {
  on(event: string, handler: (it: any) => void): void;
  goto(url: string): Promise<unknown>;
  evaluate(expression: string): Promise<any>;
  screenshot(options: { path: string }): Promise<unknown>;
  close(): Promise<void>;
}
interface Driven {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

const packaged = process.platform === "linux" && process.arch === "x64";
/** undefined where this machine has no Chromium that could be found. */
export const chromiumName = process.env.CHROME_PATH ? "Chromium (CHROME_PATH)" : packaged ? `Chromium ${version("@sparticuz/chromium")}` : undefined;

/** Not those of @sparticuz/chromium: its --single-process ends the browser with its first page, and its
 * --disable-web-security makes other pages than users have. */
const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** A page's time to come to its result. */
const PATIENCE = 30_000;

export class Browser {
  private readonly driven: Driven;

  private constructor(driven: Driven) {
    this.driven = driven;
  }

  static async open(): Promise<Browser> {
    const { chromium } = installed("playwright-core");
    const executablePath = process.env.CHROME_PATH ?? await installed("@sparticuz/chromium").executablePath();
    return new Browser(await chromium.launch({ executablePath, args: ARGUMENTS, headless: true }));
  }

  /** Opens a page of a folder and gives what it leaves in `result`.
   *
   * @throws Error with all that the page said, if it fails, writes an error to its console or is too slow; a picture of it
   * is in out/ then.
   */
  async run(folder: string, path: string): Promise<any> {
    const server = await serve(folder), page = await this.driven.newPage();
    const said: string[] = [], failures: string[] = [];
    page.on("console", (message) => (message.type() === "error" ? failures : said).push(message.text()));
    page.on("pageerror", (error) => failures.push(String(error.stack ?? error)));
    page.on("requestfailed", (request) => failures.push(`${request.url()}: ${request.failure()?.errorText}`));
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`);
      for (const start = Date.now(); Date.now() - start < PATIENCE; await pause(20)) {
        const result = await page.evaluate("globalThis.result");
        if (failures.length) throw new Error("the page failed");
        if (result !== undefined) return result;
      }
      throw new Error(`the page had no result after ${PATIENCE / 1000} s`);
    } catch (error) {
      const picture = join(root, "out", `${path.replace(/\W+/g, "-")}.png`);
      mkdirSync(join(root, "out"), { recursive: true });
      await page.screenshot({ path: picture });
      throw new Error([String(error), ...failures, ...said, `a picture of the page: ${relative(root, picture)}`].join("\n"));
    } finally {
      await page.close();
      server.closeAllConnections();
      server.close();
    }
  }

  close(): Promise<void> {
    return this.driven.close();
  }
}

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves a folder on a free port. */
function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost"), file = join(folder, normalize(decodeURIComponent(pathname)));
    if (pathname === "/favicon.ico") response.writeHead(204).end();
    else if (!existsSync(file)) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": `${TYPES[extname(file)] ?? "application/octet-stream"}; charset=utf-8` }).end(readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
