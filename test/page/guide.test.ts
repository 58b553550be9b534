// The guide in the page: both languages have the same structure, links that lead somewhere, and a section for each part that can be chosen.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAMILIES, PARTS } from "../../src/page/engine/parts.ts";
import { type Block, blocksOf, guide, type Inline, type Line, placeOf, useOf } from "../../src/page/text/guide.ts";

const { en, zh } = guide();

/** What a block is made of, without its words. */
function shapeOf(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `h${block.level}`;
    case "list":
      return `list of ${block.items.length}`;
    case "table":
      return `table ${block.head.length} × ${block.rows.map((cells) => cells.length)}`;
    case "code":
      return block.text;
    case "text":
      return "text";
  }
}

const linesOf = (blocks: readonly Block[]): Line[] => blocks.flatMap((block) => block.kind === "list" ? block.items : block.kind === "table" ? [...block.head, ...block.rows.flat()] : block.kind === "code" ? [] : [block.line]);
const linksOf = (line: Line): string[] => line.flatMap((piece: Inline) => (typeof piece === "object" && piece.kind === "link" ? [piece.to] : []));
const anchorsOf = (blocks: readonly Block[]): string[] => blocks.flatMap((block) => (block.kind === "heading" ? [block.anchor] : []));

test("English and Chinese have the same headings, lists, tables and code, in the same order", () => {
  expect(zh.map(shapeOf)).toEqual(en.map(shapeOf));
  expect(en.filter(({ kind }) => kind === "heading").length).toBeGreaterThan(70);
});

test.each([["English", en], ["Chinese", zh]] as const)("each link of the %s one leads to one of its headings", (_, blocks) => {
  const anchors = anchorsOf(blocks), links = linesOf(blocks).flatMap(linksOf);
  expect(links.length).toBeGreaterThan(60);
  expect(links.filter((to) => !anchors.includes(to.slice(1)))).toEqual([]);
  expect(new Set(anchors).size).toBe(anchors.length);
});

test("both say the same names: what stands in code", () => {
  const names = (blocks: readonly Block[]): string[] => [...new Set(linesOf(blocks).flatMap((line) => line.flatMap((piece) => (typeof piece === "object" && piece.kind === "code" && /^[\w.]+(\([^=]*\))?$/.test(piece.text) ? [piece.text] : []))))].sort();
  expect(names(zh)).toEqual(names(en));
});

test("a section is found in the other language by its place, and a part's use in both", () => {
  expect(placeOf("how-weights-start", zh, en)).toBe("权重从哪里开始");
  expect(placeOf("relu", zh, en)).toBe("relu");
  expect(useOf("relu", en)).toEqual([{ kind: "strong", text: "Use:" }, " hidden layers, with ", { kind: "code", text: "\"he\"" }, ". The cheapest, and the first to try."]);
  expect(useOf("relu", zh)?.[0]).toEqual({ kind: "strong", text: "适用：" });
  const own = ["dense", "flatten", "dropout", "alphaDropout", "gaussianNoise", "constant"]; // the catalogue of texts has theirs
  const without = FAMILIES.flatMap((family) => Object.keys(PARTS[family])).filter((kind) => !own.includes(kind) && !(useOf(kind.toLowerCase(), en) && useOf(kind.toLowerCase(), zh)));
  expect(without).toEqual([]);
});

test("the Chinese guide shows each picture of the English one", () => {
  const pictures = (name: string): string[] => [...readFileSync(join(import.meta.dirname, "../../docs", name), "utf8").matchAll(/\]\((plots\/\S+)\)/g)].map(([, path]) => path!);
  expect(pictures("choosing.zh.md")).toEqual(pictures("choosing.md"));
});

test("what looks like markup stays text", () => {
  expect(blocksOf("A <b>word</b> & `<script>`\n\n| a \\| b | c |\n|---|---|\n| 1 | 2 |\n")).toEqual([
    { kind: "text", line: ["A <b>word</b> & ", { kind: "code", text: "<script>" }] },
    { kind: "table", head: [["a | b"], ["c"]], rows: [[["1"], ["2"]]] },
  ]);
});
