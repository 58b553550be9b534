// A CSV file of 1 GB is streamed through the training of a small model: what resides in memory stays below 300 MB; and through `lanewise
// train`, which holds rows out, mixes their order, and counts as any program does: below 450 MB, whatever the file's size.
// `node test/proof/big-csv.mjs [megabytes]` on the built library; a part of `npm run proof:long`.

import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { adam, createModel, crossEntropy, csvBatches, dense, Preprocessing, relu, sequential } = await import("../../dist/index.js");
const megabytes = Number(process.argv[2] ?? 1000), LIMIT = 300, CLI_LIMIT = 450, MB = 2 ** 20;
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
  model.dispose();
  process.exitCode = byCommandLine(rows) && good ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** The same by the command line, in a process that tells at its end how much it has had. */
function byCommandLine(rows) {
  const told = "data:text/javascript,process.on('exit',()=>process.stderr.write('resident '+process.resourceUsage().maxRSS))", cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
  const begun = performance.now();
  const { stderr, status } = spawnSync(process.execPath, [`--import=${told}`, cli, "train", path, "--target", "kind", ...(megabytes < 100 ? ["--stream"] : []), "--epochs", "1", "--hidden", "16", "--out", join(folder, "run")], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) return console.log(`FAILED: lanewise train ended with ${status}: ${stderr.slice(-2000)}`), false;
  const { data, scores } = JSON.parse(readFileSync(join(folder, "run/report.json"), "utf8")), resident = Number(/resident (\d+)$/.exec(stderr)[1]) / 1024, seconds = (performance.now() - begun) / 1000;
  const good = resident <= CLI_LIMIT && scores.accuracy > 0.95 && data.rows + data.heldOut === rows;
  console.log(`lanewise train: ${seconds.toFixed(0)} s, ${Math.round(resident)} MB resident at most, ${data.heldOut} rows held out, accuracy ${scores.accuracy.toFixed(4)}`);
  if (!good) console.log(`FAILED: wanted at most ${CLI_LIMIT} MB, an accuracy above 0.95, and ${rows} rows, got ${data.rows + data.heldOut}`);
  return good;
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
