// What the bench hands on: the picture of the results.

import { describe, expect, it } from "vitest";
import { plot } from "../bench/plot.mjs";

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
