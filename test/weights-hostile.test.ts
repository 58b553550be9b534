// Files from strangers: what the reference implementation of safetensors refuses, and more; then 2,000 mutated files for each that reads them.
// `node test/proof/mutate-weights.mjs` has 50,000 of them.

import { describe, expect, test } from "vitest";
import * as lanewise from "../src/index.ts";
import { FormatError, inspect, readSafetensors, writeSafetensors } from "../src/index.ts";
import { fileOf, throwAt } from "./proof/weights-mutations.mjs";

const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);
const i32 = (more = ""): string => `{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]${more}}}`;

function refused(file: Uint8Array, why: RegExp): void {
  for (const read of [readSafetensors, inspect]) {
    let error: unknown;
    try {
      read(file);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(why);
  }
}

// the tests of https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs
describe("as the reference implementation", () => {
  test("a scalar, a tensor, an empty tensor, white space behind the header, and a file without tensors are read", () => {
    const read = (header: string, bytes: number) => [...readSafetensors(fileOf(header, zeros(bytes)))].map(([name, { shape, data }]) => [name, shape, data.length]);
    expect(read('{"test":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}', 4)).toEqual([["test", [], 1]]);
    expect(read(i32(), 16)).toEqual([["test", [2, 2], 4]]);
    expect(read('{"test":{"dtype":"I32","shape":[2,0],"data_offsets":[0, 0]}}', 0)).toEqual([["test", [2, 0], 0]]);
    expect(read("{}\r \t\n", 0)).toEqual([]);
    expect(read("{}", 0)).toEqual([]);
    expect(read('{"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"a":{"dtype":"I16","shape":[1],"data_offsets":[0,2]}}', 3)).toEqual([["a", [1], 1], ["b", [1], 1]]);
  });

  test("ten tensors over the same bytes are refused", () => {
    refused(fileOf(`{${Array.from({ length: 10 }, (_, i) => `"weight_${i}":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}`).join()}}`, zeros(16)), /gap or overlap/);
  });

  test("bytes behind the last tensor, and fewer than it wants", () => {
    refused(fileOf(i32(), new TextEncoder().encode(`${"\0".repeat(16)}extra_bogus_data_for_polyglot_file`)), /the tensors end at byte 84 of 118/);
    refused(fileOf(i32(), zeros(14)), /the tensors end at byte 84 of 82/);
  });

  test("lengths of the header that are none", () => {
    refused(fileOf(i32(), zeros(16), 0xffffff000000003cn), /beyond the file/);
    refused(zeros(0), /too few/);
    refused(Uint8Array.of(0x3c, 0, 0, 0, 0, 0, 0, 0), /too few/);
    refused(fileOf(i32(), zeros(16), 2n ** 64n - 8n), /beyond the file/);
    refused(fileOf(i32(), zeros(0), 100_000_001), /beyond the file/);
  });

  test("headers that are no UTF-8, no JSON, or begin with white space", () => {
    refused(fileOf(Uint8Array.of(0x7b, 0xff, 0x7d), zeros(0)), /no UTF-8/);
    refused(fileOf(Uint8Array.of(0xff), zeros(9)), /does not start with/);
    refused(fileOf("{", zeros(9)), /wanted/);
    refused(fileOf("\t\n{}\r ", zeros(0)), /does not start with/);
    refused(fileOf("\ufeff{}", zeros(0)), /does not start with/);
  });

  test("shapes that do not fit their bytes, and products that overflow", () => {
    refused(fileOf('{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0, 4]}}', zeros(4)), /"test" cannot be \[\["dtype", "I32"\], \["shape", \[2, 2\]\], \["data_offsets", \[0, 4\]\]\]/);
    refused(fileOf('{"test":{"dtype":"I32","shape":[2,18446744073709551614],"data_offsets":[0,16]}}', zeros(16)), /whole numbers/);
    refused(fileOf('{"test":{"dtype":"I32","shape":[2,9223372036854775807],"data_offsets":[0,16]}}', zeros(16)), /whole numbers/);
    refused(fileOf('{"test":{"dtype":"I32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}', zeros(0)), /cannot be/);
  });
});

describe("stricter than JSON.parse", () => {
  test.each([
    ["a name twice", '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', /"a" is there twice/],
    ["a name twice, once with an escape", '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', /"a" is there twice/],
    ["a field twice", i32(',"dtype":"I32"'), /"dtype" is there twice/],
    ["metadata twice", '{"__metadata__":{},"__metadata__":{}}', /"__metadata__" is there twice/],
    ["a key of metadata twice", '{"__metadata__":{"a":"b","a":"c"}}', /"a" is there twice/],
    ["a field that is not known", i32(',"stride":[2,1]'), /cannot be .*"stride"/],
    ["a field that is lacking", '{"a":{"dtype":"U8","shape":[0]}}', /cannot be/],
    ["an end before the begin", '{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', /cannot be/],
    ["three offsets", '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}', /cannot be/],
    ["a negative length", '{"a":{"dtype":"U8","shape":[-1,-1],"data_offsets":[0,1]}}', /whole numbers/],
    ["a length that is no whole number", '{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', /wanted/],
    ["a length with an exponent", '{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', /wanted/],
    ["a length with a 0 before it", '{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}', /whole numbers/],
    ["a length of minus 0", '{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}', /whole numbers/],
    ["17 axes", `{"a":{"dtype":"U8","shape":[${Array(17).fill(1)}],"data_offsets":[0,1]}}`, /at most 16 whole numbers/],
    ["a type that is not known", '{"a":{"dtype":"F33","shape":[0],"data_offsets":[0,0]}}', /"a" cannot be .*"F33"/],
    ["a type that is a name of Object.prototype", '{"a":{"dtype":"constructor","shape":[0],"data_offsets":[0,0]}}', /"a" cannot be .*"constructor"/],
    ["metadata that are no strings", '{"__metadata__":{"a":1}}', /wanted "/],
    ["metadata that are a list", '{"__metadata__":[]}', /wanted {/],
    ["a line break in a name", '{"a\nb":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', /wanted a string/],
    ["a comma before the end", '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},}', /wanted "/],
    ["a comma at the begin", '{,"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', /wanted "/],
    ["no comma", '{"a":{"dtype":"U8","shape":[0]"data_offsets":[0,0]}}', /wanted ,/],
    ["another object behind it", "{}{}", /wanted its end/],
    ["a 0 byte behind it", "{}\0", /wanted its end/],
    ["a space that JSON does not know", "{}\u00a0", /wanted its end/],
    ["a comment", "{/**/}", /wanted/],
    ["lists within lists", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, /wanted {/],
    ["more tensors than are read", `{${Array.from({ length: 100_002 }, (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`)}}`, /100001th/],
  ])("%s is refused", (_, header, why) => {
    refused(fileOf(header, zeros(header.includes("[0,16]") ? 16 : /\[0,1[\],]/.test(header) ? 1 : 0)), why);
  });

  test("a long text in the metadata is read, with any number of escapes", () => {
    const text = '\\"\n'.repeat(1_000_000), file = writeSafetensors(new Map(), { text });
    expect(inspect(file).metadata["text"]).toBe(text);
  });

  test("names of Object.prototype are names like others", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"], tensor = { data: Float32Array.of(1), shape: [1] };
    const file = writeSafetensors(new Map(names.map((name) => [name, tensor])), JSON.parse('{"__proto__":"a","constructor":"b"}'));
    expect([...readSafetensors(file).keys()]).toEqual(names);
    expect(Object.entries(inspect(file).metadata)).toEqual([["__proto__", "a"], ["constructor", "b"]]);
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });
});

test("2,000 mutated files each for the reader, loadModel and resume: only errors of lanewise, and nothing changed", async () => {
  for (const { name, wrong, files, taken, codes } of await throwAt(lanewise, { count: 2000, seed: 2 })) {
    expect(wrong, name).toEqual([]);
    expect(files, name).toBeGreaterThanOrEqual(2000);
    // both ends are reached: mutations that are sound, and such that get far
    expect(taken, name).toBeGreaterThan(20);
    expect(Object.keys(codes).length, name).toBeGreaterThan(name === "loadModel" ? 1 : 2);
  }
});
