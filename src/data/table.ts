// A table: columns of numbers and texts under their names, as readers give them.

/** A column's values: numbers (NaN: missing) or texts (null: missing). */
export type ColumnValues = Float64Array | readonly (string | null)[];

/** Rows and columns of a file, or of records. */
export interface Table {
  readonly name: string;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ColumnValues>;
}
