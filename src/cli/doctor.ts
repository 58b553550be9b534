// lanewise doctor: what is wrong with data or a model, before it costs a training.

import { diagnose, type Finding, type FitOptions, type Model } from "../index.ts";
import { command } from "./args.ts";
import { english } from "../advice/choose.ts";
import { isModelFile, openModel } from "./models.ts";
import { PLANNING, planOf } from "./plan.ts";
import { modelOf, taught } from "../advice/prepare.ts";
import { showFindings, showSchema } from "./show.ts";
import { Progress, type Terminal } from "./terminal.ts";
import { clean } from "./text.ts";
import { plural } from "../advice/text.ts";
import { fitOptions } from "./train.ts";

export const doctor = command({
  name: "doctor",
  summary: "Looks at data before training, or at a trained model, and says what is wrong.",
  about: "Of data: what the columns are, and what stands in the way of learning from them, with the model that train would choose. Of a model: weights that are not finite, dead units, and layers that do not go together.",
  arguments: [{ name: "DATA|MODEL", help: "a file of rows, a folder of images, or a model file" }],
  flags: PLANNING,
  examples: ["lanewise doctor penguins.csv --target species", "lanewise doctor penguins-species-run/model.safetensors"],
  exits: { 1: "failed, or something that cannot work was found" },
  async run(terminal, [path], flags) {
    if (await isModelFile(path!)) {
      const model = await openModel(path!);
      try {
        const found = ofWeights(model);
        terminal.heading(clean(`${path}: ${plural([...model.parameters.values()].reduce((sum, { data }) => sum + data.length, 0), "weight")}`));
        return told(terminal, found);
      } finally {
        model.dispose();
      }
    }
    const { ready, plan, wanted } = await planOf(path!, flags, new Progress(terminal)), model = await modelOf(ready, plan, wanted);
    try {
      showSchema(terminal, ready);
      for (const note of ready.notes) terminal.tell(clean(english(note)));
      const findings = diagnose(model, taught(await ready.sample(), plan, wanted), fitOptions(ready, plan, wanted) as FitOptions);
      // the model scales what it is given
      return told(terminal, findings.filter(({ code }) => code !== "inputs-not-scaled" || ready.factor === 1).map((finding) =>
        finding.code === "rare-class" && plan.classWeights ? { ...finding, severity: "info", fix: "--class-weights balanced // as train has it by itself" } : finding));
    } finally {
      model.dispose();
    }
  },
});

function told(terminal: Terminal, findings: readonly Finding[]): number {
  if (findings.length) showFindings(terminal, findings);
  else terminal.say("Nothing found.");
  terminal.emit("done", { findings: findings.length });
  return findings.some(({ severity }) => severity === "error") ? 1 : 0;
}

/** What can be seen of a model without data. */
function ofWeights(model: Model): Finding[] {
  return [...model.parameters].flatMap(([name, { data, shape }]): Finding[] => {
    const layer = name.replace(/\.?(weight|bias)$/, ""), rows = shape[0] ?? 1, width = data.length / rows;
    const off = data.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
    if (off) return [{ code: "non-finite", severity: "error", layer, evidence: { numbers: off, of: data.length }, cause: `${name} has ${plural(off, "number")} that are NaN or infinite`, fix: "// train again, at a lower rate" }];
    if (shape.length < 2) return [];
    const idle = Array.from({ length: rows }, (_, unit) => data.subarray(unit * width, (unit + 1) * width)).filter((weights) => weights.every((weight) => Math.abs(weight) < 1e-12)).length;
    return idle ? [{ code: "idle-units", severity: "info", layer, evidence: { units: idle, of: rows }, cause: `${plural(idle, "unit")} of ${rows} in ${name} take nothing in: all their weights are 0`, fix: `// a layer of ${rows - idle} units does the same` }] : [];
  });
}
