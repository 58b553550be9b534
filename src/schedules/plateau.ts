// The schedule that listens: it falls where a number of the reports gets no better.

import { checkNames, wantCount, wantNumber } from "../options.ts";
import { makeMonitor, type MonitorOptions } from "./monitor.ts";
import { named, type Schedule } from "./schedule.ts";

export interface ReduceOnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied with; 0.1 by default. */
  factor?: number;
  /** Epochs without improvement that are let pass; 10 by default: the one after them lowers the rate. */
  patience?: number;
  /** The share by which a number must be better than the best to be an improvement; 1e-4 by default. */
  threshold?: number;
  /** Epochs after a fall in which none is counted; 0 by default. */
  cooldown?: number;
  /** The lowest rate; 0 by default. */
  minimum?: number;
}

/** What the reports so far have come to. */
interface Heard {
  reports: number;
  best: number;
  bad: number;
  cooling: number;
  rate: number;
}

/** rate = max(minimum, rate · factor) after `patience` + 1 epochs in a row without improvement. Better is below
 * best · (1 − threshold), or, for what rises, above best · (1 + threshold). A fall of at most 1e-8 is left out. Works
 * with fit alone, for a run by hand has no reports.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 *
 * @throws OptionError for an option out of its range; when fitting, for a monitor that the reports will not have.
 * @example
 * const rate = reduceOnPlateau({ monitor: "loss", patience: 1 }), monitors = ["loss"];
 * const after = (...losses) => rate(losses.length, { steps: 9, epochs: 9, base: 1, monitors, reports: losses.map((loss) => ({ loss })) });
 * [after(), after(3, 2, 2), after(3, 2, 2, 2)] // → [1, 1, 0.1]
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Schedule {
  checkNames("reduceOnPlateau", options, ["monitor", "mode", "factor", "patience", "threshold", "cooldown", "minimum"]);
  const monitor = makeMonitor("reduceOnPlateau", options), number = (name: "factor" | "threshold", value: number, high: number): number =>
    wantNumber(`reduceOnPlateau: ${name}`, options[name] ?? value, 0, high, true);
  const factor = number("factor", 0.1, 1), threshold = number("threshold", 1e-4, 1);
  const patience = wantCount("reduceOnPlateau: patience", options.patience ?? 10, 0);
  const cooldown = wantCount("reduceOnPlateau: cooldown", options.cooldown ?? 0, 0);
  const minimum = wantNumber("reduceOnPlateau: minimum", options.minimum ?? 0, 0);
  const worst = monitor.rising ? -Infinity : Infinity, bound = monitor.rising ? 1 + threshold : 1 - threshold;
  // a function of the reports alone, so that a run that goes on has the same rates; each list is heard once
  const memory = new WeakMap<readonly object[], Heard>();
  return named("reduceOnPlateau", options, (_, { base, reports, monitors }) => {
    monitor.check(monitors);
    const list = reports!;
    let heard = memory.get(list);
    if (!heard || heard.reports > list.length) memory.set(list, heard = { reports: 0, best: worst, bad: 0, cooling: 0, rate: base });
    for (; heard.reports < list.length; heard.reports++) {
      const value = monitor.read(list[heard.reports]!);
      if (monitor.rising ? value > heard.best * bound : value < heard.best * bound) {
        heard.best = value;
        heard.bad = 0;
      } else heard.bad++;
      if (heard.cooling > 0) {
        heard.cooling--;
        heard.bad = 0;
      }
      if (heard.bad <= patience) continue;
      const lower = Math.max(heard.rate * factor, minimum);
      if (heard.rate - lower > 1e-8) heard.rate = lower;
      heard.cooling = cooldown;
      heard.bad = 0;
    }
    return heard.rate;
  });
}
