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
  return { ...dataApi(project), ...modelApi(project), ...trainApi(project), ...understandApi(project), ...useApi(project), ...keepApi(project) };
}
