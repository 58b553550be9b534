// What went wrong, by code: a LanewiseError's, or the page's own. A code without an entry is told in the library's English.
export const problems = {
  "problem.no-file": "There is no file in what was dropped.",
  "problem.several-files": "These files do not belong together: {option}. Drop one table, or pictures in folders, or MNIST's files.",
  "problem.parquet": "{of} is a Parquet file, which is not read here. Save it as CSV.",
  "problem.spreadsheet": "{of} is a spreadsheet or a document. Open it, copy the cells, and paste them here (“Paste a table”).",
  "problem.archive-in-archive": "{of} holds another archive. Unpack it, and drop what is in it.",
  "problem.no-class": "{of} is in no folder that tells its class. Drop a folder that has a folder for each class.",
  "problem.no-pictures": "{of} has labels, but their pictures are missing. Drop both files together.",
  "problem.no-labels": "{of} has pictures, but their labels are missing. Drop both files together.",
  "problem.rows-differ": "{of}: there should be {wanted}, and there are {got}.",
} as const;
