// Parameters from elsewhere, such as a state_dict of PyTorch, into a model that has them under other names.

import { DataError, LanewiseError, ShapeError, show } from "../errors.ts";
import { decode, decodeExact, readTensors } from "./weights.ts";
import type { Model } from "../model.ts";
import { badOption, checkNames, didYouMean, isRecord, wantBoolean } from "../options.ts";
import { sameShape } from "../shape.ts";
import { flatten, type Numbers, type Tensor } from "../tensor.ts";
import type { WorkerModel } from "../workerModel.ts";

/** Of a BatchNorm of PyTorch: its batches, which nothing reads. */
const COUNTER = /(^|\.)num_batches_tracked$/;

export interface StateDictOptions {
  /** Every parameter must be there, and nothing else: true by default. Else what fits is set. */
  strict?: boolean;
  /** What stands before the names, such as "module." or "model.": it is cut off, and names without it are left out. */
  prefix?: string;
  /** The model's names for names of the file (without the prefix): a record, or a function that gives a name, or undefined for what is to be
   * left out. Names that a record lacks stay as they are. */
  rename?: Readonly<Record<string, string>> | ((name: string) => string | undefined);
}

/** What was set, and what was not. */
interface Loaded {
  missing: string[];
  unexpected: string[];
  mismatched: string[];
}

/** Parameters by name, or a safetensors file with them. */
type State = Uint8Array | ArrayBuffer | ReadonlyMap<string, Numbers> | Readonly<Record<string, Numbers>>;

/** Sets a model's parameters from a state_dict of PyTorch: the bytes of a safetensors file (`safetensors.torch.save_file(model.state_dict(),
 * path)`), or arrays by name. Counters that end in num_batches_tracked are left out.
 *
 * @throws FormatError for a file that is not sound; ShapeError if strict and something is missing, unexpected or of another shape: then nothing
 * is set, and the error says which prefix or new names would do, as `details.prefix` or `details.rename`; DataError for NaN or infinities, or
 * if two come under one name; OptionError for a prefix that no name has, and for a name to be changed that is not there.
 * @example
 * const model = await createModel(dense(1), { input: [1] });
 * const state = new Map([["module.fc.weight", [[5]]], ["module.fc.bias", [1]]]);
 * loadStateDict(model, state, { prefix: "module.fc." }) // → { missing: [], unexpected: [], mismatched: [] }
 * model.predict([[2]]).data // → [11]
 */
export function loadStateDict(model: Model, state: State, options?: StateDictOptions): Loaded;
/** Into a model in a worker, a promise. */
export function loadStateDict(model: WorkerModel, state: State, options?: StateDictOptions): Promise<Loaded>;
export function loadStateDict(model: Model | WorkerModel, state: State, options: StateDictOptions = {}): Loaded | Promise<Loaded> {
  checkNames("loadStateDict", options, ["strict", "prefix", "rename"]);
  const strict = wantBoolean("strict", options.strict ?? true);
  const renamed = namesOf(parametersOf(state), options);
  const explain = (error: unknown, own: ReadonlyMap<string, Tensor>): never => {
    if (!(error instanceof LanewiseError) || error.code !== "state-mismatch") throw error;
    const found = suggestion(renamed, own, options);
    throw new ShapeError("state-mismatch", { ...error.details, of: "loadStateDict", fix: "{ strict: false } sets what fits", ...found });
  };
  try {
    const set = model.setParameters(renamed, { strict });
    return set instanceof Promise ? set.catch(async (error) => explain(error, await model.parameters)) : set;
  } catch (error) {
    return explain(error, model.parameters as Map<string, Tensor>);
  }
}

/** What is handed over, by name. */
function parametersOf(state: State): ReadonlyMap<string, Numbers> {
  if (state instanceof Map) return state;
  // a counter may be larger than float32 has whole numbers, and is not used
  if (state instanceof ArrayBuffer || ArrayBuffer.isView(state)) return readTensors(state as Uint8Array, (tensor) => (COUNTER.test(tensor.name) ? decodeExact : decode)(tensor));
  if (!isRecord(state)) throw badOption("state", state, "the bytes of a safetensors file, or arrays by name");
  return new Map(Object.entries(state as Readonly<Record<string, Numbers>>));
}

/** The state under the names that the options make. */
function namesOf(given: ReadonlyMap<string, Numbers>, { prefix = "", rename = {} }: StateDictOptions): Map<string, Numbers> {
  if (typeof prefix !== "string") throw badOption("prefix", prefix, 'what stands before names, such as "module."');
  if (typeof rename !== "function" && !(isRecord(rename) && Object.values(rename).every((name) => typeof name === "string")))
    throw badOption("rename", rename, "a record of names by the file's names, or a function");
  if (![...given.keys()].every((name) => typeof name === "string")) throw badOption("state", [...given.keys()], "arrays by name, which is a string");
  const names = [...given.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)), known = new Set(names);
  if (prefix && !names.length) throw badOption("prefix", prefix, `what names begin with, such as ${show([...given.keys()].slice(0, 3))}`);
  const strange = typeof rename === "function" ? undefined : Object.keys(rename).find((name) => !known.has(name));
  if (strange !== undefined) throw badOption("rename", strange, `names of the file, such as ${show(names.slice(0, 3))}`, { fix: didYouMean(strange, names) });
  const renamed = new Map<string, Numbers>();
  for (const name of names) {
    const to: unknown = typeof rename === "function" ? rename(name) : Object.hasOwn(rename, name) ? rename[name] : name;
    if (to === undefined) continue;
    if (typeof to !== "string") throw badOption("rename", to, `a name for ${show(name)}`);
    if (renamed.has(to)) throw new DataError("wrong-names", { of: "loadStateDict", option: to, problem: "two parameters come under this name" });
    renamed.set(to, given.get(prefix + name)!);
  }
  return renamed;
}

/** The option that would make it fit: a prefix that all that is missing has, or new names. */
function suggestion(
  state: ReadonlyMap<string, Numbers>, own: ReadonlyMap<string, Tensor>, { prefix = "", rename }: StateDictOptions,
): { fix: string; prefix?: string; rename?: Record<string, string> } | undefined {
  const names = [...state.keys()].filter((name) => !COUNTER.test(name)), wanted = [...own.keys()].filter((name) => !COUNTER.test(name)), [first] = wanted;
  if (rename || first === undefined) return undefined;
  for (const name of names) {
    const before = name.endsWith(`.${first}`) ? name.slice(0, -first.length) : "";
    if (before && wanted.every((own) => state.has(before + own))) return { fix: `{ prefix: ${JSON.stringify(prefix + before)} }`, prefix: prefix + before };
  }
  const fits = (name: string, own: Tensor): boolean => {
    const shape = flatten(state.get(name), name).shape;
    return !shape || sameShape(shape, own.shape);
  };
  // as they come; or, as safetensors.torch writes them by name, by their modules
  const orders = [names, byModules(names, wanted), byModules([...names].sort(natural), wanted)];
  const order = orders.find((order) => order?.length === wanted.length && order.every((name, i) => fits(name, own.get(wanted[i]!)!)));
  const pairs = order?.flatMap((name, i) => (name === wanted[i] ? [] : [[name, wanted[i]!] as const])) ?? [];
  if (!pairs.length) return undefined;
  const some = pairs.slice(0, 4).map(([from, to]) => `${JSON.stringify(from)}: ${JSON.stringify(to)}`).join(", ");
  return {
    fix: `in their order the shapes are the model's: if that is what is meant, { rename: { ${some}${pairs.length > 4 ? ", …" : ""} } }, which is details.rename of this error`,
    rename: Object.fromEntries(pairs),
  };
}

/** Names in the order of the wanted ones, if they are of as many modules, the first for the first and so on, with the same names in them. */
function byModules(names: readonly string[], wanted: readonly string[]): string[] | undefined {
  const moduleOf = (name: string): string => name.slice(0, name.lastIndexOf(".") + 1), modules = [...new Set(names.map(moduleOf))], known = new Set(names);
  const places = new Map([...new Set(wanted.map(moduleOf))].map((module, i) => [module, i]));
  if (modules.length !== places.size || names.length !== wanted.length) return undefined;
  const found = wanted.map((name) => modules[places.get(moduleOf(name))!]! + name.slice(moduleOf(name).length));
  return found.every((name) => known.has(name)) ? found : undefined;
}

/** "block.2" before "block.10". */
function natural(a: string, b: string): number {
  const parts = (text: string): readonly string[] => text.match(/\d+|\D/g) ?? [], left = parts(a), right = parts(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!];
    if (x !== y) return Number(x) - Number(y) || (x < y ? -1 : 1);
  }
  return left.length - right.length;
}
