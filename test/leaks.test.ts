// Models come and go, and leave nothing: memory and workers of a process after 500 of them. A page: runtimes/pages.test.ts.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { execute, root, wantBuilt } from "./runtimes/project.ts";

it("500 models that are created, trained and disposed: memory within 10 % of that after 50, and no worker left", async () => {
  wantBuilt();
  const { stdout } = await execute(process.execPath, [
    "--expose-gc", "--max-semi-space-size=1", join(root, "test/leaks.mjs"), pathToFileURL(join(root, "dist/index.js")).href,
  ], { cwd: root });
  const { alive, started, looks: [before, after] } = JSON.parse(stdout) as { alive: number; started: number; looks: Record<"resident" | "heap" | "external", number>[] };
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  for (const what of ["resident", "heap", "external"] as const) {
    console.log(`after 50 and 500 models: ${what} ${megabytes(before![what])} and ${megabytes(after![what])} MB`);
    expect(after![what], what).toBeLessThan(1.1 * before![what]);
  }
  expect({ alive, started }).toEqual({ alive: 0, started: 200 });
}, 240_000);
