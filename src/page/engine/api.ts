// What the page and its engine say to each other. The page draws and asks; the engine, in a worker, has the data, the models and the
// runs, and does all work. Everything here is plain data, which a message can carry.

import type { DataApi } from "./api/data.ts";
import type { KeepApi, KeepingView } from "./api/keep.ts";
import type { ModelApi } from "./api/model.ts";
import type { RunView, TrainApi } from "./api/train.ts";
import type { UnderstandApi } from "./api/understand.ts";
import type { UseApi } from "./api/use.ts";

export * from "./api/common.ts";
export * from "./api/data.ts";
export * from "./api/keep.ts";
export * from "./api/model.ts";
export * from "./api/train.ts";
export * from "./api/understand.ts";
export * from "./api/use.ts";

/** The engine's methods. Each may fail with a Problem. */
export interface Api extends DataApi, ModelApi, TrainApi, UnderstandApi, UseApi, KeepApi {}

/** What the engine tells by itself. */
export type Told = { readonly tell: "run"; readonly run: RunView } | { readonly tell: "keeping"; readonly keeping: KeepingView };
