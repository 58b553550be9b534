// lanewise find-lr: the range test, as numbers and as a curve of blocks.

import { command } from "./args.ts";
import { startRate, tamed } from "../advice/choose.ts";
import { PLANNING, planOf } from "./plan.ts";
import { modelOf, rateCurve } from "../advice/prepare.ts";
import { Progress } from "./terminal.ts";
import { table } from "./text.ts";
import { plural, short } from "../advice/text.ts";

export const findLr = command({
  name: "find-lr",
  summary: "Makes a range test: which learning rate to begin with.",
  about: "Trains some steps with a rate that rises from each to the next, and looks where the loss falls fastest (Smith, 2017). The model is the one that train would choose.",
  arguments: [{ name: "DATA", help: "a file of rows, or a folder of images" }],
  flags: {
    ...PLANNING, minimum: { kind: "number", value: "RATE", least: 1e-12, most: 1000, help: "the first rate; 1e-6 by default" },
    maximum: { kind: "number", value: "RATE", least: 1e-12, most: 1000, help: "the last rate; 10 by default" }, steps: { kind: "count", least: 2, most: 100_000, help: "from one to the other; 100 by default" },
  } as const,
  examples: ["lanewise find-lr penguins.csv --target species"],
  async run(terminal, [path], { minimum, maximum, steps, ...flags }) {
    const { ready, plan, wanted } = await planOf(path!, flags, new Progress(terminal)), model = await modelOf(ready, plan, wanted);
    try {
      const curve = await rateCurve(model, ready, plan, wanted, { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }), ...(steps !== undefined && { steps }) });
      terminal.emit("curve", { ...curve });
      terminal.heading(`${plan.optimizer}, loss ${plan.loss}, ${plural(curve.rates.length, "step")}`);
      const every = Math.max(1, Math.ceil(curve.rates.length / 16)), shown = curve.rates.flatMap((rate, i) => (i % every === 0 || i === curve.rates.length - 1 ? [i] : []).map(() => [rate, curve.smoothed[i]!] as const));
      const most = Math.max(...shown.map(([, loss]) => loss).filter(Number.isFinite)), room = Math.max(8, Math.min(40, terminal.width - 32));
      terminal.say(table([["rate", "loss", ""], ...shown.map(([rate, loss]) => [short(rate), short(loss), "▪".repeat(Math.max(0, Math.round((room * loss) / most)))])], terminal.width, [0, 1], "  "));
      terminal.say();
      terminal.say(`steepest at ${short(curve.steepest)}, a tenth of the lowest's ${short(curve.minimum)}; suggested: ${short(curve.suggestion)}`);
      const usual = startRate(plan.optimizer);
      terminal.tell(`train takes ${short(tamed(curve.suggestion, plan.optimizer))}: it stays between a third of what is usual for ${plan.optimizer}, ${short(usual)}, and ten times that.`);
      return 0;
    } finally {
      model.dispose();
    }
  },
});
