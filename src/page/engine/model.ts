// Models: what is suggested, what it takes, how it is written.

import { choose, testedChoice, withRate } from "../../advice/choose.ts";
import { testedRate } from "../../advice/prepare.ts";
import type { ModelApi } from "./api.ts";
import { codeOf } from "./code.ts";
import { estimate, modelOf } from "./design.ts";
import type { Project } from "./project.ts";
import { designOf } from "./suggest.ts";

export function modelApi(project: Project): ModelApi {
  return {
    async suggest() {
      const ready = project.known, { plan, choices } = choose(ready.facts, {}), seed = project.wanted.seed ?? 0;
      const design = (learningRate: number) => designOf({ ...plan, learningRate }, ready.input, seed), model = await modelOf(ready, design(1e-3));
      const tested = await testedRate(model, ready, plan, project.wanted);
      model.dispose();
      return { design: design(tested.rate), choices: withRate(choices, testedChoice(tested)).map(({ name, says }) => ({ name, ...says })) };
    },
    estimate: async (design) => estimate(project.known, design),
    code: async (design) => codeOf(project.known, design, project.wanted),
  };
}
