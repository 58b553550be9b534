import type { understand as english } from "../en/understand.ts";

export const understand: Record<keyof typeof english, string> = {
  "understand.title": "效果如何？",
  "understand.accuracy": "{rows} 行测试数据中 {percent}% 正确",
  "understand.r2": "{rows} 行测试数据的 R² 为 {r2}",
  "understand.matrix": "混淆矩阵：实际类别与模型的回答",
};
