// Files that were altered at random: a short version of test/proof/mutate-data.mjs. A few hold hyparquet up for good, which want a worker that can be killed:
// none among the first hundred.

import { expect, it } from "vitest";
import * as lanewise from "../../../src/index.ts";
import { brokenFile, outcome, soundFiles } from "../../proof/mutations.mjs";

type Format = "idx" | "npy" | "npz" | "csv" | "jsonl" | "parquet";

it.each<[Format, number]>([["idx", 2000], ["npy", 2000], ["npz", 2000], ["csv", 500], ["jsonl", 500], ["parquet", 100]])("%s: %i broken files are read, or refused by an error of the library", async (format, count) => {
  const sound = (await soundFiles(lanewise))[format], codes = new Map<string, number>();
  for (const file of sound) expect((await outcome(lanewise, format, file)).wrong).toBeUndefined();
  for (let seed = 1; seed <= count; seed++) {
    const { code = "read", wrong } = await outcome(lanewise, format, brokenFile(sound, seed));
    expect(wrong, `seed ${seed}`).toBeUndefined();
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  // most changes do harm, and some do not
  expect(codes.get("read") ?? 0).toBeGreaterThan(0);
  expect(codes.get("read") ?? 0).toBeLessThan(count);
});
