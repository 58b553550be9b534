// A service at the edge, for workerd: POST rows to /train and get the trained model, POST rows and a model to /predict.
//
//   npx esbuild worker.js --bundle --format=esm --conditions=workerd --loader:.wasm=copy --asset-names=[name] --outdir=out
//   npx workerd serve config.capnp
//
//   curl -F rows='{ "x": [[5.1, 3.5], [6.3, 2.9], …], "y": ["setosa", "virginica", …] }' -o model.safetensors localhost:8787/train
//   curl -F rows='{ "x": [[5, 3.4]] }' -F model=@model.safetensors localhost:8787/predict
//
// Such an engine gives a request little time, and its clock may stand still meanwhile: a request trains so many steps and no more.
// If that is not the end, the answer has status 202 and a checkpoint, to be sent with the same rows as `resume`. Nothing is kept
// between requests, and the bits are those of a training that was never cut.
import { LanewiseError, loadModel } from "lanewise";
import { networkFor, options } from "./network.js";

const STEPS = 150;

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url), handler = { "/train": train, "/predict": predict }[pathname];
    if (!handler) return new Response("POST to /train or /predict\n", { status: 404 });
    if (request.method !== "POST") return new Response("POST rows\n", { status: 405, headers: { allow: "POST" } });
    try {
      return await handler(await fieldsOf(request));
    } catch (error) {
      // what lanewise refuses is told with the words that it has for it; all else is a fault of the service
      if (error instanceof LanewiseError) return Response.json({ code: error.code, message: error.message }, { status: 400 });
      if (error instanceof Refusal) return Response.json({ code: "bad-request", message: error.message }, { status: 400 });
      throw error;
    }
  },
};

/** The model as a safetensors file; or a checkpoint, if there are more steps than one request may take. */
async function train({ rows, resume }) {
  if (!Array.isArray(rows.x?.[0]) || !Array.isArray(rows.y)) throw new Refusal("rows: wanted x, an array of rows, and y, an array of labels");
  const model = await networkFor(rows);
  try {
    const { checkpoint } = await model.fit(rows, { ...options, budget: { steps: STEPS }, ...(resume && { resume }) });
    return new Response(checkpoint ?? model.save(), { status: checkpoint ? 202 : 200, headers: { "content-type": "application/octet-stream" } });
  } finally {
    model.dispose();
  }
}

/** The likeliest class of each row, with its probability. */
async function predict({ rows, model: bytes }) {
  if (!bytes) throw new Refusal("model: wanted the bytes that /train has given");
  const model = await loadModel(bytes);
  try {
    return Response.json(model.classify(rows.x, { top: 1 }).map(([best]) => best));
  } finally {
    model.dispose();
  }
}

/** What a request brings: rows as JSON, alone or in a form with files beside them. */
async function fieldsOf(request) {
  if (!/^multipart\/form-data/.test(request.headers.get("content-type") ?? "")) return { rows: rowsOf(await request.text()) };
  const form = await request.formData(), fields = { rows: rowsOf(form.get("rows")) };
  for (const name of ["resume", "model"]) if (form.get(name) instanceof Blob) fields[name] = new Uint8Array(await form.get(name).arrayBuffer());
  return fields;
}

function rowsOf(text) {
  let rows;
  try {
    rows = JSON.parse(text);
  } catch {}
  if (typeof rows !== "object" || rows === null) throw new Refusal("rows: wanted an object in JSON, with x and y");
  return rows;
}

/** A request that is none. */
class Refusal extends Error {}
