// The report in one file: it says what the figures say, needs nothing else, and runs nothing that a file put in.

import { describe, expect, it } from "vitest";
import { classReport, escape, numberReport, ticks } from "../../src/advice/report.ts";
import { farOff, quantile, scoreClasses, scoreNumbers } from "../../src/advice/scores.ts";

const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>&\u0000';

describe("scores", () => {
  it("classes, as scikit-learn has them", () => {
    // sklearn.metrics.classification_report([0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 2, 2, 0])
    const { accuracy, macroF1, classes, matrix, logLoss } = scoreClasses(["a", "b", "c"], [0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 2, 2, 0], [1, 0.5, 1, 1, 1, 1, 0.25]);
    expect(accuracy).toBeCloseTo(5 / 7, 12);
    expect(macroF1).toBeCloseTo((0.5 + 0.8 + 0.8) / 3, 12);
    expect(classes[1]).toEqual({ name: "b", rows: 2, precision: 2 / 3, recall: 1, f1: 0.8 });
    expect(matrix).toEqual([[1, 1, 0], [0, 2, 0], [1, 0, 2]]);
    expect(logLoss).toBeCloseTo((Math.log(2) + Math.log(4)) / 7, 12);
  });

  it("a class that nobody says and that has no row has no figures, and takes no part in the mean", () => {
    const { classes, macroF1 } = scoreClasses(["a", "b"], [0, 0], [0, 0], [1, 1]);
    expect([classes[1]!.precision, classes[1]!.recall, classes[1]!.f1, macroF1]).toEqual([NaN, NaN, NaN, 1]);
  });

  it("numbers", () => {
    const { r2, mae, rmse, residuals } = scoreNumbers([3, -0.5, 2, 7], [2.5, 0, 2, 8]);
    expect([r2, mae, rmse]).toEqual([expect.closeTo(0.9486081370449679, 12), 0.5, expect.closeTo(Math.sqrt(0.375), 12)]);
    expect(residuals.map(({ value }) => value)).toEqual([-1, expect.closeTo(-0.925, 12), -0.625, -0.25, expect.closeTo(0.125, 12), expect.closeTo(0.425, 12), 0.5]);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  });

  it("far-off numbers are those beyond Tukey's outer fences", () => {
    expect(farOff(Array.from({ length: 100 }, (_, i) => i))).toBe(0);
    expect(farOff([...Array.from({ length: 98 }, (_, i) => i), 1000, -1000])).toBe(0.02);
  });
});

describe("the report", () => {
  const scores = scoreClasses([evil, "b"], [0, 0, 1], [0, 1, 1], [0.9, 0.4, 0.8]);
  const report = classReport({ title: evil, facts: [["data", evil]], history: { loss: [1, 0.5, NaN], heldOut: [1.2, 0.6, 0.7] } }, scores, { probability: [0.9, 0.6, 0.8], right: [1, 0, 1] });
  const numbers = numberReport({ title: "price", facts: [] }, scoreNumbers([1, 2, 3], [1, 2, 2]), [1, 2, 3], [1, 2, 2], evil);

  it.each([["classes", report], ["numbers", numbers]])("of %s has no script, no address, and escapes what comes from files", (_, text) => {
    expect(text).not.toMatch(/<script|<img|onerror=(?!a)|https?:|url\(|@import|\u0000/i);
    expect(text).toContain("default-src 'none'");
    expect(text).toContain("&#60;script&#62;");
    // every tag is one of ours
    const tags = new Set([...text.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name]) => name!.toLowerCase()));
    expect([...tags].every((name) => ["html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "dl", "dt", "dd", "div", "b", "span", "table", "thead", "tbody", "tr", "th", "td", "figure", "svg", "path", "text", "rect", "circle"].includes(name))).toBe(true);
  });

  it("of a long training, of which some epochs are told, has the curves over their own numbers", () => {
    const long = classReport({ title: "t", facts: [], history: { epochs: [1, 10_000, 20_000], loss: [1, 0.5, 0.4], heldOut: [1, 0.6, 0.5] } }, scores, { probability: [0.9, 0.6, 0.8], right: [1, 0, 1] });
    expect(long).toContain(">20000<");
  });

  it("shows the figures, the matrix and the curves, in light and dark", () => {
    expect(report).toContain("<b>0.6667</b><span>accuracy</span>");
    expect(report).toContain("prefers-color-scheme: dark");
    expect(report.match(/<svg /g)).toHaveLength(2);
    expect(numbers.match(/<circle /g)).toHaveLength(3);
  });

  it("no coordinate is NaN, whatever the numbers are", () => {
    const flat = numberReport({ title: "", facts: [], history: { loss: [NaN], heldOut: [] } }, scoreNumbers([5, 5], [5, 5]), [5, 5], [5, 5], "");
    expect(flat.match(/="[^"]*(NaN|Infinity)[^"]*"/g)).toBeNull();
  });

  it("escapes lone surrogates and every character that means something", () => {
    expect(escape("<&>\"'\ud800x")).toBe("&#60;&#38;&#62;&#34;&#39;\ufffdx");
  });

  it("axes have round numbers", () => {
    expect([ticks(0, 1), ticks(-3, 12), ticks(0.001, 0.0042), ticks(5, 5)]).toEqual([[0, 0.2, 0.4, 0.6, 0.8, 1], [0, 5, 10], [0.001, 0.002, 0.003, 0.004], [5]]);
  });
});
