// Runs: begun, paused, gone on with, ended, and looked back at.

import type { TrainApi } from "./api.ts";
import type { Project } from "./project.ts";
import { newRun, Run } from "./run.ts";

export function trainApi(project: Project): TrainApi {
  return {
    async train(id, name, design, like) {
      const { ready, asked } = like === undefined ? { ready: project.known, asked: project.source?.asked ?? {} } : project.run(like).data;
      const run: Run = project.runs.get(id) ?? new Run(newRun(id, name, design, asked, ready), ready, project.keeper, () => project.told(run));
      await run.go();
      project.runs.set(id, run);
    },
    pause: async (id) => project.run(id).pause(),
    stop: async (id) => project.run(id).stop(),
    rename: async (id, name) => project.run(id).rename(name),
    async remove(id) {
      await project.run(id).remove();
      project.runs.delete(id);
      await project.keeper.gone(id);
    },
    moment: async (id, step) => project.run(id).moment(step),
  };
}
