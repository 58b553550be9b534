// Everybody who takes part in the whole train steps: how each is run, and what a table should say of it.

import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { works } from "./works.mjs";

const bench = dirname(fileURLToPath(import.meta.url));

/** One thread for every library behind numpy and torch. */
export const oneThread = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1", PYTHONDONTWRITEBYTECODE: "1" };
/** Vectors of 128 bits without fused multiply-add: what WebAssembly's strict SIMD has. */
export const narrowVectors = { OPENBLAS_CORETYPE: "Nehalem", DNNL_MAX_CPU_ISA: "SSE41", ATEN_CPU_CAPABILITY: "default" };

const script = (file, ...more) => ({ program: process.execPath, args: [join(bench, file), ...more] });
const torch = (name, env) => ({
  name, needs: "torch", program: "python", args: [join(bench, "peers/pytorch.py"), "--peer", name, "--works", JSON.stringify(works)],
  env: { ...oneThread, ...env },
});

/** The first is what the others are compared with. */
export const peers = [
  { name: "lanewise", ...script("step.mjs") },
  { name: "tfjs-wasm", needs: "packages", ...script("peers/tfjs.mjs", "--backend", "wasm") },
  { name: "tfjs-cpu", needs: "packages", ...script("peers/tfjs.mjs", "--backend", "cpu") },
  { name: "jax-js", needs: "packages", ...script("peers/jaxjs.mjs") },
  { name: "ort-web", needs: "packages", ...script("peers/ort.mjs", "--backend", "web"), predictsOnly: true },
  { name: "ort-node", needs: "packages", ...script("peers/ort.mjs", "--backend", "node"), predictsOnly: true },
  {
    name: "brain.js", needs: "packages", ...script("peers/brain.mjs"), trainsOnly: true,
    ownArithmetic: "brain.js is not the same arithmetic: it updates after each sample, with squared error and one "
      + "activation for all layers; a step stands for one pass over the batch, and only that its error falls is checked",
  },
  torch("torch", {}),
  torch("torch-sse", narrowVectors),
];

/** Runs a peer in a fresh process and returns its line; { error } if it has none. */
export function runPeer({ program, args, env }, python, options) {
  const done = spawnSync(program === "python" ? python : program, [...args, ...options], {
    encoding: "utf8", timeout: 300_000, env: { ...process.env, ...env },
  });
  try {
    return JSON.parse(done.stdout.trim().split("\n").at(-1));
  } catch {
    return { error: (done.error?.message ?? done.stderr?.trim().split("\n").at(-1) ?? "").slice(0, 200) || `ended with status ${done.status}` };
  }
}
