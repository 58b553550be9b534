// docs/choosing.md: its pictures are what the library draws now, its links lead somewhere, its code runs, and it knows all
// that the doctor may say. That it has everything of the catalogue is in catalogue.test.ts.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plots } from "../scripts/plots.mjs";
import * as lanewise from "../src/index.ts";
import { run } from "./docstrings.ts";

const docs = join(import.meta.dirname, "../docs"), guide = readFileSync(join(docs, "choosing.md"), "utf8");
const blocks = [...guide.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
/** Without code, in which a bracket is no link and "#" no heading. */
const text = guide.replace(/^```[\s\S]*?^```$/gm, "");
const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to!);

/** The anchors that a code-hosting site gives to headings. */
const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-"));

describe("the pictures", async () => {
  const drawn = await plots(lanewise), committed = readdirSync(join(docs, "plots"));

  test("are those that the library draws now: if not, npm run plots", () => {
    expect(committed.sort()).toEqual([...drawn.keys()].sort());
    const old = committed.filter((name) => readFileSync(join(docs, "plots", name), "utf8") !== drawn.get(name));
    expect(old).toEqual([]);
  });

  test("are all in the guide", () => {
    expect(committed.filter((name) => !text.includes(`](plots/${name})`))).toEqual([]);
  });

  test("are small, have a title, and know light and dark", () => {
    for (const [name, svg] of drawn) {
      expect(svg.length, name).toBeLessThan(8000);
      expect(svg, name).toMatch(/<title id="title">[^<]{10,}<\/title>/);
      expect(svg, name).toContain("prefers-color-scheme:dark");
      expect(svg, name).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  test("all say in the guide what they show", () => {
    expect([...text.matchAll(/!\[([^\]]*)\]/g)].filter(([, alt]) => alt!.length < 10)).toEqual([]);
  });
});

test("every link leads to a file, or to a heading of the guide", () => {
  const files = links.filter((to) => !/^(#|https:)/.test(to)), places = links.filter((to) => to.startsWith("#")).map((to) => to.slice(1));
  expect(files.filter((to) => !existsSync(join(docs, to)))).toEqual([]);
  expect(places.filter((to) => !anchors.includes(to))).toEqual([]);
  expect(anchors.filter((name, i) => anchors.indexOf(name) !== i), "headings of one name").toEqual([]);
});

test("the README leads to it, and its doctor has something to say", async () => {
  const readme = readFileSync(join(docs, "../README.md"), "utf8"), [, code] = /^## The catalogue[^]*?^```js\n([^]*?)^```$/m.exec(readme)!;
  expect(readme).toContain("](docs/choosing.md)");
  const lines: string[] = [];
  await runImporting(code!, { console: { log: (...parts: unknown[]) => lines.push(parts.join(" ")) } });
  expect(lines[0]).toMatch(/^inputs-not-scaled - .* - x: Float32Array/);
  expect(lines.at(-1)).toMatch(/^20 \S+ warning$/);
});

test.each(blocks.map((code, i) => [i + 1, code] as const))("block %i of its code runs, with what it imports", async (_, code) => {
  expect(await runImporting(code, {}), "lines with a value").toBeGreaterThan(0);
});

/** Runs code with what it imports and no other name. Gives the number of lines whose value was checked. */
function runImporting(code: string, scope: Record<string, unknown>): Promise<number> {
  const body = code.replace(/^import \{([^}]*)\} from "lanewise";$/gm, (_, names: string) => {
    for (const name of names.split(",").map((part) => part.trim()).filter(Boolean)) {
      expect(lanewise, name).toHaveProperty(name);
      scope[name] = lanewise[name as keyof typeof lanewise];
    }
    return "";
  });
  return run(body, scope);
}

test("it has each finding of the doctor, with cause and remedy, and no other", () => {
  const source = ["diagnose", "signs", "index"].map((name) => readFileSync(join(docs, `../src/doctor/${name}.ts`), "utf8")).join("");
  const codes = [...new Set([...source.matchAll(/code: "([a-z-]+)"/g)].map(([, code]) => code!))].sort();
  const told = [...text.matchAll(/^\| `([a-z-]+)` \| \S[^|]+ \| \S[^|]+ \|$/gm)].map(([, code]) => code!).filter((code) => code.includes("-") || codes.includes(code)).sort();
  expect(codes.length).toBeGreaterThan(15);
  expect(told).toEqual(codes);
});

test("the guide has PyTorch's names as the table of the proof has them", () => {
  const rows = JSON.parse(readFileSync(join(import.meta.dirname, "proof/catalogue.json"), "utf8")) as { name: string; torch?: string }[];
  let compared = 0;
  for (const [, name, line] of guide.matchAll(/^### (\w+)$[\s\S]*?^- \*\*PyTorch:\*\* (.*)$/gm)) {
    const torch = rows.find((row) => row.name === name)?.torch?.split(".").at(-1);
    if (!torch) continue;
    compared++;
    expect(line, name).toMatch(new RegExp(`\\b${torch}\\b`));
  }
  expect(compared).toBeGreaterThan(45);
});
