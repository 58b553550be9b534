// The screen of understanding.
export const understand = {
  "understand.title": "How good is it?",
  "understand.accuracy": "{percent} % of the {rows} held-out rows are right",
  "understand.r2": "R² {r2} on {rows} held-out rows",
  "understand.matrix": "Confusion matrix: what it was, and what the model said",
} as const;
