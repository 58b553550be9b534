// What the engine has: data, what was said of them, and runs.

import { DataError, StateError } from "../../index.ts";
import type { Ready, Wanted } from "../../cli/prepare.ts";
import type { Told } from "./api.ts";
import type { Opened } from "./files.ts";
import { type Places, usualPlaces } from "./places.ts";
import type { Run } from "./run.ts";

export class Project {
  opened: Opened | undefined;
  wanted: Wanted = {};
  ready: Ready | undefined;
  readonly runs = new Map<string, Run>();

  constructor(readonly tell: (told: Told) => void, readonly places: Places = usualPlaces()) {}

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
}
