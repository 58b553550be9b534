import { expect, test } from "vitest";
import { adam, binaryCrossEntropy, cosine, createModel, crossEntropy, dense, dropout, hash, mse, NonFiniteError, relu, sequential, sgd, tanh } from "../src/index.ts";
import { classified, classifier, numbers, parametersOf } from "./helpers.ts";

const batch = (rows: number, stream = 1) => classified(rows, 6, 3, stream);

test("steps of the loop by hand are those of fit", async () => {
  const data = batch(32), a = await classifier(), b = await classifier();
  await a.fit(data, { loss: crossEntropy(), optimizer: adam(), batchSize: 32, epochs: 5, shuffle: false });
  const trainer = b.trainer({ loss: crossEntropy(), optimizer: adam() });
  const losses = Array.from({ length: 5 }, () => trainer.step(data));
  expect(hash(b)).toBe(hash(a));
  expect(trainer.steps).toBe(5);
  expect(losses.every((loss) => loss > 0 && loss < 2)).toBe(true);
});

test("gradients and apply are the two halves of a step, bit for bit", async () => {
  const a = await classifier(), b = await classifier();
  const whole = a.trainer({ loss: crossEntropy(), optimizer: adam(), clipNorm: 0.3 }), halves = b.trainer({ loss: crossEntropy(), optimizer: adam(), clipNorm: 0.3 });
  for (let i = 0; i < 4; i++) {
    const data = batch(10 + i, i), { loss, gradients } = halves.gradients(data);
    expect(loss).toBe(whole.step(data));
    expect([...gradients.keys()]).toEqual([...b.parameters.keys()]);
    expect(gradients.get("0.weight")!.shape).toEqual([12, 6]);
    halves.apply(gradients);
  }
  expect(hash(b)).toBe(hash(a));
});

test("gradients are those of the formula", async () => {
  const model = await createModel(dense(1, { initializer: () => [2, -1] }), { input: [2] });
  const { loss, gradients } = model.trainer({ loss: mse() }).gradients({ x: [[1, 2], [3, 4]], y: [1, 1] });
  // predictions 0 and 2, errors -1 and 1
  expect(loss).toBe(1);
  expect([...gradients.get("weight")!.data]).toEqual([2, 2]);
  expect([...gradients.get("bias")!.data]).toEqual([0]);
});

test("batches of any size and kind may follow each other", async () => {
  const model = await classifier(), trainer = model.trainer({ loss: crossEntropy(), optimizer: sgd({ learningRate: 0.01 }) });
  for (const rows of [1, 2, 3, 4, 5, 7, 16, 17, 64, 65, 100, 3, 1]) expect(trainer.step(batch(rows))).toBeGreaterThan(0);
  const { x } = batch(3);
  expect(trainer.step({ x, y: [[1, 0, 0], [0, 1, 0], [0, 0.5, 0.5]] })).toBeGreaterThan(0);
  expect(trainer.step({ x, y: [0, 1, 2], weight: [1, 0, 2] })).toBeGreaterThan(0);
  expect(trainer.step({ x: Float64Array.from(x), y: Uint8Array.from([0, 1, 2]) })).toBeGreaterThan(0);
});

test("typed arrays that are copied as they are give the losses of nested ones", async () => {
  const net = () => createModel(sequential(dense(8), tanh(), dense(1)), { input: [2], seed: 5 });
  const a = await net(), b = await net();
  const fast = a.trainer({ loss: binaryCrossEntropy(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) });
  const slow = b.trainer({ loss: binaryCrossEntropy(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) });
  for (let i = 0; i < 10; i++) {
    const x = numbers(8, i), y = Float32Array.from({ length: 4 }, (_, row) => (x[2 * row]! > 0 ? 1 : 0));
    expect(fast.step({ x, y })).toBe(slow.step({ x: Array.from({ length: 4 }, (_, row) => [...x.subarray(2 * row, 2 * row + 2)]), y: [...y] }));
  }
  expect(hash(a)).toBe(hash(b));
});

test("the learning rate can be set between steps, and a schedule follows its clock", async () => {
  const net = () => createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
  const model = await net(), trainer = model.trainer({ loss: (p) => p, optimizer: sgd({ learningRate: 1 }) });
  const data = { x: [[1]], y: [0] };
  trainer.step(data);
  trainer.learningRate = 0.25;
  trainer.step(data);
  expect(trainer.learningRate).toBe(0.25);
  expect(parametersOf(model).weight).toEqual([-1.25]);
  expect(() => { trainer.learningRate = NaN; }).toThrow(expect.objectContaining({ code: "bad-option" }));
  const other = await net(), scheduled = other.trainer({ loss: (p) => p, optimizer: sgd({ learningRate: 1 }), schedule: cosine(), steps: 2 });
  scheduled.step(data);
  scheduled.step(data);
  expect(parametersOf(other).weight![0]).toBeCloseTo(-1.5, 6);
});

test("a checkpoint taken between any two steps goes on bit for bit", async () => {
  const make = async () => { const model = await classifier(); return [model, model.trainer({ loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), seed: 8 })] as const; };
  const [whole, trainer] = await make(), checkpoints: Uint8Array[] = [];
  for (let i = 0; i < 8; i++) {
    checkpoints.push(trainer.checkpoint());
    if (i === 4) trainer.learningRate = 0.002;
    trainer.step(batch(9, i));
  }
  for (const [at, resume] of checkpoints.entries()) {
    const [model] = await make(), resumed = model.trainer({ loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), resume });
    expect(resumed.steps).toBe(at);
    for (let i = at; i < 8; i++) {
      if (i === 4) resumed.learningRate = 0.002;
      resumed.step(batch(9, i));
    }
    expect(hash(model)).toBe(hash(whole));
    model.dispose();
  }
});

test("NaN in a batch is told with its place; a step whose loss overflows is told too; nothing has changed", async () => {
  const model = await classifier(), trainer = model.trainer({ loss: crossEntropy(), optimizer: adam() });
  trainer.step(batch(4));
  const before = trainer.checkpoint(), bad = batch(4);
  bad.x[13] = NaN;
  expect(() => trainer.step(bad)).toThrow(expect.objectContaining({ code: "not-finite", details: expect.objectContaining({ option: "x", row: 2, position: 1 }) }));
  bad.x[13] = Infinity;
  expect(() => trainer.step(bad)).toThrow(expect.objectContaining({ code: "not-finite" }));
  expect(() => trainer.gradients(bad)).toThrow(expect.objectContaining({ code: "not-finite" }));
  expect(trainer.checkpoint()).toEqual(before);
  const squares = (await createModel(dense(1), { input: [1] })).trainer({ loss: mse() }), start = squares.checkpoint();
  expect(() => squares.step({ x: [[3e38]], y: [[0]] })).toThrow(NonFiniteError);
  expect(squares.checkpoint()).toEqual(start);
  const { gradients } = trainer.gradients(batch(4));
  gradients.get("0.bias")!.data[0] = NaN;
  expect(() => trainer.apply(gradients)).toThrow(NonFiniteError);
  expect(trainer.checkpoint()).toEqual(before);
});

test("apply wants the gradient of every trainable parameter, in its shape", async () => {
  const model = await createModel(dense(2), { input: [3] }), trainer = model.trainer({ loss: mse() });
  const good = () => new Map<string, number[]>([["weight", [1, 2, 3, 4, 5, 6]], ["bias", [1, 2]]]);
  const missing = good(), wide = good().set("bias", [1, 2, 3]), more = good().set("else", [1]);
  missing.delete("bias");
  for (const bad of [missing, wide, more, {}]) expect(() => trainer.apply(bad as Map<string, number[]>)).toThrow(expect.objectContaining({ name: "ShapeError" }));
  trainer.apply(good());
  expect(trainer.steps).toBe(1);
});

test("two trainers of one model have states of their own; dispose gives the memory back", async () => {
  const model = await createModel(sequential(dense(300), relu(), dropout(0.5), dense(2)), { input: [300] });
  const data = { x: numbers(900), y: [0, 1, 1] };
  const a = model.trainer({ loss: crossEntropy(), optimizer: adam() }), b = model.trainer({ loss: crossEntropy(), optimizer: sgd() });
  a.step(data);
  b.step(data);
  expect([a.steps, b.steps]).toEqual([1, 1]);
  a.dispose();
  expect(() => a.step(data)).toThrow(expect.objectContaining({ code: "disposed" }));
  b.step(data);
  b.dispose();
  const { memory } = model.info();
  for (let i = 0; i < 20; i++) {
    const trainer = model.trainer({ loss: crossEntropy(), optimizer: adam() });
    trainer.step(data);
    trainer.dispose();
  }
  expect(model.info().memory).toBe(memory);
});
