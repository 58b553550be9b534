// A run as it is kept: what was told of it, and the data that it was of.

import type { Asked, RunView } from "./api.ts";

export interface RunRecord {
  readonly view: RunView;
  readonly asked: Asked;
}
