import type { use as english } from "../en/use.ts";

export const use: Record<keyof typeof english, string> = {
  "use.title": "使用模型",
  "use.predict": "预测",
  "use.new": "新的一行",
  "use.answer": "回答",
  "use.take": "带走模型",
  "use.safetensors": "模型（safetensors）",
  "use.onnx": "模型（ONNX）",
};
