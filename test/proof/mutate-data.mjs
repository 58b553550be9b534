// 50,000 broken idx, npy and npz files, and 2,000 of the formats that other parsers read, in a worker that is killed where a file holds it up:
// each ends as a table or as an error of the library, and in little memory. `node test/proof/mutate-data.mjs [share] [seed]` on the built library.

import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { brokenFile, outcome, soundFiles } from "./mutations.mjs";

export const COUNTS = { idx: 50_000, npy: 50_000, npz: 50_000, csv: 2000, jsonl: 2000, parquet: 2000 };
/** ms that a file may take; MB beyond those before that the process may have. */
const PATIENCE = 5000, MEMORY = 400;
/** Share of the files that may hold a reader up, and are ended from outside: hyparquet 1.33 counts runs of altered pages down from below 0. */
const HELD_UP = { parquet: 0.01 };

/** Reads broken files of each format: { ok, formats: [{ format, files, read, codes, wrong, killed, seconds, megabytes }] }. */
export async function mutateData({ counts = COUNTS, seed = 1, library = fileURLToPath(new URL("../../dist/index.js", import.meta.url)) } = {}) {
  const formats = [];
  for (const [format, files] of Object.entries(counts)) {
    const row = { format, files, read: 0, codes: {}, wrong: [], killed: [], seconds: 0, megabytes: 0 }, start = performance.now();
    const before = process.memoryUsage().rss;
    let most = before;
    for (let from = 0; from < files;) from = await stretch(from);
    formats.push({ ...row, seconds: (performance.now() - start) / 1000, megabytes: (most - before) / 1e6 });

    /** Goes on from a file, to the end or to one that holds it up. */
    async function stretch(from) {
      const place = new Int32Array(new SharedArrayBuffer(4));
      place[0] = from;
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { format, from, files, seed, library, place } });
      let last = from, since = performance.now(), clock;
      const stuck = new Promise((resolve) => {
        clock = setInterval(() => {
          most = Math.max(most, process.memoryUsage().rss);
          const now = Atomics.load(place, 0);
          if (now !== last) [last, since] = [now, performance.now()];
          else if (performance.now() - since > PATIENCE) resolve("stuck");
        }, 20);
      });
      const ended = new Promise((resolve) => {
        worker.on("message", (found) => {
          row.read += found.read;
          row.wrong.push(...found.wrong);
          for (const [code, count] of Object.entries(found.codes)) row.codes[code] = (row.codes[code] ?? 0) + count;
        });
        worker.on("error", (error) => resolve(String(error)));
        worker.on("exit", () => resolve("ended"));
      });
      const how = await Promise.race([stuck, ended]);
      clearInterval(clock);
      await worker.terminate();
      if (how === "ended") return files;
      const at = Atomics.load(place, 0);
      row.killed.push(`seed ${seed + at}: ${how}`);
      return at + 1;
    }
  }
  return { ok: formats.every(({ format, files, wrong, killed, megabytes }) => wrong.length === 0 && killed.length <= (HELD_UP[format] ?? 0) * files && megabytes < MEMORY), formats };
}

async function work({ format, from, files, seed, library: path, place }) {
  const library = await import(path), sound = (await soundFiles(library))[format];
  let found = { read: 0, codes: {}, wrong: [] };
  const rejected = [];
  process.on("unhandledRejection", (error) => rejected.push(String(error)));
  for (let i = from; i < files; i++) {
    Atomics.store(place, 0, i);
    const { read, code, wrong } = await outcome(library, format, brokenFile(sound, seed + i));
    if (read) found.read++;
    else if (code) found.codes[code] = (found.codes[code] ?? 0) + 1;
    else found.wrong.push(`seed ${seed + i}: ${wrong}`);
    if (i % (files > 2000 ? 500 : 20) === 0) {
      // timers and rejections have their turn
      await new Promise((resolve) => setTimeout(resolve));
      found.wrong.push(...rejected.splice(0).map((text) => `before seed ${seed + i}: unhandled ${text}`));
      parentPort.postMessage(found);
      found = { read: 0, codes: {}, wrong: [] };
    }
  }
  await new Promise((resolve) => setTimeout(resolve));
  found.wrong.push(...rejected.map((text) => `at the end: unhandled ${text}`));
  parentPort.postMessage(found);
}

if (!isMainThread && workerData?.format) await work(workerData);
else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const share = Number(process.argv[2] ?? 1), seed = Number(process.argv[3] ?? 1);
  const { ok, formats } = await mutateData({ counts: Object.fromEntries(Object.entries(COUNTS).map(([format, count]) => [format, Math.ceil(count * share)])), seed });
  for (const { format, files, read, codes, wrong, killed, seconds, megabytes } of formats) {
    console.log(`${format}: ${files} files, ${read} read, ${Object.values(codes).reduce((a, b) => a + b, 0)} refused (${Object.entries(codes).map(([code, count]) => `${count} ${code}`).join(", ")}), `
      + `${wrong.length} wrong, ${killed.length} held up; ${seconds.toFixed(1)} s, ${Math.round(megabytes)} MB more at the most`);
    for (const line of [...wrong, ...killed].slice(0, 10)) console.log(`  ${line}`);
  }
  process.exitCode = ok ? 0 : 1;
}
