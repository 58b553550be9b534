// The plan: what is alive at the same time never shares memory; passes change no bit; a session's blocks never overlap.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Gemm, Header, Opcode, Size } from "../assembly/isa.ts";
import { compileProgram } from "../src/compile.ts";
import { type Core, loadCore } from "../src/core.ts";
import { Graph, type Value } from "../src/graph.ts";
import { input } from "../src/op.ts";
import { add, compile, concat, exp, grad, matmul, maximum, mean, multiply, relu, reshape, sigmoid, slice, softmax, square, subtract, sum, tanh, transpose } from "../src/ops/index.ts";
import { recompute } from "../src/passes/recompute.ts";
import { plan } from "../src/plan.ts";
import { listing } from "../src/program.ts";
import { Session } from "../src/session.ts";
import { runLockstep, trace } from "../src/trace.ts";
import { collapse, stridesOf } from "../src/shape.ts";
import { numbers } from "./helpers.ts";

test("pieces that are needed at the same time lie apart, inside the arena, at cache lines", () => {
  const piece = fc.record({ bytes: fc.integer({ min: 1, max: 5000 }), start: fc.integer({ min: -1, max: 40 }), length: fc.integer({ min: 0, max: 20 }) });
  fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
    const storages = pieces.map(({ bytes, start, length }) => ({ bytes, start, end: start + length } as { bytes: number; start: number; end: number; address?: { region: string; offset: number } }));
    const size = plan(storages);
    storages.forEach((a, i) => {
      expect(a.address!.offset % 64).toBe(0);
      expect(a.address!.offset + a.bytes).toBeLessThanOrEqual(size);
      storages.slice(0, i).forEach((b) => {
        const together = a.start <= b.end && b.start <= a.end;
        const apart = a.address!.offset + a.bytes <= b.address!.offset || b.address!.offset + b.bytes <= a.address!.offset;
        expect(!together || apart).toBe(true);
      });
    });
    // no larger than all of them, no smaller than what is alive at once
    const alive = (step: number): number => storages.filter(({ start, end }) => start <= step && step <= end).reduce((total, { bytes }) => total + bytes, 0);
    expect(size).toBeGreaterThanOrEqual(Math.max(0, ...Array.from({ length: 62 }, (_, step) => alive(step - 1))));
    expect(size).toBeLessThanOrEqual(storages.reduce((total, { bytes }) => total + Math.ceil(bytes / 64) * 64, 0));
  }));
});

/** A formula of random ops on values of shape [4, 6], from a list of choices. */
function random(choices: readonly number[], x: Value, y: Value): Value[] {
  const values = [x, y], pick = (n: number): Value => values[n % values.length]!;
  for (const choice of choices) {
    const a = pick(choice >> 4), b = pick(choice >> 8), kinds = [
      () => add(a, b), () => multiply(a, sigmoid(b)), () => relu(a), () => tanh(a), () => subtract(a, mean(b, 1, { keepDims: true })), () => softmax(a),
      () => maximum(a, b), () => reshape(transpose(reshape(a, [6, 4])), [4, 6]), () => matmul(matmul(a, b, { transposeB: true }), a), () => square(multiply(a, 0.5)),
      () => slice(concat([a, b], 0), 0, 2, 6), () => exp(multiply(tanh(a), 0.5)), () => add(a, sum(b, 0)), () => reshape(a, [4, 6]),
    ];
    values.push(kinds[choice % kinds.length]!());
  }
  return values.slice(2);
}

test("whatever the formula: with each pass or without, made again or kept, in one rank or many, the bits are the same, gradients too", async () => {
  const core = await loadCore();
  await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 14 }), async (choices) => {
    const results: number[][] = [];
    for (const [passes, ranks, segments] of [[{}, 1, 1], [{ inPlace: false }, 1, 1], [{ order: false }, 1, 1], [{}, 1, 2], [{}, 1, 5], [{}, 3, 1], [{}, 7, 1]] as const) {
      const graph = new Graph(), x = input(graph, "x", [4, 6]), y = input(graph, "y", [4, 6]);
      const made = random(choices, x, y), total = sum(made.at(-1)!);
      const outputs = new Map<string, Value>([["total", total], ...made.map((value, i): [string, Value] => [`v${i}`, value])]);
      if (segments > 1) graph.again = recompute(graph, segments);
      grad(total, [x, y]).forEach((g, i) => outputs.set(`g${i}`, g));
      const session = new Session(core), loaded = session.load(compileProgram({ outputs, passes }), {});
      for (const [name, stream] of [["x", 1], ["y", 2]] as const)
        if (loaded.program.places.has(name)) session.floats.set(numbers(24, stream), loaded.place(name) / 4);
      if (ranks === 1) loaded.run();
      else runLockstep(loaded, ranks);
      results.push([...outputs].flatMap(([name, { size }]) => [...session.floats.subarray(loaded.place(name) / 4, loaded.place(name) / 4 + size)]));
      session.close();
    }
    for (const other of results.slice(1)) expect(other).toEqual(results[0]);
  }), { numRuns: 150 });
});

test("collapsed axes walk through the same elements in the same order", () => {
  const axes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(axes, fc.func(fc.boolean()), (sizes, stretched) => {
    const dense = stridesOf(sizes), other = dense.map((stride, axis) => (stretched(axis) ? 0 : stride));
    const visit = (lengths: readonly number[], strides: readonly number[][]): string[] => {
      const places: string[] = [], go = (axis: number, at: number[]): void => {
        if (axis === lengths.length) { places.push(at.join()); return; }
        for (let i = 0; i < lengths[axis]!; i++) go(axis + 1, at.map((place, t) => place + i * strides[t]![axis]!));
      };
      go(0, strides.map(() => 0));
      return places;
    };
    const walk = collapse({ sizes, strides: [dense, other] });
    expect(visit(walk.sizes, walk.strides)).toEqual(visit(sizes, [dense, other]));
    expect(walk.sizes.length).toBeLessThanOrEqual(sizes.length);
  }));
});

test("a session's blocks and arena never overlap, freed memory is used again, and programs follow the arena", async () => {
  const session = new Session(await loadCore()), graph = new Graph(), x = input(graph, "x", [1000]);
  const loaded = session.load(compileProgram({ outputs: new Map([["y", relu(x)]]) }), {});
  const check = (): void => {
    session.floats.fill(-1, loaded.place("x") / 4, loaded.place("x") / 4 + 1000);
    loaded.run();
    expect(session.floats.subarray(loaded.place("y") / 4, loaded.place("y") / 4 + 1000).every((value) => value === 0)).toBe(true);
  };
  check();
  const blocks = [100, 70_000, 64, 500_000].map((bytes) => session.allocate(bytes, "a block"));
  blocks.forEach((block, i) => session.bytes(block).fill(i + 1));
  check();
  blocks.forEach((block, i) => expect(session.bytes(block).every((byte) => byte === i + 1)).toBe(true));
  expect(session.arena).toBeGreaterThanOrEqual(Math.max(...blocks.map(({ offset, bytes }) => offset + bytes)));
  session.free(blocks[1]!);
  const again = session.allocate(70_000, "a block");
  expect(again.offset).toBe(blocks[1]!.offset);
  expect(session.bytes(again).every((byte) => byte === 0)).toBe(true);
  check();
});

test("programs run above 2 GiB, where addresses are negative as 32-bit integers", async () => {
  const core = await loadCore(), high = 2 ** 31 + 64;
  const session = new Session({ ...core, base: high } satisfies Core), graph = new Graph();
  const x = input(graph, "x", [37, 300]), w = input(graph, "w", [300, 21]), y = softmax(tanh(matmul(x, w)));
  const outputs = new Map([["y", y], ["g", grad(sum(square(y)), [w])[0]!]]), program = compileProgram({ outputs });
  const run = (its: Session): number[] => {
    const loaded = its.load(program, {});
    its.floats.set(numbers(37 * 300, 1), loaded.place("x") / 4);
    its.floats.set(numbers(300 * 21, 2), loaded.place("w") / 4);
    loaded.run();
    return [...its.floats.subarray(loaded.place("y") / 4, loaded.place("y") / 4 + 37 * 21), ...its.floats.subarray(loaded.place("g") / 4, loaded.place("g") / 4 + 6300)];
  };
  const above = run(session);
  expect(session.arena).toBeGreaterThan(2 ** 31);
  expect(above).toEqual(run(new Session(await loadCore())));
});

test("a product whose factor A would be read beyond its end, as the last panel of narrow columns is, has it packed", () => {
  const lengths = [1, 4, 5, 7, 8, 16, 20], found = new Set<boolean>();
  for (const transposeA of [false, true]) for (const transposeB of [false, true]) for (const m of lengths) for (const n of lengths) for (const k of [1, 9, 300]) {
    const graph = new Graph(), a = input(graph, "a", transposeA ? [k, m] : [m, k]), b = input(graph, "b", transposeB ? [n, k] : [k, n]);
    const { words, instructions } = compileProgram({ outputs: new Map([["c", matmul(a, b, { transposeA, transposeB })]]) });
    for (const { word } of instructions) {
      if ((words[word]! & Header.OPCODE) !== Opcode.Gemm) continue;
      const stays = words[word + Gemm.A_STEP]! > 0;
      found.add(stays);
      if (stays) expect([m % Size.MR, n % Size.NR], `${m} × ${n} × ${k}`).toContain(0);
    }
  }
  expect(found.size).toBe(2);
});

test("a listing names opcode, operands and purpose, one line an instruction", async () => {
  using f = await compile((x, w) => mean(square(matmul(x, w))), [[4, 3], [3, 2]]);
  const lines = listing(f.program).trimEnd().split("\n");
  expect(lines.length).toBe(f.program.instructions.length);
  expect(lines[0]).toMatch(/^ +0 +Direct +C=arena\+\d+ A=arena\+\d+ B=arena\+\d+ M=4 N=2 K=3 A_ROW=3 A_COLUMN=1 B_ROW=2 +; matmul$/);
  expect(lines[1]).toMatch(/Map +KIND=Square .*; square$/);
  expect(lines[2]).toMatch(/Reduce +KIND=Mean .*OUTER=1 AXIS=8 INNER=1 +; mean$/);
});

test("two traces of one program agree, and part at the first instruction whose output differs", async () => {
  using f = await compile((x, w) => softmax(tanh(matmul(x, w))), [[9, 5], [5, 4]]);
  const args = [numbers(45), numbers(20)], hashes = (ranks: number): string[] => { f.stage(args); return trace(f.loaded, ranks).map(({ label, hash }) => `${label} ${hash}`); };
  expect(hashes(1)).toEqual(hashes(4));
  expect(hashes(1).map((line) => line.split(" ")[0])).toEqual(["matmul", "tanh", "softmax"]);
  const before = hashes(1);
  args[1]![7]! += 1;
  expect(hashes(1).findIndex((line, i) => line !== before[i])).toBe(0);
});

test("a switch in the core handles every opcode that there is", () => {
  const vm = readFileSync(new URL("../assembly/vm.ts", import.meta.url), "utf8");
  const handled = [...vm.matchAll(/case Opcode\.(\w+):/g)].map(([, name]) => name);
  const all = Object.keys(Opcode).filter((name) => Number.isNaN(Number(name)) && name !== "End" && name !== "Count");
  expect(handled.sort()).toEqual(all.sort());
});
