import type { problems as english } from "../en/problems.ts";

export const problems: Record<keyof typeof english, string> = {
  "problem.no-file": "拖入的内容里没有文件。",
  "problem.several-files": "这些文件不能放在一起：{option}。请拖入一个表格、按文件夹存放的图片，或 MNIST 文件。",
  "problem.parquet": "{of} 是 Parquet 文件，这里不能读取。请另存为 CSV。",
  "problem.spreadsheet": "{of} 是电子表格或文档。请打开它，复制单元格，然后粘贴到这里（“粘贴表格”）。",
  "problem.archive-in-archive": "{of} 里还有压缩包。请先解压，再拖入其中的内容。",
  "problem.no-class": "{of} 不在表示类别的文件夹里。请拖入一个文件夹，其中每个类别一个子文件夹。",
  "problem.no-pictures": "{of} 只有标签，缺少图片。请同时拖入两个文件。",
  "problem.no-labels": "{of} 只有图片，缺少标签。请同时拖入两个文件。",
  "problem.rows-differ": "{of}：应有 {wanted}，实际有 {got}。",
  "problem.memory-limit": "所需内存超过了网页的上限。请减少单元数，或用更小的批。",
  "problem.out-of-memory": "浏览器无法再提供内存。请减少单元数、用更小的批，或关闭其他页面。",
  "problem.no-table": "这里需要表格数据：CSV、JSON Lines，或粘贴的单元格。",
  "problem.missing-column": "数据中没有 {column} 列。",
  "problem.not-a-number": "{column}：需要一个数字，而不是 {got}。",
  "problem.not-a-date": "{column}：需要与训练数据写法相同的日期，而不是 {got}。",
  "problem.no-rows": "其中没有任何数据行。",
  "problem.row-out-of-range": "没有编号为 {got} 的行。",
  "problem.not-portable": "{of} 无法表示这一部分：{option}{layer}",
};
