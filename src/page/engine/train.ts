// Runs: begun, paused, gone on with.

import type { TrainApi } from "./api.ts";
import type { Project } from "./project.ts";
import { Run } from "./run.ts";

export function trainApi(project: Project): TrainApi {
  return {
    async train(id, name, design) {
      const run = project.runs.get(id) ?? new Run(id, name, design, project.known, (view) => project.tell({ tell: "run", run: view }));
      project.runs.set(id, run);
      await run.go();
    },
    async pause(id) {
      project.run(id).pause();
    },
  };
}
