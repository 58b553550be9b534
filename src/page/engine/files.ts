// From what was dropped to data: the reader goes by the names, and where they say nothing by the first bytes.

import { csv, DataError, FormatError, idx, image, imageFiles, jsonl, type Table } from "../../index.ts";
import type { Arrays } from "../../advice/data.ts";
import { unzip } from "../../data/zip.ts";
import type { Named, PictureOptions, Said } from "./api.ts";

export type Opened = { readonly kind: "table"; readonly table: Table; readonly notes: readonly Said[] }
  | { readonly kind: "images"; readonly arrays: Arrays; readonly notes: readonly Said[] };

/** Bytes of an archive, unpacked, at the most. */
const ARCHIVE = 1 << 30;
/** Pixels of a side to which pictures are brought that are larger, or of several sizes. */
const SIDE = 32;

const PICTURE = /\.(png|jpe?g)$/i, IDX = /idx(\d)-ubyte(\.gz)?$/i, LINES = /\.(jsonl|ndjson|json)(\.gz)?$/i, ROWS = /\.(csv|tsv|txt)(\.gz)?$/i;

/** Reads files that belong together: a table, pictures in folders, MNIST's files, or an archive of one of these.
 *
 * @throws LanewiseError that names the file.
 */
export async function open(given: readonly Named[], options: PictureOptions = {}): Promise<Opened> {
  // what systems put beside people's files
  const files = given.filter(({ path }) => !/(^|\/)(\.|__MACOSX\/|Thumbs\.db$)/i.test(path));
  if (!files.length) throw new DataError("no-file", { option: "files", wanted: "a file", got: 0 });
  const pictures = files.filter(({ path }) => PICTURE.test(path));
  if (pictures.length > 0) return ofPictures(pictures, options, files.length - pictures.length);
  if (files.some(({ path }) => IDX.test(path))) return ofIdx(files);
  if (files.length > 1) throw new DataError("several-files", { option: files.map(({ path }) => path).slice(0, 5).join(", "), wanted: "one table, or pictures in folders, or MNIST's files", got: files.length });
  const [{ path, file }] = files as [Named], head = new Uint8Array(await file.slice(0, 8).arrayBuffer()), begins = String.fromCharCode(...head);
  if (begins.startsWith("PK\x03\x04")) return ofArchive(path, file, options);
  if (begins.startsWith("PAR1")) throw new FormatError("parquet", { of: path, problem: "a Parquet file is not read here", fix: "save it as CSV" });
  if (begins.startsWith("\xd0\xcf\x11\xe0") || begins.startsWith("%PDF")) throw new FormatError("spreadsheet", { of: path, problem: "a document, not a table of text", fix: "copy its cells and paste them" });
  const lines = LINES.test(path) || (!ROWS.test(path) && /^(\xef\xbb\xbf)?\s*\{/.test(begins));
  const table = lines ? await jsonl(file) : await csv(file);
  if (!table.rows) throw new DataError("no-rows", { of: path, problem: "has no rows below its headings" });
  return { kind: "table", table, notes: [] };
}

async function ofArchive(path: string, file: File, options: PictureOptions): Promise<Opened> {
  const entries = await unzip(new Uint8Array(await file.arrayBuffer()), path, ARCHIVE);
  if (entries.some(({ name }) => name === "[Content_Types].xml")) throw new FormatError("spreadsheet", { of: path, problem: "a document, not a table of text", fix: "copy its cells and paste them" });
  const inside = entries.filter(({ name }) => !name.endsWith("/")).map(({ name, bytes }): Named => ({ path: name, file: new File([bytes], name.split("/").at(-1)!) }));
  if (inside.some(({ path: name }) => /\.zip$/i.test(name))) throw new FormatError("archive-in-archive", { of: path, problem: "an archive in an archive", fix: "unpack it, and drop what is in it" });
  return open(inside, options);
}

/** The class of a picture is the folder that it is in. */
async function ofPictures(pictures: readonly Named[], { side, channels = 3 }: PictureOptions, others: number): Promise<Opened> {
  const named = pictures.map(({ path, file }): [string, File] => {
    const folder = path.split("/").at(-2);
    if (folder === undefined) throw new DataError("no-class", { of: path, problem: "this picture is in no folder that is its class", fix: "drop a folder, in which there is a folder for each class" });
    return [`${folder}/${path.replaceAll("/", " ")}`, file];
  });
  const size = side ?? await sideOf(named), read = await imageFiles(named, { channels, ...(size !== undefined && { size: [size, size] as const }) });
  const { x, y } = read as unknown as { x: Arrays["x"]; y: Int32Array }, [rows = 0] = x.shape;
  return {
    kind: "images", arrays: { name: pictures[0]!.path.split("/")[0]!, rows, x, y: { data: y, shape: [rows] }, classes: read.classes },
    notes: [...(size !== undefined ? [{ code: "note.resized", details: { side: size } }] : []), ...(others ? [{ code: "note.not-pictures", details: { n: others } }] : [])],
  };
}

/** undefined where all are of one size that is small: they are taken as they are. */
async function sideOf(named: readonly (readonly [string, File])[]): Promise<number | undefined> {
  let size: string | undefined;
  for (const [, file] of named.slice(0, 50)) {
    const { shape: [, height, width] } = await image(file);
    size ??= `${height} ${width}`;
    if (size !== `${height} ${width}` || height > 2 * SIDE || width > 2 * SIDE) return SIDE;
  }
  return undefined;
}

/** MNIST's files: of those to train with and to test with, the first. */
async function ofIdx(files: readonly Named[]): Promise<Opened> {
  const found = files.filter(({ path }) => IDX.test(path)), axes = (path: string): number => Number(IDX.exec(path)![1]);
  const order = (a: Named, b: Named): number => Number(/train/i.test(b.path)) - Number(/train/i.test(a.path));
  const pictures = found.filter(({ path }) => axes(path) > 1).sort(order), labels = found.filter(({ path }) => axes(path) === 1).sort(order);
  if (!pictures.length) throw new DataError("no-pictures", { of: labels[0]!.path, problem: "labels without their pictures", fix: "drop both files together" });
  if (!labels.length) throw new DataError("no-labels", { of: pictures[0]!.path, problem: "pictures without their labels", fix: "drop both files together" });
  const x = await idx(pictures[0]!.file), y = await idx(labels[0]!.file), [rows = 0, height = 1, width = 1, channels = 1] = x.shape;
  if (y.shape[0] !== rows) throw new DataError("rows-differ", { of: labels[0]!.path, wanted: `${rows} labels`, got: y.shape[0], rows });
  return {
    kind: "images", arrays: { name: pictures[0]!.path, rows, x: { data: x.data as Uint8Array, shape: [rows, height, width, channels] }, y: y as Arrays["y"] },
    notes: pictures.length > 1 ? [{ code: "note.first-pictures", details: { name: pictures[0]!.path } }] : [],
  };
}
