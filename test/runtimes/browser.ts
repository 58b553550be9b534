// Real browsers: headless Chromium, from the registry where it is there for the platform, else the one that CHROME_PATH names;
// and Firefox, of Debian or the one that FIREFOX_PATH names. Pages come from a small server on this machine or from file://,
// and a page that fails leaves a picture in out/.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { installed, installedModule, version } from "./engines.ts";
import { root } from "./project.ts";

/** The few things that are used here of playwright-core, which drives Chromium, and puppeteer-core, which drives Debian's Firefox
 * too (over WebDriver BiDi). */
export interface Page {
  on(event: string, handler: (it: any) => void): void;
  goto(url: string): Promise<unknown>;
  evaluate(expression: string): Promise<any>;
  screenshot(options: { path: string }): Promise<unknown>;
  close(): Promise<void>;
  /** Of playwright-core alone: for Chromium's own protocol. */
  context(): any;
  workers(): readonly unknown[];
}
interface Driven {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** A browser that can be opened here; its version is known when it is open, or pinned. */
export interface BrowserKind {
  readonly name: string;
  open(): Promise<Driven>;
}

/** Not those of @sparticuz/chromium: its --single-process ends the browser with its first page, and its
 * --disable-web-security makes other pages than users have. */
export const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

const { CHROME_PATH, FIREFOX_PATH } = process.env, packaged = process.platform === "linux" && process.arch === "x64";
export const chromiumPath = async (): Promise<string> => CHROME_PATH ?? await installed("@sparticuz/chromium").executablePath();
export const firefox = FIREFOX_PATH ?? ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => existsSync(path));

/** Those of this machine; undefined where there is none that could be found. */
export const browsers: Readonly<Record<"Chromium" | "Firefox", BrowserKind | undefined>> = {
  Chromium: CHROME_PATH || packaged ? {
    name: CHROME_PATH ? "Chromium (CHROME_PATH)" : `Chromium ${version("@sparticuz/chromium")}`,
    async open() {
      return installed("playwright-core").chromium.launch({ executablePath: await chromiumPath(), args: ARGUMENTS, headless: true });
    },
  } : undefined,
  Firefox: firefox ? {
    name: "Firefox",
    open: async () => (await installedModule("puppeteer-core")).launch({ browser: "firefox", executablePath: firefox, headless: true }),
  } : undefined,
};

/** How a page is served: with these headers; or not at all, from file://. */
export type Delivery = Readonly<Record<string, string>> | "file://";

/** A page's time to come to its result. */
const PATIENCE = 120_000;

export class Browser {
  private readonly driven: Driven;

  private constructor(driven: Driven) {
    this.driven = driven;
  }

  static async open(kind: BrowserKind): Promise<Browser> {
    return new Browser(await kind.open());
  }

  /** Opens a page of a folder, whose path may have a query, and gives what it leaves in `result`, or what `look` then makes of the
   * page. Errors in its console that `expected` knows are none.
   *
   * @throws Error with all that the page said, if it fails, writes an error to its console or is too slow; a picture of it
   * is in out/ then.
   */
  async run(folder: string, path: string, delivery: Delivery, expected?: RegExp, look?: (page: Page) => Promise<any>): Promise<any> {
    const server = delivery === "file://" ? undefined : await serve(folder, delivery), page = await this.driven.newPage();
    const base = server ? `http://127.0.0.1:${(server.address() as AddressInfo).port}/` : pathToFileURL(`${folder}/`).href;
    const said: string[] = [], failures: string[] = [];
    const fail = (text: string): unknown => (expected?.test(text) ? said : failures).push(text);
    page.on("console", (message) => (message.type() === "error" ? fail(message.text()) : said.push(message.text())));
    page.on("pageerror", (error) => fail(String(error.stack ?? error)));
    page.on("requestfailed", (request) => fail(`${request.url()}: ${request.failure()?.errorText}`));
    try {
      await page.goto(base + path);
      for (const start = Date.now(); Date.now() - start < PATIENCE; await pause(20)) {
        const result = await page.evaluate("globalThis.result");
        if (failures.length) throw new Error("the page failed");
        if (result !== undefined && result !== null) return look ? await look(page) : result;
      }
      throw new Error(`the page had no result after ${PATIENCE / 1000} s`);
    } catch (error) {
      const picture = join(root, "out", `${path.replace(/\W+/g, "-")}.png`);
      mkdirSync(join(root, "out"), { recursive: true });
      await page.screenshot({ path: picture });
      throw new Error([String(error), ...failures, ...said, `a picture of the page: ${relative(root, picture)}`].join("\n"));
    } finally {
      await page.close();
      server?.closeAllConnections();
      server?.close();
    }
  }

  close(): Promise<void> {
    return this.driven.close();
  }
}

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves a folder on a free port. */
function serve(folder: string, headers: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost"), file = join(folder, normalize(decodeURIComponent(pathname)));
    if (pathname === "/favicon.ico") response.writeHead(204).end();
    else if (!existsSync(file)) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": `${TYPES[extname(file)] ?? "application/octet-stream"}; charset=utf-8`, ...headers }).end(readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
