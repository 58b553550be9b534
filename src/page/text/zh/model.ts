import type { model as english } from "../en/model.ts";

export const model: Record<keyof typeof english, string> = {
  "model.title": "选择模型",
  "model.layers": "层",
  "model.why": "为什么这样选",
  "model.parameters": "{n} 个参数",
  "model.memory": "{mb} MB 内存",
  "model.time": "每轮约 {seconds} 秒",
};
