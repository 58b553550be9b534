// Files in the encodings of the world's spreadsheets.

import { describe, expect, it } from "vitest";
import { csv, type CsvOptions, DataError } from "../../../src/index.ts";
import { columnsOf, errorOf, pieces, utf8 } from "./help.ts";

const bytes = (...parts: (string | number[])[]): Uint8Array<ArrayBuffer> => Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...Buffer.from(part, "latin1")] : part)));
const swap = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(buffer).swap16());

const text = "名前,größe,note\n山田,1.5,𝄞 “quoted”\nÅse,2.5,–\n", table = { 名前: ["山田", "Åse"], größe: [1.5, 2.5], note: ["𝄞 “quoted”", "–"] };
const le = Buffer.from(text, "utf16le"), ascii = "a,b\n" + "1,plain\n".repeat(20_000);

/** 名字,城市 / 张三,北京 / 李四,上海 in GBK, and 㐀 (U+3400) in four bytes of GB18030. */
const chinese = bytes([0xc3, 0xfb, 0xd7, 0xd6, 0x2c, 0xb3, 0xc7, 0xca, 0xd0, 0x0a, 0xd5, 0xc5, 0xc8, 0xfd, 0x2c, 0xb1, 0xb1, 0xbe, 0xa9, 0x0a, 0xc0, 0xee, 0xcb, 0xc4, 0x2c, 0xc9, 0xcf, 0xba, 0xa3, 0x0a, 0x81, 0x39, 0xee, 0x39, 0x2c, 0x31, 0x0a]);
const names = { 名字: ["张三", "李四", "㐀"], 城市: ["北京", "上海", "1"] };
/** Café, Größe, façade, naïve … and €, ’ and – of windows-1252. */
const western = bytes("ville,prix\nCafé de la Gare,5 ", [0x80], "\nMünchen,l", [0x92], "été ", [0x96], " là\nMálaga,ñandú\n");
const cities = { ville: ["Café de la Gare", "München", "Málaga"], prix: ["5 €", "l’été – là", "ñandú"] };

const files: [name: string, file: Uint8Array<ArrayBuffer>, columns: object, label: string][] = [
  ["UTF-8", utf8(text), table, "utf-8"], ["UTF-8 with a mark", utf8("\ufeff" + text), table, "utf-8"],
  ["UTF-16LE with a mark", new Uint8Array(Buffer.concat([Buffer.from([0xff, 0xfe]), le])), table, "utf-16le"],
  ["UTF-16BE with a mark", swap(Buffer.concat([Buffer.from([0xff, 0xfe]), le])), table, "utf-16be"],
  ["UTF-16LE", new Uint8Array(Buffer.from("x,y\n1,ä\n2,b\n", "utf16le")), { x: [1, 2], y: ["ä", "b"] }, "utf-16le"],
  ["UTF-16BE", swap(Buffer.from("x,y\n1,ä\n2,b\n", "utf16le")), { x: [1, 2], y: ["ä", "b"] }, "utf-16be"],
  ["GB18030", chinese, names, "gb18030"], ["windows-1252", western, cities, "windows-1252"],
];

describe.each(files)("%s", (_, file, columns, label) => {
  it("is detected, whatever the chunks", async () => {
    for (const size of [1, 2, 3, 5, 1000]) expect(columnsOf(await csv(pieces(file, size)))).toEqual(columns);
  });
  it("is read when it is given", async () => {
    for (const size of [1, 3, 1000]) expect(columnsOf(await csv(pieces(file, size), { encoding: label }))).toEqual(columns);
  });
});

describe("letters that come late", () => {
  it.each<[string, (string | number[])[], string]>([
    ["UTF-8", ["1,caf", [0xc3, 0xa9], "\n"], "café"], ["windows-1252", ["1,caf", [0xe9], "\n1,\u00fcber\n"], "café"],
    ["GB18030", ["1,", [0xb1, 0xb1, 0xbe, 0xa9], "\n"], "北京"],
  ])("are read as %s behind 160 KB of ASCII", async (_, tail, wanted) => {
    const file = bytes(ascii, ...tail);
    for (const size of [1009, 65_536, 1e6]) expect((await csv(pieces(file, size))).columns.get("b")![20_000]).toBe(wanted);
  });
});

it("a character that lies across two chunks is whole", async () => {
  const file = utf8("a,b\n" + "1,中𝄞é\n".repeat(30_000));
  for (const size of [65_535, 65_537, 99_991]) expect(new Set<unknown>((await csv(pieces(file, size))).columns.get("b"))).toEqual(new Set(["中𝄞é"]));
});

it("other labels can be given", async () => {
  const options: CsvOptions = { encoding: "windows-1251", header: false };
  expect(columnsOf(await csv(bytes([0xcc, 0xe8, 0xf0], ",1\n"), options))).toEqual({ column1: ["Мир"], column2: [1] });
  expect(columnsOf(await csv(bytes("\x80,1\n"), { encoding: "latin1", header: false }))).toEqual({ column1: ["€"], column2: [1] });
});

it("UTF-8 that breaks off says at which byte, and what to do", async () => {
  const file = bytes("a,b\n", ...Array(9).fill(["1,", [0xc3, 0xa9], "\n"]).flat(), ascii, "2,", [0xff], "\n");
  const error = await errorOf(csv(file));
  expect(error).toBeInstanceOf(DataError);
  expect(error).toMatchObject({ code: "bad-encoding", details: { position: file.length - 2, encoding: "utf-8" } });
  expect(error.message).toContain("encoding");
  expect((await errorOf(csv(bytes("a\n", [0xc3]), { encoding: "utf-8" }))).code).toBe("bad-encoding");
});

it("UTF-16 that breaks off is an error", async () => {
  for (const label of ["utf-16le", "utf-16be"]) {
    const half = label === "utf-16le" ? new Uint8Array(Buffer.from("a,b\n1,2\n", "utf16le")) : swap(Buffer.from("a,b\n1,2\n", "utf16le"));
    expect(await errorOf(csv(half.subarray(0, half.length - 1), { encoding: label }))).toMatchObject({ code: "bad-encoding" });
  }
});
