// Folders of images at the command line: trained on, told apart, told by name what is wrong.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode as encodePng } from "fast-png";
import { zipSync } from "fflate";
import jpeg from "jpeg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporary, wantBuilt } from "../runtimes/project.ts";
import { lanewise } from "./lanewise.ts";

let folder: string, remove: () => void;
const MODEL = "flags-run/model.safetensors", files: Record<string, Uint8Array> = {};

/** Three flags in photos of unequal sizes, as PNG and JPEG. */
function flag(kind: number, i: number): Uint8Array {
  const width = 16 + 4 * (i % 3), height = 12, colours = [[[200, 30, 30], [30, 30, 200]], [[30, 30, 200], [200, 30, 30]], [[30, 160, 30], [30, 160, 30]]][kind]!;
  const data = Uint8Array.from({ length: 4 * width * height }, (_, at) => (at % 4 === 3 ? 255 : colours[(at >> 2) % width < width / 2 ? 0 : 1]![at % 4]! + ((7 * i + at) % 20)));
  return i % 2 ? encodePng({ width, height, data, channels: 4 }) : jpeg.encode({ width, height, data }, 95).data;
}

beforeAll(() => {
  wantBuilt();
  ({ folder, remove } = temporary());
  for (const [kind, name] of ["left", "right", "plain"].entries()) {
    mkdirSync(join(folder, "flags", name), { recursive: true });
    for (let i = 0; i < 20; i++) {
      const file = `${name}/${i}.${i % 2 ? "png" : "jpg"}`, bytes = flag(kind, i);
      writeFileSync(join(folder, "flags", file), bytes);
      files[`flags/${file}`] = new Uint8Array(bytes);
    }
  }
  writeFileSync(join(folder, "flags.zip"), zipSync(files, { level: 0 }));
});
afterAll(() => remove());

const choice = (events: readonly Readonly<Record<string, any>>[], wanted: string) => events.find(({ event, name }) => event === "choice" && name === wanted);

describe("a folder for each class", () => {
  it("is trained on, with size and channels chosen and told; the same as a zip archive gives the same model", async () => {
    const { code, stderr, events } = await lanewise(folder, "train", "flags/", "--epochs", "20", "--json");
    expect([code, stderr]).toEqual([0, ""]);
    expect(choice(events, "image size")).toMatchObject({ value: "32x32", why: expect.stringContaining("from 16x12 (left/0.jpg) to 24x12") });
    expect(choice(events, "channels")).toMatchObject({ value: "rgb" });
    expect(events.at(-1)!.scores.accuracy).toBe(1);
    const zipped = await lanewise(folder, "train", "flags.zip", "--epochs", "20", "--out", "zipped", "--json");
    expect(zipped.events.at(-1)!.hash).toBe(events.at(-1)!.hash);
    const run = (name: string): string => JSON.parse(readFileSync(join(folder, name, "run.json"), "utf8")).sha256;
    expect(run("zipped")).toBe(run("flags-run"));
  });

  it("predict names each file and its class: of one image, and of a folder with or without classes", async () => {
    const one = await lanewise(folder, "predict", MODEL, "flags/right/3.png");
    expect(one.stdout.split("\r\n").map((line) => line.split(",").slice(0, 2))).toEqual([["file", "prediction"], ["3.png", "right"], [""]]);
    const { events } = await lanewise(folder, "predict", MODEL, "flags", "--top", "1", "--json"), told = events.filter(({ event }) => event === "prediction");
    expect(told).toHaveLength(60);
    expect(told.filter(({ file, prediction }) => !file.startsWith(`${prediction}/`))).toEqual([]);
    mkdirSync(join(folder, "new"));
    writeFileSync(join(folder, "new/photo.jpeg"), flag(2, 4));
    expect((await lanewise(folder, "predict", MODEL, "new")).stdout).toContain("\nphoto.jpeg,plain,");
  });

  it("evaluate knows the model's classes where the folder has some of them; verify trains on it again", async () => {
    mkdirSync(join(folder, "some/right"), { recursive: true });
    writeFileSync(join(folder, "some/right/a.png"), flag(1, 21));
    const some = await lanewise(folder, "evaluate", MODEL, "some", "--json");
    expect(some.events[0]).toMatchObject({ event: "scores", accuracy: 1, rows: 1 });
    mkdirSync(join(folder, "some/new"));
    writeFileSync(join(folder, "some/new/b.png"), flag(2, 5));
    if (process.platform !== "win32") symlinkSync("nowhere", join(folder, "some/new/notes.txt"));
    const more = await lanewise(folder, "evaluate", MODEL, "some", "--json");
    expect(more.events[0]).toMatchObject({ accuracy: 1, rows: 1, unknown: { rows: 1, classes: { new: 1 }, accuracy: 0.5 } });
    expect((await lanewise(folder, "verify", "flags-run", "flags")).code).toBe(0);
    expect((await lanewise(folder, "doctor", "flags")).stdout).toContain("Nothing found.");
  });

  it("size and channels may be said, by flag or in lanewise.json; images without colours are grey", async () => {
    const own = join(folder, "own");
    mkdirSync(own);
    writeFileSync(join(own, "lanewise.json"), JSON.stringify({ imageSize: "8x6", channels: "rgba", epochs: 1, learningRate: 0.001 }));
    const said = await lanewise(own, "train", "../flags", "--channels", "grey", "--json");
    expect([choice(said.events, "image size"), choice(said.events, "channels")]).toMatchObject([{ value: "8x6", why: "from lanewise.json" }, { value: "grey", why: "from --channels" }]);
    for (const [name, level] of [["dark", 30], ["light", 220]] as const) {
      mkdirSync(join(folder, "greys", name), { recursive: true });
      for (let i = 0; i < 5; i++) writeFileSync(join(folder, "greys", name, `${i}.png`), encodePng({ width: 3, height: 2, channels: 1, data: new Uint8Array(6).fill(level + i) }));
    }
    const { events } = await lanewise(folder, "train", "greys", "--epochs", "1", "--json");
    expect([choice(events, "image size"), choice(events, "channels")]).toMatchObject([{ value: "3x2", why: "all 10 images have it" }, { value: "grey" }]);
  });

  it.each<[string, Record<string, Uint8Array | string>, string[], RegExp]>([
    ["a file that is no image", { "a/1.png": flag(0, 1), "b/2.png": "hello" }, [], /b\/2\.png: wanted a PNG or JPEG file/],
    ["one that is cut off", { "a/1.png": flag(0, 1), "b/2.png": flag(0, 1).slice(0, 90) }, [], /b\/2\.png: this file is cut off/],
    ["one class", { "a/1.png": flag(0, 1) }, [], /has images of one class, "a"/],
    ["a file in no folder", { "a/1.png": flag(0, 1), "2.png": flag(0, 1) }, [], /2\.png: this file is in no folder that is its class/],
    ["no image", { "a/1.txt": "hello" }, [], /is a folder without images/],
    ["a size that is none", { "a/1.png": flag(0, 1), "b/1.png": flag(0, 1) }, ["--image-size", "32"], /wanted WIDTHxHEIGHT in pixels, such as 32x32, got "32"/],
  ])("%s is told by its name, and nothing is left behind", async (name, content, flags, message) => {
    const place = name.replaceAll(" ", "-");
    for (const [file, bytes] of Object.entries(content)) {
      mkdirSync(join(folder, place, file, ".."), { recursive: true });
      writeFileSync(join(folder, place, file), bytes);
    }
    const { code, stderr } = await lanewise(folder, "train", place, "--out", `${place}-run`, ...flags);
    expect([code, stderr]).toEqual([flags.length ? 2 : 1, expect.stringMatching(message)]);
    expect(() => readFileSync(join(folder, `${place}-run`, "run.json"))).toThrow();
  });
});
