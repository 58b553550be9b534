// Files of data into memory: MB of the file in a second, beside the packages that find the cells (papaparse, hyparquet), beside
// reading the bytes alone, and beside pandas and numpy where Debian's python3-pandas and python3-numpy are. From disk, that is from the cache.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { interleave, median, medianRatio, now } from "../clock.mjs";
import { pythonWith } from "../setup.mjs";
import { say, status, table, three, times } from "../table.mjs";
import { uniform } from "../works.mjs";

export const name = "parse";
const script = join(dirname(fileURLToPath(import.meta.url)), "../peers/parse.py");

const whole = (stream, i, below) => Math.floor(below * uniform(stream, i));
const WORDS = ["Adelie", "Gentoo", "Chinstrap", "a longer text, in quotes", 'one with a "quote"', "Torgersen"];
const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const lines = (rows, cells) => `${cells.map((_, c) => `c${c}`).join(",")}\n${Array.from({ length: rows }, (_, row) => cells.map((cell) => cell(row)).join(",")).join("\n")}\n`;
const decimals = (stream) => (row) => String(whole(stream, row, 1e6) / 1000);

/** Each with its file, made anew; `beside` are the other readers in this process. */
const all = [
  { name: "csv, numbers", kind: "csv", extension: "csv", make: () => lines(100_000, [1, 2, 3, 4, 5, 6, 7, 8].map(decimals)) },
  {
    name: "csv, texts in quotes", kind: "csv", extension: "csv",
    make: () => lines(100_000, [(row) => String(row), (row) => WORDS[whole(1, row, 3)], (row) => quoted(WORDS[whole(2, row, 6)]), decimals(3), (row) => (row % 11 ? WORDS[whole(4, row, 6)].slice(0, 6) : "NA")]),
  },
  {
    name: "idx, 10,000 images", kind: "idx", extension: "idx",
    make() {
      const file = Uint8Array.from({ length: 16 + 7_840_000 }, (_, i) => i & 255);
      file.set([0, 0, 8, 3, 0, 0, 0x27, 0x10, 0, 0, 0, 28, 0, 0, 0, 28]);
      return file;
    },
  },
  { name: "npy, 2e6 float32", kind: "npy", extension: "npy", make: ({ lanewise }) => lanewise.writeNpy({ data: Float32Array.from({ length: 2e6 }, (_, i) => whole(5, i, 1000)), shape: [20_000, 100] }) },
  {
    name: "parquet, 8 columns", kind: "parquet", extension: "parquet",
    make: async () => {
      const { parquetWriteBuffer } = await import("hyparquet-writer"), rows = 200_000;
      const column = (stream) => ({ name: `c${stream}`, data: Float64Array.from({ length: rows }, (_, row) => whole(stream, row, 1e6) / 1000), type: "DOUBLE" });
      return new Uint8Array(parquetWriteBuffer({ columnData: [...[1, 2, 3, 4, 5, 6].map(column), { name: "kind", data: Array.from({ length: rows }, (_, row) => WORDS[whole(7, row, 3)]), type: "STRING" }, { name: "id", data: Int32Array.from({ length: rows }, (_, row) => row), type: "INT32" }] }));
    },
  },
];

/** Sum of the numbers that were read, which must be that of the others. */
function sumOf(read) {
  const columns = read.columns ? [...read.columns.values()].filter((values) => values instanceof Float64Array) : [read.data];
  return columns.reduce((sum, values) => sum + values.reduce((a, b) => (b === b ? a + b : a), 0), 0);
}

/** Readers in this process: lanewise, the package below it, the bytes alone. */
async function readersOf({ kind }, file, { lanewise }) {
  const bytes = async () => ({ length: (await readFile(file)).length });
  const readers = { lanewise: () => lanewise[kind](file) };
  if (kind === "csv") {
    const { default: Papa } = await import("papaparse");
    readers.papaparse = async () => Papa.parse(await readFile(file, "utf8"), { delimiter: "," });
    readers["papaparse, typed"] = async () => Papa.parse(await readFile(file, "utf8"), { delimiter: ",", header: true, dynamicTyping: true });
  } else if (kind === "parquet") {
    const { parquetRead, parquetReadObjects } = await import("hyparquet");
    const buffer = async () => new Uint8Array(await readFile(file)).buffer;
    readers["hyparquet, columns"] = async () => parquetRead({ file: await buffer(), onChunk() {} });
    readers["hyparquet, objects"] = async () => parquetReadObjects({ file: await buffer() });
  }
  return { ...readers, "bytes alone": bytes };
}

async function open(one, build) {
  const folder = mkdtempSync(join(tmpdir(), "lanewise-parse-")), file = join(folder, `data.${one.extension}`);
  writeFileSync(file, await one.make(build));
  const readers = await readersOf(one, file, build), read = await readers.lanewise(), sum = sumOf(read);
  if (!(sum > 0)) throw new Error(`the numbers of ${one.name} sum up to ${sum}`);
  return { file, readers, sum, size: statSync(file).size, close: () => rmSync(folder, { recursive: true }) };
}

/** ms of a reading. */
const timed = (read) => async () => {
  const start = now();
  await read();
  return now() - start;
};

/** pandas and numpy in a process that stays: { readers, time(reader, file), close }, or undefined. */
async function python() {
  const program = pythonWith("numpy");
  if (!program) return undefined;
  const child = spawn(program, [script], { stdio: ["pipe", "pipe", "inherit"] }), answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await answers.next()).value);
  return {
    ...await next(),
    ask(reader, file) {
      child.stdin.write(`${JSON.stringify({ reader, file })}\n`);
      return next();
    },
    close: () => child.stdin.end(),
  };
}

export function rows(build) {
  return all.map((one) => ({
    name: one.name,
    async open() {
      const { readers, close } = await open(one, build), sample = timed(readers.lanewise);
      return { sample, close };
    },
  }));
}

export async function report({ build, wants, rounds, versions }) {
  const wanted = all.filter((one) => wants(one.name)), turns = 3 * rounds, found = [];
  if (wanted.length === 0) return undefined;
  const native = await python();
  if (native) versions?.set("parse", `numpy ${native.numpy}${native.pandas ? `, pandas ${native.pandas}` : ""}`);
  for (const one of wanted) {
    status(`parse: ${one.name}`);
    const { file, readers, sum, size, close } = await open(one, build), timers = Object.entries(readers).map(([its, read]) => [its, timed(read)]);
    if (native?.readers.includes(one.kind)) {
      const other = await native.ask(one.kind, file);
      if (!(Math.abs(other.sum - sum) <= 1e-9 * Math.abs(sum))) throw new Error(`${one.name}: lanewise sums up to ${sum}, Python to ${other.sum}`);
      timers.push([one.kind === "csv" || one.kind === "parquet" ? "pandas" : "numpy", async () => (await native.ask(one.kind, file)).ms]);
    }
    for (const [, time] of timers) await time(); // engines compile what is hot
    const [own, ...others] = await interleave(timers.map(([, time]) => time), turns);
    found.push([one.name, three(size / 1e6), three(size / 1e3 / median(own)), timers.slice(1).map(([its], i) => `${its} ${times(medianRatio(others[i], own))}`).join(", ")]);
    close();
  }
  native?.close();
  say("parse: done");
  return [
    "### Files of data",
    `MB of the file that lanewise reads in a second, types found and columns made, from the cache of the disk; and how many times as long others take for the file: below 1 they are faster (median of ${turns} `
      + "turns). \"typed\" and \"objects\" is what the package itself makes of the cells; without, they are left as they were found.",
    table([["file", "MB", "MB/s", "others' time / lanewise's"], ...found]),
  ].join("\n\n");
}
