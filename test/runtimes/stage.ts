// Where everything is run: an empty project with the packed package, the programs of entries/ and pages for each of them; and
// the browsers, opened when they are first wanted.

import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin, transform } from "esbuild";
import { Browser, type BrowserKind } from "./browser.ts";
import { install } from "./engines.ts";
import { packedProject, root } from "./project.ts";
import { sample } from "./sample.ts";

/** How a page gets the package: its modules as they are; one file of a bundler's, with the worker beside it; all in the page. */
export type PageKind = "modules" | "bundle" | "single";

export class Stage {
  readonly folder: string;
  private readonly remove: () => void;
  private readonly open = new Map<BrowserKind, Promise<Browser>>();

  private constructor(folder: string, remove: () => void) {
    this.folder = folder;
    this.remove = remove;
  }

  static async set(): Promise<Stage> {
    await install();
    const { folder, remove } = await packedProject();
    await fill(folder);
    return new Stage(folder, remove);
  }

  browser(kind: BrowserKind): Promise<Browser> {
    if (!this.open.has(kind)) this.open.set(kind, Browser.open(kind));
    return this.open.get(kind)!;
  }

  async close(): Promise<void> {
    for (const browser of this.open.values()) await (await browser).close();
    this.remove();
  }
}

/** The path of an entry's page. */
export const pagePath = (kind: PageKind, entry: string): string => `${kind}-${entry}.html`;

/** The programs that such pages have. The README's trainer awaits at its top, which a classic script cannot. */
export const ENTRIES: Readonly<Record<PageKind, readonly string[]>> = {
  modules: ["trainer", "hashes", "formulas", "traces", "refused", "alive", "come-and-go", "killed", "fast", "profile", "verify"],
  bundle: ["trainer", "hashes", "formulas", "traces", "refused", "fast", "profile", "verify"], single: ["hashes", "formulas", "traces", "fast", "profile", "verify"],
};

/** A page's own server has the package's files: no bundler puts them into a script. */
const served: Plugin = {
  name: "served",
  setup: ({ onResolve }) => onResolve({ filter: /^lanewise/ }, ({ path }) =>
    ({ path: `/node_modules/lanewise/dist/${path === "lanewise" ? "index" : path.slice("lanewise/".length)}.js`, external: true })),
};

/** Writes the entries, what TypeScript users write, and the pages. Their scripts are files, as their CSP wants them; but for the
 * page that is one file. */
async function fill(folder: string): Promise<void> {
  cpSync(new URL("entries", import.meta.url), folder, { recursive: true });
  const sources = ["programs", "trace"].map((name) => fileURLToPath(new URL(`${name}.ts`, import.meta.url)));
  await build({ entryPoints: sources, outdir: folder, bundle: true, format: "esm", target: "es2022" });
  const { code } = readmeTrainer();
  writeFileSync(join(folder, "sample.ts"), sample);
  writeFileSync(join(folder, "readme.ts"), code);
  writeFileSync(join(folder, "readme.js"), (await transform(code, { loader: "ts", target: "es2022" })).code);

  const bundled = (kind: PageKind, more: object) => build({
    absWorkingDir: folder, entryPoints: ENTRIES[kind].map((name) => `${name}.js`), outdir: kind, bundle: true, minify: true, target: "es2022",
    logLevel: "error", ...more,
  });
  await bundled("modules", { format: "esm", plugins: [served] });
  await bundled("bundle", { format: "esm" });
  copyFileSync(join(folder, "node_modules/lanewise/dist/worker.js"), join(folder, "bundle/worker.js"));
  await bundled("single", { format: "iife" });
  for (const kind of ["modules", "bundle", "single"] as const)
    for (const name of ENTRIES[kind]) {
      const script = `${kind}/${name}.js`, text = (): string => readFileSync(join(folder, script), "utf8").replaceAll("</script", "<\\/script");
      writeFileSync(join(folder, pagePath(kind, name)), `<!doctype html><meta charset="utf-8"><title>${script}</title><body>`
        + (kind === "single" ? `<script>${text()}</script>` : `<script type="module" src="./${script}"></script>`));
    }
}

/** The first block of code under "The trainer" in README.md. */
export function readmeTrainer(): { language: string; code: string } {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, language, code] = /^#+ The trainer\s[\s\S]*?^```(js|ts|javascript|typescript)\n([\s\S]*?)^```/m.exec(readme) ?? [];
  if (!language || !code) throw new Error('README.md: wanted a block of js or ts under a heading "The trainer"');
  return { language, code };
}
