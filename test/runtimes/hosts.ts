// All that runs the package, one line each: engines, and pages in browsers as they are served. What runs it knows its sites:
// where models may live there, on how many threads.

import { browsers, type Delivery } from "./browser.ts";
import { engines, version } from "./engines.ts";
import type { Site } from "./programs.ts";
import { ENTRIES, type PageKind, pagePath, type Stage } from "./stage.ts";
import { runInWorkerd } from "./workerd.ts";

export interface Host {
  readonly name: string;
  /** Runs an entry, with a query such as "?threads=2", and gives its result. */
  run(stage: Stage, entry: string, query?: string): Promise<any>;
  /** Why a site cannot be had, in words of info() or of the error; undefined where it can. */
  lacks(site: Site): string | undefined;
  /** The programs of entries/ that it can run. */
  readonly entries: readonly string[];
}

/** What this machine has not: told loudly. */
export interface Missing {
  readonly name: string;
  readonly missing: string;
}

/** The headers of all pages that are served. */
export const POLICY = { "content-security-policy": "script-src 'self' 'wasm-unsafe-eval'" };
export const ISOLATED = { ...POLICY, "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** Engines have every site. */
function engine(name: string): Host | Missing {
  const found = engines[name];
  return found === undefined ? { name, missing: `no ${name} (there is no package of it for this platform)` } : {
    name: found.name, entries: ENTRIES.modules, lacks: () => undefined,
    run: async (stage, entry, query = "") => JSON.parse((await found.run(`${entry}.js`, query, stage.folder)).trim().split("\n").at(-1)!),
  };
}

const LOUD = { Chromium: "CHROME_PATH may name one", Firefox: "Debian: apt-get install firefox-esr; elsewhere FIREFOX_PATH may name one" };

/** A page's main thread may not wait, and without isolation there is no shared memory. */
function page(browser: keyof typeof browsers, kind: PageKind, delivery: Delivery, title: string): Host | Missing {
  const found = browsers[browser];
  return found === undefined ? { name: `${browser}${title}`, missing: `no ${browser} (${LOUD[browser]})` } : {
    name: `${found.name}${title}`,
    entries: ENTRIES[kind],
    run: async (stage, entry, query = "") => (await stage.browser(found)).run(stage.folder, pagePath(kind, entry) + query, delivery),
    lacks: ({ where, threads }) => threads === 1 ? undefined
      : where === "here" ? "a page's main thread may not wait"
      : delivery === ISOLATED ? undefined : delivery === "file://" ? "a page of file:// has no shared memory" : "the page is not cross-origin isolated",
  };
}

/** Pages whose own policy refuses something: what they report, and how long it took. */
export const pages = Object.values(browsers).filter((found) => found !== undefined).map((found) => ({
  name: found.name,
  run: async (stage: Stage, { where, threads }: Site, policy: string): Promise<any> => (await stage.browser(found)).run(
    stage.folder, `${pagePath("modules", "refused")}?where=${where}&threads=${threads}`, { "content-security-policy": policy }, /content.security.policy|csp/i,
  ),
}));

export const all: readonly (Host | Missing)[] = [
  engine("Node 20"),
  engine("Node 24"),
  engine("Deno"),
  engine("Bun"),
  {
    name: `workerd ${version("workerd")}`, entries: ENTRIES.modules, run: (stage, entry) => runInWorkerd(stage.folder, `${entry}.js`),
    lacks: ({ where, threads }) => (where === "here" && threads === 1 ? undefined : "this engine has no workers"),
  },
  page("Chromium", "modules", POLICY, ""),
  page("Chromium", "bundle", ISOLATED, ", isolated"),
  page("Chromium", "single", "file://", ", file://"),
  page("Firefox", "modules", POLICY, ""),
  page("Firefox", "bundle", ISOLATED, ", isolated"),
  page("Firefox", "single", "file://", ", file://"),
];

export const hosts = all.filter((host): host is Host => "run" in host);
export const missing = all.filter((host): host is Missing => "missing" in host);
