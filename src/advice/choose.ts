// What train takes where nobody has said it, by docs/choosing.md, each choice with its reason. Pure functions of what the data are
// like and of what was asked for.

import { dashed, filled, short } from "./text.ts";

export type Task = "classes" | "yes-no" | "number";

/** What is known of the data when choices are made. */
export interface Facts {
  readonly task: Task;
  /** The target's name. */
  readonly target: string;
  /** Rows that are trained on. */
  readonly rows: number;
  /** Numbers that a row becomes. */
  readonly inputs: number;
  /** The classes and their rows among those, for the tasks that have some. */
  readonly classes?: readonly { readonly name: string; readonly rows: number }[];
  /** The share of rows whose number lies far off (Tukey's outer fences: three times the quartiles' distance beyond them). */
  readonly far?: number;
  /** Of rows that are streamed: how they are read and held out, and why. */
  readonly stream?: { readonly rows: readonly [string, string]; readonly heldOut: readonly [string, string] };
  /** Of images: the size and the channels that all rows get, and why. */
  readonly images?: { readonly imageSize: readonly [string, string]; readonly channels: readonly [string, string] };
}

/** What was asked for, by flag or by lanewise.json. */
export interface Asked {
  readonly imageSize?: string;
  readonly channels?: string;
  readonly hidden?: readonly number[];
  readonly activation?: string;
  readonly dropout?: number;
  readonly loss?: string;
  readonly optimizer?: string;
  readonly learningRate?: number | "auto";
  readonly weightDecay?: number;
  readonly schedule?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly patience?: number;
  readonly earlyStopping?: boolean;
  readonly classWeights?: string;
}

/** A text of TEXTS by its code, with what stands in it: other front ends say it in their own language. */
export interface Said {
  readonly code: keyof typeof TEXTS;
  readonly details: Readonly<Record<string, string | number>>;
}

/** A choice as it is printed, and, where it was ours, as it is said elsewhere. */
export interface Choice {
  readonly name: string;
  readonly value: string;
  readonly why: string;
  /** It was not ours. */
  readonly asked: boolean;
  readonly says: { readonly value: Said; readonly why: Said };
}

/** What choices say, in English. */
export const TEXTS = {
  "value.plain": "{value}",
  "value.classes": "one of {count} classes",
  "value.yes-no": "one of two classes",
  "value.number": "a number",
  "value.output": "dense({outputs}), no activation",
  "value.none": "none",
  "value.off": "off",
  "value.stop": "after {epochs} {epochs:epoch|epochs}",
  "value.balanced": "balanced",
  "why.asked": "{from}",
  "why.told": "{why}",
  "why.classes": "{target} is one of {names}",
  "why.yes-no": "{target} is {names}",
  "why.number": "{target} is a column of numbers",
  "why.crossEntropy": "each row has one class of several",
  "why.binaryCrossEntropy": "one question, yes or no",
  "why.huber": "{percent} % of the numbers lie far off: squares would follow them alone",
  "why.mse": "numbers without far-off ones: the mean is what is wanted",
  "why.any-number": "numbers may be anything; the target is scaled for training, and predictions are scaled back",
  "why.logit": "{loss} takes the logit, and loses no digits at any size",
  "why.logits": "{loss} takes the logits: softmax after them would lose digits",
  "why.one-layer": "{rows} {rows:row|rows} of {inputs} {inputs:input|inputs}: one layer, for more would learn the rows by heart",
  "why.few-inputs": "{inputs} {inputs:input|inputs}: what follows from so few may be curved, and two layers bend better",
  "why.two-layers": "{rows} {rows:row|rows} of {inputs} {inputs:input|inputs}: enough for two layers",
  "why.relu": "the first to try in hidden layers: cheap, and gradients do not shrink",
  "why.whole-batch": "all rows at once",
  "why.batch": "{steps} {steps:step|steps} an epoch",
  "why.adam": "no idea yet: it works without tuning",
  "why.adamW": "{weights} {weights:weight|weights} for {rows} {rows:row|rows}: its decay keeps them small",
  "why.tested": "a range test of {steps} {steps:step|steps} suggests {rate}",
  "why.tested-bounded": "a range test of {steps} {steps:step|steps} suggests {rate}, kept within what the optimizer bears",
  "why.epochs": "some {wanted} steps of {steps} {steps:step|steps} an epoch, within {fewest} to {most} epochs",
  "why.cosine": "the rate falls to 0 over the run, so that the weights settle",
  "why.warmup": "a large network: the rate rises for an epoch, then falls along a cosine",
  "why.stop": "without a better held-out loss; the best epoch's weights are kept",
  "why.oversample": "{from}: of each class {rows} {rows:row|rows}, those of rarer ones more than once",
  "why.unequal": "the largest class has {times} times the rows of the smallest",
  "note.unanswered": "{left} of {rows} rows have no {target}: they are left out",
  "note.untrained": "{names}: no row to train on; {left} {left:row|rows} that would be held out {left:is|are} left out",
  "note.alone": "{names}: so few rows that none is held out",
} as const;

export const say = (code: Said["code"], details: Said["details"] = {}): Said => ({ code, details });
const plain = (value: string | number): Said => say("value.plain", { value: String(value) });
export const english = ({ code, details }: Said): string => filled(TEXTS[code], details);

function choiceOf(name: string, value: Said, why: Said, asked: boolean): Choice {
  return { name, value: english(value), why: english(why), asked, says: { value, why } };
}

/** The rate of a range test, as the choice that it is. */
export function testedChoice({ rate, suggestion, steps }: { readonly rate: number; readonly suggestion: number; readonly steps: number }): Choice {
  const whole = rate === Number(suggestion.toPrecision(2));
  return choiceOf("learning rate", plain(short(rate)), say(whole ? "why.tested" : "why.tested-bounded", { steps, rate: short(suggestion) }), false);
}

/** The choices with another, which is told after the optimizer. */
export function withRate(choices: readonly Choice[], rate: Choice): Choice[] {
  const at = choices.findIndex(({ name }) => name === "optimizer") + 1;
  return [...choices.slice(0, at), rate, ...choices.slice(at)];
}

/** All that a training is made of. */
export interface Plan {
  readonly task: Task;
  readonly hidden: readonly number[];
  readonly activation: string;
  readonly dropout: number;
  readonly initializer: "he" | "xavier" | "lecun";
  /** Numbers that the last layer gives. */
  readonly outputs: number;
  readonly loss: string;
  readonly optimizer: string;
  /** undefined: a range test finds it. */
  readonly learningRate: number | undefined;
  readonly weightDecay: number;
  readonly schedule: string;
  readonly epochs: number;
  readonly batchSize: number;
  /** Epochs without improvement after which it ends; 0: never. */
  readonly patience: number;
  /** By class, of mean 1 over the rows; undefined: all count alike. */
  readonly classWeights: readonly number[] | undefined;
  /** Rows of rarer classes are trained on more than once; the weights are of the rows that are held out alone then. */
  readonly oversample?: true;
}

export const ACTIVATIONS = [
  "relu", "leakyRelu", "elu", "selu", "celu", "gelu", "silu", "mish", "tanh", "sigmoid", "softplus", "softsign", "relu6", "hardSwish", "hardTanh", "hardSigmoid",
] as const;
export const LOSSES = ["crossEntropy", "binaryCrossEntropy", "focal", "multiMargin", "mse", "mae", "huber", "smoothL1"] as const;
export const OPTIMIZERS = ["adam", "adamW", "sgd", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "lion"] as const;
export const SCHEDULES = ["cosine", "warmup", "oneCycle", "reduceOnPlateau", "constant"] as const;

/** Losses that a task can have, the usual one first. */
export const FITTING: Readonly<Record<Task, readonly string[]>> = {
  classes: ["crossEntropy", "focal", "multiMargin"],
  "yes-no": ["binaryCrossEntropy", "focal", "crossEntropy"],
  number: ["mse", "mae", "huber", "smoothL1"],
};

/** Rates to start with (docs/choosing.md, What the learning rate does); adam's for the others. */
const RATES: Readonly<Record<string, number>> = { sgd: 0.05, lion: 0.0003, adadelta: 1, adagrad: 0.01 };

/** Weights from which on a network is called large: warmup pays. */
const LARGE = 1_000_000;
/** The largest class has so many times the rows of the smallest where classes are called unequal. */
const UNEQUAL = 10;
/** Inputs up to which one layer is too little for a curve, where rows are few (a spiral of 400 points: 0.70 with [32], 1.00 with [32, 32]). */
const FEW_INPUTS = 4;
/** Rows far off from which on a target is called long-tailed. */
const FAR = 0.005;
/** Rows for each weight from which on weights need no decay. */
const AMPLE = 20;
/** Steps that a training takes at the least, and its bounds in epochs. */
const STEPS = 3000, FEWEST = 10, MOST = 200;
/** Epochs at the least that read a large file anew each. */
const FEWEST_STREAMED = 3;

/** The plan, and its choices with reasons in the order in which they are told.
 *
 * @throws Unfit where what was asked for does not go together.
 */
export function choose(facts: Facts, asked: Asked, from: (name: keyof Asked) => string = () => "as asked"): { plan: Plan; choices: Choice[] } {
  const { task, inputs } = facts, choices: Choice[] = [];
  /** Notes a choice: what was asked for, or ours with its reason. */
  const pick = <K extends keyof Asked, V extends NonNullable<Asked[K]>>(name: string, key: K, ours: V, why: Said, text: (value: V) => Said = (value) => plain(String(value))): V => {
    const given = asked[key] as V | undefined, value = given ?? ours;
    choices.push(choiceOf(name, text(value), given === undefined ? why : askedFor(key), given !== undefined));
    return value;
  };
  const askedFor = (key: keyof Asked): Said => say("why.asked", { from: from(key) });
  const note = (name: string, value: Said, why: Said): void => void choices.push(choiceOf(name, value, why, false));

  if (facts.stream && asked.classWeights === "oversample") throw new Unfit("classWeights", "oversample", ["balanced", "none"], "rows that are streamed have");
  const { rows } = facts, more = asked.classWeights === "oversample" ? { oversample: true as const } : undefined;
  /** Rows of an epoch: of each class as many as of the largest, where those of the others are taken again. */
  const taken = more && facts.classes ? facts.classes.length * Math.max(...facts.classes.map((one) => one.rows)) : rows;

  const [taskName, taskWhy] = taskOf(facts);
  note("task", taskName, taskWhy);

  if (facts.stream) {
    for (const [name, [value, why]] of [["rows", facts.stream.rows], ["held out", facts.stream.heldOut]] as const) note(name, plain(value), say("why.told", { why }));
  }
  if (facts.images) {
    for (const [name, key] of [["image size", "imageSize"], ["channels", "channels"]] as const) {
      const [value, why] = facts.images[key];
      pick(name, key, value, say("why.told", { why }));
    }
  }

  const loss = pick("loss", "loss", ...lossOf(facts));
  if (!FITTING[task].includes(loss)) throw new Unfit("loss", loss, FITTING[task], `${english(taskName)} has`);
  const outputs = outputsOf(facts, loss);
  note("output", say("value.output", { outputs }), outputWhy(task, loss, outputs));

  const hidden = pick("hidden layers", "hidden", ...hiddenOf(rows, inputs), (sizes) => (sizes.length ? plain(sizes.join(", ")) : say("value.none")));
  const activation: string = hidden.length ? pick<"activation", string>("activation", "activation", "relu", say("why.relu")) : "relu";
  const initializer = activation === "selu" ? "lecun" : ["tanh", "sigmoid", "softsign", "hardTanh", "hardSigmoid"].includes(activation) ? "xavier" : "he";
  const weights = weightsOf([inputs, ...hidden, outputs]);
  const dropout = asked.dropout ?? 0;
  if (asked.dropout !== undefined) note("dropout", plain(dropout), askedFor("dropout"));

  const batchSize = pick("batch size", "batchSize", ...batchOf(taken));
  const perEpoch = Math.ceil(taken / batchSize);
  const optimizer = pick("optimizer", "optimizer", ...optimizerOf(rows, weights));
  const weightDecay = asked.weightDecay ?? (optimizer === "adamW" ? 0.01 : 0);
  if (asked.weightDecay !== undefined) note("weight decay", plain(short(weightDecay)), askedFor("weightDecay"));

  const tested = asked.learningRate === undefined || asked.learningRate === "auto";
  const learningRate = tested ? undefined : (asked.learningRate as number);
  if (learningRate !== undefined) note("learning rate", plain(short(learningRate)), askedFor("learningRate"));

  const fewest = facts.stream ? FEWEST_STREAMED : FEWEST;
  const epochs = pick("epochs", "epochs", epochsOf(perEpoch, fewest), say("why.epochs", { wanted: STEPS, steps: perEpoch, fewest, most: MOST }));
  const schedule = pick("schedule", "schedule", ...scheduleOf(weights));
  const patience = asked.earlyStopping === false ? 0 : asked.patience ?? Math.max(10, Math.ceil(epochs / 5));
  if (asked.earlyStopping === false) note("early stopping", say("value.off"), askedFor("earlyStopping"));
  else note("early stopping", say("value.stop", { epochs: patience }), asked.patience === undefined ? say("why.stop") : askedFor("patience"));

  const classWeights = classWeightsOf(facts, asked, askedFor, note);
  return {
    plan: { task, hidden, activation, dropout, initializer, outputs, loss, optimizer, learningRate, weightDecay, schedule, epochs, batchSize, patience, classWeights, ...more },
    choices,
  };
}

/** A request that does not fit the task. */
export class Unfit extends Error {
  constructor(readonly option: keyof Asked, readonly got: string, readonly wanted: readonly string[], why: string) {
    super(`--${dashed(option)} ${got} does not fit: ${why} ${wanted.join(", ")}`);
  }
}

function taskOf({ task, target, classes = [] }: Facts): [Said, Said] {
  if (task === "number") return [say("value.number"), say("why.number", { target })];
  const names = classes.map(({ name }) => name), listed = names.length > 6 ? `${names.slice(0, 5).join(", ")}, …` : names.join(", ");
  return task === "yes-no" ? [say("value.yes-no"), say("why.yes-no", { target, names: names.join(" or ") })]
    : [say("value.classes", { count: String(classes.length) }), say("why.classes", { target, names: listed })];
}

function lossOf({ task, far = 0 }: Facts): [string, Said] {
  if (task === "classes") return ["crossEntropy", say("why.crossEntropy")];
  if (task === "yes-no") return ["binaryCrossEntropy", say("why.binaryCrossEntropy")];
  return far > FAR ? ["huber", say("why.huber", { percent: short(100 * far) })] : ["mse", say("why.mse")];
}

function outputsOf({ task, classes = [] }: Facts, loss: string): number {
  if (task === "number") return 1;
  if (task === "classes") return classes.length;
  return loss === "crossEntropy" ? 2 : 1;
}

function outputWhy(task: Task, loss: string, outputs: number): Said {
  if (task === "number") return say("why.any-number");
  return say(outputs === 1 ? "why.logit" : "why.logits", { loss });
}

/** As wide as the rows can teach: a fifth of a weight's share or so, and never narrower than 16. */
function hiddenOf(rows: number, inputs: number): [readonly number[], Said] {
  if (inputs <= FEW_INPUTS && rows >= 100 && rows < 1000) return [[32, 32], say("why.few-inputs", { inputs })];
  const sizes = rows < 1000 ? [32] : rows < 10_000 ? [64, 32] : rows < 100_000 ? [128, 64] : [256, 128];
  // a wide input makes the first layer large by itself
  const [first = 16, ...rest] = sizes, narrow = inputs * first > 20 * rows ? Math.max(16, 8 * Math.floor((20 * rows) / inputs / 8)) : first;
  const kept = [Math.min(first, narrow), ...rest.filter((size) => size < narrow)];
  return [kept, say(kept.length > 1 ? "why.two-layers" : "why.one-layer", { rows, inputs })];
}

/** Weights and biases of dense layers of these sizes. */
export function weightsOf(sizes: readonly number[]): number {
  return sizes.slice(1).reduce((sum, size, i) => sum + size * (sizes[i]! + 1), 0);
}

function batchOf(rows: number): [number, Said] {
  const size = rows < 10_000 ? 32 : rows < 100_000 ? 64 : 256;
  return size >= rows ? [rows, say("why.whole-batch")] : [size, say("why.batch", { steps: Math.ceil(rows / size) })];
}

function optimizerOf(rows: number, weights: number): [string, Said] {
  if (rows >= AMPLE * weights) return ["adam", say("why.adam")];
  return ["adamW", say("why.adamW", { weights, rows })];
}

/** The rate that an optimizer starts with where no test is made. */
export function startRate(optimizer: string): number {
  return RATES[optimizer] ?? 0.001;
}

/** What a range test suggests, within bounds: on few rows it is off by a lot. */
export function tamed(suggestion: number, optimizer: string): number {
  const start = startRate(optimizer), rate = Number.isFinite(suggestion) && suggestion > 0 ? suggestion : start;
  return Number(Math.min(10 * start, Math.max(start / 3, rate)).toPrecision(2));
}

function epochsOf(perEpoch: number, fewest: number): number {
  return Math.min(MOST, Math.max(fewest, Math.ceil(STEPS / perEpoch)));
}

function scheduleOf(weights: number): [string, Said] {
  return weights >= LARGE ? ["warmup", say("why.warmup")] : ["cosine", say("why.cosine")];
}

function classWeightsOf(
  { task, classes = [], rows }: Facts, { classWeights }: Asked, askedFor: (name: keyof Asked) => Said, note: (name: string, value: Said, why: Said) => void,
): readonly number[] | undefined {
  if (task === "number") {
    if (classWeights !== undefined && classWeights !== "none") throw new Unfit("classWeights", classWeights, ["none"], "a number has");
    return undefined;
  }
  // a class without rows, such as 0 where labels begin with 1, asks for nothing
  const there = classes.map((one) => one.rows).filter(Boolean), most = Math.max(...there), least = Math.min(...there), unequal = most >= UNEQUAL * least;
  const wanted = classWeights === undefined || classWeights === "auto" ? unequal : classWeights !== "none";
  if (classWeights === "oversample") note("class weights", plain("oversample"), say("why.oversample", { ...askedFor("classWeights").details, rows: most }));
  else if (classWeights !== undefined && classWeights !== "auto") note("class weights", plain(classWeights), askedFor("classWeights"));
  else if (unequal) note("class weights", say("value.balanced"), say("why.unequal", { times: short(most / least) }));
  return wanted ? balancedWeights({ classes, rows }) : undefined;
}

/** What a row of each class counts, so that classes count alike: 1 on average. */
export function balancedWeights({ classes = [], rows }: Pick<Facts, "classes" | "rows">): number[] {
  const there = classes.filter((one) => one.rows).length;
  return classes.map((one) => rows / (there * Math.max(1, one.rows)));
}
