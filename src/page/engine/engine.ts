// The engine: what the page asks for, done in a worker.

import type { Api, Told } from "./api.ts";
import { dataApi } from "./data.ts";
import { modelApi } from "./model.ts";
import { Project } from "./project.ts";
import { trainApi } from "./train.ts";
import { understandApi } from "./understand.ts";
import { useApi } from "./use.ts";

export function engine(tell: (told: Told) => void): Api {
  const project = new Project(tell);
  return { ...dataApi(project), ...modelApi(project), ...trainApi(project), ...understandApi(project), ...useApi(project) };
}
