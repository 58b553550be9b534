// The layers without parameters against torch.nn: outputs, and gradients through them. (dense is in the curves.)

import { afterAll, expect, test } from "vitest";
import { createModel, dense, layer, type Layer, layers, ops, sequential } from "../../src/index.ts";
import { fixture, g, type Input, type Saved, typed } from "./fixtures.ts";
import { Worst } from "../worst.ts";

export interface LayerCase {
  layer: string;
  args: unknown[];
  x: Input;
  shape: number[];
  y: Saved;
  dx: Saved;
}

const worst = new Worst("layers");
afterAll(() => worst.print());

fixture<LayerCase>("layers.json").forEach(({ layer: name, args, x, shape, y, dx }, i) => {
  const of = `${i}: ${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")}) of [${x.shape.join(", ")}]`;
  test(of, async () => {
    const make = layers[name as keyof typeof layers] as (...args: unknown[]) => Layer;
    const [rows, ...row] = x.shape as [number, ...number[]], size = row.reduce((a, b) => a * b, 1);
    // the identity times a weight that holds x: the weight's gradient is that of x
    const model = await createModel(sequential(
      dense(size, { bias: false }), layer("shaped", (value) => ops.reshape(value, [-1, ...row])), make(...args),
    ), { input: [rows] });
    const data = typed(x), weight = Float32Array.from(data, (_, at) => data[(at % rows) * size + Math.floor(at / rows)]!);
    model.setParameters({ "0.weight": { data: weight, shape: [size, rows] } }, { strict: false }); // prelu has one of its own
    const identity = Float32Array.from({ length: rows * rows }, (_, at) => (at % (rows + 1) === 0 ? 1 : 0));
    const prediction = model.predict(identity) as { data: Float32Array; shape: number[] };
    expect(prediction.shape).toEqual(shape);
    const zeros = "the matrix product adds zeros of either sign";
    worst.check(name, "value", `${of}, output`, prediction.data, y, { zeros });
    const trainer = model.trainer({ loss: (p, t) => ops.sum(ops.multiply(p, t)) });
    const { gradients } = trainer.gradients({ x: identity, y: { data: g(y.length), shape } });
    const gradient = gradients.get("0.weight")!.data;
    const got = Float32Array.from(data, (_, at) => gradient[(at % size) * rows + Math.floor(at / size)]!);
    worst.check(name, "gradient", `${of}, gradient`, got, dx, {
      zeros, ...(name === "hardSwish" && { other: { at: (at) => data[at] === -3, wants: () => 0, why: "the slope from without, as at 3" } }),
    });
    model.dispose();
  });
});
