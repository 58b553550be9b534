// Lines for terminals of any width, numbers for people, progress in one line.

import { describe, expect, it } from "vitest";
import { fit, Progress, Terminal, timeLeft } from "../../src/cli/terminal.ts";
import { clean, clock, cut, table, widthOf, wrap } from "../../src/cli/text.ts";
import { grouped, share, sized } from "../../src/advice/text.ts";
import { csvLine } from "../../src/advice/rows.ts";

describe("text", () => {
  it("is as wide as it is seen", () => {
    expect([widthOf("abc"), widthOf("山田"), widthOf("e\u0301"), widthOf("😀"), widthOf("…")]).toEqual([3, 4, 1, 2, 1]);
    expect([cut("penguins", 8), cut("penguins", 5), cut("山田太郎", 5)]).toEqual(["penguins", "peng…", "山田…"]);
  });

  it("from files moves no cursor and clears no screen", () => {
    expect(clean("a\x1b[2Jb\r\nc\u202ed")).toBe("a\ufffd[2Jb\ufffd\ufffdc\ufffdd");
  });

  it("wraps at spaces, and keeps a long word whole", () => {
    expect(wrap("one two three", 8)).toBe("one two\nthree");
    expect(wrap("a verylongword b", 6, "  ")).toBe("  a\n  verylongword\n  b");
  });

  it("tables fit: the widest columns are cut", () => {
    const rows = [["name", "rows"], ["a class with a long name", "7"], ["b", "1,234"]];
    expect(table(rows, 80, [1])).toBe("name                       rows\na class with a long name      7\nb                         1,234");
    expect(table(rows, 20, [1]).split("\n").every((line) => widthOf(line) <= 20)).toBe(true);
    expect(table(rows, 20, [1])).toContain("a class with…");
  });

  it("numbers and times", () => {
    expect([grouped(1234567), grouped(12), clock(75), clock(3725), clock(0.4), sized(1), sized(1536), sized(2.5e9), share(0.98765), share(NaN)])
      .toEqual(["1,234,567", "12", "1:15", "1:02:05", "0:00", "1 byte", "1.54 KB", "2.5 GB", "0.9877", "–"]);
  });

  it("CSV cells are quoted where they have to be", () => {
    expect(csvLine(["a", "b,c", 'say "x"', "two\nlines", " space", 1.5, "=1+1"])).toBe('a,"b,c","say ""x""","two\nlines"," space",1.5,=1+1\r\n');
  });
});

describe("progress", () => {
  const parts = [{ text: "epoch 3/10", rank: 0 }, { text: "loss 0.12345", rank: 2 }, { text: "0:12 left", rank: 1 }];
  const made = (isTTY: boolean, columns: number) => {
    const written: string[] = [], sink = { write: (text: string) => void written.push(text), isTTY, columns };
    let now = 0;
    const progress = new Progress(new Terminal(sink, sink, false, false), () => now);
    return { written, progress, at: (time: number) => (now = time) };
  };

  it("leaves out what does not fit, the least wanted first", () => {
    expect([fit(parts, 80), fit(parts, 30), fit(parts, 12), fit(parts, 3)]).toEqual(["epoch 3/10  loss 0.12345  0:12 left", "epoch 3/10  0:12 left", "epoch 3/10", "epoch 3/10"]);
  });

  it("is one line that is rewritten on a terminal, at most some times a second", () => {
    const { written, progress, at } = made(true, 30);
    progress.show(() => parts);
    at(10);
    progress.show(() => parts);
    at(500);
    progress.show(() => parts);
    progress.end();
    expect(written).toEqual(["\repoch 3/10  0:12 left\x1b[K", "\repoch 3/10  0:12 left\x1b[K", "\n"]);
  });

  it("is a plain line every few seconds in a pipe, and at the end", () => {
    const { written, progress, at } = made(false, 0);
    for (const time of [0, 500, 1000, 2500, 2600]) {
      at(time);
      progress.show(() => parts, time === 2600);
    }
    progress.end();
    expect(written).toEqual(Array(3).fill("epoch 3/10  loss 0.12345  0:12 left\n"));
  });

  it("tells the time that is left from the time that has passed", () => {
    expect([timeLeft(10, 40, 20), timeLeft(0, 40, 20), timeLeft(1, 4000, 0.1)]).toEqual(["1:00 left", "", ""]);
  });
});
