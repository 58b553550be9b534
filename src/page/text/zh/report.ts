import type { ReportWords } from "../../../advice/report.ts";

export const report: ReportWords = {
  tag: "zh-Hans",
  accuracy: "准确率", macroF1: "宏平均 F1", logLoss: "对数损失", rows: "行数", r2: "R²", mae: "平均绝对误差", rmse: "均方根误差",
  byClass: "各类别", class: "类别", precision: "精确率", recall: "召回率", f1: "F1",
  matrix: "混淆矩阵", matrixAbout: "行是实际类别，列是模型的回答。", matrixLarge: "已略去：{n} 个类别的表格难以阅读。", corner: "实际 \\ 回答",
  sure: "把握与正确性", sureAbout: "按模型所答类别的概率统计行数。错误的回答应当集中在左侧。", sureAxis: "所答类别的概率",
  sureLabel: "按概率统计的行数，分正确与错误", right: "正确", wrong: "错误",
  dots: "实际值与预测值", dotsAbout: "每个点是一行；落在虚线上表示预测正确。", dotsLabel: "实际值与预测值", actual: "实际", predicted: "预测",
  residuals: "残差", residualsAbout: "实际值减去预测值。", residual: "残差", quantile: "分位数", smallest: "最小", largest: "最大",
  training: "训练过程", lossLabel: "每轮的损失", epoch: "轮", loss: "损失", trained: "训练", heldOut: "测试",
};
