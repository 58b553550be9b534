// What the bench hands on: the network that ONNX Runtime is asked for, and the picture of the results.

import { describe, expect, it } from "vitest";
import { onnxFile } from "../bench/peers/onnx.mjs";
import { plot } from "../bench/plot.mjs";
import { readModel } from "./onnx/files.ts";

it("the ONNX file of a network holds its weights and its graph", () => {
  const layers = [
    { from: 2, to: 3, weight: Float32Array.of(1, 2, 3, 4, 5, 6), bias: Float32Array.of(7, 8, 9) },
    // part of a larger array, and a length of more than one byte
    { from: 3, to: 50, weight: new Float32Array(160).fill(0.5).subarray(10), bias: new Float32Array(50).fill(-1) },
  ];
  const { nodes, constants, inputs, outputs } = readModel(onnxFile(layers, { rows: 4, activation: "tanh" }));
  expect(nodes.map(({ op, inputs, outputs }) => `${outputs} = ${op}(${inputs})`)).toEqual(["z0 = Gemm(x,weight0,bias0)", "a0 = Tanh(z0)", "logits = Gemm(a0,weight1,bias1)"]);
  layers.forEach(({ from, to, weight, bias }, i) => {
    expect(constants.get(`weight${i}`)).toEqual({ type: "float32", shape: [from, to], data: [...weight] });
    expect(constants.get(`bias${i}`)).toEqual({ type: "float32", shape: [to], data: [...bias] });
  });
  expect(inputs).toEqual(["x"]);
  expect(outputs).toEqual(["logits"]);
});

describe("the plot of the results", () => {
  const part = (node: string, ...ratios: [string, number][]) => ({ node, figures: { steps: [{ work: "W2", title: "784-128-10, batch < 65", ratios }] } });
  /** x and width of the bars of a Node. */
  const bars = (svg: string, node: number) => [...svg.matchAll(new RegExp(`<rect class="n${node}" x="([\\d.]+)" y="\\d+" width="([\\d.]+)" height="\\d+"/>`, "g"))]
    .map(([, x, width]) => ({ x: Number(x), width: Number(width) })).slice(1); // the first is the legend's

  it("has bars whose lengths are logarithms, to the left where a peer is faster", () => {
    const [ten, hundred, half] = bars(plot([part("20.0.0", ["a", 10], ["b", 100], ["c", 0.5])]), 0);
    expect(hundred!.width / ten!.width).toBeCloseTo(2, 2);
    expect(half!.width / ten!.width).toBeCloseTo(Math.log10(2), 2);
    expect(hundred!.x).toBe(ten!.x);
    expect(half!.x + half!.width).toBeCloseTo(ten!.x, 1);
  });

  it("has a bar and a figure for each Node, none where a peer is missing", () => {
    const svg = plot([part("20.0.0", ["a", 10], ["b", 3]), part("24.0.0", ["a", 20])]);
    expect([bars(svg, 0).length, bars(svg, 1).length]).toEqual([2, 1]);
    for (const text of ["Node 20.0.0", "Node 24.0.0", "10.0 · 20.0", ">3.00<", "batch &lt; 65"]) expect(svg).toContain(text);
  });
});
