// The engine: what the page asks for, done in a worker.

import type { Api, Told } from "./api.ts";
import { dataApi } from "./data.ts";
import { keepApi } from "./keep.ts";
import { modelApi } from "./model.ts";
import type { Places } from "./places.ts";
import { Project } from "./project.ts";
import { trainApi } from "./train.ts";
import { understandApi } from "./understand.ts";
import { useApi } from "./use.ts";

/** `places` are where its runs are kept: in the browser, or where there is no storage, in memory. */
export function engine(tell: (told: Told) => void, places?: Places): Api {
  const project = new Project(tell, places);
  return inTurn({ ...dataApi(project), ...modelApi(project), ...trainApi(project), ...understandApi(project), ...useApi(project), ...keepApi(project) });
}

/** What changes the project. Of these one is at work at a time, in the order in which they are asked for. */
const CHANGES = ["open", "describe", "train", "remove", "restore", "keepIn", "erase"] as const;

function inTurn(api: Api): Api {
  let turn: Promise<unknown> = Promise.resolve();
  const waiting = CHANGES.map((name) => [name, (...given: never[]) => {
    const done = turn.then(() => (api[name] as (...given: never[]) => Promise<unknown>)(...given));
    turn = done.catch(() => {});
    return done;
  }]);
  return { ...api, ...Object.fromEntries(waiting) };
}
