// What flags and model files say of columns and files, and what is told where they are wrong, in real processes.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeWhole } from "../../src/cli/files.ts";
import { csv, loadModel, Preprocessing } from "../../src/index.ts";
import { temporary, wantBuilt } from "../runtimes/project.ts";
import { CLI, lanewise, PENGUINS, start, until } from "./lanewise.ts";

let folder: string, remove: () => void;
const QUICK = ["--epochs", "2", "--learning-rate", "0.01"];

beforeAll(async () => {
  wantBuilt();
  ({ folder, remove } = temporary());
  expect((await lanewise(folder, "train", PENGUINS, "--target", "species", "--out", "run", "--epochs", "30", "--learning-rate", "0.01")).code).toBe(0);
});
afterAll(() => remove());

const file = (name: string, ...lines: string[]): void => writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
const loaded = (run: string) => loadModel(new Uint8Array(readFileSync(join(folder, run, "model.safetensors"))), { preprocessing: Preprocessing });
/** One line, however it was wrapped. */
const flat = (text: string): string => text.replace(/\s+/g, " ");

describe("--transforms", () => {
  const HOW = "body_mass_g=log+median,sex=ordinal+mostFrequent,island=hash:16,flipper_length_mm=minMax+fill:0+noFlag";

  it("say what is done with a column, and the table of columns says so", async () => {
    const { code, stdout, stderr } = await lanewise(folder, "train", PENGUINS, "--target", "species", "--transforms", HOW, "--out", "how", ...QUICK);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("lanewise:")]);
    for (const text of [/island .*hashed \(16 buckets\)/, /flipper_length_mm .*to 0 … 1, missing: 0$/m, /body_mass_g .*log, standardised, missing: median/, /sex .*ordinal number, missing: most/]) expect(stdout).toMatch(text);
    const model = await loaded("how"), columns = new Map(model.preprocessing!.columns.map((column) => [column.column, column]));
    expect(columns.get("body_mass_g")).toMatchObject({ use: "log" });
    expect((columns.get("body_mass_g") as { fill: number }).fill % 12.5).toBe(0); // the median of multiples of 25; their mean is none
    expect(columns.get("sex")).toMatchObject({ use: "ordinal", fill: expect.stringContaining("MALE") });
    expect(columns.get("island")).toMatchObject({ use: "hash", buckets: 16 });
    expect(columns.get("flipper_length_mm")).toMatchObject({ use: "minMax", fill: 0, indicator: false });
    model.dispose();
  });

  it("stand in lanewise.json too, as words or as the library has them", async () => {
    file("how.json", JSON.stringify({ target: "species", transforms: { body_mass_g: "log", island: { use: "oneHot", categories: ["Dream", "Biscoe"] } } }));
    expect((await lanewise(folder, "train", PENGUINS, "--config", "how.json", "--out", "how-json", ...QUICK)).code).toBe(0);
    const model = await loaded("how-json");
    expect(model.preprocessing!.features).toEqual(expect.arrayContaining(["island=Dream", "island=Biscoe"]));
    expect(model.preprocessing!.features).not.toContain("island=Torgersen");
    model.dispose();
  });
});

it("--class-weights oversample trains on rarer rows more often, and holds none of them out twice", async () => {
  file("rare.csv", "a,b,state", ...Array.from({ length: 200 }, (_, i) => `${(i * 37) % 100},${(i * 61) % 90},${(i * 37) % 100 > 89 ? "sick" : "well"}`));
  const { code, events } = await lanewise(folder, "train", "rare.csv", "--target", "state", "--class-weights", "oversample", "--out", "rare", "--json", ...QUICK);
  expect([code, events.find(({ name }) => name === "class weights")]).toEqual([0, expect.objectContaining({ value: "oversample", why: expect.stringContaining("of each class 144 rows") })]);
  expect(events.find(({ name }) => name === "batch size")!.why).toBe("9 steps an epoch"); // 288 rows, where 160 are
  expect(events.at(-1)!.scores.rows).toBe(40);
  expect((await lanewise(folder, "verify", "rare", "rare.csv")).code).toBe(0);
});

describe("how the training file was written", () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 2 ? "Zürich" : "Genève"};${(i * 37) % 100},${i % 10};1.${String(100 + ((i * 7) % 800))};${i % 2 ? "ja" : "nein"}`);
  const answers = async (name: string, ...flags: string[]) => (await lanewise(folder, "predict", "swiss/model.safetensors", name, "--with-inputs", "--json", ...flags)).events;

  beforeAll(async () => {
    writeFileSync(join(folder, "swiss.csv"), Buffer.from(`Stadt;Höhe;Menge;Antwort\n${rows.join("\n")}\n`, "latin1"));
    expect((await lanewise(folder, "train", "swiss.csv", "--target", "Antwort", "--out", "swiss", ...QUICK)).code).toBe(0);
    // with nothing beyond 1.250, it might be one and a quarter
    for (const [name, encoding] of [["few.csv", "latin1"], ["few-utf.csv", "utf8"]] as const) writeFileSync(join(folder, name), Buffer.from("Stadt;Höhe;Menge\nZürich;4;1.250\nGenève;3;1.300\n", encoding));
    writeFileSync(join(folder, "comma.csv"), "Stadt,Höhe,Menge\nZürich,4,1250\nGenève,3,1300\n");
  });

  it("stands in the model's file, so that a like file is read alike without flags", async () => {
    const model = await loaded("swiss");
    expect(JSON.parse(model.metadata.get("csv")!)).toEqual({ delimiter: ";", decimal: ",", header: true, encoding: "windows-1252" });
    model.dispose();
    const right = await answers("comma.csv"); // another way of writing is found out as ever
    expect(right[0]).toMatchObject({ event: "prediction" });
    expect(await answers("few.csv")).toEqual(right);
    expect(await answers("few-utf.csv")).toEqual(right);
    expect((await answers("few.csv", "--no-decimal-comma"))[0]).not.toEqual(right[0]); // a flag wins
    if (process.platform === "win32") return;
    const piped = start("sh", ["-c", `cat few.csv | '${process.execPath}' '${CLI}' predict swiss/model.safetensors /dev/stdin --json`, "--json"], folder);
    expect((await piped.ended).events).toEqual(right);
  });

  it("a file without a header needs no --no-header again, and --header takes it back", async () => {
    file("bare.csv", ...rows.map((row) => row.split(";").slice(1).join(";")));
    file("bare-few.csv", "4;1.250", "3;1.300");
    expect((await lanewise(folder, "train", "bare.csv", "--no-header", "--target", "column3", "--out", "bare", ...QUICK)).code).toBe(0);
    file("bare-whole.csv", rows[0]!.split(";").slice(1).join(";"), rows[1]!.split(";").slice(1).join(";"));
    const told = await lanewise(folder, "evaluate", "bare/model.safetensors", "bare-whole.csv", "--json");
    expect([told.code, told.events[0]!.rows]).toEqual([0, 2]);
    expect((await lanewise(folder, "evaluate", "bare/model.safetensors", "bare-whole.csv", "--header")).stderr).toContain("wanted a column of this name");
  });
});

it("evaluate counts rows of classes that the model has never seen, and goes on with the rest", async () => {
  const known = readFileSync(PENGUINS, "utf8").trim().split(/\r?\n/), strange = ["Emperor", "Emperor", "King"].map((name) => `${name},Dream,50,15,220,5000,MALE`);
  file("more.csv", ...known, ...strange);
  const { code, stdout } = await lanewise(folder, "evaluate", "run/model.safetensors", "more.csv", "--html", "more.html");
  expect([code, flat(stdout)]).toEqual([0, expect.stringContaining("3 more rows have classes that the model has never seen: Emperor (2), King (1). It cannot be right about them")]);
  expect(readFileSync(join(folder, "more.html"), "utf8")).toContain("Emperor");
  const { events: [scores] } = await lanewise(folder, "evaluate", "run/model.safetensors", "more.csv", "--json"), { rows, accuracy, unknown } = scores!;
  expect([rows, unknown.rows, unknown.classes]).toEqual([344, 3, { Emperor: 2, King: 1 }]);
  expect(unknown.accuracy).toBeCloseTo((accuracy * 344) / 347, 12);
  file("none.csv", known[0]!, ...strange);
  const none = await lanewise(folder, "evaluate", "run/model.safetensors", "none.csv");
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("no row has a class that the model knows: wanted Adelie, Chinstrap, Gentoo, got Emperor, King")]);
});

describe("crossvalidate --group", () => {
  const rows = (count: number, groupOf: (i: number) => string, classes: string) => Array.from({ length: count }, (_, i) => `${((i * 37) % 100) / 10 + (i % classes.length)},${(i * 17) % 50},${groupOf(i)},${classes[i % classes.length]}`);

  it("goes on where a fold holds a class's only group, and says which rows nothing teaches", async () => {
    file("groups.csv", "u,v,who,y", ...rows(120, (i) => (i % 3 === 2 ? "only" : `g${i % 7}`), "abc"));
    const { code, events, stderr } = await lanewise(folder, "crossvalidate", "groups.csv", "--target", "y", "--group", "who", "--folds", "4", "--json", ...QUICK);
    expect([code, stderr]).toEqual([0, ""]);
    const { fold } = events.find(({ event }) => event === "untaught")!;
    expect(events.find(({ event }) => event === "untaught")).toMatchObject({ class: "c", rows: 40 });
    expect(events.find((one) => one.event === "fold" && one.fold === fold)!.scores.accuracy).toBe(0);
    expect(events.filter(({ event }) => event === "fold")).toHaveLength(4);
  });

  it("stops before it trains where one class is left to train on", async () => {
    file("two-groups.csv", "u,v,who,y", ...rows(60, (i) => `g${i % 2}`, "ab"));
    const { code, stderr } = await lanewise(folder, "crossvalidate", "two-groups.csv", "--target", "y", "--group", "who", "--folds", "2", ...QUICK);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/in fold 1 all rows to train on have the class "[ab]".*another --group than who/)]);
  });
});

it.each<[string, string[], string[], RegExp]>([
  ["two digits for a year", ["01/02/24", "28/02/24"], [], /when: dates, but for such as "01\/02\/24"\? a year has four digits: 2024, not 24/],
  ["two digits, said to be dates", ["01/02/24", "28/02/24"], ["--types", "when=date:dmy"], /row 2: wanted a date as the others have \(dmy\), got "01\/02\/24"; a year has four digits/],
  ["a day that is none", ["01/02/2024", "28/02/2024", "31/02/2024"], ["--types", "when=date"], /column "when", row 4: wanted a date as the others have \(dmy\), got "31\/02\/2024"; there is no such day: correct it/],
  ["the other order", ["01/02/2024", "02/28/2024"], ["--types", "when=date:dmy"], /row 3: .*got "02\/28\/2024"; --types when=date:mdy, if all are written so/],
  ["either order", ["01/02/2024", "02/03/2024"], [], /when: dates, but which is the month\? --types when=date:dmy or --types when=date:mdy/],
])("dates, %s: it is told how to mend it", async (name, days, flags, wanted) => {
  file("dates.csv", "when,a,y", ...Array.from({ length: 40 }, (_, i) => `${days[i] ?? days[i % 2]},${i % 7},${i * 1.5}`));
  const told = await lanewise(folder, "doctor", "dates.csv", "--target", "y", ...flags);
  expect(flat(told.stdout + told.stderr), name).toMatch(wanted);
});

describe("a wrong call", () => {
  it.concurrent.each<[string[], RegExp]>([
    [["--types", "sex=foo"], /--types sex=…: wanted one of number, category/], [["--types", "sex=data"], /did you mean date\?/], [["--types", "nope=number"], /--types: wanted a column of penguins\.csv/],
    [["--delimiter", ";;"], /--delimiter: wanted one character, or tab, got ";;"/], [["--encoding", "utf-7"], /--encoding: wanted a label/], [["--ignore", "sexes"], /--ignore: wanted a column.*did you mean sex\?/],
    [["--ignore", "species"], /--ignore: wanted columns beside the target/], [["--group", "islands"], /--group: no column "islands" to split by; did you mean island\?/], [["--transforms", "sex=logg"], /did you mean log\?/],
    [["--transforms", "body_mass_g=log+minMax"], /one word for each thing/], [["--transforms", "sex=log"], /--transforms sex: wanted one of "oneHot", "ordinal", "hash".*--types sex=… makes it another/],
    [["--out", join(PENGUINS, "x")], /is a file/], [["--class-weights", "oversampled"], /did you mean oversample/], [["--activation", "tanh", "--loss", "mse"], /--loss mse does not fit/],
  ])("%j: exit code 2, in words of flags, and nothing is made", async (flags, message) => {
    const told = await lanewise(folder, "train", PENGUINS, "--target", "species", "--out", "wrong", ...flags);
    expect(told.stderr).toMatch(message);
    expect([told.code, existsSync(join(folder, "wrong"))]).toEqual([2, false]);
  });

  it.concurrent.each<[string[], RegExp]>([
    [["crossvalidate", PENGUINS, "--target", "species", "--folds", "900", "--learning-rate", "1e-3"], /--folds: wanted at most 344/], [["find-lr", PENGUINS, "--target", "species", "--minimum", "1", "--maximum", "0.1"], /--maximum: wanted/],
    [["verify", "run", PENGUINS, "--from", "7"], /--from: wanted a checkpoint's step/], [["export", "run/model.safetensors", "--format", "float16", "--probabilities"], /--probabilities goes with --format onnx/],
    [["evaluate", "run/model.safetensors", PENGUINS, "--target", "island"], /--target is for npz files/],
  ])("%j: exit code 2", async (args, message) => {
    const told = await lanewise(folder, ...args);
    expect([told.code, told.stdout, told.stderr]).toEqual([2, "", expect.stringMatching(message)]);
  });

  it("verify of a folder that holds no run says so", async () => {
    mkdirSync(join(folder, "letters"));
    file("letters/a.txt", "dear");
    const { code, stderr } = await lanewise(folder, "verify", "letters", PENGUINS);
    expect([code, stderr]).toEqual([1, "lanewise: letters: holds no run of lanewise\n"]);
  });

  it.concurrent.each([["train"], ["train", "--stream"], ["crossvalidate"]])("%s %s: a row without a group is told as the file has it", async (command, ...flags) => {
    const { code, stderr } = await lanewise(folder, command!, PENGUINS, "--target", "species", "--group", "sex", ...(command === "train" ? ["--out", "wrong"] : []), ...flags);
    expect([code, stderr]).toEqual([1, expect.stringContaining('penguins.csv: column "sex", row 5: --group splits by it, and it is empty')]);
  });
});

describe("files that are written", () => {
  const told = async (...args: string[]) => (await lanewise(folder, ...args)).stderr;

  it("are never one that is read, by whatever name", async () => {
    copyFileSync(PENGUINS, join(folder, "own.csv"));
    copyFileSync(join(folder, "run/model.safetensors"), join(folder, "own.safetensors"));
    const before = [PENGUINS, join(folder, "run/model.safetensors")].map((path) => readFileSync(path));
    expect(await Promise.all([
      told("predict", "own.safetensors", "own.csv", "--out", "./own.csv"), told("evaluate", "own.safetensors", "own.csv", "--html", join(folder, "own.csv")),
      told("export", "own.safetensors", "--format", "float16", "--out", "own.safetensors"), told("profile", "own.safetensors", "--trace", "own.safetensors"),
    ])).toEqual(["--out", "--html", "--out", "--trace"].map((flag) => expect.stringMatching(new RegExp(`${flag}: .*own\\.\\w+ is the file that is read: name another one`))));
    expect(["own.csv", "own.safetensors"].map((name) => readFileSync(join(folder, name)))).toEqual(before);
  });

  it.skipIf(process.platform === "win32")("stay links and devices, and a folder is told at once", async () => {
    file("real.txt", "old");
    symlinkSync("real.txt", join(folder, "link.txt"));
    await writeWhole(join(folder, "link.txt"), "new");
    expect([lstatSync(join(folder, "link.txt")).isSymbolicLink(), readFileSync(join(folder, "real.txt"), "utf8")]).toEqual([true, "new"]);
    await writeWhole("/dev/null", "gone");
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
    await expect(writeWhole(folder, "new")).rejects.toThrow("cannot be written: it is a folder");
  });

  it("predict --with-inputs keeps a column that is called prediction", async () => {
    const model = "run/model.safetensors";
    for (const [from, to] of [[PENGUINS, "once.csv"], ["once.csv", "twice.csv"], ["once.csv", "twice.jsonl"]] as const) expect(await told("predict", model, from, "--with-inputs", "--out", to)).not.toContain("lanewise:");
    const { columns } = await csv(join(folder, "twice.csv")), [line] = readFileSync(join(folder, "twice.jsonl"), "utf8").split("\n");
    expect([...columns.keys()].slice(7)).toEqual(["prediction", "Adelie", "Chinstrap", "Gentoo", "prediction_2", "Adelie_2", "Chinstrap_2", "Gentoo_2"]);
    expect(JSON.parse(line!)).toMatchObject({ prediction: "Adelie", prediction_2: "Adelie", probabilities: { Adelie: expect.any(Number) } });
  });
});

it("--missing: words and numbers that stand for no value, when the model is used too", async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 4 ? (i * 37) % 100 : i % 8 ? "none" : "-999"},${i % 2 ? "on" : "off"}`);
  file("gaps.csv", "level,state", ...rows);
  const train = (...flags: string[]) => lanewise(folder, "train", "gaps.csv", "--target", "state", "--out", "gaps", "--fresh", ...QUICK, ...flags);
  expect(flat((await train()).stdout)).toContain('level: numbers, but for such as "none"? --missing none, if it stands for no value');
  expect((await train("--missing=none,-999")).stdout).toMatch(/level +number +15 /);
  file("new.csv", "level", "none", "-999", "NA");
  const told = (await lanewise(folder, "predict", "gaps/model.safetensors", "new.csv", "--with-inputs", "--json")).events.slice(0, 3);
  expect(told.map(({ probabilities }) => probabilities)).toEqual(Array(3).fill(told[0]!.probabilities));
  expect((await lanewise(folder, "verify", "gaps", "gaps.csv")).code).toBe(0);
});

describe.skipIf(process.platform !== "linux")("a place where no file can be made", () => {
  it.concurrent.each<[string[], number]>([
    [["train", PENGUINS, "--target", "species", "--out", "/proc/none/run"], 2], [["predict", "run/model.safetensors", PENGUINS, "--out", "/proc/none.csv"], 1],
    [["evaluate", "run/model.safetensors", PENGUINS, "--html", "/proc/none.html"], 1], [["export", "run/model.safetensors", "--format", "pytorch", "--out", "/proc/none/torch"], 1],
  ])("%j: is told at once", async (args, code) => {
    const told = await lanewise(folder, ...args);
    expect([told.code, told.stdout]).toEqual([code, ""]);
    expect(told.stderr).toMatch(/no (file|folder) can be made/);
  });
});

describe.skipIf(process.platform === "win32")("Ctrl+C before anything is trained", () => {
  /** Rows that never end: whoever opens the pipe to read lets us write. */
  const endless = async (name: string) => {
    execFileSync("mkfifo", [join(folder, name)]);
    return open(join(folder, name), "w");
  };

  it("while rows are read: exit code 130, and a line that says that nothing is saved", async () => {
    const run = start(process.execPath, [CLI, "train", "reading.csv", "--target", "species", "--out", "reading"], folder), rows = await endless("reading.csv");
    run.child.kill("SIGINT");
    await until(run, /Stopped/);
    await rows.close(); // an engine ends when its reading of a pipe has
    const { code, stderr } = await run.ended;
    expect([code, stderr, existsSync(join(folder, "reading"))]).toEqual([130, "Stopped before anything was trained: nothing is saved.\n", false]);
  });

  it("during the range test too", async () => {
    const run = start(process.execPath, [CLI, "train", PENGUINS, "--target", "species", "--hidden", "1536,1536", "--out", "tested"], folder);
    await until(run, /sex +category/);
    run.child.kill("SIGINT");
    const { code, stderr } = await run.ended;
    expect([code, stderr, existsSync(join(folder, "tested"))]).toEqual([130, expect.stringContaining("nothing is saved"), false]);
  });

  it("predict leaves no half file", async () => {
    const run = start(process.execPath, [CLI, "predict", "run/model.safetensors", "endless.csv", "--out", "half.csv"], folder), rows = await endless("endless.csv"), whole = readFileSync(PENGUINS, "utf8");
    await rows.write(whole + whole.slice(whole.indexOf("\n") + 1).repeat(20));
    await until(run, /4,096 rows/);
    expect(readdirSync(folder).filter((name) => name.startsWith("half.csv"))).toHaveLength(1);
    run.child.kill("SIGINT");
    await until(run, /Stopped/);
    await rows.close();
    expect((await run.ended).code).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith("half.csv"))).toEqual([]);
  });
});
