// What train chooses where nobody has said it, and why.

import { describe, expect, it } from "vitest";
import { choose, type Facts, tamed, Unfit, weightsOf } from "../../src/advice/choose.ts";

const penguins: Facts = {
  task: "classes", target: "species", rows: 275, inputs: 12, classes: [{ name: "Adelie", rows: 121 }, { name: "Chinstrap", rows: 55 }, { name: "Gentoo", rows: 99 }],
};
const spam: Facts = { task: "yes-no", target: "spam", rows: 40_000, inputs: 30, classes: [{ name: "no", rows: 39_000 }, { name: "yes", rows: 1000 }] };
const houses: Facts = { task: "number", target: "price", rows: 5000, inputs: 20, far: 0 };

describe("choices by docs/choosing.md", () => {
  it("several classes: crossEntropy on logits, one output for each", () => {
    const { plan, choices } = choose(penguins, {});
    expect(plan).toMatchObject({ loss: "crossEntropy", outputs: 3, hidden: [32], activation: "relu", initializer: "he", optimizer: "adamW", schedule: "cosine", learningRate: undefined });
    expect(choices.every(({ why, asked }) => why.length > 10 && !asked)).toBe(true);
    expect(choices.find(({ name }) => name === "task")).toMatchObject({ value: "one of 3 classes", why: "species is one of Adelie, Chinstrap, Gentoo" });
  });

  it("yes or no: one logit; where one class is rare, both count alike", () => {
    const { plan, choices } = choose(spam, {});
    expect(plan).toMatchObject({ loss: "binaryCrossEntropy", outputs: 1, hidden: [128, 64] });
    expect(plan.classWeights!.map((weight) => Math.round(100 * weight))).toEqual([51, 2000]);
    expect(choices.find(({ name }) => name === "class weights")!.why).toContain("39 times");
    expect(choose(spam, { classWeights: "none" }).plan.classWeights).toBeUndefined();
    // labels that begin with 1 leave a class without rows, which is not a rare one
    const letters: Facts = { ...penguins, classes: [{ name: "0", rows: 0 }, ...penguins.classes!] };
    expect(choose(letters, {}).plan.classWeights).toBeUndefined();
    expect(choose(letters, { classWeights: "balanced" }).plan.classWeights!.slice(1)).toEqual(choose(penguins, { classWeights: "balanced" }).plan.classWeights);
  });

  it("a number: mse, or huber where some lie far off", () => {
    expect(choose(houses, {}).plan).toMatchObject({ loss: "mse", outputs: 1, classWeights: undefined });
    expect(choose({ ...houses, far: 0.02 }, {}).plan.loss).toBe("huber");
  });

  it("adam with rows enough, adamW where weights must be kept small", () => {
    expect(choose({ ...houses, rows: 2_000_000 }, {}).plan.optimizer).toBe("adam");
    expect(choose(houses, {}).plan).toMatchObject({ optimizer: "adamW", weightDecay: 0.01 });
  });

  it("a wide input makes the first layer narrower, and a large network warms up", () => {
    expect(choose({ ...penguins, rows: 500, inputs: 20_000 }, {}).plan.hidden).toEqual([16]);
    expect(choose({ ...penguins, rows: 900_000, inputs: 6000 }, {}).plan.schedule).toBe("warmup");
  });

  it("what is asked for wins, and the reason says so", () => {
    const { plan, choices } = choose(penguins, { hidden: [8, 8], activation: "tanh", learningRate: 0.01, epochs: 7, earlyStopping: false }, (name) => `from --${name}`);
    expect(plan).toMatchObject({ hidden: [8, 8], activation: "tanh", initializer: "xavier", learningRate: 0.01, epochs: 7, patience: 0 });
    expect(choices.filter(({ asked }) => asked).map(({ name, why }) => [name, why])).toEqual([["hidden layers", "from --hidden"], ["activation", "from --activation"], ["epochs", "from --epochs"]]);
  });

  it.each([[penguins, "mse"], [houses, "crossEntropy"], [spam, "huber"]])("a loss that the task cannot have is refused, with those that it can", (facts, loss) => {
    expect(() => choose(facts, { loss })).toThrow(Unfit);
    expect(() => choose(facts, { loss })).toThrow(/does not fit: .+ has /);
  });

  it("no hidden layer is a linear model", () => {
    expect(choose(houses, { hidden: [] }).choices.map(({ name }) => name)).not.toContain("activation");
  });
});

it("a range test's suggestion is kept within a factor of what the optimizer starts with", () => {
  expect([tamed(0.0042, "adam"), tamed(3, "adam"), tamed(1e-9, "adam"), tamed(NaN, "sgd"), tamed(0.2, "sgd")]).toEqual([0.0042, 0.01, 0.00033, 0.05, 0.2]);
});

it("weights of dense layers are counted with their biases", () => {
  expect(weightsOf([12, 32, 3])).toBe(12 * 32 + 32 + 32 * 3 + 3);
});
