// The built library where nothing is installed beside it: what needs no package works, and the rest says which to install.

import { spawnSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root, temporary, wantBuilt } from "../../runtimes/project.ts";

it("readers without their package name it; idx, npy and jsonl want none", () => {
  wantBuilt();
  const { folder, remove } = temporary();
  try {
    cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "main.js"), `
      import { csv, idx, jsonl, npy, npz, parquet, writeNpy } from "./dist/index.js";
      const told = async (reading) => reading.then(({ rows, shape }) => shape ?? rows, ({ name, code, message }) => [name, code, message]);
      const bytes = (text) => new TextEncoder().encode(text), array = writeNpy({ data: Float32Array.of(1, 2), shape: [2] });
      console.log(JSON.stringify([await told(csv(bytes("a\\n1\\n"))), await told(parquet(bytes("PAR1........PAR1"))),
        await told(idx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 5]))), await told(npy(array)), await told(jsonl(bytes('{"a":1}')))]));`);
    const { stdout, stderr } = spawnSync(process.execPath, ["main.js"], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    const [table, columns, ...rest] = JSON.parse(stdout);
    expect(table).toEqual(["EngineError", "missing-package", "csv: wants the package papaparse; npm install papaparse"]);
    expect(columns).toEqual(["EngineError", "missing-package", "parquet: wants the package hyparquet; npm install hyparquet"]);
    expect(rest).toEqual([[1], [2], 1]);
  } finally {
    remove();
  }
});
