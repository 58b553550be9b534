// What a page has to carry, and that the core's bytes come from its source alone.

import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import { expect, it } from "vitest";
import { npm, packedProject, root, temporary, wantBuilt } from "./runtimes/project.ts";

const KB = 1000;
const zipped = (bytes: Uint8Array | string): number => gzipSync(bytes, { level: 9 }).length;

/** A page that trains XOR and shows what it has learnt. */
const XOR = `
import { adam, binaryCrossEntropy, createModel, dense, sequential, tanh } from "lanewise";

const x = [[0, 0], [0, 1], [1, 0], [1, 1]], y = [0, 1, 1, 0];
const model = await createModel(sequential(dense(8), tanh(), dense(1)), { input: [2], seed: 1 });
for await (const report of model.fit({ x, y }, { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 4, epochs: 300 }))
  document.body.textContent = "epoch " + report.epoch + ": " + report.loss;
document.body.textContent += " " + model.predict(x).data.map((logit) => (logit > 0 ? 1 : 0)).join(" ");
`;

it("the core has at most 25.5 KB, and 8.6 KB gzipped", () => {
  wantBuilt();
  const core = readFileSync(join(root, "build/core.wasm"));
  tell(`core.wasm: ${core.length} bytes, ${zipped(core)} gzipped`);
  expect(core.length).toBeLessThanOrEqual(25.5 * KB);
  expect(zipped(core)).toBeLessThanOrEqual(8.6 * KB);
});

// Minifiers name nested functions' variables otherwise: terser (which webpack and Rollup take) gives each function the same short
// names, which gzip likes; esbuild does not. So a page has two sizes.
it("a page that trains XOR has at most 45 KB gzipped, with the core in it; minified by esbuild at most 47", async () => {
  const { folder, remove } = await packedProject();
  try {
    writeFileSync(join(folder, "xor.js"), XOR);
    const script = async (minified: boolean): Promise<string> => {
      const { outputFiles } = await build({
        absWorkingDir: folder, entryPoints: ["xor.js"], bundle: true, minify: minified, format: "esm", target: "es2022", write: false, legalComments: "none",
      });
      return outputFiles[0]!.text;
    };
    const size = (minifier: string, text: string): number => {
      const page = `<!doctype html><meta charset="utf-8"><title>XOR</title><body><script type="module">${text.replaceAll("</script", "<\\/script")}</script>`;
      tell(`page with the XOR trainer, minified by ${minifier}: ${Buffer.byteLength(page)} bytes, ${zipped(page)} gzipped`);
      return zipped(page);
    };
    expect(size("terser", (await minify(await script(false), { module: true, ecma: 2020 })).code!)).toBeLessThanOrEqual(45 * KB);
    expect(size("esbuild", await script(true))).toBeLessThanOrEqual(47 * KB);
  } finally {
    remove();
  }
});

it("the package has no dependency, and its tarball what it needs alone", async () => {
  const { folder, remove } = await packedProject();
  try {
    expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["lanewise"]);
    const files = readdirSync(join(folder, "node_modules/lanewise"), { recursive: true }) as string[];
    const bytes = readdirSync(folder).filter((name) => name.endsWith(".tgz")).map((name) => readFileSync(join(folder, name)).length);
    tell(`tarball: ${bytes.join()} bytes, ${files.length} files`);
    expect(files.filter((name) => !/^(dist\b|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(name))).toEqual([]);
  } finally {
    remove();
  }
});

it("the core built again has the same bytes", async () => {
  wantBuilt();
  const { folder, remove } = temporary();
  try {
    for (const name of ["assembly", "asconfig.json", "package.json"]) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    await npm(["run", "build:core"], folder);
    const sha256 = [root, folder].map((there) => createHash("sha256").update(readFileSync(join(there, "build/core.wasm"))).digest("hex"));
    tell(`core.wasm: sha256 ${sha256.join(" and ")}`);
    expect(sha256[1]).toBe(sha256[0]);
  } finally {
    remove();
  }
});

function tell(figure: string): void {
  console.log(figure);
}
