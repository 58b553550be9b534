// Flags, lanewise.json and its schema are one list.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { type Command, dashed, helpOf, overview, parse, UsageError } from "../../src/cli/args.ts";
import { checkSettings, PICTURES, READING, schemaOfSettings, TRAINING } from "../../src/cli/settings.ts";
import { widthOf } from "../../src/cli/text.ts";

const train = COMMANDS.find(({ name }) => name === "train")!;
const flagsOf = (...given: string[]) => parse(train, ["data.csv", ...given]).flags;
const refused = (...given: string[]): string => {
  try {
    parse(train, ["data.csv", ...given]);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error("it was taken");
};

describe("flags", () => {
  it("are read with their types", () => {
    expect(flagsOf("--hidden", "64,32", "--learning-rate=3e-3", "--ignore", "id, note", "--types", "day=date:dmy,zip=category", "--no-early-stopping", "--threads", "auto", "--seed", "0"))
      .toEqual({ hidden: [64, 32], learningRate: 0.003, ignore: ["id", "note"], types: { day: "date:dmy", zip: "category" }, earlyStopping: false, threads: "auto", seed: 0 });
  });

  it.each([
    ["--epoch 5", "did you mean --epochs?"], ["--lr 0.1", "did you mean --learning-rate?"], ["--learningRate 0.1", "did you mean --learning-rate?"], ["--batch_size 3", "did you mean --batch-size?"],
    ["--random-state 3", "did you mean --seed?"], ["-x", "unknown flag -x"], ["--nothing-like-it", "unknown flag --nothing-like-it"],
  ])("%s: %s", (given, wanted) => expect(refused(...given.split(" "))).toContain(wanted));

  it.each([
    ["--epochs 0", "wanted a whole number from 1 to 1000000, got \"0\""], ["--epochs 1.5", "a whole number"], ["--epochs ten", "a whole number"], ["--epochs 0x10", "a whole number"],
    ["--hidden 64,,2", "whole numbers"], ["--validation 1", "a number from 0.01 to 0.9"], ["--loss crossentropy", "did you mean crossEntropy"], ["--loss nonsense", "one of crossEntropy"],
    ["--learning-rate fast", "auto, or a number"], ["--types day", "COLUMN=KIND"], ["--target", "--target wants a value"], ["--target --json", "--target wants a value"],
    ["--fresh=yes", "--fresh takes no value"], ["more.csv", "one argument too many"], ["--ignore a,,b", "names with commas"], ["--out=", "some text"],
  ])("%s is refused: %s", (given, wanted) => expect(refused(...given.split(" "))).toContain(wanted));

  it("a missing argument is named", () => {
    expect(() => parse(train, [])).toThrow("DATA is missing");
    expect(() => parse(COMMANDS.find(({ name }) => name === "predict")!, ["m"])).toThrow("DATA is missing");
  });

  it("no name of a flag is an object's own", () => {
    expect(refused("--constructor", "1")).toContain("unknown flag --constructor");
    expect(refused("--__proto__", "1")).toContain("unknown flag --__proto__");
  });
});

describe("lanewise.json", () => {
  it("takes the flags' names in camelCase, with their ranges", () => {
    expect(checkSettings('{ "$schema": "x", "target": "y", "hidden": [8], "learningRate": "auto", "earlyStopping": false }', "f")).toEqual({ target: "y", hidden: [8], learningRate: "auto", earlyStopping: false });
  });

  it.each([
    ['{ "epoch": 3 }', "did you mean epochs?"], ['{ "epochs": "3" }', "f: epochs: wanted a whole number"], ["[]", "wanted an object"], ["{", "no JSON"], ['{ "__proto__": 1 }', "unknown setting"],
    ['{ "hidden": 8 }', "a list of whole numbers"], ['{ "ignore": "a" }', "a list of names"], ['{ "types": { "a": 1 } }', "an object of texts"], ['{ "loss": "x" }', "one of crossEntropy"], ['{ "earlyStopping": 0 }', "true or false"],
  ])("%s: %s", (text, wanted) => expect(() => checkSettings(text, "f")).toThrow(wanted));

  it("has the schema that is shipped (UPDATE_SCHEMA=1 writes it)", () => {
    const path = new URL("../../src/cli/lanewise.schema.json", import.meta.url), made = `${JSON.stringify(schemaOfSettings(), null, 2)}\n`;
    if (process.env.UPDATE_SCHEMA) writeFileSync(path, made);
    expect(readFileSync(path, "utf8")).toBe(made);
  });
});

describe("help", () => {
  it.each(COMMANDS.map((command) => [command.name, command] as const))("of %s names every flag and exit code, at any width", (_, command: Command) => {
    for (const width of [40, 80, 100]) {
      const text = helpOf(command, width);
      for (const [name, flag] of Object.entries(command.flags as Record<string, { off?: boolean }>)) expect(text).toContain(`--${flag.off ? "no-" : ""}${dashed(name)}`);
      for (const code of [0, 1, 2, 130]) expect(text).toMatch(new RegExp(`^  ${code}\\b`, "m"));
      // examples and long lists of choices without a space are shown whole
      expect(text.split("\n").filter((line) => widthOf(line) > width && !line.startsWith("  lanewise ") && !/^ {6}\S+$/.test(line) && !line.startsWith("Usage:") && !/^ {2}--?\S+ \S+$/.test(line))).toEqual([]);
    }
  });

  it("of all names every command", () => {
    const text = overview(COMMANDS, "1.2.3", 80);
    for (const { name, summary } of COMMANDS) {
      expect(text).toContain(`  ${name} `);
      expect(summary).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("settings are flags of train, and of nothing that has no plan", () => {
    for (const name of [...Object.keys(TRAINING), ...Object.keys(READING), ...Object.keys(PICTURES)]) expect(Object.keys(train.flags)).toContain(name);
  });
});
