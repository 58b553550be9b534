// The screen of training.
export const train = {
  "train.title": "Training",
  "train.start": "Start training",
  "train.pause": "Pause",
  "train.goOn": "Go on",
  "train.status.running": "Training: step {step} of {steps}",
  "train.status.paused": "Paused after step {step}",
  "train.status.done": "Trained: {step} steps",
  "train.status.failed": "Training failed",
  "train.loss": "Loss",
  "train.run": "Run {n}",
} as const;
