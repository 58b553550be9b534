// Data that the page brings along: two files, and two that are made.

import { cosTurn, sinTurn } from "../../math.ts";
import { draws } from "../../data/philox.ts";
import type { SampleName } from "./api.ts";
import digitImages from "../samples/digits-images-idx3-ubyte?gzip";
import digitLabels from "../samples/digits-labels-idx1-ubyte?gzip";
import penguins from "../../../examples/penguins.csv?gzip";

export function sample(name: SampleName): File[] {
  switch (name) {
    case "penguins":
      return [new File([penguins], "penguins.csv")];
    case "digits":
      return [new File([digitImages], "digits-images-idx3-ubyte"), new File([digitLabels], "digits-labels-idx1-ubyte")];
    case "spirals":
      return [table("spirals.csv", ["x", "y", "arm"], spirals())];
    case "sine":
      return [table("sine.csv", ["time", "value"], sine())];
  }
}

const table = (name: string, columns: readonly string[], rows: readonly (readonly (number | string)[])[]): File =>
  new File([[columns, ...rows].map((cells) => `${cells.join(",")}\n`).join("")], name);

/** Uniform in [−1, 1], in steps that a text of three digits has. */
function noise(): () => number {
  const draw = draws({ low: 8, high: 0 }, 0);
  return () => draw(2001) / 1000 - 1;
}

/** Two arms of 200 points, one and a half turns each. */
function spirals(): (number | string)[][] {
  const shaken = noise();
  return Array.from({ length: 400 }, (_, i) => {
    const arm = i % 2, along = Math.floor(i / 2) / 200, turn = (1.5 * along + arm / 2) % 1, radius = 0.1 + 0.9 * along;
    return [rounded(radius * cosTurn(turn) + 0.03 * shaken()), rounded(radius * sinTurn(turn) + 0.03 * shaken()), arm ? "blue" : "orange"];
  });
}

/** Two turns of a sine in 300 points, with noise. */
function sine(): number[][] {
  const shaken = noise();
  return Array.from({ length: 300 }, (_, i) => [rounded(i / 30), rounded(sinTurn((i / 150) % 1) + 0.1 * shaken())]);
}

const rounded = (value: number): number => Math.round(1e4 * value) / 1e4;
