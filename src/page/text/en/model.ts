// The screen of the model.
export const model = {
  "model.title": "Which model?",
  "model.layers": "Layers",
  "model.why": "Why this one",
  "model.parameters": "{n} parameters",
  "model.memory": "{mb} MB of memory",
  "model.time": "some {seconds} s a round",
} as const;
