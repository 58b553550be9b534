import type { train as english } from "../en/train.ts";

export const train: Record<keyof typeof english, string> = {
  "train.title": "训练",
  "train.start": "开始训练",
  "train.pause": "暂停",
  "train.goOn": "继续",
  "train.status.running": "训练中：第 {step} 步，共 {steps} 步",
  "train.status.paused": "在第 {step} 步暂停",
  "train.status.done": "训练完成：{step} 步",
  "train.status.failed": "训练失败",
  "train.loss": "损失",
  "train.run": "第 {n} 次训练",
};
