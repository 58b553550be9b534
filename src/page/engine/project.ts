// What the engine has: data, what was said of them, and runs.

import { DataError, StateError } from "../../index.ts";
import type { Ready, Wanted } from "../../advice/prepare.ts";
import type { Asked, Given, PictureOptions, Told } from "./api.ts";
import type { Opened } from "./files.ts";
import { Keeper } from "./keeper.ts";
import type { Places } from "./places.ts";
import type { Run } from "./run.ts";

/** Data as they were given, and what was said of them. */
export interface Source {
  readonly name: string;
  readonly given: Given;
  readonly pictures: PictureOptions | undefined;
  readonly asked: Asked | undefined;
}

export class Project {
  source: Source | undefined;
  opened: Opened | undefined;
  wanted: Wanted = {};
  ready: Ready | undefined;
  readonly runs = new Map<string, Run>();
  readonly keeper: Keeper;

  constructor(readonly tell: (told: Told) => void, places?: Places) {
    this.keeper = new Keeper(this, places);
  }

  /** The data, once a target is chosen. */
  get known(): Ready {
    if (!this.ready) throw new DataError("no-data", { problem: "no data are open, or no target is chosen" });
    return this.ready;
  }

  run(id: string): Run {
    const run = this.runs.get(id);
    if (!run) throw new StateError("no-run", { problem: "there is no such run", got: id });
    return run;
  }

  /** A run with its model, which one of an earlier visit has to be brought back to. */
  async awake(id: string): Promise<Run> {
    const run = this.run(id);
    await run.wake();
    return run;
  }

  /** Tells of a run, and has it kept. */
  told(run: Run): void {
    this.tell({ tell: "run", run: run.record });
    this.keeper.changed(run.id);
  }

  /** Ends all runs, and deletes what is kept of them. */
  async clear(): Promise<void> {
    for (const run of this.runs.values()) await run.remove();
    this.runs.clear();
    await this.keeper.forget();
  }
}
