// One engine's share of the sweep, wherever JavaScript runs: GFLOP/s of each tile, or of each path of the products, the median
// over turns that go through all of them. A page is asked by its URL, an engine by its first argument: "?part=tiles&turns=9".

import { modules } from "lanewise-sweep-modules";
import { DEPTH, tiles } from "./tiles.mjs";
import { pathsOf, products } from "./products.mjs";

const TURN = 3; // ms
const page = globalThis.document, asked = new URLSearchParams(page ? location.search : process.argv[2]), turns = Number(asked.get("turns"));
const result = asked.get("part") === "tiles" ? sweepTiles(asked.get("module")) : asked.get("part") === "paths" ? sweepPaths("core") : sweepBlocks();
if (page) globalThis.result = result;
else console.log(JSON.stringify(result));

function open(name) {
  const bytes = Uint8Array.from(atob(modules[name]), (letter) => letter.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return undefined;
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536 }); // 64 MB
  new Float32Array(memory.buffer, 1 << 16).forEach((_, i, all) => (all[i] = (i % 13) / 13 - 0.4));
  return { ...new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports, memory };
}

/** For each { flops, run(times) } its GFLOP/s, in turns. */
function rates(all) {
  const found = all.map(() => []), times = all.map(({ flops, run }) => {
    let times = 1;
    for (let ms = 0; ms < 10; times = Math.ceil(times * 1.5)) { // engines compile what is hot meanwhile
      const start = performance.now();
      run(times);
      ms = performance.now() - start;
    }
    return Math.max(1, Math.round((times * TURN) / 10));
  });
  for (let turn = 0; turn < turns; turn++) all.forEach(({ flops, run }, i) => {
    const start = performance.now();
    run(times[i]);
    found[i].push((flops * times[i]) / (performance.now() - start) / 1e6);
  });
  return found.map((values) => values.sort((a, b) => a - b)[values.length >> 1]);
}

function sweepTiles(name) {
  const module = open(name), A = 1 << 17, B = 1 << 18, C = 1 << 16;
  if (!module) return { lacks: "relaxed SIMD" };
  const all = tiles.map(({ symbol, mr, nr, reads }) => ({
    flops: 2 * mr * nr * DEPTH, run: (times) => module[symbol](times, C, A, B, reads === "columns" ? 4 * mr : 4 * (DEPTH + 8)),
  }));
  return { rates: rates(all) };
}

/** A program of words at an address; the core executes its instructions one after the other. */
function runner(core, words, at) {
  new Uint32Array(core.memory.buffer, at, words.length).set(words);
  const ends = [];
  for (let i = 0; i < words.length; i += words[i] >>> 16) ends.push(at + 4 * i);
  return (times) => {
    for (; times; times--) for (const each of ends) core.execute(each, 0, 1);
  };
}

/** The Gemm instruction alone, on panels in the first-level cache. */
function kernelOf(core, at) {
  return { flops: 2 * 16 * 16 * 256, run: runner(core, pathsOf({ m: 16, n: 16, k: 256 }).at(-1).words.slice(16), at) };
}

/** All paths of all products, relative to the micro-kernel on panels in the first-level cache. */
function sweepPaths(name) {
  const core = open(name);
  return { products: products.map((product) => {
    const paths = pathsOf(product), flops = 2 * product.m * product.n * product.k;
    const [kernel, ...own] = rates([kernelOf(core, 40960), ...paths.map(({ words }, i) => ({ flops, run: runner(core, words, 45056 + 1024 * i) }))]);
    return own.map((rate) => rate / kernel);
  }) };
}

/** The packed path of all products, by each of the cores with other block sizes, relative to the first. */
function sweepBlocks() {
  const cores = Object.keys(modules).filter((name) => name.startsWith("core ")).map(open);
  return { products: products.map((product) => {
    const { words } = pathsOf(product).at(-1), flops = 2 * product.m * product.n * product.k;
    const own = rates(cores.map((core) => ({ flops, run: runner(core, words, 40960) })));
    return own.map((rate) => rate / own[0]);
  }) };
}
