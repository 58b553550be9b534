// Matrix products: GFLOP/s, as a share of what the library's own micro-kernel reaches on panels that stay in the
// first-level cache, and beside OpenBLAS, in turns of some 10 ms. A product's time includes packing.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { interleave, median, medianRatio, timer } from "../clock.mjs";
import { narrowVectors, oneThread } from "../peers.mjs";
import { say, status, table, three, times } from "../table.mjs";
import { uniform, works } from "../works.mjs";

export const name = "gemm";
const TURN = 10; // ms
/** The fast build's column. */
const FAST = 5;

/** The products of a network's train step. Weights are [in, out], so that x · W is NN, the weights' gradient xᵀ · g TN,
 * and the inputs' gradient g · Wᵀ NT. A factor with ta or tb is stored transposed. */
function training({ sizes, batch }) {
  const title = sizes.join("-");
  return sizes.slice(1).flatMap((out, layer) => {
    const from = sizes[layer], name = (what) => `${title} layer ${layer + 1}, ${what}`;
    return [
      { name: name("forward, NN"), m: batch, n: out, k: from, ta: false, tb: false },
      { name: name("weight gradient, TN"), m: from, n: out, k: batch, ta: true, tb: false },
      ...(layer ? [{ name: name("input gradient, NT"), m: batch, n: from, k: out, ta: false, tb: true }] : []),
    ];
  });
}

const square = (n, kind) => ({ name: `${n} ${kind}`, m: n, n, k: n, ta: kind[0] === "T", tb: kind[1] === "T" });
const squares = [32, 64, 128, 256, 512, 1024].flatMap((n) => ["NN", "NT", "TN"].map((kind) => square(n, kind)));
const products = [...squares, ...training(works.W2), ...training(works.W3)];

const drawn = (stream, count) => Float32Array.from({ length: count }, (_, i) => 2 * uniform(stream, i) - 1);

/** A product, compiled, with numbers in its factors and some elements checked against f64. `options` are compile's. */
async function open({ m, n, k, ta, tb }, { ops: { compile, matmul } }, options = {}) {
  const f = await compile((a, b) => matmul(a, b, { transposeA: ta, transposeB: tb }), [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]], options);
  const a = drawn(1, m * k), b = drawn(2, k * n);
  const [{ data }] = f.run([a, b]);
  const wanted = sampled({ m, n, k, ta, tb }, a, b);
  compare(wanted.at.map((i) => data[i]), wanted);
  return { f, wanted, run: (times) => {
    for (let i = 0; i < times; i++) f.loaded.run();
  }, close: () => f.dispose() };
}

/** 50 elements of C in f64, with the sum of the products' sizes, which bounds the rounding. */
function sampled({ m, n, k, ta, tb }, a, b) {
  const at = Array.from({ length: 50 }, (_, i) => Math.floor(uniform(3, i) * m * n));
  return { at, elements: at.map((position) => {
    const i = Math.floor(position / n), j = position % n;
    let sum = 0, size = 0;
    for (let p = 0; p < k; p++) {
      const product = a[ta ? p * m + i : i * k + p] * b[tb ? j * k + p : p * n + j];
      sum += product;
      size += Math.abs(product);
    }
    return { sum, size };
  }) };
}

function compare(found, { at, elements }) {
  elements.forEach(({ sum, size }, i) => {
    if (!(Math.abs(found[i] - sum) <= 1e-5 * size)) throw new Error(`element ${at[i]} is ${found[i]}, should be ${sum}`);
  });
}

export function rows(build) {
  return products.map((product) => ({ name: product.name, open: () => open(product, build) }));
}

/** The micro-kernel alone: the Gemm instruction of a product whose panels (2 × 16 KB) fit into the first-level cache,
 * without the two Packs before it. */
async function openMicroKernel(build) {
  const size = { m: 16, n: 16, k: 256, ta: false, tb: true }, { f, close } = await open(size, build);
  const { loaded, program } = f, { core } = loaded.session, { instructions } = program;
  if (instructions.length !== 3) throw new Error(`the micro-kernel's product has ${instructions.length} instructions, not Pack, Pack and Gemm`);
  const at = loaded.block.offset + 4 * instructions.at(-1).word;
  return { flops: flops(size), close, run(times) {
    for (let i = 0; i < times; i++) core.execute(at, 0, 1);
  } };
}

/** The product in the fast build; undefined where this engine has it not. */
async function openFast(product, build) {
  if (!build.fast) return undefined;
  const opened = await open(product, build, { build: "fast" });
  if (opened.f.build === "fast") return opened;
  opened.close();
  return undefined;
}

const flops = ({ m, n, k }) => 2 * m * n * k;
const rate = (product, ms) => flops(product) / ms / 1e6; // GFLOP/s

export async function report({ build, wants, rounds, python, versions }) {
  const wanted = products.filter((product) => wants(product.name));
  if (wanted.length === 0) return undefined;
  const micro = await openMicroKernel(build), turns = 4 * rounds;
  const blas = python.numpy ? [await startBlas(python.numpy, {}), await startBlas(python.numpy, narrowVectors)] : [];
  for (const { library } of blas) versions.set(library, library);
  const timeMicro = timer(micro.run, TURN, 300), lines = [];
  let hasFast = false;
  for (const product of wanted) {
    status(`gemm: ${product.name}`);
    const { run, wanted: elements, close } = await open(product, build), fast = await openFast(product, build);
    hasFast ||= fast !== undefined;
    for (const peer of blas) compare(await peer.ask({ ...product, at: elements.at }), elements);
    const [own, kernel, quick, ...others] = await interleave([
      timer(run, TURN, 100), timeMicro, fast ? timer(fast.run, TURN, 100) : () => NaN, ...blas.map((peer) => () => peer.ask({ ...product, ms: TURN })),
    ], turns);
    close();
    fast?.close();
    const micros = kernel.map((ms) => ms * (flops(product) / micro.flops)); // the micro-kernel's time for as much work
    lines.push([
      product.name, `${product.m} × ${product.n} × ${product.k}`, three(rate(product, median(own))), three(rate(product, median(micros))),
      three(medianRatio(micros, own)), fast ? times(medianRatio(own, quick)) : "", ...[...others].reverse().map((ms) => three(medianRatio(ms, own))),
    ]);
  }
  micro.close();
  blas.forEach((peer) => peer.stop());
  say("gemm: done");
  return [
    "### Matrix products",
    "Rates in GFLOP/s, packing included, and relative to the library's own micro-kernel on panels in the first-level cache "
      + `(median of ${turns} turns). ${blas.length ? "Beside it the rate relative to OpenBLAS, held to vectors of 128 bits and with all that the CPU has."
        : "OpenBLAS would stand beside it, but there is no python3 with numpy here."}${hasFast ? " Fast build: its speed relative to the exact one's." : ""}`,
    build.fast && !hasFast ? "This engine has no relaxed SIMD, so no fast build." : "",
    table([["product", "m × n × k", "GFLOP/s", "micro-kernel", "of micro-kernel", "fast build", ...(blas.length ? ["of 128-bit OpenBLAS", "of OpenBLAS"] : [])], ...lines]
      .map((cells) => cells.filter((_, column) => hasFast || column !== FAST))),
  ].filter(Boolean).join("\n\n");
}

/** peers/blas.py in a process of its own, which does one thing at a time when asked. */
async function startBlas(python, env) {
  const file = join(dirname(fileURLToPath(import.meta.url)), "../peers/blas.py");
  const child = spawn(python, [file], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...oneThread, ...env } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("peers/blas.py has ended");
    return JSON.parse(value);
  };
  return {
    library: await answer(),
    ask(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      return answer();
    },
    stop: () => child.stdin.end(),
  };
}
