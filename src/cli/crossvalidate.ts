// lanewise crossvalidate: how good a model is, and how much that varies.

import { crossValidate, type Data, Preprocessing, takeRows } from "../index.ts";
import { command } from "./args.ts";
import { failed } from "./data.ts";
import { INTERRUPTED, onInterrupt } from "./interrupt.ts";
import { PLANNING, planOf, rated } from "./plan.ts";
import { modelOf, type AnyReady, weighted } from "./prepare.ts";
import { showChoices } from "./show.ts";
import { Progress, timeLeft } from "./terminal.ts";
import { short, table } from "./text.ts";
import { fitOptions } from "./train.ts";

/** A class of one row cannot be held out and trained on. */
function wantTwo({ name, facts, classes, all }: AnyReady): void {
  const { y } = all().data as { y: Float32Array };
  if (facts.task === "number" || !classes) return;
  const counts = classes.map(() => 0);
  for (const number of y) counts[number]!++;
  const alone = counts.indexOf(1);
  if (alone >= 0) throw failed(name, `the class ${JSON.stringify(classes[alone])} has one row, which is held out or trained on; leave it out, or add rows`, "rare-class");
}

interface FoldRows {
  readonly trainingRows: Uint32Array;
  readonly validationRows: Uint32Array;
}

export const crossvalidate = command({
  name: "crossvalidate",
  summary: "Trains on all folds but one, for each: how good a model is, and how much that varies.",
  about: "Each row is held out once. What is learnt of the columns is learnt anew in each fold, from its training rows alone; the model is the one that train would choose. Nothing is saved.",
  arguments: [{ name: "DATA", help: "a file of rows, or a folder of images" }],
  flags: { ...PLANNING, folds: { kind: "count", least: 2, most: 1000, help: "how many; 5 by default" } } as const,
  examples: ["lanewise crossvalidate penguins.csv --target species --folds 10"],
  async run(terminal, [path], { folds = 5, ...flags }) {
    const planned = await planOf(path!, flags);
    wantTwo(planned.ready);
    const { ready, plan, wanted, choices, model: first } = await rated(planned), progress = new Progress(terminal), started = performance.now();
    first.dispose();
    showChoices(terminal, choices);
    if (wanted.time !== undefined) terminal.tell("Folds are drawn at random, whatever --time says: rows of later times are trained on too.");
    const { data, table: whole, groups } = ready.all(), { validation, callbacks, ...options } = fitOptions(ready, plan, wanted), { schema } = ready;
    void validation, void callbacks; // a fold is seen at its end alone
    const release = onInterrupt(() => {
      progress.end();
      terminal.note("Stopped: nothing is saved.");
      process.exit(INTERRUPTED);
    });
    let done = 0, fitted = ready.preprocessing;
    /** What is learnt of the columns, anew in each fold. */
    const prepareFold = schema && whole && (({ trainingRows, validationRows }: FoldRows) => {
      const made = (fitted = Preprocessing.fit(whole, { schema, rows: trainingRows })), rows = (ids: Uint32Array): Data => made.apply(takeRows(whole, ids), { target: true });
      return { training: weighted(rows(trainingRows), plan), validation: rows(validationRows) };
    });
    try {
      const found = await crossValidate(() => modelOf({ ...ready, preprocessing: fitted, input: fitted?.input ?? ready.input }, plan, wanted), data, {
        ...options, folds, ...(groups ? { groups } : { stratified: ready.facts.task !== "number" }), ...(prepareFold && { prepare: prepareFold }),
        onFold: ({ fold, scores }) => {
          terminal.emit("fold", { fold, scores });
          done++;
          progress.show(() => [{ text: `fold ${done}/${folds}`, rank: 0 }, { text: timeLeft(done, folds, (performance.now() - started) / 1000), rank: 1 }].filter(({ text }) => text), done === folds);
        },
      });
      progress.end();
      const names = Object.keys(found.mean);
      terminal.emit("done", { folds, mean: found.mean, deviation: found.deviation });
      terminal.say(table([
        ["fold", ...names], ...found.folds.map(({ fold, scores }) => [String(fold + 1), ...names.map((name) => short(scores[name]))]),
        ["mean", ...names.map((name) => short(found.mean[name]!))], ["deviation", ...names.map((name) => short(found.deviation[name]!))],
      ], terminal.width, names.map((_, i) => i + 1), "  "));
      return 0;
    } finally {
      release();
      progress.end();
    }
  },
});
