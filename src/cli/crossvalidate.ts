// lanewise crossvalidate: how good a model is, and how much that varies.

import { foldIds, type FoldOptions } from "../data/partition.ts";
import { crossValidate, type Data, Preprocessing, takeRows } from "../index.ts";
import { command } from "./args.ts";
import { failed } from "../advice/failure.ts";
import { plural, short } from "../advice/text.ts";
import { PLANNING, planOf, rated } from "./plan.ts";
import { modelOf, numbersOf, type AnyReady, taught } from "../advice/prepare.ts";
import { showChoices } from "./show.ts";
import { Progress, timeLeft } from "./terminal.ts";
import { clean, table } from "./text.ts";
import { fitOptions } from "./train.ts";

/** A class whose rows are all held out in one fold is nothing that the model of that fold could have learnt. As in scikit-learn the fold
 * is scored all the same: these rows are taken for something else.
 *
 * @throws Error where a fold has one class to train on, or there are more folds than rows or groups.
 */
function untaught({ name, classes, all }: AnyReady, options: FoldOptions, group: string | undefined): { fold: number; label: string; rows: number }[] {
  const y = numbersOf(all().data.y), folds = foldIds(y.length, options, () => Float64Array.from(y));
  return !classes ? [] : folds.flatMap(({ training, validation }, fold) => {
    const taught = new Set(Array.from(training, (row) => y[row]!)), strange = Array.from(validation, (row) => y[row]!).filter((label) => !taught.has(label));
    if (taught.size < 2) throw failed(name, `in fold ${fold + 1} all rows to train on have the class ${JSON.stringify(classes[[...taught][0]!])}, for the rows of every other are held out; ${group === undefined ? "fewer --folds" : `fewer --folds, another --group than ${group}, or none`}`, "one-class");
    return [...new Set(strange)].map((label) => ({ fold, label: classes[label]!, rows: strange.filter((one) => one === label).length }));
  });
}

interface FoldRows {
  readonly trainingRows: Uint32Array;
  readonly validationRows: Uint32Array;
}

/** With all classes, be they among the training rows of a fold or not: its model has an output for each. */
function withClasses(made: Preprocessing, whole: Preprocessing): Preprocessing {
  return whole.classes && made.classes!.length < whole.classes.length ? Preprocessing.from({ ...(made.toJSON() as object), target: (whole.toJSON() as { target: unknown }).target }) : made;
}

export const crossvalidate = command({
  name: "crossvalidate",
  summary: "Trains on all folds but one, for each: how good a model is, and how much that varies.",
  about: "Each row is held out once. What is learnt of the columns is learnt anew in each fold, from its training rows alone; the model is the one that train would choose. Nothing is saved.",
  arguments: [{ name: "DATA", help: "a file of rows, or a folder of images" }],
  flags: { ...PLANNING, folds: { kind: "count", least: 2, most: 1000, help: "how many; 5 by default" } } as const,
  examples: ["lanewise crossvalidate penguins.csv --target species --folds 10"],
  async run(terminal, [path], { folds = 5, ...flags }) {
    const planned = await planOf(path!, flags, new Progress(terminal), true);
    // what stands in the way of folds is told before anything is trained
    const { data, table: whole, groups } = planned.ready.all(), cut = { folds, seed: planned.wanted.seed ?? 0, ...(groups ? { groups } : { stratified: planned.ready.facts.task !== "number" }) };
    const strange = untaught(planned.ready, cut, planned.wanted.group);
    const { ready, plan, wanted, choices, model: first } = await rated(planned), progress = new Progress(terminal), started = performance.now();
    first.dispose();
    showChoices(terminal, choices.filter(({ name }) => name !== "early stopping")); // a fold is seen at its end alone
    if (wanted.time !== undefined) terminal.tell("Folds are drawn at random, whatever --time says: rows of later times are trained on too.");
    for (const { fold, label, rows } of strange) {
      terminal.emit("untaught", { fold, class: label, rows });
      terminal.tell(clean(`Fold ${fold + 1}: no row of ${label} is left to train on, so its ${plural(rows, "row")} that ${rows === 1 ? "is" : "are"} held out can only be taken for something else.`));
    }
    const { validation, callbacks, ...options } = fitOptions(ready, plan, wanted), { schema } = ready;
    void validation, void callbacks;
    let done = 0, fitted = ready.preprocessing;
    /** What is learnt of the columns, anew in each fold. */
    const prepareFold = schema && whole && (({ trainingRows, validationRows }: FoldRows) => {
      const made = (fitted = withClasses(Preprocessing.fit(whole, { schema, rows: trainingRows }), ready.preprocessing!)), rows = (ids: Uint32Array): Data => made.apply(takeRows(whole, ids), { target: true });
      return { training: taught(rows(trainingRows), plan, wanted), validation: rows(validationRows) };
    });
    try {
      const found = await crossValidate(() => modelOf({ ...ready, preprocessing: fitted, input: fitted?.input ?? ready.input }, plan, wanted), data, {
        ...options, ...cut, ...(prepareFold && { prepare: prepareFold }),
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
      progress.end();
    }
  },
});
