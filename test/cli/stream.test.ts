// Training on a file that is never in memory as a whole: the same rows held out, the same bits, whatever comes between.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporary, wantBuilt } from "../runtimes/project.ts";
import { CLI, type Ended, lanewise, start } from "./lanewise.ts";

let folder: string, remove: () => void;
const ROWS = 4500, TRAIN = ["train", "marks.csv", "--target", "kind", "--stream", "--hidden", "8", "--learning-rate", "0.01", "--epochs", "3"];

beforeAll(() => {
  wantBuilt();
  ({ folder, remove } = temporary());
  const line = (i: number): string => `${(i * 37) % 101},${((i * 61) % 97) / 8},team ${i % 90},${i % 50 === 7 ? "" : (i * 37) % 101 > (i * 61) % 97 ? "yes" : "no"}`;
  writeFileSync(join(folder, "marks.csv"), `a,b,team,kind\n${Array.from({ length: ROWS }, (_, i) => line(i)).join("\n")}\n`);
});
afterAll(() => remove());

const hashOf = ({ events }: Ended): string => events.at(-1)!.hash;
const runOf = (name: string): Record<string, any> => JSON.parse(readFileSync(join(folder, name, "report.json"), "utf8"));
const train = (...more: string[]): Promise<Ended> => lanewise(folder, ...TRAIN, "--json", ...more);

it("tells its passes and choices, learns, and gives the same bits again, with two threads too; verify agrees", async () => {
  const [first, other] = [await lanewise(folder, ...TRAIN, "--json", "--out", "first"), await train("--out", "other", "--threads", "2")];
  expect([first.code, first.stderr]).toEqual([0, ""]);
  const choice = (wanted: string) => first.events.find(({ name }) => name === wanted);
  expect([choice("rows"), choice("held out")]).toMatchObject([{ value: "streamed", why: expect.stringContaining("as asked") }, { value: "20.0 %" }]);
  expect(first.events.at(-1)!.scores.accuracy).toBeGreaterThan(0.9);
  expect(hashOf(other)).toBe(hashOf(first));
  const { data } = runOf("first");
  expect(data.rows + data.heldOut).toBe(ROWS - ROWS / 50); // those that have an answer
  expect(data.heldOut / ROWS).toBeCloseTo(0.2, 1);
  const verified = await lanewise(folder, "verify", "first", "marks.csv");
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("The run is what it says")]);
});

it.skipIf(process.platform === "win32")("killed in the middle of an epoch, it goes on to the bits of the run that was not", async () => {
  const args = [...TRAIN, "--batch-size", "8"], whole = await lanewise(folder, ...args, "--json", "--out", "whole");
  const begun = start(process.execPath, [CLI, ...args, "--out", "killed", "--checkpoint", "0.1"], folder);
  const kept = (): boolean => existsSync(join(folder, "killed/checkpoints")) && readdirSync(join(folder, "killed/checkpoints")).some((name) => name.startsWith("checkpoint-"));
  while (!kept() && begun.child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  begun.child.kill("SIGKILL");
  await begun.ended;
  const { code, events } = await lanewise(folder, ...args, "--json", "--out", "killed");
  expect([code, events.at(-1)!.hash]).toEqual([0, hashOf(whole)]);
  expect(events.find(({ event }) => event === "resume")!.step).toBeGreaterThan(0);
});

it("JSON Lines are streamed too, to the same model; a column may come late", async () => {
  const [head, ...lines] = readFileSync(join(folder, "marks.csv"), "utf8").trim().split("\n"), names = head!.split(",");
  const records = lines.map((line, i) => Object.fromEntries(line.split(",").map((cell, c) => [names[c]!, cell && c < 2 ? Number(cell) : cell || null] as const).concat(i > 4300 ? [["late", i % 7]] : [])));
  writeFileSync(join(folder, "marks.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const args = ["--target", "kind", "--stream", "--hidden", "8", "--learning-rate", "0.01", "--epochs", "1", "--json"];
  const plain = await lanewise(folder, "train", "marks.csv", ...args, "--out", "plain"), same = await lanewise(folder, "train", "marks.jsonl", ...args, "--ignore", "late", "--out", "lines");
  expect([same.code, hashOf(same)]).toEqual([0, hashOf(plain)]);
  const late = await lanewise(folder, "train", "marks.jsonl", ...args, "--out", "late");
  expect([late.code, runOf("late").columns.find(({ name }: { name: string }) => name === "late").missing]).toEqual([0, 4301]);
  const group = await lanewise(folder, "train", "marks.jsonl", ...args, "--group", "late", "--out", "late-group");
  expect([group.code, group.stderr]).toEqual([1, expect.stringMatching(/marks\.jsonl: column "late", row \d+: --group splits by it, and it is empty/)]);
});

it("holds whole groups out; a number is scored in its own unit", async () => {
  expect((await train("--group", "team", "--epochs", "1", "--out", "teams")).code).toBe(0);
  const model = await lanewise(folder, ...["train", "marks.csv", "--target", "b", "--ignore", "kind,team", "--stream", "--epochs", "1", "--out", "numbers", "--json"]);
  expect(model.events.at(-1)!.scores).toMatchObject({ r2: expect.any(Number), mae: expect.any(Number) });
  // 50 rows of each team, of which 10 have no answer, or none
  const { data, columns } = runOf("teams");
  expect(columns.find(({ name }: { name: string }) => name === "team").use).toBe("ignore");
  expect(data.heldOut).toBeGreaterThan(0);
  expect(data.heldOut % 10).toBe(0);
});

it("what looks before a training takes some of the rows; crossvalidate wants them all", async () => {
  for (const command of ["doctor", "find-lr"]) expect((await lanewise(folder, command, "marks.csv", "--target", "kind", "--stream")).code).toBe(0);
  const folds = await lanewise(folder, "crossvalidate", "marks.csv", "--target", "kind", "--stream");
  expect([folds.code, folds.stderr]).toEqual([2, expect.stringContaining("is streamed, and this wants all rows in memory")]);
});

it.each<[string[], RegExp]>([
  [["train", "marks.csv", "--target", "kind", "--stream", "--time", "a"], /--time: the latest rows are known where all are in memory/],
  [["train", "marks.csv", "--stream"], /--target is missing: .*marks\.csv has a, b, team, kind/],
  [["train", "marks.csv", "--target", "knid", "--stream"], /did you mean kind/],
  [["train", "marks.csv", "--target", "kind", "--stream", "--group", "taem"], /^lanewise: train: --group: no column "taem" to split by; did you mean team\?/],
  [["train", "array.json", "--target", "a", "--stream"], /--stream: wanted a CSV file, or JSON Lines/],
  [["train", "marks.csv", "--target", "kind", "--stream", "--class-weights", "oversample"], /oversample does not fit/],
])("%j is refused, and nothing is left behind", async (args, message) => {
  writeFileSync(join(folder, "array.json"), '[{"a":1}]\n');
  const { code, stderr } = await lanewise(folder, ...args, "--out", "never");
  expect([code, stderr]).toEqual([expect.any(Number), expect.stringMatching(message)]);
  expect(code).toBeGreaterThan(0);
  expect(() => readFileSync(join(folder, "never/run.json"))).toThrow();
});
