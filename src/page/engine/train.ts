// Runs: begun, paused, gone on with, ended, and looked back at.

import type { TrainApi } from "./api.ts";
import type { Project } from "./project.ts";
import { newRun, Run } from "./run.ts";

export function trainApi(project: Project): TrainApi {
  return {
    async train(id, name, design) {
      const run = project.runs.get(id) ?? new Run(newRun(id, name, design, project.known), project.known, project.places, (view) => project.tell({ tell: "run", run: view }));
      await run.go();
      project.runs.set(id, run);
    },
    pause: async (id) => project.run(id).pause(),
    stop: async (id) => project.run(id).stop(),
    rename: async (id, name) => project.run(id).rename(name),
    async remove(id) {
      await project.run(id).remove();
      project.runs.delete(id);
    },
    moment: async (id, step) => project.run(id).moment(step),
  };
}
