// Somebody who uses the trainer page in a real browser: finds things by role and name, reads what is there, and notes each request
// and each error of the page. Chromium is driven by playwright-core, Firefox by puppeteer-core.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { ARGUMENTS, chromiumPath, firefox } from "../runtimes/browser.ts";
import { install, installed, installedModule } from "../runtimes/engines.ts";
import { root, wantPage } from "../runtimes/project.ts";

export const TRAINER = join(root, "dist/trainer.html");

export interface VisitOptions {
  readonly browser?: "Chromium" | "Firefox";
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  readonly locale?: string;
  /** A page instead of dist/trainer.html: a path, or a URL. */
  readonly page?: string;
  /** A folder in which the browser keeps what pages store, so that a later visit finds it. */
  readonly profile?: string;
  /** Firefox's settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Patience with what takes computing. */
const PATIENCE = 90_000;

export class Visitor {
  /** URLs that were asked for, but for the page itself and its worker. */
  readonly requests: string[] = [];
  /** What went wrong in the page. */
  readonly errors: string[] = [];

  private constructor(private readonly browser: any, readonly page: any, private readonly kind: "Chromium" | "Firefox", private readonly url: string) {}

  static async open({ browser: kind = "Chromium", width = 1200, height = 900, scheme = "light", locale = "en-US", page: where = TRAINER, profile, settings }: VisitOptions = {}): Promise<Visitor> {
    if (where === TRAINER) wantPage();
    const url = /^\w+:\/\//.test(where) ? where : pathToFileURL(where).href;
    if (kind === "Firefox") {
      const browser = await (await installedModule("puppeteer-core")).launch({
        browser: "firefox", executablePath: firefox, headless: true, ...(profile && { userDataDir: profile }),
        extraPrefsFirefox: { "intl.accept_languages": locale, "layout.css.prefers-color-scheme.content-override": scheme === "dark" ? 0 : 1, ...settings },
      });
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      return new Visitor(browser, page, kind, url).begin();
    }
    const { chromium } = installed("playwright-core");
    const options = { executablePath: await chromiumPath(), args: ARGUMENTS, headless: true, viewport: { width, height }, colorScheme: scheme, locale, acceptDownloads: true };
    const context = profile ? await chromium.launchPersistentContext(profile, options) : await (await chromium.launch(options)).newContext(options);
    return new Visitor(profile ? context : context.browser(), await context.newPage(), kind, url).begin();
  }

  private async begin(): Promise<Visitor> {
    const { url } = this;
    this.page.on("pageerror", (error: Error) => this.errors.push(String(error.stack ?? error)));
    this.page.on("console", (message: any) => message.type() === "error" && this.errors.push(message.text()));
    this.page.on("request", (request: any) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !/^(blob|data):/.test(asked)) this.requests.push(asked);
    });
    await this.page.goto(url);
    return this;
  }

  /** The same page in a second tab. */
  async beside(): Promise<Visitor> {
    const page = await (this.kind === "Firefox" ? this.browser : this.page.context()).newPage();
    return new Visitor(this.browser, page, this.kind, this.url).begin();
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  /** What a name stands for; a name is the whole accessible name. */
  private found(role: string, name: string): any {
    return this.kind === "Firefox" ? this.page.locator(`::-p-aria([name=${JSON.stringify(name)}][role=${JSON.stringify(role)}])`).setTimeout(PATIENCE)
      : this.page.getByRole(role, { name, exact: true }).first();
  }

  async press(name: string, role = "button"): Promise<void> {
    await this.found(role, name).click();
  }

  /** Opens what is folded under a text that begins so. */
  async unfold(text: string): Promise<void> {
    await this.sees(text);
    await this.evaluate(`void ([...document.querySelectorAll("summary")].find(({ textContent }) => textContent.startsWith(${JSON.stringify(text)})).parentElement.open = true)`);
  }

  async choose(label: string, option: string): Promise<void> {
    if (this.kind === "Firefox") await (await this.found("combobox", label).waitHandle()).select(await this.valueOf(label, option));
    else await this.found("combobox", label).selectOption({ label: option });
  }

  private async valueOf(label: string, option: string): Promise<string> {
    return (await this.found("combobox", label).waitHandle()).evaluate((select: HTMLSelectElement, text: string) => [...select.options].find((one) => one.label === text)!.value, option);
  }

  async fill(label: string, text: string, role = "textbox"): Promise<void> {
    await this.found(role, label).fill(text);
  }

  /** Gives files to the field of files with this label. */
  async give(label: string, files: readonly string[]): Promise<void> {
    if (this.kind === "Firefox") await (await this.page.waitForSelector(`::-p-xpath(//label[normalize-space(.)=${JSON.stringify(label)}]//input)`)).uploadFile(...files);
    else await this.page.getByLabel(label, { exact: true }).setInputFiles(files);
  }

  /** Drops files or folders on what has this text, as from another window. Chromium only. */
  async drop(text: string, files: readonly string[]): Promise<void> {
    const { x, y, width, height } = await this.page.getByText(text, { exact: true }).boundingBox(), session = await this.page.context().newCDPSession(this.page);
    for (const type of ["dragEnter", "dragOver", "drop"])
      await session.send("Input.dispatchDragEvent", { type, x: x + width / 2, y: y + height / 2, data: { items: [], files, dragOperationsMask: 1 } });
  }

  /** Waits until the page says it; gives what matched. */
  async sees(what: string | RegExp, patience = PATIENCE): Promise<RegExpMatchArray> {
    for (const start = Date.now(); ; await pause(50)) {
      const text = await this.text(), found = typeof what === "string" ? (text.includes(what) ? [what] as RegExpMatchArray : null) : text.match(what);
      if (found) return found;
      if (Date.now() - start < patience) continue;
      await this.picture("failed");
      throw new Error(`the page did not say ${what}; it said:\n${text}\n${this.errors.join("\n")}`);
    }
  }

  /** Lets pages of files store so many bytes. Chromium only. */
  async room(bytes: number): Promise<void> {
    await (await this.page.context().newCDPSession(this.page)).send("Storage.overrideQuotaForOrigin", { origin: "file:///", quotaSize: bytes });
  }

  async size(width: number, height = 900): Promise<void> {
    await (this.kind === "Firefox" ? this.page.setViewport({ width, height }) : this.page.setViewportSize({ width, height }));
  }

  /** Looks on, from now: how long the page's own thread is at one thing. Chromium only. */
  watch(): Promise<void> {
    return this.evaluate("void (longTasks = [0], new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' }))");
  }

  /** The longest task since then, in milliseconds; 0 below 50. */
  longest(): Promise<number> {
    return this.evaluate("Math.max(...longTasks)");
  }

  text(): Promise<string> {
    return this.page.evaluate(() => document.body.innerText);
  }

  evaluate(expression: string): Promise<any> {
    return this.page.evaluate(expression);
  }

  /** Presses what downloads a file; gives its name and bytes. Chromium only. */
  async download(name: string): Promise<{ name: string; bytes: Buffer }> {
    const [file] = await Promise.all([this.page.waitForEvent("download"), this.press(name)]);
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  }

  /** What axe-core finds wrong. */
  async violations(): Promise<readonly string[]> {
    await this.page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    const { violations } = await this.page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
    return violations.map(({ id, nodes }: { id: string; nodes: { html: string; failureSummary: string }[] }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`);
  }

  /** Keeps a picture of the page in out/page/. */
  async picture(name: string): Promise<void> {
    mkdirSync(join(root, "out/page"), { recursive: true });
    await this.page.screenshot({ path: join(root, "out/page", `${name}.png`), fullPage: true });
  }

  /** Closes the tab alone. */
  leave(): Promise<void> {
    return this.page.close();
  }

  /** Ends the browser, as the user does, */
  close(): Promise<void> {
    return this.browser.close();
  }

  /** or as nobody wants it: with SIGKILL. */
  async kill(): Promise<void> {
    if (this.kind === "Firefox") {
      const process = this.browser.process(), over = new Promise((resolve) => process.once("exit", resolve));
      process.kill("SIGKILL");
      return void await over;
    }
    const over = new Promise((resolve) => this.page.context().browser().once("disconnected", resolve)), [id] = await this.processes("browser");
    process.kill(id!, "SIGKILL");
    await over;
  }

  private async processes(wanted: "browser" | "renderer"): Promise<number[]> {
    const { processInfo } = await (await this.page.context().browser().newBrowserCDPSession()).send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }: { type: string }) => type === wanted).map(({ id }: { id: number }) => id);
  }

  /** Megabytes that pages and their workers have had at the most. Chromium on Linux only. */
  async memory(): Promise<number> {
    const told = (await this.processes("renderer")).map((id) => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, "utf8"))![1]));
    return Math.round(Math.max(...told) / 1024);
  }
}

/** For the tests of a file: opens browsers, and ends them after the test or the tests that they were opened for; after each test, no page
 * may have complained or asked for anything. */
export function visits(): (options?: VisitOptions) => Promise<Visitor> {
  const all: Visitor[] = [];
  let before = 0;
  beforeAll(() => install(), 240_000);
  beforeEach(() => void (before = all.length));
  afterEach(async () => {
    const told = all.map(({ errors, requests }) => ({ errors, requests }));
    await Promise.all(all.splice(before).map((visitor) => visitor.close()));
    for (const one of told) expect(one).toEqual({ errors: [], requests: [] });
  });
  afterAll(() => Promise.all(all.map((visitor) => visitor.close())));
  return async (options) => {
    const visitor = await Visitor.open(options);
    all.push(visitor);
    return visitor;
  };
}

/** A folder for the time of a test. */
export function folder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "lanewise-page-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
