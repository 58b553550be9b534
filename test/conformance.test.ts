// The program that every runtime is held against, test/runtimes/catalogue.ts, has all that the library has: every export, every op,
// every instruction of the core and every kind of it.

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as isa from "../assembly/isa.ts";
import * as library from "../src/index.ts";
import { opTable } from "../src/ops/table.ts";
import { LoadedProgram } from "../src/session.ts";
import { catalogue, listed } from "./runtimes/catalogue.ts";

const enums = isa as unknown as Readonly<Record<string, Readonly<Record<string, number>> | undefined>>;
const namesOf = (table: object): string[] => Object.keys(table).filter((name) => Number.isNaN(Number(name)) && name !== "Count");

describe.each(Object.keys(listed(library)))("of the %s", (family) => {
  it("every export is in the catalogue program", () => {
    const { compile: _, Compiled: __, Value: ___, ...all } = (library as any)[family]; // those of ops that are none
    expect(listed(library)[family]).toEqual(expect.arrayContaining(Object.keys(all)));
    expect(Object.keys(all)).toEqual(expect.arrayContaining([...listed(library)[family]!]));
  });
});

describe("the catalogue program", () => {
  /** Instructions that ran, with their kinds; ops that were put into a program. */
  const ran = new Set<string>(), emitted = new Set<string>();

  beforeAll(async () => {
    const { runSync } = LoadedProgram.prototype;
    vi.spyOn(LoadedProgram.prototype, "runSync").mockImplementation(function (this: LoadedProgram) {
      const { instructions, words } = this.program;
      for (const { word } of instructions) {
        const name = isa.Opcode[words[word]! & isa.Header.OPCODE]!, { KIND } = enums[name] ?? {};
        ran.add(name);
        if (KIND !== undefined) ran.add(`${name} ${kindsOf(name)![words[word + KIND]!]}`);
      }
      return runSync.call(this);
    });
    for (const op of opTable().values()) {
      const { emit } = op;
      vi.spyOn(op, "emit").mockImplementation(function (this: typeof op, ...args) {
        emitted.add(op.name);
        return emit.apply(this, args);
      });
    }
    await (await catalogue(library)).dispose();
  });
  afterAll(() => void vi.restoreAllMocks());

  it("runs every op of the table", () => {
    expect([...opTable().keys()].filter((name) => !emitted.has(name))).toEqual([]);
  });

  it("runs every instruction and every kind of it", () => {
    const all = namesOf(isa.Opcode).filter((name) => name !== "End").flatMap((name) => {
      const kinds = enums[name]?.KIND === undefined ? undefined : kindsOf(name)!;
      return [name, ...(kinds ? namesOf(kinds).map((kind) => `${name} ${kind}`) : [])];
    });
    expect(all.length).toBeGreaterThan(80);
    expect(all.filter((one) => !ran.has(one))).toEqual(["MapGradient Scale"]); // which there is not: the gradient is another Scale
  });
});

/** The kinds of an instruction; a gradient has those of what it is the gradient of. */
function kindsOf(name: string): Readonly<Record<string | number, any>> | undefined {
  return enums[`${name}Kind`] ?? enums[`${name.replace("Gradient", "")}Kind`];
}
