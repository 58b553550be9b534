// What went wrong, by code: a LanewiseError's, or the page's own. A code without an entry is told in the library's English.
export const problems = {
  "problem.no-file": "There is no file in what was dropped.",
} as const;
