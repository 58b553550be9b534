// Lists that name what stands elsewhere: each is held against it, so that what is added in one place alone is noticed.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createModel, dense, layers, losses, mse, optimizers } from "../src/index.ts";
import type { Op } from "../src/graph.ts";
import { layerTable } from "../src/layers/table.ts";
import { lossTable } from "../src/losses/table.ts";
import { opTable } from "../src/ops/table.ts";

const folder = join(import.meta.dirname, "../src/ops");
/** Ops that no formula of a user's holds: a program puts them where they belong. */
const INNER = ["check", "clip", "guard", "stop", "update"];

const isOp = (value: unknown): value is Op => typeof (value as Op | undefined)?.emit === "function";

test("every op is in the table that loadModel knows", async () => {
  const table = opTable();
  for (const file of readdirSync(folder).filter((name) => name !== "table.ts")) {
    for (const op of Object.values(await import(join(folder, file)) as object).filter(isOp))
      expect(table.get(op.name) === op || INNER.includes(op.name), `${op.name} of ${file}`).toBe(true);
  }
  for (const op of table.values()) if (op.derivative) expect(table.get(op.derivative.name)).toBe(op.derivative);
});

test("every layer and loss is in the tables that loadModel knows", () => {
  const nested = ["layer", "sequential", "swish"]; // one's own, what loadModel makes itself, and another name of silu
  expect(Object.keys(layers).filter((name) => !layerTable().has(name) && !nested.includes(name))).toEqual([]);
  expect(Object.keys(losses).filter((name) => !lossTable().has(name))).toEqual([]);
});

test("a maker that was not called is met with its call", async () => {
  const model = await createModel(dense(2), { input: [1] }), data = { x: [[1]], y: [[1, 0]] };
  for (const [name, make] of Object.entries(losses))
    await expect(model.fit(data, { loss: make as never }), name).rejects.toMatchObject({ details: { fix: `did you mean ${name}()?` } });
  for (const [name, make] of Object.entries(optimizers))
    await expect(model.fit(data, { loss: mse(), optimizer: make as never }), name).rejects.toMatchObject({ details: { fix: `did you mean ${name}()?` } });
});
