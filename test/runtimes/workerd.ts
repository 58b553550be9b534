// workerd, the engine of Cloudflare's workers: it takes a script and the modules that it imports by a configuration, and runs
// them for requests alone. A bundler makes one script of a program and the package's edge build, with core.wasm (and fast.wasm) beside it, as Wrangler does.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { installed } from "./engines.ts";
import { temporary } from "./project.ts";

/** How long workerd may take to listen, or to end when it is told to. */
const PATIENCE = 30_000;

export interface Workerd {
  /** Where it answers. */
  readonly url: string;
  /** All that it wrote so far. */
  said(): string;
  end(): Promise<void>;
}

/** Runs what a program gives: its default export, awaited and called if it is a function, else the last line that it logs, as JSON. It
 * runs for a request, since such engines let no module train while it is loaded: it is imported only then.
 *
 * @param project a folder with node_modules/lanewise
 * @param entry a module of this folder
 * @param flags workerd's compatibility flags
 * @param query what the program is asked for, which it finds in `globalThis.query`
 */
export async function runInWorkerd(project: string, entry: string, flags: readonly string[] = [], query = ""): Promise<any> {
  const { folder, remove } = temporary();
  try {
    const script = `export default { async fetch() {
      const lines = [];
      globalThis.query = ${JSON.stringify(query)};
      console.log = (...what) => lines.push(what.join(" "));
      try {
        const { default: made } = await import(${JSON.stringify(`./${entry}`)});
        const result = await (typeof made === "function" ? made() : made);
        return new Response(result === undefined ? lines.at(-1) : JSON.stringify(result));
      } catch (error) {
        return new Response(String(error?.stack ?? error), { status: 500 });
      }
    } };`;
    await bundle(script, project, join(folder, "out/worker.js"));
    writeFileSync(join(folder, "config.capnp"), configuration("out/worker.js", readdirSync(join(folder, "out")).filter((name) => name.endsWith(".wasm")), flags));
    const workerd = await start(join(folder, "config.capnp"));
    try {
      const response = await fetch(workerd.url), text = await response.text();
      if (!response.ok) throw new Error(`${entry} failed in workerd: ${text}\n${workerd.said()}`);
      return JSON.parse(text);
    } finally {
      await workerd.end();
    }
  } finally {
    remove();
  }
}

/** Bundles a script for edge engines, whose imports are those of a folder; the .wasm files that it imports come to lie beside it. */
export async function bundle(contents: string, resolveDir: string, outfile: string): Promise<void> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir }, bundle: true, format: "esm", target: "es2022", conditions: ["workerd"], write: false,
    loader: { ".wasm": "copy" }, assetNames: "[name]", outdir: dirname(outfile), legalComments: "none",
  });
  mkdirSync(dirname(outfile), { recursive: true });
  for (const { path, contents: bytes } of outputFiles) writeFileSync(path.endsWith(".js") ? outfile : path, bytes);
}

const configuration = (script: string, cores: readonly string[], flags: readonly string[]): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [
      (name = "worker.js", esModule = embed "${script}"),
${cores.flatMap((core) => [core, `${core}?module`].map((name) => `      (name = "${name}", wasm = embed "${dirname(script)}/${core}"),`)).join("\n")}
    ],
    compatibilityDate = "2026-01-01",
    compatibilityFlags = ${JSON.stringify(flags)},
  ))],
  sockets = [(name = "http", http = (), service = "main")],
);
`;

/** Starts workerd on a free port of this machine.
 *
 * @throws Error with all that it wrote, if it does not listen: a module that does what is forbidden while it is loaded ends it.
 */
export async function start(config: string): Promise<Workerd> {
  const { default: program } = await installed("workerd");
  const child = spawn(program, ["serve", config, "--socket-addr=http=127.0.0.1:0", "--control-fd=3"], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let text = "", told = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk) => (text += chunk));
  const ended = once(child, "exit");
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    const slow = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    await ended;
    clearTimeout(slow);
  };
  const port = new Promise<number>((resolve, reject) => {
    child.stdio[3]!.on("data", (chunk) => {
      told += chunk;
      const [, number] = /"event":"listen","socket":"http","port":(\d+)/.exec(told) ?? [];
      if (number) resolve(Number(number));
    });
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`workerd has ended: ${text}`)));
    setTimeout(() => reject(new Error(`workerd does not listen: ${text}`)), PATIENCE).unref();
  });
  try {
    return { url: `http://127.0.0.1:${await port}/`, said: () => text, end };
  } catch (error) {
    await end();
    throw error;
  }
}
