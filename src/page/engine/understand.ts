// How good a model is on the rows that were held out.

import { score } from "../../cli/scoring.ts";
import type { UnderstandApi } from "./api.ts";
import type { Project } from "./project.ts";

export function understandApi(project: Project): UnderstandApi {
  return {
    async scores(id) {
      const { model, ready } = project.run(id), scored = await score(model, ready.raw);
      return scored.kind === "classes" ? { kind: "classes", ...scored.scores }
        : { kind: "numbers", ...scored.scores, right: Array.from(scored.right), predicted: Array.from(scored.predicted) };
    },
  };
}
