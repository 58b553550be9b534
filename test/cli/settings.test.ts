// Flags, lanewise.json and its schema are one list.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { type Command, helpOf, overview, parse } from "../../src/cli/args.ts";
import { dashed } from "../../src/advice/text.ts";
import { UsageError } from "../../src/advice/failure.ts";
import { checkSettings, PICTURES, READING, schemaOfSettings, TRAINING } from "../../src/cli/settings.ts";
import { widthOf } from "../../src/cli/text.ts";
import { fixInFlags, inFlags, inWords } from "../../src/cli/words.ts";
import { OptionError } from "../../src/errors.ts";
import { mismatch } from "../../src/train/checkpoint.ts";

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
    expect(flagsOf("--hidden", "none")).toEqual({ hidden: [] });
  });

  it.each([
    ["--epoch 5", "did you mean --epochs?"], ["--lr 0.1", "did you mean --learning-rate?"], ["--learningRate 0.1", "did you mean --learning-rate?"], ["--batch_size 3", "did you mean --batch-size?"],
    ["--random-state 3", "did you mean --seed?"], ["-x", "unknown flag -x"], ["--nothing-like-it", "unknown flag --nothing-like-it"],
  ])("%s: %s", (given, wanted) => expect(refused(...given.split(" "))).toContain(wanted));

  it.each([
    ["--epochs 0", "wanted a whole number from 1 to 1000000, got \"0\""], ["--epochs 1.5", "a whole number"], ["--epochs ten", "a whole number"], ["--epochs 0x10", "a whole number"],
    ["--hidden 64,,2", "whole numbers"], ["--validation 1", "a number from 0.01 to 0.9"], ["--loss crossentropy", "did you mean crossEntropy"], ["--loss nonsense", "one of crossEntropy"],
    ["--learning-rate fast", "auto, or a number"], ["--types day", "COLUMN=KIND"], ["--types day=dat", "did you mean date?"], ["--types day=date:ymd", "date:dmy"], ["--transforms a=hash:0", "one of standardise"], ["--transforms a=log+", "one of standardise"], ["--transforms a=mean+median", "one word for each thing"], ["--target", "--target wants a value"], ["--target --json", "--target wants a value"],
    ["--fresh=yes", "--fresh takes no value"], ["more.csv", "one argument too many"], ["--ignore a,,b", "names with commas"], ["--image-size 8by6", "--image-size: wanted WIDTHxHEIGHT"], ["--image-size 0x3", "such as 32x32"], ["--out=", "some text"],
  ])("%s is refused: %s", (given, wanted) => expect(refused(...given.split(" "))).toContain(wanted));

  it("lists grow where a flag is given again, and a name may have = in it", () => {
    expect(flagsOf("--ignore", "a", "--ignore", "b,c", "--types", "a=b=number", "--types", "day=date", "--transforms", "age=log+median, x=fill:-1.5")).toEqual({
      ignore: ["a", "b", "c"], types: { "a=b": "number", day: "date" }, transforms: { age: "log+median", x: "fill:-1.5" },
    });
  });

  it("yes and no can be taken back: what lanewise.json or a model's file says", () => {
    expect(flagsOf("--early-stopping", "--no-decimal-comma", "--header")).toEqual({ earlyStopping: true, decimalComma: false, header: true });
    expect(refused("--no-fresh")).toContain("unknown flag --no-fresh");
  });

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
    expect(checkSettings('{ "hidden": "none", "imageSize": "8x6" }', "f")).toEqual({ hidden: [], imageSize: "8x6" });
    expect(checkSettings('{ "$schema": "x", "target": "y", "hidden": [8], "learningRate": "auto", "earlyStopping": false }', "f")).toEqual({ target: "y", hidden: [8], learningRate: "auto", earlyStopping: false });
  });

  it.each([
    ['{ "epoch": 3 }', "did you mean epochs?"], ['{ "epochs": "3" }', "f: epochs: wanted a whole number"], ["[]", "wanted an object"], ["{", "no JSON"], ['{ "__proto__": 1 }', "unknown setting"],
    ['{ "hidden": 8 }', "a list of whole numbers"], ['{ "ignore": "a" }', "a list of names"], ['{ "types": { "a": 1 } }', "an object of texts"], ['{ "types": { "a": "numbers" } }', "f: types: a: wanted one of number"], ['{ "transforms": { "a": "logg" } }', "did you mean log?"], ['{ "transforms": { "a": 1 } }', "an object of texts or objects"], ['{ "delimiter": ";;" }', "one character"], ['{ "imageSize": "8" }', "f: imageSize: wanted WIDTHxHEIGHT"], ['{ "loss": "x" }', "one of crossEntropy"], ['{ "earlyStopping": 0 }', "true or false"],
  ])("%s: %s", (text, wanted) => expect(() => checkSettings(text, "f")).toThrow(wanted));

  it("has the schema that is shipped (UPDATE_SCHEMA=1 writes it)", () => {
    const path = new URL("../../src/cli/lanewise.schema.json", import.meta.url), made = `${JSON.stringify(schemaOfSettings(), null, 2)}\n`;
    if (process.env.UPDATE_SCHEMA) writeFileSync(path, made);
    expect(readFileSync(path, "utf8")).toBe(made);
  });
});

describe("the library's words", () => {
  it.each<[string, string, string | undefined]>([
    ["a run goes on; force: true goes on all the same", "a run goes on; --force goes on all the same", undefined], ['2 classes; or task: "regression"', "2 classes; or --task regression", undefined],
    ['types: "date:dmy" or "date:mdy"', "--types 'my day=date:dmy' or --types 'my day=date:mdy'", "my day"], ['types: { "a": … } makes it another', "--types a=… makes it another", undefined],
    ['transforms: "log", or smaller units', "--transforms a=log, or smaller units", "a"], ["give the option delimiter", "give --delimiter", undefined], ["ignore it, or hash it", "--ignore a, or hash it", "a"],
    ['leave such rows out: takeRows(table, rowsWith(table, "y"))', "leave such rows out", undefined], ["raise it, or use a smaller batchSize or less data at once", "fewer units in --hidden, a smaller --batch-size, or less data", undefined], ['onNonFinite: "rollback" goes on at half the rate, "skip" without such steps; clipNorm and smaller inputs may help', "a lower learning rate may help: --learning-rate", undefined],
    ["build the model, then model.setParameters(readSafetensors(bytes))", "the model of a run is model.safetensors in its folder", undefined], ["a word: true", "a word: true", undefined],
  ])("%s: %s", (text, wanted, column) => expect(inFlags(text, train.flags, column)).toBe(wanted));

  it.each([
    ["optimizer: adamW({ learningRate: 0.0005, weightDecay: 0.01 })", "--optimizer adamW --learning-rate 0.0005 --weight-decay 0.01"], ["relu() // in place of layers 1, 3\ndense(4, { initializer: \"he\" }) // in place of layer 0", "--activation relu"],
    ["schedule: cosine()", "--schedule cosine"], ["epochs: 5 // or more data, dropout(), weightDecay", "--epochs 5 // or more data, --dropout, --weight-decay"], ["x: Float32Array.from(x, (byte) => byte / 255)", ""],
    ["clipNorm: 1, optimizer: sgd({ learningRate: 0.1 })", "--optimizer sgd --learning-rate 0.1"],
  ])("the doctor's %s: %s", (fix, wanted) => expect(fixInFlags(fix, train.flags)).toBe(wanted));

  it("of a run that is another one name no hash, but what is to be done", () => {
    const error = (option: string, got: unknown, wanted: unknown) => new OptionError("resume-mismatch", { of: "resume", option, got, wanted, fix: "force: true goes on all the same" });
    expect(inWords(error("data.hash", "a1b2", "c3d4"), train.flags)).toEqual({ message: "the run in this folder began with other rows than these: --fresh begins anew, --force goes on all the same", misused: false });
    expect(inWords(error("batchSize", 32, 16), train.flags).message).toContain("began with 32 as --batch-size, and now it is 16");
    // weights of another shape do not go on with --force either
    expect(inWords(mismatch("parameter 0.weight", [32, 11], [32, 15]), train.flags).message).toBe("the run in this folder began with [32,11] as its parameter 0.weight, and now it is [32,15]: --fresh begins anew");
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
