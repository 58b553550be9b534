// What a model is for: predictions, and files to take away.

import { type Model, OptionError, toONNX } from "../../index.ts";
import type { Download, UseApi } from "./api.ts";
import type { Project } from "./project.ts";

export function useApi(project: Project): UseApi {
  return {
    async predict(id, row) {
      const { model } = project.run(id), { classes } = model.preprocessing!;
      if (!classes) return { kind: "number", value: model.predict([row] as never).data[0]! };
      const [told] = model.classify([row] as never);
      return { kind: "classes", classes: told!.map(({ label, probability }) => ({ label, probability })) };
    },
    download: async (id, what) => fileOf(project.run(id).model, what),
  };
}

function fileOf(model: Model, what: string): Download {
  const type = "application/octet-stream";
  switch (what) {
    case "safetensors":
      return { name: "model.safetensors", type, bytes: model.save() };
    case "onnx":
      return { name: "model.onnx", type, bytes: toONNX(model) as Uint8Array<ArrayBuffer> };
    default:
      throw new OptionError("unknown-option", { option: "what", got: what });
  }
}
