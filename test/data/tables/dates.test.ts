// Dates by our own rules, beside the engine's calendar where that is sure of itself.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cycle, DATE_FORMATS, dateOf, type DateFormat, daysOf, parseDate, showDate } from "../../../src/data/dates.ts";

test("the calendar is that of Date.UTC, for each day of some 800 years", () => {
  for (let days = -200_000; days < 100_000; days++) {
    const date = new Date(days * 86_400_000), { year, month, day } = dateOf(days);
    if (year !== date.getUTCFullYear() || month !== date.getUTCMonth() + 1 || day !== date.getUTCDate() || daysOf(year, month, day) !== days) expect.fail(`day ${days}`);
  }
});

test("any instant that is written as ISO 8601 is read back", () => {
  fc.assert(fc.property(fc.date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }), (date) => {
    expect(parseDate(date.toISOString(), "iso")).toBe(date.getTime());
    expect(parseDate(showDate(date.getTime()), "iso")).toBe(Math.floor(date.getTime() / 60_000) * 60_000);
  }));
});

const at = (iso: string): number => Date.parse(iso);

test.each<[string, DateFormat, string]>([
  ["2020-01-31", "iso", "2020-01-31T00:00:00Z"], ["2020/1/5", "iso", "2020-01-05T00:00:00Z"], ["2020-02", "iso", "2020-02-01T00:00:00Z"],
  ["2020-01-31 13:45", "iso", "2020-01-31T13:45:00Z"], ["2020-01-31T13:45:10.25+02:00", "iso", "2020-01-31T11:45:10.250Z"],
  ["2020-01-31T00:15-0530", "iso", "2020-01-31T05:45:00Z"], ["31.1.2020", "dmy", "2020-01-31T00:00:00Z"], ["31/01/2020 9:05", "dmy", "2020-01-31T09:05:00Z"],
  ["1/31/2020", "mdy", "2020-01-31T00:00:00Z"], ["1/31/2020 12:30 AM", "mdy", "2020-01-31T00:30:00Z"], ["1/31/2020, 3:30:00 PM", "mdy", "2020-01-31T15:30:00Z"],
  ["31 Jan 2020", "named", "2020-01-31T00:00:00Z"], ["31-Jan-2020", "named", "2020-01-31T00:00:00Z"], ["January 31, 2020", "named", "2020-01-31T00:00:00Z"],
  ["Fri, 31 Jan 2020 10:00:00 GMT", "named", "2020-01-31T10:00:00Z"], ["Sept 3 2021", "named", "2021-09-03T00:00:00Z"], ["29.2.2000", "dmy", "2000-02-29T00:00:00Z"],
])("%s is read as %s", (text, format, iso) => {
  expect(parseDate(text, format)).toBe(at(iso));
});

test.each([
  "", "2020", "20200131", "2020-13-01", "2020-02-30", "1900-02-29", "2020-00-10", "2020-01-32", "2020-01-31T25:00", "2020-01-31T10:61", "2020-1/31", "31.13.2020", "1/2/20", "tomorrow",
  "31 Foo 2020", "31 Janu 2020", "2020-01-31 13:00 PM", "2020-01-31x", "١/٢/٢٠٢٠", "9".repeat(100),
])("%s is no date in any way of writing", (text) => {
  for (const format of DATE_FORMATS) expect(parseDate(text, format), format).toBeNaN();
});

describe("parts of a date", () => {
  test("lie on circles", () => {
    expect(cycle("month", at("2020-04-20"))).toEqual([1, expect.closeTo(0, 15)]);
    expect(cycle("hour", at("1960-04-20T18:00Z"))).toEqual([-1, expect.closeTo(0, 15)]);
    expect(cycle("weekday", at("2024-01-01"))).toEqual([expect.closeTo(0, 15), 1]); // a Monday
    for (let day = -10; day < 10; day++) {
      const weekday = (new Date(day * 86_400_000).getUTCDay() + 6) % 7, [sine, cosine] = cycle("weekday", day * 86_400_000);
      expect(sine).toBeCloseTo(Math.sin((2 * Math.PI * weekday) / 7), 14);
      expect(cosine).toBeCloseTo(Math.cos((2 * Math.PI * weekday) / 7), 14);
    }
  });
});
