// Models: what is suggested, what it takes, how it is written.

import { choose, type Plan } from "../../cli/choose.ts";
import { testedRate } from "../../cli/prepare.ts";
import { short } from "../../cli/text.ts";
import type { ModelApi } from "./api.ts";
import { estimate, modelOf } from "./design.ts";
import type { Project } from "./project.ts";
import { designOf } from "./suggest.ts";

export function modelApi(project: Project): ModelApi {
  return {
    async suggest() {
      const ready = project.known, { plan, choices } = choose(ready.facts, {}), seed = project.wanted.seed ?? 0, design = designOf({ ...plan, learningRate: 1e-3 }, ready.input, seed);
      const model = await modelOf(ready, design), { rate, steps, suggestion } = await testedRate(model, ready, plan, project.wanted);
      model.dispose();
      const told = [...choices];
      told.splice(choices.findIndex(({ name }) => name === "optimizer") + 1, 0, { name: "learning rate", value: short(rate), why: `a range test of ${steps} steps suggests ${short(suggestion)}`, asked: false });
      return { design: designOf({ ...plan, learningRate: rate } as Plan, ready.input, seed), choices: told };
    },
    estimate: async (design) => estimate(project.known, design),
    code: async (design) => JSON.stringify(design, null, 2),
  };
}
