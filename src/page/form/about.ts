// What predictor.html knows beside the model.

import type { Field, PictureWanted } from "./fields.ts";

/** Texts of the page that the form says too. */
export const SAID = [
  "use.predict", "use.answer", "use.unknown", "use.draw", "use.draw.how", "use.draw.clear", "use.image", "use.image.bad", "use.classes", "use.percent",
] as const;

export interface About {
  readonly form: { readonly kind: "table"; readonly fields: readonly Field[] } | { readonly kind: "picture"; readonly wanted: PictureWanted };
  /** What is predicted. */
  readonly target: string;
  readonly words: Readonly<Record<(typeof SAID)[number], string>>;
}
