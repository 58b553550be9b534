// The table that `npm run proof` prints has every export of the families that it is about, and nothing else.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { initializers, layers, losses, metrics, ops, optimizers, schedules } from "../../src/index.ts";

const rows = JSON.parse(readFileSync(join(import.meta.dirname, "catalogue.json"), "utf8")) as { family: string; name: string; ops?: string[] }[];

/** No activations, and makers of one's own. */
const OTHER_LAYERS = ["dense", "layer", "sequential", "flatten", "dropout", "alphaDropout", "gaussianNoise"];

test.each<[string, object, string[]]>([
  ["activations", layers, OTHER_LAYERS], ["losses", losses, []], ["optimizers", optimizers, ["optimizer"]], ["schedules", schedules, []],
  ["initializers", initializers, []], ["metrics", metrics, ["metric"]],
])("every one of the %s has its row", (family, exported, other) => {
  const wanted = Object.keys(exported).filter((name) => !other.includes(name));
  expect(rows.filter((row) => row.family === family).map(({ name }) => name).sort()).toEqual(wanted.sort());
});

test("the ops of a row are there", () => {
  expect(rows.flatMap((row) => row.ops ?? []).filter((name) => !(name in ops))).toEqual([]);
});
