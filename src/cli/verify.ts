// lanewise verify: a training that can be proved.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readRun, verify as verifyRun, type VerifyOptions } from "../index.ts";
import { command } from "./args.ts";
import { failed } from "../advice/failure.ts";
import { plural } from "../advice/text.ts";
import { modelOf, taught } from "../advice/prepare.ts";
import { prepare, type Wanted } from "./ready.ts";
import { READING } from "./settings.ts";
import { Progress } from "./terminal.ts";
import { clean } from "./text.ts";
import { fitOptions, savedRun } from "./train.ts";

export const verify = command({
  name: "verify",
  summary: "Trains a run again between its checkpoints, and says whether the bits agree.",
  about: "Any machine and any number of threads will do. The chain of hashes in the checkpoints says that none was changed or left out; training again says that their numbers are those of this training. "
    + "train keeps the last three checkpoints; --keep all keeps them all.",
  arguments: [{ name: "RUN", help: "a run's folder" }, { name: "DATA", help: "the file or folder that it was trained on" }],
  flags: {
    from: { kind: "count", least: 0, value: "STEP", help: "the checkpoint to begin at; 0 is the start of the run" }, to: { kind: "count", value: "STEP", help: "the checkpoint to end at" },
    threads: { kind: "count", most: 64, help: "threads that share the work" }, ...READING,
  } as const,
  examples: ["lanewise verify penguins-species-run penguins.csv"],
  exits: { 1: "failed, or the bits do not agree" },
  async run(terminal, [folder, path], { from, to, threads = 1, ...reading }) {
    if (!(await stat(folder!).then((found) => found.isDirectory(), () => false))) throw failed(folder!, "no such folder", "no-run");
    const saved = await savedRun(folder!);
    if (!saved) throw failed(folder!, "holds no run of lanewise", "no-run");
    const wanted: Wanted = { ...saved.settings, ...reading }, ready = await prepare(path!, wanted, new Progress(terminal)), model = await modelOf(ready, saved.plan, wanted);
    const stored = await readRun(join(folder!, "checkpoints"));
    if (!stored.checkpoints.length) throw failed(folder!, "has no checkpoints", "no-run");
    try {
      const { loss, optimizer, schedule, metrics, validation } = fitOptions(ready, saved.plan, wanted);
      const result = await verifyRun(stored, taught(ready.training, saved.plan, wanted), {
        model, gaps: true, threads, ...(from !== undefined && { from }), ...(to !== undefined && { to }), options: { loss, optimizer, metrics, validation, ...(schedule && { schedule }) } as VerifyOptions["options"] & object,
        onInterval: ({ from: a, to: b, ok }) => {
          terminal.emit("interval", { from: a, to: b, ok });
          terminal.say(`  steps ${a} to ${b}: ${ok ? "the same bits" : "OTHER BITS"}`);
        },
      });
      terminal.emit("done", { ...result });
      for (const { code, message } of result.faults) terminal.tell(clean(`${code}: ${message}`), "  ");
      if (result.ok) terminal.say(`The run is what it says: ${plural(result.intervals.length, "interval")} trained again${result.chainOk ? ", and the chain of its checkpoints holds" : ""}.`);
      else terminal.say("The run is not what it says.");
      return result.ok ? 0 : 1;
    } finally {
      model.dispose();
    }
  },
});
