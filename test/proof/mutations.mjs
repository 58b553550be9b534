// Broken files of every data format: sound ones, and what a seeded hand makes of them.

/** A generator of numbers from 0 to 2^32 − 1 (xorshift32), so that a file can be made again from its seed. */
export function random(seed) {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const bytesOf = (text) => new TextEncoder().encode(text);
const packed = async (bytes, kind = "gzip") => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream(kind))).arrayBuffer());

/** Sound files by format. `library` is lanewise. */
export async function soundFiles({ writeNpy }) {
  const { parquetWriteBuffer } = await import("hyparquet-writer"), { zipSync } = await import("fflate");
  const idx = (type, shape, bytes) => Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]), ...bytes]);
  const some = (length) => Array.from({ length }, (_, i) => (i * 89) & 255);
  const npy = (header, bytes, version = 1) => Uint8Array.from([0x93, 78, 85, 77, 80, 89, version, 0, header.length & 255, header.length >> 8, ...(version > 1 ? [0, 0] : []), ...bytesOf(header), ...bytes]);
  const arrays = [
    writeNpy({ data: Float32Array.from({ length: 24 }, (_, i) => i / 3), shape: [2, 3, 4] }), writeNpy({ data: new Uint8Array(some(30)), shape: [30] }),
    npy("{'descr': '<i8', 'fortran_order': True, 'shape': (2, 3), }\n", new Uint8Array(new BigInt64Array([1n, -2n, 3n, 4n, 5n, 6n]).buffer)),
    npy("{'descr': '>f2', 'fortran_order': False, 'shape': (4,), }\n", some(8), 2), npy("{'descr': '>u4', 'fortran_order': True, 'shape': (2, 2, 1), }\n", some(16), 3),
    npy("{'descr': '|b1', 'fortran_order': False, 'shape': (), }\n", [1]),
    npy("{'descr': '<U2', 'fortran_order': True, 'shape': (2, 1), }\n", new Uint8Array(new Uint32Array([97, 0x1d11e, 98, 0]).buffer)), npy("{'descr': '|S3', 'fortran_order': False, 'shape': (2,), }\n", [97, 0, 0, 0xc3, 0xa9, 98]),
  ];
  const [first, second, third] = arrays, csv = [
    'species,mass,"note, quoted",when\nAdelie,3750,"two\nlines",2024-02-29\nGentoo,NA,"he said ""no""",2024-03-01\nChinstrap,-1.5e3,,?\n', "a;b;c\r\n1,5;x;2\r\n2,5;y;\r\n", "1\t2\t3\n4\t5\t6\n",
    "名前|größe\n山田|1.5\nÅse|2\n",
  ].map(bytesOf);
  csv.push(new Uint8Array(new Uint16Array([0xfeff, ...Array.from("a,b\n1,ä\n2,中\n", (letter) => letter.charCodeAt(0))]).buffer), Uint8Array.from([...bytesOf("a,b\n1,caf"), 0xe9, ...bytesOf("\n2,"), 0xb1, 0xb1, 0xbe, 0xa9, 10]));
  const columnData = [
    { name: "species", data: ["Adelie", null, "Gentoo", "Adelie", "Adelie", "Gentoo"], type: "STRING", nullable: true }, { name: "mass", data: [3750.5, 1, 2, null, 4, 5], type: "DOUBLE", nullable: true },
    { name: "id", data: [1n, -2n, 3n, 4n, 5n, 2n ** 60n], type: "INT64" }, { name: "tame", data: [true, false, true, true, false, false], type: "BOOLEAN" }, { name: "seen", data: Array(6).fill(new Date(1e12)), type: "TIMESTAMP" },
  ];
  const files = {
    idx: [idx(8, [2, 3, 4], some(24)), idx(8, [5], some(5)), idx(9, [6], some(6)), idx(11, [2, 2], some(8)), idx(12, [3, 1], some(12)), idx(13, [2, 2], some(16)), idx(14, [2], some(16))],
    npy: arrays, npz: [zipSync({ "x.npy": first, "y.npy": second, "__proto__.npy": third }, { level: 9 }), zipSync({ "x.npy": first, "labels.npy": second }, { level: 0 })],
    csv,
    jsonl: ['{"a":1,"b":"x","c":true}\n{"a":null,"b":"\\u00e9\\n","__proto__":2}\n\n{"c":false,"a":-2.5e3}\n', '[{"a":1,"b":"x"},\n {"a":2,"b":null}]'].map(bytesOf),
    parquet: [{}, { codec: "UNCOMPRESSED" }, { rowGroupSize: 2 }].map((more) => new Uint8Array(parquetWriteBuffer({ columnData, ...more }))),
  };
  for (const format of ["idx", "npy", "csv", "jsonl"]) files[format].push(await packed(files[format][0]));
  return files;
}

/** Numbers that lengths and offsets overflow with. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
/** Texts that readers of text stumble over. */
const WORDS = ['"', ",", "\n", "\r", "\0", "{", "[", "]", "}", "null", "__proto__", "'", "(", "1e999", "-", "\ufeff"].map(bytesOf);

/** A broken copy: one to four changes. */
export function mutate(bytes, next) {
  let file = bytes.slice();
  for (let changes = 1 + next(4); changes > 0; changes--) {
    // the beginning, where headers are, is met as often as the rest; and the end, where directories are
    const place = () => (file.length === 0 ? 0 : [next(file.length), next(Math.min(32, file.length)), Math.max(0, file.length - 1 - next(64))][next(3)]);
    const at = place(), length = 1 + next(16), view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const splice = (from, to, between) => {
      file = Uint8Array.from([...file.subarray(0, from), ...between, ...file.subarray(to)]);
    };
    switch (next(9)) {
      case 0: if (file.length) file[at] ^= 1 << next(8); break;
      case 1: if (file.length) file[at] = EDGES[next(EDGES.length)] & 255; break;
      case 2: if (at + 4 <= file.length) view.setUint32(at, EDGES[next(EDGES.length)], next(2) === 1); break;
      case 3: if (at + 2 <= file.length) view.setUint16(at, EDGES[next(EDGES.length)], next(2) === 1); break;
      case 4: file = file.slice(0, at); break;
      case 5: splice(at, Math.min(file.length, at + length), []); break;
      case 6: splice(at, at, file.subarray(at, at + length)); break;
      case 7: splice(at, at, Array.from({ length }, () => next(256))); break;
      default: splice(at, at, WORDS[next(WORDS.length)]);
    }
  }
  return file;
}

/** The file of a format and a seed. */
export function brokenFile(files, seed) {
  const next = random(seed);
  return mutate(files[next(files.length)], next);
}

/** Reads a file, to the end: "read", the code of its error, or what is wrong with how it went. */
export async function outcome(library, format, file) {
  let told;
  try {
    if (format === "csv") for await (const table of library.csvBatches(file, { rows: 3 })) void table;
    await library[format](file, { limit: 1 << 26 });
    told = { read: true };
  } catch (error) {
    told = error instanceof library.LanewiseError && typeof error.code === "string" && error.message ? { code: error.code } : { wrong: `${error?.name}: ${error?.message}` };
  }
  return Object.keys(Object.prototype).length || {}.polluted !== undefined ? { wrong: "Object.prototype was touched" } : told;
}
