// The ranks' scratch (assembly/kernels/elements.ts) and the barrier's words lie in low memory, where nothing of the core or of a plan may be.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Barrier, Size } from "../assembly/isa.ts";

const json = (path: string): { options: { memoryBase: number } } => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));
const ROOM = Size.BASE;

it("the core's own data begin behind the scratch of all ranks, in the core and in its tests", () => {
  expect([Barrier.ARRIVED, Barrier.GENERATION + 4 <= ROOM]).toEqual([Size.SCRATCH * Size.RANKS, true]);
  expect([json("asconfig.json"), json("test/kernels/as-pect.asconfig.json")].map(({ options }) => options.memoryBase)).toEqual([ROOM, ROOM]);
});

it("an instance that starts leaves the scratch as it is, a plan begins behind it, and no rank is without", async () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true }), bytes = new Uint8Array(memory.buffer).fill(0xa5);
  const { instance } = await WebAssembly.instantiate(readFileSync(new URL("../build/core.wasm", import.meta.url)), { env: { memory } });
  expect(bytes.subarray(0, ROOM).every((byte) => byte === 0xa5)).toBe(true);
  const { run } = instance.exports as { run(program: number, rank: number, size: number, from: number): number }, program = 32768;
  bytes.fill(0, program, program + 4); // End
  expect(run(program, 0, Size.RANKS, 0)).toBe(0);
  expect(() => run(program, 0, Size.RANKS + 1, 0)).toThrow(WebAssembly.RuntimeError);
  expect((instance.exports.heapBase as WebAssembly.Global).value).toBeGreaterThan(ROOM);
});
