// lanewise export: the model for other tools.

import { dirname, join } from "node:path";
import { exportPyTorch, type PyTorchOptions, saveAs, toONNX, toPredictor } from "../index.ts";
import { command } from "./args.ts";
import { UsageError } from "../advice/failure.ts";
import { sized } from "../advice/text.ts";
import { makeFolder, wantOther, writeWhole } from "./files.ts";
import { openModel } from "./models.ts";
import { lossOf, optimizerOf, taught } from "../advice/prepare.ts";
import { prepare } from "./ready.ts";
import { clean } from "./text.ts";
import { fitOptions, savedRun } from "./train.ts";

const FORMATS = ["onnx", "safetensors", "float16", "bfloat16", "pytorch", "predictor"] as const;

export const exporting = command({
  name: "export",
  summary: "Writes a model for other tools: ONNX, PyTorch, half precision, plain JavaScript.",
  about: "onnx runs in ONNX Runtime; safetensors and the half-precision ones are loaded by lanewise and PyTorch; pytorch is a folder with model.py, its weights, and, of a model in its run's folder, train.py with that run's loss and optimizer; "
    + "predictor is one JavaScript module with the model in it and no imports.",
  arguments: [{ name: "MODEL", help: "a model file, such as model.safetensors" }],
  flags: {
    format: { kind: "text", choices: FORMATS, help: "what is written; onnx by default" },
    out: { kind: "text", value: "PATH", help: "where to; beside the model by default" },
    probabilities: { kind: "yes", help: "of onnx: end with softmax or sigmoid, where the model tells classes" },
    preprocessing: { kind: "yes", off: true, help: "of onnx: leave out what makes numbers of raw columns" },
    data: { kind: "text", value: "FILE", help: "of pytorch: the file that the run was trained on; train.py has its rows and schedule then" },
    licence: { kind: "text", value: "NAME", help: "the licence of the weights, for the file's metadata" },
  } as const,
  examples: ["lanewise export model.safetensors --format onnx --probabilities", "lanewise export model.safetensors --format pytorch --out torch-model"],
  async run(terminal, [path], { format = "onnx", out, probabilities = false, preprocessing = true, data, licence }) {
    if (data !== undefined && format !== "pytorch") throw new UsageError("--data goes with --format pytorch");
    if ((probabilities || !preprocessing) && format !== "onnx") throw new UsageError(`${probabilities ? "--probabilities" : "--no-preprocessing"} goes with --format onnx`);
    if (licence !== undefined && (format === "pytorch" || format === "predictor")) throw new UsageError("--licence goes with --format onnx, safetensors, float16 or bfloat16");
    if (out !== undefined) await wantOther(out, "--out", [path]);
    const model = await openModel(path!), stem = path!.replace(/\.safetensors$/i, "");
    const ends: Record<string, string> = { onnx: ".onnx", safetensors: ".copy.safetensors", float16: ".float16.safetensors", bfloat16: ".bfloat16.safetensors", pytorch: "-pytorch", predictor: ".predictor.js" };
    const place = out ?? stem + ends[format];
    try {
      const files = new Map<string, string | Uint8Array>();
      if (format === "onnx") files.set(place, toONNX(model, { probabilities, preprocessing, ...(licence !== undefined && { license: licence }) }));
      else if (format === "predictor") files.set(place, toPredictor(model));
      else if (format === "pytorch") {
        const program = exportPyTorch(model, await trainingOf(path!, data));
        await makeFolder(place);
        for (const [name, content] of Object.entries(program)) files.set(join(place, name), content as string | Uint8Array);
      } else files.set(place, saveAs(model, { ...(format !== "safetensors" && { dtype: format as "float16" | "bfloat16" }), ...(licence !== undefined && { licence }) }));
      for (const [file, content] of files) {
        await writeWhole(file, content);
        const bytes = typeof content === "string" ? new TextEncoder().encode(content).length : content.length;
        terminal.emit("file", { format, file, bytes });
        terminal.say(`${clean(file)} (${sized(bytes)})`);
      }
      return 0;
    } finally {
      model.dispose();
    }
  },
});

/** What train.py does: as the run did in whose folder the model lies, on the rows of `data`, or on those that are handed to it. */
async function trainingOf(path: string, data: string | undefined): Promise<PyTorchOptions> {
  const saved = await savedRun(dirname(path));
  if (!saved) {
    if (data !== undefined) throw new UsageError(`--data: ${path} lies in no run's folder, so nothing says how it was trained`);
    return {};
  }
  const { plan, settings } = saved, { batchSize, epochs } = plan;
  if (data === undefined) return { loss: lossOf(plan), optimizer: optimizerOf(plan), batchSize, epochs, seed: settings.seed ?? 0 };
  const ready = await prepare(data, settings), { loss, optimizer, schedule, seed } = fitOptions(ready, plan, settings);
  const { training } = ready;
  if (typeof training === "function") throw new UsageError(`--data: the rows of ${data} are too many for train.py; leave it out, and train.py takes those that are handed to it`);
  return { loss, optimizer, ...(schedule && { schedule }), batchSize, epochs, seed, data: taught(training, plan, settings) };
}
