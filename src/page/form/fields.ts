// What is asked of a row, by the page and by predictor.html alike.

/** A column of a table: numbers, one of some categories, a day, a day with a time, or words. */
export interface Field {
  readonly name: string;
  readonly kind: "number" | "category" | "date" | "time" | "text";
  /** Of a category, the most frequent first. */
  readonly categories?: readonly string[] | undefined;
  /** Of a number, in the data. */
  readonly range?: readonly [number, number] | undefined;
  /** How a date was written in the data; as such it goes to the model. */
  readonly format?: string | undefined;
}

/** Pictures as a model wants them. */
export interface PictureWanted {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The greatest value of a pixel. */
  readonly most: number;
  /** Are they dark on light? */
  readonly light: boolean;
}

/** How much ink lies where, 0 to 255, row by row. */
export interface Drawing {
  readonly height: number;
  readonly width: number;
  readonly ink: Uint8Array;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What a date field gives, "2020-01-31" or "2020-01-31T12:30", as the data write it. */
export function dateCell(value: string, format: string | undefined): string {
  const found = /^(\d{4,})-(\d{2})-(\d{2})(T.*)?$/.exec(value);
  if (!found) return value;
  const [, year, month, day, rest = ""] = found, time = rest.replace("T", " ");
  switch (format) {
    case "dmy":
      return `${day}/${month}/${year}${time}`;
    case "mdy":
      return `${month}/${day}/${year}${time}`;
    case "named":
      return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}${time}`;
    case "milliseconds":
      return String(Date.UTC(Number(year), Number(month) - 1, Number(day), Number(rest.slice(1, 3)), Number(rest.slice(4, 6))));
    default:
      return value;
  }
}
