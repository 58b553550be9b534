// The core on its own: what lanewise/core.wasm is to those who take the file.

import { instantiate } from "@assemblyscript/loader";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Version } from "../assembly/isa.ts";
import { root, wantBuilt } from "./runtimes/project.ts";

it("AssemblyScript's loader takes core.wasm, whose exports are plain functions", async () => {
  wantBuilt();
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { exports } = await instantiate<{ isaVersion(): number; heapBase: WebAssembly.Global }>(readFileSync(join(root, "dist/core.wasm")), { env: { memory } });
  expect(exports.isaVersion()).toBe(Version.ISA);
  expect(exports.heapBase.value).toBeLessThan(65536);
});
