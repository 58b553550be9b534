// An edge route: such engines give a request little time, so it trains some hundred steps and answers with a checkpoint (202), with
// which the next request goes on. The last one answers with the result (200).

import { createModel, hash, LanewiseError } from "lanewise";
import { data, network, options, training } from "../../ring";

export const runtime = "edge";

export async function POST(request: Request): Promise<Response> {
  using model = await createModel(network(), options);
  const checkpoint = new Uint8Array(await request.arrayBuffer()), resume = checkpoint.length ? { resume: checkpoint } : {};
  try {
    const history = await model.fit(data, { ...training, ...resume, budget: { steps: 250 } });
    if (history.checkpoint) return new Response(history.checkpoint, { status: 202 });
    const { loss, accuracy } = history.epochs.at(-1)!;
    return Response.json({ engine: model.info().engine, loss, accuracy, hash: hash(model), label: model.classify([[0.6, 0]])[0]![0]!.label });
  } catch (error) {
    if (error instanceof LanewiseError) return new Response(error.message, { status: 400 }); // no checkpoint of this training
    throw error;
  }
}
