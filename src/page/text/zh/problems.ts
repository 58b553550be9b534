import type { problems as english } from "../en/problems.ts";

export const problems: Record<keyof typeof english, string> = {
  "problem.no-file": "拖入的内容里没有文件。",
};
