// A large CSV file from the choice of it to an epoch: the page says what it does, and answers meanwhile. Of a million cells here, and of 50 MB
// in `npm run proof:long`.

import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filled } from "../../../src/advice/text.ts";
import { en } from "../../../src/page/text/en/index.ts";
import { folder, visits } from "../visitor.ts";

const open = visits(), place = folder(), megabytes = Number(process.env.MEGABYTES ?? 5);
afterAll(() => place.remove());

/** Writes rows of eight columns; which kind a row is follows from three of them. */
function write(path: string): number {
  const file = openSync(path, "w"), colours = ["red", "green", "blue", "grey"];
  let state = 1, rows = 0;
  const uniform = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  writeSync(file, "id,length,width,height,weight,colour,size,kind\n");
  for (let written = 0; written < megabytes * 1e6;) {
    const lines = Array.from({ length: 10_000 }, () => {
      const length = uniform() * 10, width = uniform() * 4, colour = colours[Math.floor(uniform() * 4)]!;
      const kind = length + 2 * width + (colour === "red" ? 3 : 0) > 9 ? "large" : "small";
      return `${rows++},${length.toFixed(3)},${width.toFixed(3)},${(uniform() * 5).toFixed(3)},${uniform() < 0.05 ? "" : (uniform() * 90).toFixed(2)},${colour},"${(uniform() * 9).toFixed(1)}",${kind}\n`;
    });
    written += writeSync(file, lines.join(""));
  }
  closeSync(file);
  return rows;
}

test(`${megabytes} MB of CSV are opened and trained on for an epoch`, async () => {
  const path = join(place.path, "big.csv"), rows = write(path), visitor = await open(), start = performance.now(), times: string[] = [];
  const passed = (what: string): unknown => times.push(`${what} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  await visitor.watch();
  await visitor.give(en["data.choose"], [path]);
  await visitor.sees(filled(en["data.preview"], { name: "big.csv", rows }));
  passed("open");
  await visitor.sees(en["next.model"]);
  await visitor.choose(en["data.target"], "colour");
  await visitor.choose(en["data.target"], "kind");
  await visitor.sees(filled(en["data.split"], { training: Math.round(0.8 * rows), heldOut: Math.round(0.2 * rows) }));
  passed("target chosen");
  await visitor.press(en["next.model"]);
  await visitor.sees(en["model.fine"]);
  passed("suggestion");
  await visitor.fill(en["option.epochs"].split("\n")[0]!, "1");
  for (const name of ["next.train", "train.start", "next.understand"] as const) await visitor.press(en[name]);
  passed("an epoch");
  const [, percent] = await visitor.sees(/([\d.]+) % of the .* held-out rows are right/), longest = await visitor.longest();
  passed("figures");
  console.log(`${megabytes} MB of CSV, ${rows} rows: after ${times.join(", ")}; ${percent} % right; ${await visitor.memory()} MB at most; longest task of the page ${longest ? `${longest} ms` : "below 50 ms"}`);
  expect(Number(percent)).toBeGreaterThan(95);
  // wanted is none above 50 ms; but a machine that is at something else makes one of any length
  expect(longest).toBeLessThan(250);
}, 600_000);
