// Dates from texts, and what they tell: in UTC, by the Gregorian calendar, by our own rules. Date.parse takes "1/2/2020" for the second
// of January everywhere, and other texts for what the engine likes.

import { cosTurn, sinTurn } from "../math.ts";

/** How a column writes its dates. `iso`: year, month, day (2020-01-31, 2020/1/31), with a time or without (ISO 8601; without an offset it
 * is UTC); `dmy`: 31.1.2020, 31/1/2020; `mdy`: 1/31/2020; `named`: 31 Jan 2020, January 31, 2020; `milliseconds`: numbers, since 1970. */
export type DateFormat = "iso" | "dmy" | "mdy" | "named" | "milliseconds";

export const DATE_FORMATS: readonly DateFormat[] = ["iso", "dmy", "mdy", "named", "milliseconds"];

export const DAY = 86_400_000;

const TIME = String.raw`(?:(?:[T ]|, )\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp][Mm])?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?`;
/** How dates are written; in predictors too. */
export const ISO = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})${TIME}$`);
export const YEAR_MONTH = /^(\d{4})-(\d{2})$/;
export const SLASHES = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})${TIME}$`);
const WEEKDAY = "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?";
export const DAY_MONTH = new RegExp(String.raw`^${WEEKDAY}(\d{1,2})[. -]+([A-Za-z]{3,9})\.?,?[ -]+(\d{4})${TIME}$`, "i");
export const MONTH_DAY = new RegExp(String.raw`^${WEEKDAY}([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})${TIME}$`, "i");

export const MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/** Milliseconds since 1970 in UTC; NaN if the text is no such date. */
export function parseDate(text: string, format: DateFormat): number {
  const trimmed = text.trim();
  if (trimmed.length > 64) return NaN;
  if (format === "iso") {
    const day = ISO.exec(trimmed);
    if (day) return instant(Number(day[1]), Number(day[3]), Number(day[4]), day.slice(5));
    const month = YEAR_MONTH.exec(trimmed);
    return month ? instant(Number(month[1]), Number(month[2]), 1, []) : NaN;
  }
  if (format === "named") {
    const found = DAY_MONTH.exec(trimmed), turned = found ? undefined : MONTH_DAY.exec(trimmed);
    if (found) return instant(Number(found[3]), monthOf(found[2]!), Number(found[1]), found.slice(4));
    return turned ? instant(Number(turned[3]), monthOf(turned[1]!), Number(turned[2]), turned.slice(4)) : NaN;
  }
  if (format === "milliseconds") return NaN;
  const found = SLASHES.exec(trimmed);
  // 31.1.2020 has the day before the month wherever it is written
  if (!found || (format === "mdy" && found[2] === ".")) return NaN;
  const [first, second] = [Number(found[1]), Number(found[3])];
  return format === "dmy" ? instant(Number(found[4]), second, first, found.slice(5)) : instant(Number(found[4]), first, second, found.slice(5));
}

/** What people write for a date, be it in a way that is known or not: a number, a mark, a number, the mark, a number. */
const NEAR_DATE = /^\s*(\d{1,4})([-/. ])\d{1,2}\2(\d{1,4})(?:[T ,].*)?\s*$/;

export function nearDate(text: string): boolean {
  return NEAR_DATE.test(text);
}

/** How to mend a text that is no date; `format` is how the others of its column are written, if they are. */
export function whyNoDate(column: string, text: string, format: DateFormat | undefined): string {
  const [, first, , last] = NEAR_DATE.exec(text) ?? [];
  if (first !== undefined && first.length < 3 && last!.length < 3) return "a year has four digits: 2024, not 24";
  const other = DATE_FORMATS.find((one) => one !== format && !Number.isNaN(parseDate(text, one)));
  if (format !== undefined && other) return `types: { ${JSON.stringify(column)}: "date:${other}" }, if all are written so`;
  return first === undefined ? "leave it empty if it is missing" : "there is no such day: correct it, or leave it empty if it is missing";
}

function monthOf(name: string): number {
  const small = name.toLowerCase(), found = MONTHS.findIndex((month) => month === small || month.slice(0, 3) === small);
  return small === "sept" ? 9 : found + 1;
}

function instant(year: number, month: number, day: number, [hours, minutes, seconds = "0", part = "", half, offset]: readonly (string | undefined)[]): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return NaN;
  const midnight = daysOf(year, month, day) * DAY;
  if (hours === undefined) return midnight;
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return NaN;
    hour = (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
  }
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 60) return NaN;
  const thousandths = Number(part.padEnd(3, "0").slice(0, 3)), local = midnight + 3_600_000 * hour + 60_000 * Number(minutes) + 1000 * Number(seconds) + thousandths;
  const zone = /^([+-])(\d{2}):?(\d{2})$/.exec(offset ?? "");
  return zone ? local - (zone[1] === "-" ? -1 : 1) * (3_600_000 * Number(zone[2]) + 60_000 * Number(zone[3])) : local;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970 of a date of the Gregorian calendar. Years begin with March here, so that the leap day is a year's last (Hinnant,
 * chrono-compatible low-level date algorithms). */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year, era = Math.floor(y / 400), yearOfEra = y - 400 * era;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 146_097 * era + 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** The date of a day since 1970. */
export function dateOf(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468, era = Math.floor(z / 146_097), dayOfEra = z - 146_097 * era;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153), month = m < 10 ? m + 3 : m - 9;
  return { year: yearOfEra + 400 * era + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * m + 2) / 5) + 1 };
}

/** An instant as text, for people: its day, and the time where there is one. */
export function showDate(instant: number): string {
  const days = Math.floor(instant / DAY), { year, month, day } = dateOf(days), minutes = Math.floor((instant - days * DAY) / 60_000);
  const two = (n: number): string => String(n).padStart(2, "0"), date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  return minutes === 0 ? date : `${date} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** What is made of a date: `elapsed`: days, standardised; the others are places on a circle, as sine and cosine. */
export type DatePart = "elapsed" | "month" | "weekday" | "hour";

export const DATE_PARTS: readonly DatePart[] = ["elapsed", "month", "weekday", "hour"];

/** The part of an instant that comes round again, as a share of its circle: month of the year, day of the week (Monday is 0), time of the
 * day. */
export function turnOf(part: Exclude<DatePart, "elapsed">, instant: number): number {
  const days = Math.floor(instant / DAY);
  if (part === "hour") return (instant - days * DAY) / DAY;
  if (part === "month") return (dateOf(days).month - 1) / 12;
  return ((((days + 3) % 7) + 7) % 7) / 7; // 1970 began with a Thursday
}

/** Sine and cosine of a part. */
export function cycle(part: Exclude<DatePart, "elapsed">, instant: number): [number, number] {
  const turn = turnOf(part, instant);
  return [sinTurn(turn), cosTurn(turn)];
}
