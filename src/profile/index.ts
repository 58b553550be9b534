// model.profile(): a program of the model, its instructions timed, beside what the engine reaches. A page loads this room only if it
// asks for it, and it imports but types of what a page has already: it is handed that (see runtimes/kit.ts).

import type { Columns, Data } from "../data/columns.ts";
import type { Value } from "../graph.ts";
import type { Model } from "../model.ts";
import type { Network } from "../network.ts";
import type { Block, LoadedProgram } from "../session.ts";
import type { Setup } from "../train/setup.ts";
import { probe } from "./ceilings.ts";
import { clockOf, type Turn } from "./clock.ts";
import { measure } from "./measure.ts";
import { makeProfile, type Profile, type ProfileOptions } from "./report.ts";
import { workOf } from "./work.ts";

/** What it uses of the rest of the library. */
export type ProfileKit =
  & Pick<typeof import("../core.ts"), "compile" | "embeddedBytes" | "growTo" | "instantiate" | "releaseCore">
  & Pick<typeof import("../errors.ts"), "EngineError" | "StateError">
  & Pick<typeof import("../options.ts"), "badOption" | "checkNames" | "wantCount" | "wantOneOf">
  & Pick<typeof import("../compile.ts"), "compileProgram">
  & Pick<typeof import("../data/columns.ts"), "inputColumns">
  & Pick<typeof import("../train/dataset.ts"), "copyNumbers" | "layOut" | "upload">
  & Pick<typeof import("../train/objective.ts"), "dataColumns" | "resolveObjective">
  & Pick<typeof import("../train/programs.ts"), "outputPlace" | "trainingProgram">
  & Pick<typeof import("../train/setup.ts"), "setUp">
  & Pick<typeof import("../train/state.ts"), "makeState">
  & Pick<typeof import("../train/trainer.ts"), "nonFinite">
  & Pick<typeof import("../yield.ts"), "pacer">;

const OPTIONS = ["loss", "lossWeights", "metrics", "optimizer", "clipNorm", "clipValue", "penalty", "recompute", "program", "batchSize", "data"];
/** Of these, what says that another step is wanted than the last. */
const STEP = OPTIONS.slice(0, 8);
/** Rows of a step, and of a prediction, where nothing says how many. */
const STEP_ROWS = 32, PREDICTION_ROWS = 256;
const STEPS = 50, MOST_STEPS = 100_000;
/** The region of a prediction's inputs. */
const INPUTS = "inputs";

/** A program in memory, with all that it reads. */
interface Ready {
  readonly loaded: LoadedProgram;
  readonly rows: number;
  /** Throws if a run has come upon NaN or an infinity: the update would be left out. */
  check(): void;
}

/** See Model.profile. */
export async function profile(model: Model, steps: number | undefined, options: ProfileOptions | undefined, kit: ProfileKit): Promise<Profile> {
  const network = model["network"], { session } = network;
  const passes = kit.wantCount("profile: steps", steps ?? STEPS);
  if (passes > MOST_STEPS) throw kit.badOption("profile: steps", passes, `at most ${MOST_STEPS}`);
  kit.checkNames("profile", options, OPTIONS);
  const given = options ?? {};
  if (session.twin)
    throw kit.badOption("where", "worker", '"here"', { of: "profile", fix: "loadModel(await model.save()) makes a model whose programs run here" });
  if (model["running"]) throw new kit.StateError("fit-running", { of: "profile", problem: "a fit, a sweep or a profile is running on this model", fix: "await it, or stop it first" });
  const { setup, rows } = chosen(model, given, kit);
  // before numbers are made up
  if (given.data === undefined) session.want([...network.inputs.map(({ shape }) => shape), ...network.outputs.values()].map((shape) => shape.reduce((a, b) => a * b, 4 * rows)), 0, "profile");
  const clock = clockOf(() => performance.now());
  if (!clock)
    throw new kit.EngineError("no-clock", {
      of: "profile", problem: "the clock of this engine stands still while code runs, so nothing can be timed", fix: "profile in Node.js, Deno, Bun or a browser",
    });
  model["running"] = { halt() {} } as never; // the data of a fit that begins now would move what is timed
  const blocks: Block[] = [], turn: Turn = kit.pacer(12);
  let ready: Ready | undefined;
  try {
    ready = await (setup ? stepOf : predictionOf)(model, { setup, rows, data: given.data }, blocks, turn, kit);
    const { loaded, check } = ready, start = (): number => loaded.block.offset / 4;
    loaded.runSync();
    check();
    const works = loaded.program.instructions.map(({ word }) => workOf(session.words, start() + word));
    const probed = await probe(works, clock, turn, kit);
    const { each, repeated, whole, call } = await measure(loaded, works, passes, clock, turn);
    const sum = each.reduce((a, b) => a + b, 0), total = (of: (i: number) => number): number => works.reduce((all, _, i) => all + of(i), 0);
    const { threads } = model["notes"].site(session), flops = total((i) => works[i]!.flops), bytes = total((i) => works[i]!.loads + works[i]!.stores);
    const instructions = works.map((work, i) => {
      const microseconds = each[i]!, [, op, layer = ""] = /^(\S+)(?: \((.*)\))?$/.exec(loaded.program.instructions[i]!.label)!;
      const { compute, memory } = probed?.bounds[i] ?? { compute: 0, memory: 0 }, bound = Math.max(compute, memory, call), moved = work.loads + work.stores;
      return {
        op: op!, layer, instruction: work.name, shapes: work.shapes, microseconds, repeated: repeated[i]!, flops: work.flops, bytes: moved,
        gflops: work.flops / microseconds / 1000, gbps: moved / microseconds / 1000, share: microseconds / sum,
        ceiling: probed && (100 * bound) / microseconds, boundBy: bound === call ? "call" as const : compute > memory ? "compute" as const : "memory" as const,
      };
    });
    return makeProfile({
      program: setup ? "step" : "predict", rows: ready.rows, steps: passes, instructions,
      step: { microseconds: whole, instructions: sum, flops, bytes, gflops: flops / sum / 1000, gbps: bytes / sum / 1000 },
      ceilings: probed?.ceilings, grain: clock.grain, call, engine: model.info().engine, build: model.info().build, threads: 1,
      why: threads > 1 ? `one thread, where the model has ${threads}` : "one thread",
    });
  } finally {
    model["running"] = undefined;
    if (network.attached) {
      if (ready) session.unload(ready.loaded);
      for (const block of blocks) session.free(block);
    }
  }
}

/** Which program: the setup of a step, or none for a prediction. */
function chosen(model: Model, options: ProfileOptions, kit: ProfileKit): { setup: Setup | undefined; rows: number } {
  const network = model["network"], { program, batchSize } = options;
  if (program !== undefined) kit.wantOneOf("program", program, ["step", "predict"]);
  const rows = (otherwise: number): number => (batchSize === undefined ? otherwise : kit.wantCount("batchSize", batchSize));
  const { loss } = options, last = lastStep(model), own = STEP.some((name) => options[name as keyof ProfileOptions] !== undefined), known = last || model["losses"].size > 0;
  if (program === "predict" || (!program && !own && !known)) return { setup: undefined, rows: rows(PREDICTION_ROWS) };
  if (!known && loss === undefined) throw kit.badOption("loss", undefined, "a loss, as the model has not been trained", { of: "profile" });
  const count = rows(last?.rows ?? STEP_ROWS);
  if (last && !own) return { setup: last.setup, rows: count };
  const objective = loss === undefined ? model["evaluated"](options) : kit.resolveObjective(network, { ...options, loss });
  return { setup: kit.setUp(network, objective, { ...options, loss: loss! }, count), rows: count };
}

/** What was trained last: by the last fit, or by a trainer, even one that has done no step if nothing was trained before. */
function lastStep(model: Model): { setup: Setup; rows: number | undefined } | undefined {
  const told = model["told"], run = model["ended"];
  for (const trainer of [...model["trainers"]].reverse()) {
    const setup = trainer["setup"], column = trainer["last"]?.columns[0];
    if ((told ?? setup.objective) === setup.objective) return { setup, rows: column && column.data.length / column.shape.reduce((a, b) => a * b, 1) };
  }
  return run && { setup: run.plan, rows: run.plan.batchSize };
}

interface Wanted {
  readonly setup: Setup | undefined;
  readonly rows: number;
  readonly data: Data | undefined;
}

/** A training step on parameters, a data set and an optimizer's state of its own. */
async function stepOf(model: Model, { setup, rows, data }: Wanted, blocks: Block[], turn: Turn, kit: ProfileKit): Promise<Ready> {
  const network = model["network"], { session } = network, { objective, layout } = setup!;
  const given = data !== undefined ? data : { ...model["blankData"](objective, rows), x: madeUp(network, rows) };
  const columns = firstRows(kit.dataColumns(network, objective, given, model["notes"].classes), rows), table = kit.layOut(columns);
  const program = kit.trainingProgram({ ...setup!, columns: columns.columns }, columns.rows, table, { update: !layout.optimizer.drive });
  session.want([table.bytes, network.bytes, layout.bytes, program.words.byteLength], program.arena, "profile");
  const set = await kit.upload(network, table, turn);
  blocks.push(set.block);
  // a network like the model's, but for its parameters
  const own: Network = Object.create(network, { block: { value: copyOf(network, blocks) } });
  const state = kit.makeState(own, layout, { low: 0, high: 0 });
  blocks.push(state.block);
  const loaded = own.load(program, { fit: state.block, data: set.block });
  state.prepare(0, 0); // a rate of 0: however often it is run, a step finds the same parameters
  return {
    loaded, rows: columns.rows,
    check() {
      if (!state.finite) throw kit.nonFinite(1, undefined, state.loss);
    },
  };
}

/** A prediction. Its inputs lie in a block of their own: those in the arena are gone when it has run. */
async function predictionOf(model: Model, { rows: most, data }: Wanted, blocks: Block[], _: Turn, kit: ProfileKit): Promise<Ready> {
  const network = model["network"], { session } = network;
  const { rows, columns } = firstRows(kit.inputColumns(data !== undefined ? data?.x : madeUp(network, most), network.inputs, network.single), most);
  const trace = network.trace(rows, false), sources = network.sources(trace), inputs = new Map<string, Value>();
  let bytes = 0;
  for (const { op, attributes, outputs: [value] } of trace.graph.nodes) {
    if (op.name !== "input") continue;
    inputs.set(attributes.name, value!);
    sources.set(value!, { region: INPUTS, offset: bytes });
    bytes += Math.ceil(value!.bytes / 64) * 64;
  }
  const program = kit.compileProgram({ outputs: new Map([...trace.outputs].map(([name, value]) => [kit.outputPlace(name), value])), sources });
  session.want([bytes, network.bytes, program.words.byteLength], program.arena, "profile");
  const block = session.allocate(bytes, "the inputs");
  blocks.push(block);
  for (const column of columns) {
    const at = block.offset + sources.get(inputs.get(column.name)!)!.offset;
    kit.copyNumbers(session, column, 0, column.data.length, at, column.dtype === "int32" ? "int32" : "float32");
  }
  return { loaded: session.load(program, { parameters: copyOf(network, blocks), [INPUTS]: block }), rows, check() {} };
}

/** A copy of the parameters, in a block of its own. */
function copyOf(network: Network, blocks: Block[]): Block {
  const { session } = network, block = session.allocate(network.bytes, "the parameters");
  blocks.push(block);
  session.bytes(block).set(session.bytes(network.block));
  return block;
}

/** Inputs of a model: numbers from −1 to 1, and the whole number 0. */
function madeUp({ inputs, single }: Network, rows: number): Data["x"] {
  const all = inputs.map(({ name, shape, dtype }) => {
    const size = shape.reduce((a, b) => a * b, rows), numbers = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
    // multiples of the golden ratio, modulo 1
    if (dtype !== "int32") for (let i = 0; i < size; i++) numbers[i] = (Math.imul(i + 1, 0x9e3779b1) >> 8) / 8388608;
    return [name, { data: numbers, shape: [rows, ...shape] }] as const;
  });
  return single ? all[0]![1] : Object.fromEntries(all);
}

/** The first rows, `most` of them or as many as there are. */
function firstRows({ rows, columns }: Columns, most: number): Columns {
  const count = Math.min(rows, most);
  return { rows: count, columns: columns.map((column) => ({ ...column, data: column.data.slice(0, (column.data.length / rows) * count) })) };
}
