// A CSV file of 1 GB is streamed through the training of a small model: what resides in memory stays below 300 MB.
// `node test/proof/big-csv.mjs [megabytes]` on the built library; a part of `npm run proof:long`.

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { adam, createModel, crossEntropy, csvBatches, dense, Preprocessing, relu, sequential } = await import("../../dist/index.js");
const megabytes = Number(process.argv[2] ?? 1000), LIMIT = 300, MB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "lanewise-big-")), path = join(folder, "big.csv"), COLOURS = ["red", "green", "blue", "grey"];
try {
  const rows = write(), preprocessing = Preprocessing.fit(await firstOf(csvBatches(path, { rows: 10_000 })), { target: "kind" });
  const model = await createModel(sequential(dense(16), relu(), dense(2)), { preprocessing, seed: 1 });
  let most = 0, seen = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50), begun = performance.now();
  const tables = csvBatches(path, { rows: 10_000 }), counted = {
    async *[Symbol.asyncIterator]() {
      for await (const table of tables) {
        seen += table.rows;
        most = Math.max(most, process.memoryUsage().rss);
        yield table;
      }
    },
  };
  const { epochs } = await model.fit(preprocessing.batches(counted), { loss: crossEntropy(), optimizer: adam(), batchSize: 256, metrics: ["accuracy"] });
  clearInterval(watch);
  const seconds = (performance.now() - begun) / 1000, { accuracy } = epochs.at(-1), good = most <= LIMIT * MB && accuracy > 0.95 && seen === rows;
  console.log(`${megabytes} MB of CSV, ${rows} rows of 8 columns: ${seconds.toFixed(0)} s, ${(megabytes / seconds).toFixed(1)} MB/s, ${Math.round(most / MB)} MB resident at most, accuracy ${accuracy.toFixed(4)}`);
  if (!good) console.log(`FAILED: wanted at most ${LIMIT} MB, an accuracy above 0.95, and ${rows} rows, got ${seen}`);
  process.exitCode = good ? 0 : 1;
  model.dispose();
} finally {
  rmSync(folder, { recursive: true });
}

async function firstOf(tables) {
  for await (const table of tables) return table;
}

/** Writes the file, a megabyte at a time; the kind follows from two of its numbers and the colour. */
function write() {
  const file = openSync(path, "w");
  let state = 1, rows = 0;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  writeSync(file, "id,length,width,height,weight,colour,note,kind\n");
  for (let written = 0; written < megabytes * 1e6;) {
    const lines = [];
    for (let i = 0; i < 10_000; i++) {
      const length = uniform() * 10, width = uniform() * 4, colour = COLOURS[Math.floor(uniform() * 4)];
      const kind = length + 2 * width + (colour === "red" ? 3 : 0) > 9 ? "large" : "small";
      lines.push(`${rows++},${length.toFixed(3)},${width.toFixed(3)},${(uniform() * 5).toFixed(3)},${uniform() < 0.05 ? "" : (uniform() * 90).toFixed(2)},${colour},"a note, ${rows}",${kind}\n`);
    }
    written += writeSync(file, lines.join(""));
  }
  closeSync(file);
  return rows;
}
