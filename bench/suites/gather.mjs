// The Gather instruction, by which a step takes its batch from a data set in linear memory: rows in the order of a shuffled
// list, beside a memory.copy of as many bytes as the batch has, and beside the same rows in the order in which they lie.

import { loadSources } from "../cases.mjs";
import { interleave, median, medianRatio, timer } from "../clock.mjs";
import { say, status, table, three } from "../table.mjs";
import { uniform } from "../works.mjs";

export const name = "gather";
const BATCH = 256, TURN = 4; // rows; ms
/** Larger tables are left out: 1e6 rows of 784 f32 are 3.1 GB. */
const LARGEST = 1e9;

const kinds = [{ width: 784, dtype: "uint8" }, { width: 784, dtype: "float32" }, { width: 13, dtype: "float32" }];
const bytesOf = ({ rows, width, dtype }) => rows * width * (dtype === "uint8" ? 1 : 4);
const all = kinds.flatMap(({ width, dtype }) => [1e3, 1e4, 1e5, 1e6].map((rows) => (
  { name: `${width} ${dtype === "uint8" ? "u8" : "f32"}, 1e${Math.log10(rows)} rows`, rows, width, dtype }))).filter((one) => bytesOf(one) <= LARGEST);

const load = (root) => loadSources(root, `
  export { compileProgram } from "./src/compile.ts";
  export { loadCore, releaseCore } from "./src/core.ts";
  export { Graph } from "./src/graph.ts";
  export { input } from "./src/op.ts";
  export { gatherRows } from "./src/ops/convert.ts";
  export { Session } from "./src/session.ts";`);

/** A table in memory, and programs that gather from it a batch after the other, once through the list and again. */
async function open({ rows, width, dtype }, { compileProgram, Graph, gatherRows, input, loadCore, releaseCore, Session }) {
  const core = await loadCore(), session = new Session(core), graph = new Graph();
  const blocks = { table: session.allocate(bytesOf({ rows, width, dtype }), "rows", false), cursor: session.allocate(4, "cursor") };
  for (const order of ["shuffled", "sorted"]) blocks[order] = session.allocate(4 * rows, order, false);
  const table = input(graph, "table", [rows, width], dtype), cursor = input(graph, "cursor", [1], "int32");
  const gathering = (order) => {
    const ids = input(graph, order, [rows], "int32"), at = (region) => ({ region, offset: 0 });
    const sources = new Map([[table, at("table")], [cursor, at("cursor")], [ids, at(order)]]);
    return session.load(compileProgram({ outputs: new Map([["batch", gatherRows(table, ids, cursor, BATCH)]]), sources }), blocks);
  };
  const programs = { shuffled: gathering("shuffled"), sorted: gathering("sorted") }; // now nothing moves any more
  const { buffer } = core.memory, data = new (dtype === "uint8" ? Uint8Array : Float32Array)(buffer, blocks.table.offset, rows * width);
  fill(data);
  const ids = new Int32Array(buffer, blocks.shuffled.offset, rows), next = new Int32Array(buffer, blocks.cursor.offset, 1);
  new Int32Array(buffer, blocks.sorted.offset, rows).forEach((_, i, sorted) => (sorted[i] = ids[i] = i));
  for (let i = rows - 1; i > 0; i--) {
    const other = Math.floor(uniform(1, i) * (i + 1)), id = ids[i];
    ids[i] = ids[other];
    ids[other] = id;
  }
  const batches = Math.floor(rows / BATCH), batchBytes = 4 * BATCH * width, bytes = new Uint8Array(buffer);
  let batch = 0;
  const going = (one) => (times) => {
    for (let i = 0; i < times; i++) {
      batch = (batch + 1) % batches;
      one();
    }
  };
  const gather = (order) => going(() => {
    next[0] = batch * BATCH;
    programs[order].run();
  });
  const run = gather("shuffled"), to = programs.shuffled.place("batch");
  run(1);
  const got = new Float32Array(buffer, to, BATCH * width);
  got.forEach((value, i) => {
    const wanted = data[ids[batch * BATCH + Math.floor(i / width)] * width + (i % width)];
    if (value !== wanted) throw new Error(`element ${i} of the batch is ${value}, should be ${wanted}`);
  });
  return {
    run, sorted: gather("sorted"), batchBytes,
    // bytes of the batch as f32, which is more than a table of u8 may have
    copy: going(() => bytes.copyWithin(to, blocks.table.offset, blocks.table.offset + batchBytes)),
    close() {
      session.close();
      releaseCore(core);
    },
  };
}

/** Numbers that no two neighbouring rows share: a stretch of them, again and again. */
function fill(data) {
  const stretch = Math.min(data.length, 99991);
  for (let i = 0; i < stretch; i++) data[i] = Math.floor(256 * uniform(2, i));
  for (let done = stretch; done < data.length; done *= 2) data.copyWithin(done, 0, Math.min(done, data.length - done));
}

export async function rows({ root }) {
  const parts = await load(root);
  return all.map((one) => ({ name: one.name, open: () => open(one, parts) }));
}

export async function report({ build, wants, rounds }) {
  const wanted = all.filter((one) => wants(one.name)), turns = 4 * rounds, lines = [];
  if (wanted.length === 0) return undefined;
  const parts = await load(build.root);
  for (const one of wanted) {
    status(`gather: ${one.name}`);
    const { run, sorted, copy, batchBytes, close } = await open(one, parts);
    const [shuffled, inOrder, plain] = await interleave([run, sorted, copy].map((what) => timer(what, TURN, 40)), turns);
    close();
    lines.push([one.name, three((1e6 * median(shuffled)) / BATCH), three(batchBytes / median(shuffled) / 1e6), three(medianRatio(shuffled, plain)), three(medianRatio(shuffled, inOrder))]);
  }
  say("gather: done");
  return [
    "### Batches from a data set",
    `The Gather instruction on batches of ${BATCH} rows, shuffled, from data sets of so many rows in linear memory (u8 becomes f32 on the way): ns per row and `
      + "GB/s as f32; its time relative to a memory.copy of the batch's bytes from one place, which stays in cache, and relative to rows in the order in "
      + `which they lie (median of ${turns} turns).`,
    table([["row, data set", "ns per row", "GB/s", "× memory.copy", "× in order"], ...lines]),
  ].join("\n\n");
}
