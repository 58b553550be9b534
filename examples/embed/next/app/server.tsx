// A server component: Node.js trains, once for all requests, and sends what came of it as HTML.

import { createModel, hash } from "lanewise";
import { type Result, Shown } from "./result";
import { data, network, options, training } from "./ring";

async function train(): Promise<Result> {
  using model = await createModel(network(), options);
  const { epochs } = await model.fit(data, training), { loss, accuracy } = epochs.at(-1)!;
  return { engine: model.info().engine, loss, accuracy, hash: hash(model), label: model.classify([[0.6, 0]])[0]![0]!.label };
}

let trained: Promise<Result> | undefined;

export async function Server() {
  return (
    <section>
      <h2>On the server</h2>
      <Shown id="server" {...await (trained ??= train())} />
    </section>
  );
}
