// The screen of use.
export const use = {
  "use.title": "Use the model",
  "use.predict": "Predict",
  "use.new": "A new row",
  "use.answer": "Answer",
  "use.take": "Take it with you",
  "use.safetensors": "Model (safetensors)",
  "use.onnx": "Model (ONNX)",
} as const;
