// What fitColumn learns of a column, learnt of tables that come one after the other: of numbers their moments are kept, of categories how often
// each comes, however many rows there are. Means are summed in the order of the rows, as in transforms.ts; deviations are Welford's
// (Note on a Method for Calculating Corrected Sums of Squares and Products, 1962), which differ from those in the last digits.

import { badOption, wantNumber } from "../options.ts";
import { DAY } from "./dates.ts";
import type { ColumnSchema, TransformOption } from "./schema.ts";
import { columnError, type ColumnValues, missingAt, type Table, textAt } from "./table.ts";
import {
  dateAt, type Fitted, fitCategory, fitHash, fittedDate, type FittedNumber, formatOf, type How, howOf, indicatorOf, MOST_FEATURES, numberAt, signedLog, tally,
  Turns, wantSound,
} from "./transforms.ts";

/** Learns of a column, a table at a time. */
export interface Learner {
  add(table: Table, values: ColumnValues): void;
  /** What came of it; `table` is the last one, for messages. */
  fitted(table: Table): Fitted;
}

/** Mean, deviation and range of numbers, one after the other; NaN is missing. */
export class Moments {
  least = Infinity;
  greatest = -Infinity;
  private count = 0;
  private sum = 0;
  private running = 0;
  private squares = 0;

  add(value: number): void {
    if (Number.isNaN(value)) return;
    this.count++;
    this.sum += value;
    const off = value - this.running;
    this.running += off / this.count;
    this.squares += off * (value - this.running);
    if (value < this.least) this.least = value;
    if (value > this.greatest) this.greatest = value;
  }

  get mean(): number {
    return this.sum / this.count + 0; // never −0, which JSON has not
  }

  /** Of all; one of 0 is 1, as momentsOf has it. */
  get deviation(): number {
    const deviation = Math.sqrt(this.squares / this.count);
    return deviation <= 1e-14 * Math.abs(this.mean) ? 1 : deviation;
  }
}

/** Undefined for a column that is left out.
 *
 * @throws OptionError for options that do not fit, and for those that want all rows at once.
 */
export function learnerOf(schema: ColumnSchema, option: TransformOption | undefined): Learner | undefined {
  const how = howOf(schema, option);
  if (!how) return undefined;
  const { column, use, options } = how;
  switch (use) {
    case "cyclic": {
      const turns = new Turns(), days = new Moments();
      return rowByRow(how, (table, values, row) => {
        const instant = dateAt(table, column, values, row, formatOf(how));
        turns.add(instant);
        days.add(instant / DAY);
      }, (_, indicator) => fittedDate(how, turns, days, indicator));
    }
    case "hash":
      return rowByRow(how, () => {}, (_, indicator) => fitHash(how, indicator));
    case "oneHot":
    case "ordinal": {
      const counts = new Map<string, number>();
      return rowByRow(how, (table, values, row) => {
        tally(counts, textAt(values, row));
        if (counts.size > MOST_FEATURES) throw columnError("too-many-features", table, column, { wanted: `at most ${MOST_FEATURES} categories`, got: "more", fix: "use: \"hash\", or ignore it" });
      }, (_, indicator) => fitCategory(counts, column, use, options, indicator));
    }
    default:
      return numberLearner(how, use);
  }
}

function numberLearner(how: How, use: FittedNumber["use"]): Learner {
  const { column, options: { impute = "mean" } } = how, label = `transforms.${column}.impute`, plain = new Moments(), scaled = use === "log" ? new Moments() : plain;
  if (typeof impute === "number") wantNumber(label, impute);
  else if (impute !== "mean") throw badOption(label, impute, '"mean" or a number, as not all rows are in memory at once');
  return rowByRow(how, (table, values, row) => {
    const value = numberAt(table, column, values, row);
    plain.add(value);
    if (use === "log") scaled.add(signedLog(value));
  }, (table, indicator) => {
    const { least, greatest } = plain, fill = typeof impute === "number" ? impute + 0 : plain.mean;
    const scale = use === "none" ? { shift: 0, scale: 1 } : use === "minMax" ? { shift: least + 0, scale: greatest - least || 1 } : { shift: scaled.mean, scale: scaled.deviation };
    return wantSound(table, { column, use, fill, ...scale, indicator });
  });
}

function rowByRow(how: How, add: (table: Table, values: ColumnValues, row: number) => void, made: (table: Table, indicator: boolean) => Fitted): Learner {
  let missing = 0, rows = 0;
  return {
    add(table, values) {
      rows += table.rows;
      for (let row = 0; row < table.rows; row++) {
        if (missingAt(values, row)) missing++;
        add(table, values, row);
      }
    },
    fitted: (table) => made(table, indicatorOf(table, how, missing, rows)),
  };
}
