// The README's program on one's own files runs as it is written, on the built package.

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root, temporary, wantBuilt } from "./runtimes/project.ts";

test("one's own files, a run that is kept, and models out", async () => {
  wantBuilt();
  const [, code] = /^## Your own files[^]*?^```js\n([^]*?)^```$/m.exec(readFileSync(join(root, "README.md"), "utf8"))!;
  const { folder, remove } = temporary();
  try {
    mkdirSync(join(folder, "examples"));
    cpSync(join(root, "examples/penguins.csv"), join(folder, "examples/penguins.csv"));
    // papaparse is found from the library's own place
    writeFileSync(join(folder, "main.mjs"), code!.replace('"lanewise"', JSON.stringify(join(root, "dist/index.js"))));
    const { stdout } = await promisify(execFile)(process.execPath, ["main.mjs"], { cwd: folder });
    expect(stdout).toMatch(/species +target/);
    expect(stdout).toMatch(/label: 'Gentoo'/);
    expect(stdout.trim().split("\n").at(-1)).toBe("true");
    expect(readdirSync(folder).sort()).toEqual(["examples", "main.mjs", "penguins.onnx", "penguins.safetensors", "predict.mjs", "runs"]);
  } finally {
    remove();
  }
}, 60_000);
