// The apps of examples/embed as their users get them: copied out of this repository, installed with the packed package beside
// them, built for production, served by their own commands, and opened in a Chromium that notes every complaint.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { browsers } from "./browser.ts";
import { install } from "./engines.ts";
import { npm, root, temporary, wantBuilt } from "./project.ts";

/** What must not be in a policy: with it every script may run. */
export const UNSAFE = /'unsafe-inline'|'unsafe-eval'|'strict-dynamic'|script-src[^;]*(\*|https?:|data:|blob:)/;

export interface App {
  readonly url: string;
  /** A page of playwright-core; `complaints` are its errors, failed requests and violations of its policy. */
  open(options?: Readonly<Record<string, unknown>>): Promise<{ page: any; complaints: string[] }>;
  close(): Promise<void>;
}

/** Builds an app of examples/embed and serves it; `serve` are the arguments of its command that does, but for the port. */
export async function startApp(name: string, serve: (port: number) => readonly string[]): Promise<App> {
  wantBuilt();
  await install(); // the browser
  const { folder, remove } = temporary(), app = join(folder, name), ends: (() => unknown)[] = [remove];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    await npm(["pack", "--ignore-scripts", "--pack-destination", folder], root);
    cpSync(join(root, "examples/embed", name), app, { recursive: true, filter: (path) => !/[\\/](node_modules|dist|\.next|next-env\.d\.ts)$/.test(path) });
    const { lanewise } = JSON.parse(readFileSync(join(app, "package.json"), "utf8")).dependencies;
    if (!existsSync(join(app, lanewise.replace("file:", "")))) throw new Error(`examples/embed/${name}/package.json wants ${lanewise}, which npm pack does not write`);
    await npm(["install", "--prefer-offline"], app);
    await npm(["run", "build"], app);
    const port = await freePort(), url = `http://127.0.0.1:${port}/`;
    const server = spawn(process.execPath, serve(port), { cwd: app, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NODE_OPTIONS: "" } });
    ends.push(() => stop(server));
    await answers(url, server);
    const browser: any = await browsers.Chromium!.open(); // all of playwright-core
    ends.push(() => browser.close());
    return { url, close, open: (options) => open(browser, options) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(browser: any, options?: Readonly<Record<string, unknown>>): ReturnType<App["open"]> {
  const page = await browser.newPage(options), complaints: string[] = [];
  page.on("console", (message: any) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error: any) => complaints.push(String(error.stack ?? error)));
  page.on("requestfailed", (request: any) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("response", (response: any) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
  });
  await page.addInitScript(`addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => console.error("violation of", effectiveDirective, blockedURI))`);
  return { page, complaints };
}

/** Runs what a test does to a page; if it fails, the error says what the page said, and a picture is in out/. */
export async function using({ page, complaints }: { page: any; complaints: string[] }, name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const picture = join(root, "out", `${name}.png`);
    mkdirSync(join(root, "out"), { recursive: true });
    await page.screenshot({ path: picture, fullPage: true });
    throw new Error([String(error), ...complaints, `a picture of the page: ${relative(root, picture)}`].join("\n"), { cause: error });
  } finally {
    await page.close();
  }
}

/** Waits until an element's text is so; playwright's own waitForFunction wants an eval in the page. */
export async function until(page: any, selector: string, condition: (text: string) => boolean): Promise<void> {
  let text = "";
  for (const start = Date.now(); Date.now() - start < 30_000; await pause(30)) if (condition((text = await page.locator(selector).textContent()))) return;
  throw new Error(`${selector} stayed at "${text}"`);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Waits for a server's first answer. */
async function answers(url: string, server: ChildProcess): Promise<void> {
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream?.on("data", (chunk) => (said += chunk));
  for (const start = Date.now(); Date.now() - start < 60_000; await pause(100)) {
    if (server.exitCode !== null) break;
    if (await fetch(url).then((response) => response.ok, () => false)) return;
  }
  throw new Error(`the app's server does not answer\n${said}`);
}

function stop(server: ChildProcess): Promise<void> | undefined {
  if (server.exitCode !== null || server.signalCode !== null) return undefined;
  return new Promise((resolve) => {
    server.once("close", () => resolve());
    server.kill("SIGKILL"); // asked politely, Next.js waits for connections that are kept alive
  });
}
