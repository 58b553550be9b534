// What the build embeds. The core as a page carries it: an import of a .wasm file gives its bytes, unshared, deflated, in base 85 (see src/core.ts).
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const deflate = fileURLToPath(new URL("deflate.mjs", import.meta.url));

/** A module for one thread. The core is built for shared memory: this clears the flag "shared" (2) in the limits of the memory that
 * it imports, one bit. */
export function unshared(bytes) {
  const copy = Buffer.from(bytes), entry = Buffer.from("\x03env\x06memory\x02", "latin1"), flags = copy.indexOf(entry) + entry.length;
  if (flags < entry.length || (copy[flags] !== 1 && copy[flags] !== 3)) throw new Error("it imports no memory env.memory with a maximum");
  copy[flags] = 1;
  return copy;
}

/** Bytes as text, five letters for four of them: the digits of the number that they are, the last byte first. The letters are those
 * from ( to } but \. */
export function base85(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4) {
    const four = bytes.subarray(i, i + 4);
    let digits = "", number = four.reduceRight((sum, byte) => sum * 256 + byte, 0);
    for (let k = 0; k <= four.length; k++, number = Math.floor(number / 85)) {
      const code = 40 + number % 85;
      digits = String.fromCharCode(code < 92 ? code : code + 1) + digits;
    }
    text += digits;
  }
  return text;
}

/** The text of a module that stands for a .wasm file. */
export function wasmModule(file) {
  return `export default "${base85(execFileSync(process.execPath, [deflate], { input: unshared(readFileSync(file)) }))}";`;
}

/** The text of a script with all that it imports: src/runtimes/worker.ts as a worker runs it. */
export function scriptOf(file) {
  const { outputFiles } = buildSync({
    entryPoints: [file], bundle: true, minify: true, format: "iife", platform: "neutral", target: "es2022", write: false,
    loader: { ".wasm": "empty" }, legalComments: "none", treeShaking: true,
  });
  return outputFiles[0].text;
}

/** The text of a module that stands for such a script (imported as "…?script"). */
export const scriptModule = (file) => `export default ${JSON.stringify(scriptOf(file.replace(/\?script$/, "")))};`;

/** For esbuild: the core in the text of a module. */
export const embedWasm = {
  name: "embed-wasm",
  setup(build) {
    build.onLoad({ filter: /\.wasm$/ }, ({ path }) => ({ contents: wasmModule(path), loader: "js" }));
    build.onResolve({ filter: /\?script$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path.replace(/\?script$/, "")), namespace: "script" }));
    build.onLoad({ filter: /.*/, namespace: "script" }, ({ path }) => ({ contents: scriptModule(path), loader: "js" }));
  },
};

/** For esbuild: fast.ts is a file of its own, beside those that import it. */
export const fastApart = {
  name: "fast-apart",
  setup(build) {
    build.onResolve({ filter: /\/fast\.ts$/ }, () => ({ path: "./fast.js", external: true }));
  },
};

/** For esbuild, for edge engines: they compile no bytes, so that core.wasm is imported, and have no workers. "?module" is how
 * Next.js knows that the module is wanted, not its exports; workerd takes a module of any name, and Wrangler this one. They compile
 * what a program imports before it runs, so that the library has no way to fast.wasm, which fails where there is no relaxed SIMD.
 * There are no probes. */
export const importWasm = {
  name: "import-wasm",
  setup(build) {
    build.onResolve({ filter: /\/probes\.wasm$/ }, () => ({ path: "probes", namespace: "none" }));
    build.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path: `../${basename(path)}?module`, external: true }));
    build.onResolve({ filter: /\/fast\.ts$/ }, ({ path, kind }) => (kind === "entry-point" ? undefined : { path, namespace: "none" }));
    build.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "export const fastCore = undefined; export default undefined;" }));
    build.onResolve({ filter: /\/runtimes\/index\.ts$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path, "../edge.ts") }));
  },
};
