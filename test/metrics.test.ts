// The metrics against plain formulas in f64, and the numbers of scikit-learn's documentation.

import { describe, expect, test } from "vitest";
import {
  binaryCrossEntropy, confusionMatrix, createModel, crossEntropy, dense, f1, flatten, hinge, logLoss, type LossOption, mae, mse, OptionError, precision, r2, recall, rmse,
  rocAuc, sgd, topKAccuracy, tripletMargin,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { numbers } from "./helpers.ts";

type Any = any;

/** Scores of outputs as they are: the model hands its input on. */
async function scores(x: number[][] | Float32Array, y: Any, loss: LossOption, metrics: Any[], more: { width?: number; weight?: number[] } = {}): Promise<Record<string, number>> {
  const model = await createModel(flatten(), { input: [more.width ?? (x as number[][])[0]!.length] });
  try {
    const data = more.weight ? { x, y, weight: more.weight } : { x, y };
    return (await model.evaluate(data, { loss, metrics, batchSize: 3 })) as Any;
  } finally {
    model.dispose();
  }
}

/** What an average is reported as. */
const named = (name: string, average: string): string => (average === "micro" ? `micro${name[0]!.toUpperCase()}${name.slice(1)}` : name);

const oneHot = (labels: number[], classes: number): number[][] => labels.map((label) => Array.from({ length: classes }, (_, i) => Number(i === label)));

describe("scikit-learn's examples", () => {
  // y_true = [0, 1, 2, 0, 1, 2], y_pred = [0, 2, 1, 0, 0, 1]
  const y = [0, 1, 2, 0, 1, 2], said = oneHot([0, 2, 1, 0, 0, 1], 3);
  test.each([
    ["precision_score, macro", precision(), 0.2222222], ["precision_score, micro", precision({ average: "micro" }), 0.3333333],
    ["recall_score, macro", recall(), 0.3333333], ["recall_score, micro", recall({ average: "micro" }), 0.3333333],
    ["f1_score, macro", f1(), 0.2666667], ["f1_score, micro", f1({ average: "micro" }), 0.3333333],
  ] as const)("%s", async (_, metric, wanted) => {
    const result = await scores(said, y, crossEntropy(), [metric]);
    expect(result[metric.metric]).toBeCloseTo(wanted, 7);
  });

  test("log_loss, roc_auc_score, top_k_accuracy_score", async () => {
    const spam = await scores([[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]], [1, 0, 0, 1], crossEntropy({ from: "probabilities" }), [logLoss()]);
    expect(spam.logLoss).toBeCloseTo(0.21616, 5);
    const roc = await scores([[0.1], [0.4], [0.35], [0.8]], [0, 0, 1, 1], binaryCrossEntropy({ from: "probabilities" }), [rocAuc()]);
    expect(roc.rocAuc).toBe(0.75);
    const top = await scores([[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1]], [0, 1, 2, 2], crossEntropy(), [topKAccuracy(2), topKAccuracy(3)]);
    expect(top).toMatchObject({ top2Accuracy: 0.75, top3Accuracy: 1 });
  });

  test("r2_score, with one output, several, weights, and targets that are all alike", async () => {
    const one = await scores([[2.5], [0], [2], [8]], [[3], [-0.5], [2], [7]], mse(), [r2()]);
    expect(one.r2).toBeCloseTo(0.948608, 6);
    const two = await scores([[0, 2], [-1, 2], [8, -5]], [[0.5, 1], [-1, 1], [7, -6]], mse(), [r2()]);
    expect(two.r2).toBeCloseTo((0.965438 + 0.908163) / 2, 5); // multioutput="raw_values", averaged
    const [exact, off, poor] = [await scores([[1], [2], [3]], [1, 2, 3], mse(), [r2()]), await scores([[2], [2], [2]], [1, 2, 3], mse(), [r2()]), await scores([[3], [2], [1]], [1, 2, 3], mse(), [r2()])];
    expect([exact.r2, off.r2, poor.r2]).toEqual([1, 0, -3]);
    expect((await scores([[-2], [-2], [-2]], [-2, -2, -2], mse(), [r2()])).r2).toBe(1);
    expect((await scores([[-2], [-2], [-2 + 1e-3]], [-2, -2, -2], mse(), [r2()])).r2).toBe(0);
  });

  test("mean_absolute_error, mean_squared_error and its root", async () => {
    const result = await scores([[2.5], [0], [2], [8]], [[3], [-0.5], [2], [7]], mse(), ["mae", "mse", rmse()]);
    expect(result.mae).toBe(0.5);
    expect(result.mse).toBe(0.375);
    expect(result.rmse).toBeCloseTo(0.612372, 6);
  });

  test("confusion_matrix", () => {
    expect(confusionMatrix([0, 0, 2, 2, 0, 2], [2, 0, 2, 2, 0, 1])).toEqual({ classes: ["0", "1", "2"], matrix: [[2, 0, 0], [0, 0, 1], [1, 0, 2]] });
    const cats = confusionMatrix(["ant", "ant", "cat", "cat", "ant", "cat"], ["cat", "ant", "cat", "cat", "ant", "bird"], { classes: ["ant", "bird", "cat"] });
    expect(cats.matrix).toEqual([[2, 0, 0], [0, 0, 1], [1, 0, 2]]);
  });
});

/** The formulas, told plainly. */
function plain(said: boolean[], right: boolean[], weight: number[]): { precision: number; recall: number; f1: number } {
  const total = (f: (i: number) => boolean): number => weight.reduce((all, w, i) => all + (f(i) ? w : 0), 0);
  const hits = total((i) => said[i]! && right[i]!), p = hits / total((i) => said[i]!), r = hits / total((i) => right[i]!);
  return { precision: p, recall: r, f1: (2 * p * r) / (p + r) };
}

describe("random outputs", () => {
  const rows = 50, x = numbers(rows, 5), yes = Array.from(numbers(rows, 6), (v, i) => Number(v + x[i]! > 0.2)), weight = Array.from(numbers(rows, 7), (v) => Math.fround(v + 1.5));
  const column = Array.from(x, (v) => [v]);

  test.each(["logit", "probability", "sign"] as const)("precision, recall and f1 of one output read as a %s", async (reading) => {
    const loss = { logit: binaryCrossEntropy(), probability: binaryCrossEntropy({ from: "probabilities" }), sign: hinge() }[reading];
    const outputs = reading === "probability" ? column.map(([v]) => [(v! + 1) / 2]) : column, y = reading === "sign" ? yes.map((t) => 2 * t - 1) : yes;
    for (const average of ["macro", "micro"] as const) {
      const result = await scores(outputs, y, loss, [precision({ average }), recall({ average }), f1({ average })], { weight });
      const wanted = plain(column.map(([v]) => v! > 0), yes.map(Boolean), weight);
      for (const name of ["precision", "recall", "f1"] as const) expect(result[named(name, average)]).toBeCloseTo(wanted[name], 12);
    }
  });

  test("several yes-or-no outputs: macro is the mean over them, micro one pot", async () => {
    const outputs = Array.from({ length: rows }, (_, i) => [...numbers(3, 100 + i)]), targets = outputs.map((row, i) => row.map((v, j) => Number(v + numbers(3, 200 + i)[j]! > 0)));
    const each = [0, 1, 2].map((j) => plain(outputs.map((row) => row[j]! > 0), targets.map((row) => row[j] === 1), outputs.map(() => 1)));
    const pot = plain(outputs.flat().map((v) => v > 0), targets.flat().map(Boolean), outputs.flat().map(() => 1));
    for (const name of ["precision", "recall", "f1"] as const) {
      const make = { precision, recall, f1 }[name];
      const macro = await scores(outputs, targets, binaryCrossEntropy(), [make()]), micro = await scores(outputs, targets, binaryCrossEntropy(), [make({ average: "micro" })]);
      expect(macro[name]).toBeCloseTo(each.reduce((total, one) => total + one[name], 0) / 3, 12);
      expect(micro[named(name, "micro")]).toBeCloseTo(pot[name], 12);
    }
  });

  test("rocAuc is the share of pairs in which yes is above no", async () => {
    const rounded = Array.from(x, (v) => Math.round(v * 8) / 8); // with equals
    let pairs = 0, above = 0;
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < rows; j++)
        if (yes[i] && !yes[j]) {
          pairs += weight[i]! * weight[j]!;
          above += weight[i]! * weight[j]! * (rounded[i]! > rounded[j]! ? 1 : rounded[i] === rounded[j] ? 0.5 : 0);
        }
    const result = await scores(rounded.map((v) => [v]), yes, binaryCrossEntropy(), [rocAuc()], { weight });
    expect(result.rocAuc).toBeCloseTo(above / pairs, 12);
    expect((await scores(column, yes.map(() => 1), binaryCrossEntropy(), [rocAuc()])).rocAuc).toBeNaN();
  });

  test("rocAuc of classes: the mean of each against the rest, by probabilities and not by logits", async () => {
    const logits = Array.from({ length: rows }, (_, i) => [...numbers(3, 300 + i)].map((v) => Math.fround(4 * v))), y = logits.map((row, i) => (i % 4 ? row.indexOf(Math.max(...row)) : i % 3));
    const probabilities = logits.map((row) => row.map((v) => Math.exp(v) / row.reduce((all, u) => all + Math.exp(u), 0)));
    const area = (of: number[][], c: number): number => {
      let pairs = 0, above = 0;
      of.forEach((a, i) => of.forEach((b, j) => {
        if (y[i] === c && y[j] !== c) {
          pairs++;
          above += a[c]! > b[c]! ? 1 : a[c] === b[c] ? 0.5 : 0;
        }
      }));
      return above / pairs;
    };
    const wanted = [0, 1, 2].map((c) => area(probabilities, c)), wrong = [0, 1, 2].map((c) => area(logits, c));
    const { rocAuc: got } = await scores(logits, y, crossEntropy(), [rocAuc()]);
    expect(got).toBeCloseTo(wanted.reduce((a, b) => a + b) / 3, 12);
    expect(got).not.toBeCloseTo(wrong.reduce((a, b) => a + b) / 3, 4); // the test would see it
  });

  test("logLoss has the bits of the loss it is, for every reading", async () => {
    for (const [loss, outputs, y] of [
      [binaryCrossEntropy(), column, yes], [binaryCrossEntropy({ from: "probabilities" }), column.map(([v]) => [(v! + 1) / 2]), yes],
      [crossEntropy(), column.map(([v]) => [v!, 0.3]), yes], [crossEntropy(), column.map(([v]) => [v!, 0.3]), oneHot(yes, 2)],
    ] as [LossOption, number[][], Any][]) {
      const result = await scores(outputs, y, loss, [logLoss()], { weight });
      expect(result.logLoss).toBeCloseTo(result.loss!, 6);
    }
  });

  test("rmse and r2 count rows by their weight: one of weight 2 is as good as two", async () => {
    const y = Array.from(numbers(rows, 9)), twice = weight.map((_, i) => 1 + (i % 3));
    const repeat = <T>(list: T[]): T[] => list.flatMap((value, i) => Array.from({ length: twice[i]! }, () => value));
    const weighted = await scores(column, y, mse(), [rmse(), r2(), mae()], { weight: twice }), repeated = await scores(repeat(column), repeat(y), mse(), [rmse(), r2(), mae()]);
    for (const name of ["rmse", "r2", "mae"]) expect(weighted[name]).toBeCloseTo(repeated[name]!, 6);
    expect(weighted.rmse).toBeCloseTo(Math.sqrt(weighted.loss!), 6);
  });

  test("topKAccuracy: one-hot targets, equals, and k = 1 as accuracy", async () => {
    const logits = Array.from({ length: rows }, (_, i) => [...numbers(5, 400 + i)]), y = logits.map((_, i) => i % 5);
    const wanted = (k: number): number => logits.filter((row, i) => row.filter((v) => v > row[y[i]!]!).length < k).length / rows;
    for (const target of [y, oneHot(y, 5)]) {
      const result = await scores(logits, target, crossEntropy(), ["accuracy", topKAccuracy(1), topKAccuracy(2), topKAccuracy(4)]);
      expect(result.top1Accuracy).toBe(result.accuracy);
      expect(result.top2Accuracy).toBeCloseTo(wanted(2), 6);
      expect(result.top4Accuracy).toBeCloseTo(wanted(4), 6);
    }
    expect((await scores([[1, 1, 1]], [2], crossEntropy(), [topKAccuracy(1)])).top1Accuracy).toBe(1);
  });
});

test("both averages stand in one report", async () => {
  const model = await createModel(flatten(), { input: [3] });
  const { precision: macro, microPrecision: micro } = await model.evaluate(
    { x: oneHot([0, 2, 1, 0, 0, 1], 3), y: [0, 1, 2, 0, 1, 2] }, { loss: crossEntropy(), metrics: [precision(), precision({ average: "micro" })] });
  expect([macro, micro]).toEqual([expect.closeTo(0.2222222, 7), expect.closeTo(0.3333333, 7)]);
});

test("of 3 classes there are no 7 greatest", async () => {
  await expect(scores([[3, 2, 1]], [0], crossEntropy(), [topKAccuracy(7)])).rejects.toThrow(/topKAccuracy: k: wanted at most the number of classes, 3, got 7/);
  expect((await scores([[3, 2, 1]], [2], crossEntropy(), [topKAccuracy(3)])).top3Accuracy).toBe(1);
});

describe("rows whose outputs are NaN are left out", () => {
  /** As the numbers of `outputs`, those of rows below 0 NaN. */
  const scoresOf = async (x: number[][], y: Any, loss: LossOption, metrics: Any[]) => {
    const model = await createModel((v) => ops.add(v, ops.multiply(ops.sum(ops.sqrt(v), -1, { keepDims: true }), 0)), { input: [x[0]!.length] });
    return (await model.evaluate({ x, y }, { loss, metrics })) as Any;
  };
  const bad = [-1, 0, 0];

  test.each([["some", [bad, [3, 1, 0], bad, [0, 1, 2], [1, 3, 0]], [0, 0, 1, 1, 1]], ["all", [bad, bad], [0, 1]]])("%s, of classes", async (which, x, y) => {
    const metrics = () => [precision(), recall(), f1({ average: "micro" }), rocAuc()], got = await scoresOf(x, y, crossEntropy(), metrics());
    const kept = x.flatMap((row, i) => (row === bad ? [] : [i]));
    const wanted = which === "all" ? undefined : await scores(kept.map((i) => x[i]!), kept.map((i) => y[i]!), crossEntropy(), metrics());
    for (const name of ["precision", "recall", "microF1", "rocAuc"]) expect(got[name], name).toEqual(wanted?.[name] ?? NaN);
    const nan = x.map((row) => (row === bad ? [NaN, 0, 1] : row));
    expect(confusionMatrix(nan, y).matrix).toEqual(which === "all" ? [[0, 0], [0, 0]] : [[1, 0, 0], [0, 1, 1], [0, 0, 0]]);
  });

  test("of a number: r2", async () => {
    expect((await scoresOf([[4], [-1], [1]], [4, 100, 2], mse(), [r2()])).r2).toBe(0.5);
    expect((await scoresOf([[-1]], [1], mse(), [r2()])).r2).toBe(NaN);
  });

  test("a class beside NaN is not among the greatest", async () => {
    expect((await scoresOf([[-1, 0, 0], [1, 2, 3]], [0, 2], crossEntropy(), [topKAccuracy(2)])).top2Accuracy).toBe(0.5);
  });

  test("confusionMatrix of a model", async () => {
    const model = await createModel((v) => ops.sqrt(v), { input: [2] });
    expect(confusionMatrix(model, { x: [[1, 4], [-1, 0], [9, 0]], y: [1, 0, 1] }).matrix).toEqual([[0, 0], [1, 1]]);
  });
});

describe("targets that say nothing of classes", () => {
  const triplets = [[0, 0, 3, 4, 0, 2], [1, 0, 0, 1, 0, 0]];
  test.each([["precision", precision()], ["recall", recall()], ["f1", f1()], ["rocAuc", rocAuc()], ["top2Accuracy", topKAccuracy(2)], ["logLoss", logLoss()], ["rmse", rmse()], ["r2", r2()]])(
    "%s refuses those of tripletMargin", async (of, metric) => {
      await expect(scores(triplets, [0, 1], tripletMargin(), [metric])).rejects.toMatchObject({ code: "bad-option", details: { of } });
    });

  test("and class numbers that are none", async () => {
    const own = (prediction: ops.Value) => ops.sum(prediction, -1);
    await expect(scores(triplets, Int32Array.of(0, 6), own, [f1()])).rejects.toThrow(/f1.*got 6/);
    expect((await scores(triplets, Int32Array.of(3, 0), own, [f1()])).f1).toBe(1);
  });
});

test("classes that occur nowhere do not count in a macro average", async () => {
  const result = await scores(oneHot([0, 1, 1, 0], 4), [0, 1, 0, 0], crossEntropy(), [f1(), precision(), recall()]);
  expect(result.precision).toBeCloseTo((1 + 0.5) / 2, 12);
  expect(result.recall).toBeCloseTo((2 / 3 + 1) / 2, 12);
  expect(result.f1).toBeCloseTo((0.8 + 2 / 3) / 2, 12);
});

test("rows of several positions: each position is a decision", async () => {
  const model = await createModel((x) => x, { input: [2, 3] });
  const x = { data: [...oneHot([0, 2, 1, 0], 3).flat()], shape: [2, 2, 3] }, y = { data: [0, 1, 1, 1], shape: [2, 2] };
  const metrics = [f1({ average: "micro" as const }), topKAccuracy(1), "accuracy" as const];
  expect(await model.evaluate({ x, y }, { loss: crossEntropy(), metrics })).toMatchObject({ microF1: 0.5, top1Accuracy: 0.5, accuracy: 0.5 });
  model.dispose();
});

test("metrics stand in a fit's reports, in training and validation", async () => {
  const model = await createModel(dense(3), { input: [2], seed: 1 });
  const data = { x: numbers(40), y: Array.from({ length: 20 }, (_, i) => i % 3) };
  const history = await model.fit(data, { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 6, validation: 0.3, metrics: [f1(), rocAuc(), topKAccuracy(2), logLoss()] });
  const [report] = history.epochs;
  for (const scored of [report!, report!.validation]) {
    for (const name of ["f1", "rocAuc", "top2Accuracy", "logLoss"] as const) expect(scored[name], name).toSatisfy((value: number) => value >= 0 && value <= 5);
    expect(scored.logLoss).toBeCloseTo(scored.loss, 5);
  }
  model.dispose();
});

describe("confusionMatrix", () => {
  test("of a model that classifies, by name, one-hot rows and flat arrays", async () => {
    const model = await createModel(flatten(), { input: [3], classes: ["a", "b", "c"] });
    const x = oneHot([0, 2, 1, 0], 3), wanted = { classes: ["a", "b", "c"], matrix: [[1, 0, 1], [1, 1, 0], [0, 0, 0]] };
    for (const y of [[0, 0, 1, 1], Int32Array.of(0, 0, 1, 1), ["a", "a", "b", "b"], oneHot([0, 0, 1, 1], 3), Float32Array.from(oneHot([0, 0, 1, 1], 3).flat())])
      expect(confusionMatrix(model, { x, y })).toEqual(wanted);
    model.dispose();
  });

  test("of one logit, and of a model with several outputs", async () => {
    const one = await createModel(flatten(), { input: [1] }), x = [[1], [-1], [2]];
    expect(confusionMatrix(one, { x, y: [1, 1, 0] }).matrix).toEqual([[0, 1], [1, 1]]);
    const two = await createModel(({ a }) => ({ p: a, q: a }), { input: { a: [2] } });
    expect(confusionMatrix(two, { x: { a: [[1, 0], [0, 1]] }, y: { p: [0, 0], q: [1, 1] } }, { output: "q" }).matrix).toEqual([[0, 0], [1, 1]]);
    one.dispose();
    two.dispose();
  });

  test("of a model trained with hinge, whose targets are signs", async () => {
    const model = await createModel(dense(1, { bias: false, initializer: () => [1] }), { input: [1] });
    await model.fit({ x: [[1], [-1]], y: [1, -1] }, { loss: hinge(), optimizer: sgd({ learningRate: 0 }) });
    expect(confusionMatrix(model, { x: [[1], [-1], [2]], y: [1, -1, -1] }).matrix).toEqual([[1, 1], [0, 1]]);
    model.dispose();
  });
});

test("r2 of class numbers is refused, as is that of targets of another width", async () => {
  const model = await createModel(flatten(), { input: [3] }), rows = [[3, 2, 1], [1, 2, 3]];
  for (const loss of [crossEntropy(), tripletMargin()]) await expect(model.evaluate({ x: rows, y: [2, 0] }, { loss: loss as never, metrics: [r2()] })).rejects.toThrow(OptionError);
});
