// Parquet files, as hyparquet-writer writes them.

import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { DataError, FormatError, parquet } from "../../../src/index.ts";
import { columnsOf, errorOf, pieces } from "./help.ts";

type Columns = Parameters<typeof parquetWriteBuffer>[0]["columnData"];
const write = (columnData: Columns, more: object = {}): Uint8Array<ArrayBuffer> => new Uint8Array(parquetWriteBuffer({ columnData, ...more }));

const plain = write([
  { name: "species", data: ["Adelie", null, "Gentoo"], type: "STRING", nullable: true }, { name: "mass", data: [3750.5, 1, null], type: "DOUBLE", nullable: true },
  { name: "count", data: [1, 2, 3], type: "INT32" }, { name: "id", data: [1n, -2n, 9007199254740991n], type: "INT64" }, { name: "big", data: [1n, 2n, 2n ** 60n], type: "INT64" },
  { name: "tame", data: [true, false, null], type: "BOOLEAN", nullable: true }, { name: "seen", data: [new Date("2024-02-29T12:30:00Z"), new Date(0), null], type: "TIMESTAMP", nullable: true },
  { name: "__proto__", data: [1, 2, 3], type: "FLOAT" },
]);
const table = {
  species: ["Adelie", null, "Gentoo"], mass: [3750.5, 1, NaN], count: [1, 2, 3], id: [1, -2, 9007199254740991], big: ["1", "2", "1152921504606846976"], tame: ["true", "false", null],
  seen: ["2024-02-29T12:30:00.000Z", "1970-01-01", null],
};

describe("columns", () => {
  it("of every type become numbers and texts", async () => {
    const { rows, columns } = await parquet(new File([plain], "birds.parquet"));
    expect(rows).toBe(3);
    expect([...columns.keys()]).toEqual([...Object.keys(table), "__proto__"]);
    for (const [name, values] of Object.entries(table)) expect([...columns.get(name)!], name).toEqual(values);
    expect([...columns.get("__proto__")!]).toEqual([1, 2, 3]);
    expect(columns.get("mass")).toBeInstanceOf(Float64Array);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("come whatever the source", async () => {
    for (const source of [plain, plain.buffer, pieces(plain, 100)]) expect((await parquet(source)).columns.get("count")).toEqual(Float64Array.of(1, 2, 3));
  });

  it("of several groups of rows are whole", async () => {
    const data = Array.from({ length: 10_000 }, (_, i) => i / 4), file = write([{ name: "x", data, type: "DOUBLE" }, { name: "t", data: data.map(String), type: "STRING" }], { rowGroupSize: 999 });
    expect(columnsOf(await parquet(file))).toEqual({ x: data, t: data.map(String) });
  });

  it("of a file without rows", async () => {
    expect((await parquet(write([{ name: "x", data: [], type: "DOUBLE" }]))).rows).toBe(0);
  });
});

describe("what is refused", () => {
  it("nested columns and bytes, by name", async () => {
    const nested = write([{ name: "parts", data: [[1, 2], [3]], type: "JSON" } as never]);
    expect(await errorOf(parquet(nested))).toMatchObject({ code: "nested", details: { column: "parts" } });
  });

  it("files that are cut off at any byte", async () => {
    for (let length = 0; length < plain.length; length += length < 40 || length > plain.length - 600 ? 1 : 17) expect(await errorOf(parquet(plain.subarray(0, length)))).toBeInstanceOf(FormatError);
  });

  it("files that are none, or encrypted", async () => {
    expect(await errorOf(parquet(new File(["a,b\n1,2\n3,4\n"], "x.parquet")))).toMatchObject({ code: "bad-file", details: { file: "x.parquet" } });
    const encrypted = plain.slice();
    encrypted.set(Buffer.from("PARE"), plain.length - 4);
    expect((await errorOf(parquet(encrypted))).message).toContain("encrypted");
    expect((await errorOf(parquet(plain, { limit: 100 })))).toBeInstanceOf(DataError);
  });
});
