// Somebody who uses the trainer page in a real browser: finds things by role and name, reads what is there, and notes each request
// and each error of the page. Chromium is driven by playwright-core, Firefox by puppeteer-core.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { ARGUMENTS, chromiumPath, firefox } from "../runtimes/browser.ts";
import { installed, installedModule } from "../runtimes/engines.ts";
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
  /** A folder in which Chromium keeps what pages store, so that a later visit finds it. */
  readonly profile?: string;
}

/** Patience with what takes computing. */
const PATIENCE = 90_000;

export class Visitor {
  /** URLs that were asked for, but for the page itself and its worker. */
  readonly requests: string[] = [];
  /** What went wrong in the page. */
  readonly errors: string[] = [];

  private constructor(private readonly browser: any, readonly page: any, private readonly kind: "Chromium" | "Firefox") {}

  static async open({ browser: kind = "Chromium", width = 1200, height = 900, scheme = "light", locale = "en-US", page: where = TRAINER, profile }: VisitOptions = {}): Promise<Visitor> {
    if (where === TRAINER) wantPage();
    const url = /^\w+:\/\//.test(where) ? where : pathToFileURL(where).href;
    if (kind === "Firefox") {
      const browser = await (await installedModule("puppeteer-core")).launch({
        browser: "firefox", executablePath: firefox, headless: true, extraPrefsFirefox: { "intl.accept_languages": locale, "layout.css.prefers-color-scheme.content-override": scheme === "dark" ? 0 : 1 },
      });
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      return new Visitor(browser, page, kind).begin(url);
    }
    const { chromium } = installed("playwright-core");
    const options = { executablePath: await chromiumPath(), args: ARGUMENTS, headless: true, viewport: { width, height }, colorScheme: scheme, locale, acceptDownloads: true };
    const context = profile ? await chromium.launchPersistentContext(profile, options) : await (await chromium.launch(options)).newContext(options);
    return new Visitor(profile ? context : context.browser(), await context.newPage(), kind).begin(url);
  }

  private async begin(url: string): Promise<Visitor> {
    this.page.on("pageerror", (error: Error) => this.errors.push(String(error.stack ?? error)));
    this.page.on("console", (message: any) => message.type() === "error" && this.errors.push(message.text()));
    this.page.on("request", (request: any) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !/^(blob|data):/.test(asked)) this.requests.push(asked);
    });
    await this.page.goto(url);
    return this;
  }

  /** What a name stands for; a name is the whole accessible name. */
  private found(role: string, name: string): any {
    return this.kind === "Firefox" ? this.page.locator(`::-p-aria([name=${JSON.stringify(name)}][role=${JSON.stringify(role)}])`).setTimeout(PATIENCE)
      : this.page.getByRole(role, { name, exact: true }).first();
  }

  async press(name: string, role = "button"): Promise<void> {
    await this.found(role, name).click();
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
    if (this.kind === "Firefox") await (await this.page.waitForSelector(`::-p-aria(${label})`)).uploadFile(...files);
    else await this.page.getByLabel(label, { exact: true }).setInputFiles(files);
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

  async size(width: number, height = 900): Promise<void> {
    await (this.kind === "Firefox" ? this.page.setViewport({ width, height }) : this.page.setViewportSize({ width, height }));
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

  /** Ends the browser, as the user does, */
  close(): Promise<void> {
    return this.browser.close();
  }

  /** or as nobody wants it: with SIGKILL. */
  kill(): void {
    const process = this.kind === "Firefox" ? this.browser.process() : undefined;
    if (!process) throw new Error("only Firefox's process is known; Chromium is killed by its profile's folder");
    process.kill("SIGKILL");
  }
}

/** A folder for the time of a test. */
export function folder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "lanewise-page-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
