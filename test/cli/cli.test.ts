// lanewise, from a file to predictions, in real processes: what a user types and sees.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, Preprocessing } from "../../src/index.ts";
import { temporary, wantBuilt } from "../runtimes/project.ts";
import { CLI, lanewise, PENGUINS, start } from "./lanewise.ts";

let folder: string, remove: () => void;
const MODEL = "penguins-species-run/model.safetensors";

beforeAll(() => {
  wantBuilt();
  ({ folder, remove } = temporary());
});
afterAll(() => remove());

describe("train on penguins", () => {
  it("chooses with reasons, is right about 0.97 of the rows that were held out, and saves its files", async () => {
    const { code, stdout, stderr } = await lanewise(folder, "train", PENGUINS, "--target", "species");
    expect(stderr).not.toContain("lanewise:");
    expect(code).toBe(0);
    for (const text of [/species +category +target/, /loss +crossEntropy +each row has one class of several/, /learning rate +\S+ +a range test of/, /early stopping/]) expect(stdout).toMatch(text);
    expect(Number(/accuracy (\S+)/.exec(stdout)![1])).toBeGreaterThanOrEqual(0.97);
    expect(stdout).toContain(`Saved: ${MODEL}`);
    expect(readdirSync(join(folder, "penguins-species-run")).sort()).toEqual(["checkpoints", "model.safetensors", "report.json", "run.json"]);
    // in a pipe: plain lines, no control characters
    expect(stdout + stderr).not.toMatch(/[\r\x1b]/);
    expect(stderr).toMatch(/^epoch +\d+\/\d+ .*accuracy/m);
    const report = JSON.parse(readFileSync(join(folder, "penguins-species-run/report.json"), "utf8"));
    expect(report.scores.accuracy).toBeGreaterThanOrEqual(0.97);
    expect(report.history.val_loss.length).toBe(report.history.loss.length);
  });

  it("again tells that the run has ended, and does not train", async () => {
    const before = readFileSync(join(folder, MODEL)), { code, stdout } = await lanewise(folder, "train", PENGUINS, "--target", "species");
    expect([code, stdout]).toEqual([0, expect.stringContaining("has ended")]);
    expect(readFileSync(join(folder, MODEL)).equals(before)).toBe(true);
    const other = await lanewise(folder, "train", PENGUINS, "--target", "species", "--epochs", "3");
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("--fresh begins anew")]);
  });

  it("the model is one that the library loads, with classes and preprocessing", async () => {
    const model = await loadModel(new Uint8Array(readFileSync(join(folder, MODEL))), { preprocessing: Preprocessing });
    expect(model.preprocessing!.classes).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
    model.dispose();
  });

  it("predict takes raw rows and gives labels and probabilities", async () => {
    const [head, ...rows] = readFileSync(PENGUINS, "utf8").trim().split(/\r?\n/), columns = head!.split(","), at = columns.indexOf("species");
    const without = (line: string): string => line.split(",").filter((_, i) => i !== at).join(",");
    writeFileSync(join(folder, "raw.csv"), `${[head!, rows[0]!, rows[200]!, rows[300]!].map(without).join("\n")}\n`);
    const { code, stdout } = await lanewise(folder, "predict", MODEL, "raw.csv");
    const lines = stdout.trim().split("\r\n").map((line) => line.split(","));
    expect(code).toBe(0);
    expect(lines[0]).toEqual(["prediction", "Adelie", "Chinstrap", "Gentoo"]);
    expect(lines.slice(1).map(([label]) => label)).toEqual([0, 200, 300].map((row) => rows[row]!.split(",")[at]));
    for (const [, ...numbers] of lines.slice(1)) expect(numbers.reduce((sum, p) => sum + Number(p), 0)).toBeCloseTo(1, 5);
  });

  it("predict writes CSV with --top and --bom, JSON Lines by the file's name, and objects with --json", async () => {
    await lanewise(folder, "predict", MODEL, "raw.csv", "--out", "out.csv", "--top", "2", "--bom", "--with-inputs");
    const csv = readFileSync(join(folder, "out.csv"), "utf8");
    expect(csv).toMatch(/^\ufeff.*,prediction,probability,prediction2,probability2\r\n/);
    await lanewise(folder, "predict", MODEL, "raw.csv", "--out", "out.jsonl");
    const [first] = readFileSync(join(folder, "out.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
    expect(Object.keys(first.probabilities)).toEqual(expect.arrayContaining(["Adelie", "Chinstrap", "Gentoo"]));
    const { events } = await lanewise(folder, "predict", MODEL, "raw.csv", "--json", "--top", "1");
    expect(events.map(({ event, row, prediction }) => [event, row, prediction])).toEqual([["prediction", 0, expect.any(String)], ["prediction", 1, expect.any(String)], ["prediction", 2, expect.any(String)], ["done", undefined, undefined]].map((list) => list.map((it) => it)));
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("evaluate tells figures by class, and writes a report in one file", async () => {
    const { code, stdout } = await lanewise(folder, "evaluate", MODEL, PENGUINS, "--html", "report.html");
    expect(code).toBe(0);
    expect(stdout).toMatch(/class +precision +recall +F1 +rows/);
    expect(stdout).toContain("right \\ said");
    const html = readFileSync(join(folder, "report.html"), "utf8");
    expect(html).toContain("Loss by epoch"); // of report.json beside the model
    expect(html).not.toContain("<script");
    const { events } = await lanewise(folder, "evaluate", MODEL, PENGUINS, "--json");
    expect(events[0]).toMatchObject({ event: "scores", kind: "classes" });
  });

  it("inspect, export and doctor know the model", async () => {
    const seen = await lanewise(folder, "inspect", MODEL);
    expect([seen.code, seen.stdout]).toEqual([0, expect.stringMatching(/0\.weight +F32 +32×/)]);
    for (const [format, file] of [["onnx", "m.onnx"], ["float16", "m.f16.safetensors"], ["safetensors", "m.safetensors"], ["predictor", "m.js"], ["pytorch", "torch"]] as const) {
      const { code, stderr } = await lanewise(folder, "export", MODEL, "--format", format, "--out", file);
      expect([code, stderr]).toEqual([0, ""]);
      expect(existsSync(join(folder, file))).toBe(true);
    }
    expect(readdirSync(join(folder, "torch")).sort()).toEqual(["model.py", "train.py", "weights.safetensors"]); // the run says how it was trained
    const { code } = await lanewise(folder, "export", MODEL, "--format", "pytorch", "--data", PENGUINS, "--out", "torch-data");
    expect([code, readdirSync(join(folder, "torch-data")).sort()]).toEqual([0, ["data.safetensors", "model.py", "train.py", "weights.safetensors"]]);
    expect((await lanewise(folder, "export", MODEL, "--data", PENGUINS)).code).toBe(2);
    expect((await lanewise(folder, "doctor", MODEL)).code).toBe(0);
    expect((await lanewise(folder, "doctor", PENGUINS, "--target", "species")).code).toBe(0);
  });

  it("verify says that the run is what it says, and that with a changed checkpoint it is not", async () => {
    const good = await lanewise(folder, "verify", "penguins-species-run", PENGUINS, "--json");
    expect([good.code, good.stderr]).toEqual([0, ""]);
    expect(good.events.at(-1)).toMatchObject({ event: "done", ok: true });
    const place = join(folder, "penguins-species-run/checkpoints"), name = readdirSync(place).find((file) => file.startsWith("checkpoint-"))!;
    const bytes = readFileSync(join(place, name));
    bytes[bytes.length - 9]! ^= 1;
    writeFileSync(join(place, name), bytes);
    const bad = await lanewise(folder, "verify", "penguins-species-run", PENGUINS);
    expect([bad.code, bad.stdout]).toEqual([1, expect.stringContaining("not what it says")]);
  });
});

describe("other work", () => {
  it("a number: trained, evaluated in its own unit, predicted", async () => {
    const { code, events } = await lanewise(folder, "train", PENGUINS, "--target", "body_mass_g", "--out", "mass", "--epochs", "40", "--json");
    expect(code).toBe(0);
    expect(events.filter(({ event }) => event === "choice").map(({ name }) => name)).toEqual(expect.arrayContaining(["task", "loss", "output", "optimizer", "learning rate", "schedule"]));
    const done = events.at(-1)!;
    expect(done).toMatchObject({ event: "done", task: "number" });
    expect(done.scores.r2).toBeGreaterThan(0.7);
    expect(done.scores.mae).toBeGreaterThan(100); // grams
    const { events: [first] } = await lanewise(folder, "predict", "mass/model.safetensors", PENGUINS, "--json");
    expect(first!.prediction).toBeGreaterThan(2000);
    const report = await lanewise(folder, "evaluate", "mass/model.safetensors", PENGUINS, "--html", "mass.html");
    expect([report.code, report.stdout]).toEqual([0, expect.stringContaining("root mean square error")]);
  });

  it("find-lr, crossvalidate and profile", async () => {
    const rate = await lanewise(folder, "find-lr", PENGUINS, "--target", "species", "--json");
    expect(rate.events[0]!.suggestion).toBeGreaterThan(0);
    const folds = await lanewise(folder, "crossvalidate", PENGUINS, "--target", "species", "--folds", "3", "--epochs", "20", "--learning-rate", "0.01", "--json");
    expect(folds.events.filter(({ event }) => event === "fold")).toHaveLength(3);
    expect(folds.events.at(-1)!.mean.accuracy).toBeGreaterThan(0.9);
    const profile = await lanewise(folder, "profile", MODEL, "--passes", "5", "--json");
    expect(profile.events[0]!.instructions.length).toBeGreaterThan(2);
  });

  it("lanewise.json says what no flag says", async () => {
    const own = join(folder, "own");
    mkdirSync(own);
    writeFileSync(join(own, "lanewise.json"), JSON.stringify({ target: "species", hidden: [4], epochs: 2, learningRate: 0.01 }));
    const { code, events } = await lanewise(own, "train", PENGUINS, "--json", "--epochs", "3");
    expect(code).toBe(0);
    const choice = (wanted: string) => events.find(({ event, name }) => event === "choice" && name === wanted);
    expect(choice("hidden layers")).toMatchObject({ value: "4", why: "from lanewise.json" });
    expect(choice("epochs")).toMatchObject({ value: "3", why: "from --epochs" });
    writeFileSync(join(own, "lanewise.json"), JSON.stringify({ target: "species", hidden: [5], epochs: 4, learningRate: 0.01 }));
    const other = await lanewise(own, "train", PENGUINS, "--epochs", "3");
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("began with [4] as hidden in lanewise.json, and now it is [5]")]);
  });

  it("a rare class counts as much as the other, and rows of a group are not parted", async () => {
    const lines = Array.from({ length: 900 }, (_, i) => `${((i * 37) % 100) / 50 - 1},${((i * 61) % 90) / 45 - 1},p${Math.floor(i / 9)},${(i * 37) % 100 > 96 ? "sick" : "well"}`);
    writeFileSync(join(folder, "rare.csv"), `a,b,patient,state\n${lines.join("\n")}\n`);
    const { code, stdout, stderr } = await lanewise(folder, "train", "rare.csv", "--target", "state", "--group", "patient", "--epochs", "10");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/class weights +balanced/)]);
    expect(stdout).toMatch(/patient .*ignored/);
    expect(stderr).toContain("balanced accuracy");
    const report = JSON.parse(readFileSync(join(folder, "rare-state-run/report.json"), "utf8"));
    expect(report.data.heldOut % 9).toBe(0);
    expect(report.scores.classes[0].recall).toBeGreaterThan(0.9);
    expect((await lanewise(folder, "doctor", "rare.csv", "--target", "state")).stdout).toContain("info: rare-class");
  });

  it("by time, dates are compared as dates: 31.1. is before 1.2.", async () => {
    // the later, the greater; texts would have held 31.1.2020 out
    const days = Array.from({ length: 60 }, (_, i) => new Date(Date.UTC(2020, 0, 1 + i))), line = (day: Date, i: number, mark: string): string => `${day.getUTCDate()}${mark}${day.getUTCMonth() + 1}${mark}2020,${(i * 7) % 11},${i}.5`;
    writeFileSync(join(folder, "days.csv"), `day,a,y\n${days.map((day, i) => line(day, i, ".")).join("\n")}\n`);
    const { code } = await lanewise(folder, "train", "days.csv", "--target", "y", "--time", "day", "--epochs", "1");
    const model = await loadModel(new Uint8Array(readFileSync(join(folder, "days-y-run/model.safetensors"))), { preprocessing: Preprocessing });
    // of 0.5 … 47.5, the training rows
    expect([code, (model.preprocessing!.target as { mean: number }).mean]).toEqual([0, 24]);
    model.dispose();
    writeFileSync(join(folder, "which.csv"), `day,a,y\n${days.map((_, i) => `${(i % 12) + 1}/${(i % 5) + 1}/2020,${i},${i}.5`).join("\n")}\n`);
    const which = await lanewise(folder, "train", "which.csv", "--target", "y", "--time", "day");
    expect([which.code, which.stderr]).toEqual([2, expect.stringContaining('"day=date:dmy"')]);
  });

  it("by time, rows of a class that is new then are left out, and not trained on", async () => {
    writeFileSync(join(folder, "new.csv"), `t,a,y\n${Array.from({ length: 100 }, (_, i) => `${i + 5},${(i * 7) % 11},${i > 94 ? "late" : i % 2 ? "x" : "z"}`).join("\n")}\n`);
    const { code, stdout } = await lanewise(folder, "train", "new.csv", "--target", "y", "--time", "t", "--epochs", "1");
    expect([code, stdout]).toEqual([0, expect.stringContaining("80 rows to train on, 15 rows held out")]);
    expect(stdout.replace(/\s+/g, " ")).toContain("late: no row to train on; 5 rows that would be held out are left out");
  });

  it("a run that has ended is not taken for one of other data, and goes only when a new one begins", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${(i * 7) % 13},${i % 2 ? "x" : "y"}`).join("\n"), args = ["train", "few.csv", "--target", "b", "--epochs", "2"];
    writeFileSync(join(folder, "few.csv"), `a,b\n${rows}\n`);
    expect((await lanewise(folder, ...args)).code).toBe(0);
    const model = join(folder, "few-b-run/model.safetensors"), bytes = readFileSync(model);
    rmSync(model);
    expect((await lanewise(folder, ...args)).code).toBe(0); // a model that is gone comes again
    expect(readFileSync(model)).toEqual(bytes);
    writeFileSync(join(folder, "few.csv"), `a,b\n${rows}\n41,x\n`);
    const other = await lanewise(folder, ...args);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("this file was another one then")]);
    writeFileSync(join(folder, "few.csv"), "a,b\n1\n");
    expect((await lanewise(folder, ...args, "--fresh")).code).toBe(1);
    expect(readdirSync(join(folder, "few-b-run")).sort()).toEqual(["checkpoints", "model.safetensors", "report.json", "run.json"]);
  });

  it.skipIf(process.platform === "win32")("rows may come by a pipe", async () => {
    const { code, stdout } = await start("sh", ["-c", `cat '${PENGUINS}' | '${process.execPath}' '${CLI}' predict ${MODEL} /dev/stdin`], folder).ended;
    expect([code, stdout.trim().split("\n").length]).toEqual([0, 345]);
  });

  it("train goes on when nobody reads what it says", async () => {
    const { child, ended } = start(process.execPath, [CLI, "train", PENGUINS, "--target", "species", "--epochs", "3", "--out", "unheard"], folder);
    child.stdout!.destroy();
    expect((await ended).code).toBe(0);
    expect(existsSync(join(folder, "unheard/model.safetensors"))).toBe(true);
  });

  it("the same rows as JSON Lines make the same model", async () => {
    const [head, ...lines] = readFileSync(PENGUINS, "utf8").trim().split("\n"), names = head!.split(",");
    const records = lines.map((line) => Object.fromEntries(line.split(",").map((cell, i) => [names[i], cell === "" ? null : /^[\d.]+$/.test(cell) && cell !== "." ? Number(cell) : cell])));
    writeFileSync(join(folder, "penguins.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    const { code, events } = await lanewise(folder, "train", "penguins.jsonl", "--target", "species", "--out", "lines", "--json");
    expect(code).toBe(0);
    expect(events.at(-1)!.hash).toBe(JSON.parse(readFileSync(join(folder, "penguins-species-run/report.json"), "utf8")).model.hash);
  });

  it("MNIST's files: the labels are found by their name", async () => {
    const rows = 200, header = (type: number, ...shape: number[]) => Buffer.from([0, 0, type, shape.length, ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255])]);
    const pixels = Buffer.from(Array.from({ length: rows * 36 }, (_, i) => (Math.floor(i / 36) % 3 === Math.floor((i % 36) / 12) ? 230 : (i * 13) % 40)));
    writeFileSync(join(folder, "train-images-idx3-ubyte"), Buffer.concat([header(8, rows, 6, 6), pixels]));
    writeFileSync(join(folder, "train-labels-idx1-ubyte"), Buffer.concat([header(8, rows), Buffer.from(Array.from({ length: rows }, (_, row) => row % 3))]));
    const { code, events } = await lanewise(folder, "train", "train-images-idx3-ubyte", "--epochs", "20", "--json");
    expect(code).toBe(0);
    expect(events.at(-1)!.scores.accuracy).toBe(1);
    expect(events.find(({ name }) => name === "task")!.value).toBe("one of 3 classes");
  });

  it("pictures with labels in an npz file", async () => {
    const { zipSync } = await import("fflate"), { writeNpy } = await import("../../src/index.ts");
    const rows = 240, x = Uint8Array.from({ length: rows * 16 }, (_, i) => ((Math.floor(i / 16) % 2) * 8 === ((i % 16) & 8) ? 200 : 20) + (i * 7) % 23);
    const y = Uint8Array.from({ length: rows }, (_, row) => row % 2);
    writeFileSync(join(folder, "bars.npz"), zipSync({ "x.npy": writeNpy({ data: x, shape: [rows, 4, 4] }), "y.npy": writeNpy({ data: y, shape: [rows] }) }));
    const { code, events, stderr } = await lanewise(folder, "train", "bars.npz", "--epochs", "20", "--json");
    expect([code, stderr]).toEqual([0, ""]);
    expect(events.at(-1)!.scores.accuracy).toBe(1);
    const told = await lanewise(folder, "predict", "bars-run/model.safetensors", "bars.npz", "--json");
    expect(told.events.slice(0, 4).map(({ prediction }) => prediction)).toEqual(["0", "1", "0", "1"]);
    writeFileSync(join(folder, "alike.npz"), zipSync({ "x.npy": writeNpy({ data: x, shape: [rows, 4, 4] }), "y.npy": writeNpy({ data: y.fill(0), shape: [rows] }) }));
    expect((await lanewise(folder, "train", "alike.npz")).stderr).toContain("wanted at least two different labels, got 0 for every row");
    writeFileSync(join(folder, "signs.npz"), zipSync({ "x.npy": writeNpy({ data: x, shape: [rows, 4, 4] }), "y.npy": writeNpy({ data: Float32Array.from(y, (_, row) => (row % 2 ? 1 : -1)), shape: [rows] }) }));
    const signs = await lanewise(folder, "train", "signs.npz", "--task", "classification");
    expect([signs.code, signs.stderr]).toEqual([1, "lanewise: signs.npz: wanted whole numbers from 0 to 999 as labels, as --task classification says, got -1\n"]);
  });
});

describe("calls that are wrong", () => {
  it.concurrent.each<[string[], number, RegExp]>([
    [["trian"], 2, /did you mean train\?/], [["--jsn"], 2, /a command stands first/], [["train"], 2, /DATA is missing/], [["train", PENGUINS], 2, /--target is missing: which column.*species/],
    [["train", PENGUINS, "--target", "spieces"], 2, /did you mean species\?/], [["train", PENGUINS, "--target", "species", "--epoch", "3"], 2, /did you mean --epochs\?/],
    [["train", PENGUINS, "--target", "species", "--loss", "mse", "--out", "never"], 2, /loss mse does not fit/], [["train", "nowhere.csv", "--target", "a"], 1, /nowhere\.csv: no such file/],
    [["train", ".", "--target", "a"], 1, /is a folder/], [["predict", "nowhere.safetensors", PENGUINS], 1, /nowhere\.safetensors: no such file/], [["predict", PENGUINS, PENGUINS], 1, /penguins\.csv/],
    [["inspect", PENGUINS], 1, /penguins\.csv/], [["export", MODEL, "--format", "onx"], 2, /did you mean onnx/], [["verify", "nowhere", PENGUINS], 1, /no such folder/], [["predict", MODEL, PENGUINS, "--out", "x.xlsx"], 2, /ends in \.csv or \.jsonl/],
  ])("%j: exit code %d", async (args, code, message) => {
    const told = await lanewise(folder, ...args);
    expect(told.stderr).toMatch(message);
    expect(told.stderr).not.toMatch(/^ +at /m); // no stack
    expect(told.code).toBe(code);
    expect(existsSync(join(folder, "never"))).toBe(false);
    const machine = await lanewise(folder, ...args, "--json");
    expect([machine.code, machine.events.at(-1)]).toEqual([code, expect.objectContaining({ event: "error", message: expect.stringMatching(message), code: expect.any(String) })]);
  });

  it("broken data are told with file, row and column, and nothing is left behind", async () => {
    writeFileSync(join(folder, "ragged.csv"), "a,b\n1,2\n3\n");
    writeFileSync(join(folder, "one.csv"), `a,b\n${"1,x\n".repeat(20)}`);
    const ragged = await lanewise(folder, "train", "ragged.csv", "--target", "b"), one = await lanewise(folder, "train", "one.csv", "--target", "b");
    expect([ragged.code, ragged.stderr]).toEqual([1, expect.stringMatching(/ragged\.csv.*row 3/)]);
    expect([one.code, one.stderr]).toEqual([1, expect.stringMatching(/one\.csv/)]);
    for (const [name, told] of [["book.xlsx", "is a spreadsheet: export it as CSV"], ["x.npy", "is one array: wanted inputs and labels"]] as const) {
      writeFileSync(join(folder, name), "PK");
      expect((await lanewise(folder, "train", name)).stderr).toContain(`${name}: ${told}`);
    }
    writeFileSync(join(folder, "same.csv"), `a,b\n${Array.from({ length: 20 }, (_, i) => `${i % 7},5`).join("\n")}\n`);
    writeFileSync(join(folder, "apart.csv"), `a,b\n${Array.from({ length: 20 }, (_, i) => `${i % 7},c${i}`).join("\n")}\n`);
    writeFileSync(join(folder, "alone.csv"), `a,b\n${Array.from({ length: 40 }, (_, i) => `${i % 7},${i ? i % 2 : 2}${i % 3 ? "" : ".0"}`).join("\n")}\n`);
    const alone = await lanewise(folder, "crossvalidate", "alone.csv", "--target", "b", "--epochs", "1", "--task", "classification");
    expect([alone.code, alone.stdout]).toEqual([0, expect.stringMatching(/Fold \d: no row of 2 is left to train on, so its 1 row that is held out/)]);
    expect((await lanewise(folder, "predict", MODEL, PENGUINS, "--out", "nowhere/p.csv")).stderr).toContain("nowhere/p.csv: cannot be written: there is no such folder");
    expect((await lanewise(folder, "train", "same.csv", "--target", "b")).stderr).toMatch(/column "b": wanted at least two different numbers, got 5/);
    expect((await lanewise(folder, "train", "apart.csv", "--target", "b")).stderr).toMatch(/column "b": none of the classes that are held out is trained on; 20 classes in 20 rows/);
    expect(existsSync(join(folder, "ragged-b-run")) || existsSync(join(folder, "one-b-run"))).toBe(false);
  });

  it("a folder of somebody else is left alone", async () => {
    mkdirSync(join(folder, "mine"));
    writeFileSync(join(folder, "mine/diary.txt"), "dear diary");
    const { code, stderr } = await lanewise(folder, "train", PENGUINS, "--target", "species", "--out", "mine", "--fresh");
    expect([code, stderr]).toEqual([2, expect.stringContaining("holds no run")]);
    expect(readdirSync(join(folder, "mine"))).toEqual(["diary.txt"]);
  });

  it("help and version are no errors; nothing at all is", async () => {
    expect((await lanewise(folder, "--help")).code).toBe(0);
    expect((await lanewise(folder, "train", "--help")).code).toBe(0);
    expect((await lanewise(folder, "help", "train")).stdout).toContain("--target COLUMN");
    expect((await lanewise(folder, "help", "trian")).stderr).toContain('no command "trian"; did you mean train?');
    expect((await lanewise(folder, "--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await lanewise(folder)).code).toBe(2);
  });
});
