// Of what is kept of a visit, and where.

import type { Problem } from "./common.ts";
import type { DataView, Described, Given } from "./data.ts";
import type { Design, Suggestion } from "./model.ts";
import type { RunView } from "./train.ts";

/** What is kept of the last visit. */
export interface Kept {
  /** Of the data. */
  readonly name: string;
  readonly runs: number;
  /** Steps that all of them have made. */
  readonly steps: number;
  /** A run was under way. */
  readonly broken: boolean;
  /** It came with this file, and is not of this browser. */
  readonly packed: boolean;
  /** What this browser has, of which it would take the place. */
  readonly replaced: string | undefined;
}

export const SCREENS = ["data", "model", "train", "understand", "use"] as const;
export type Screen = (typeof SCREENS)[number];

/** What the page shows, so that the next visit begins with it. */
export interface Seen {
  readonly screen: Screen;
  readonly suggestion: Suggestion | undefined;
  readonly design: Design | undefined;
  readonly run: string | undefined;
}

export interface Restored extends Seen {
  readonly given: Given;
  readonly data: DataView;
  readonly described: Described | undefined;
  readonly runs: readonly RunView[];
}

/** Where work is: in this browser until it is erased, or in memory, and gone with the page. */
export type Keeping = "browser" | "nothing";

export interface KeepingView {
  readonly where: Keeping;
  /** Bytes that this browser has of it. */
  readonly bytes: number;
  /** Why it is not kept, though it should be. */
  readonly problem: Problem | undefined;
}

export interface KeepApi {
  /** Looks what there is: with the page itself, or in this browser. */
  kept(packed?: Blob): Promise<Kept | undefined>;
  /** Opens it. A run that was under way is paused. */
  restore(): Promise<Restored>;
  note(seen: Seen): Promise<void>;
  /** From now on. Nothing: what the browser has is erased. */
  keepIn(where: Keeping): Promise<KeepingView>;
  keeping(): Promise<KeepingView>;
  /** Data, runs and all that the browser has of them. */
  erase(): Promise<void>;
  /** All work in one piece, from which kept() and restore() bring it back. */
  pack(): Promise<Blob>;
}

