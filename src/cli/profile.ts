// lanewise profile: where a prediction's time goes.

import { command } from "./args.ts";
import { wantOther, writeWhole } from "./files.ts";
import { openModel } from "./models.ts";

export const profile = command({
  name: "profile",
  summary: "Shows where a prediction's time goes, instruction by instruction.",
  about: "Times the program that predict runs, on one thread, beside what this engine reaches at the most.",
  arguments: [{ name: "MODEL", help: "a model file, such as model.safetensors" }],
  flags: {
    rows: { kind: "count", most: 1 << 20, help: "rows of the prediction; 256 by default" }, passes: { kind: "count", most: 1_000_000, help: "how often it is timed; 50 by default" },
    trace: { kind: "text", value: "FILE", help: "write a trace for Chrome's viewer (chrome://tracing, ui.perfetto.dev)" },
  } as const,
  examples: ["lanewise profile model.safetensors", "lanewise profile model.safetensors --rows 1 --trace trace.json"],
  async run(terminal, [path], { rows = 256, passes = 50, trace }) {
    if (trace !== undefined) await wantOther(trace, "--trace", [path]);
    const model = await openModel(path!);
    try {
      const found = await model.profile(passes, { program: "predict", batchSize: rows });
      const { toString: _, toTrace: __, ...facts } = found;
      terminal.emit("profile", { ...facts });
      terminal.say(String(found).trimEnd());
      if (trace !== undefined) {
        await writeWhole(trace, found.toTrace());
        terminal.say(`Trace: ${trace}`);
      }
      return 0;
    } finally {
      model.dispose();
    }
  },
});
