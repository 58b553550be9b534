// One run: a model, its training, and what is told of it.

import { type Callback, diagnose, doctor, type Finding, hash, keepRun, type Look, type Model, NonFiniteError, type Report, StateError, type Training } from "../../index.ts";
import type { Ready } from "../../advice/prepare.ts";
import type { Asked, Design, EpochView, FindingView, LookView, Moment, RunView, StepView } from "./api.ts";
import { fitOptionsOf, modelOf, trainingOf } from "./design.ts";
import { layerName } from "./layers.ts";
import { mended } from "./mend.ts";
import { problemOf } from "./messages.ts";
import { momentOf } from "./moment.ts";
import type { Keeper } from "./keeper.ts";
import { Series, spread } from "./series.ts";

/** Milliseconds between two tellings. */
const PACE = 100;
/** Entries of the lists that are told. */
const EPOCHS = 1000, STEPS = 1000, LOOKS = 250;
/** Seconds between two checkpoints; how many stay, and the bytes that they may take, but for the last few. */
const SECONDS = 2, KEPT = 40, BYTES = 48e6, FEW = 4;
/** Numbers that a checkpoint has for each parameter, with those of the optimizer and of early stopping. */
const COPIES = 4;

/** A run that has not begun. */
export function newRun(id: string, name: string, design: Design, asked: Asked, ready: Ready): RunView {
  return {
    id, name, design, asked, status: "paused", step: 0, steps: design.epochs * Math.ceil(ready.facts.rows / design.batchSize), metric: ready.classes ? "accuracy" : "r2",
    epochs: [], curve: [], looks: [], findings: [], checkpoints: [], seconds: 0, secondsLeft: undefined, rowsPerSecond: 0,
  };
}

export class Run {
  private made: Model | undefined;
  private training: Training | undefined;
  /** How the run under way is to end, if not by itself. */
  private ending: "pause" | "stop" | undefined;
  private over: Promise<void> = Promise.resolve();
  /** What is done with it is done in turn: it begins, wakes and goes one after the other. */
  private turn: Promise<unknown> = Promise.resolve();
  /** The step of the checkpoint from which the last fit went on. */
  private resumed = 0;
  private told = 0;
  private looking: AbortController | undefined;
  /** When it began, or went on, from which step, and what it had trained until then. */
  private since = 0;
  private from = 0;
  private trained = 0;
  private epochs: Series<EpochView>;
  private curve: Series<StepView>;
  private looks: Series<LookView>;
  private readonly findings: Map<string, FindingView>;

  /** Of a run that is new, or of what was told of one, whose checkpoints are in its place. */
  constructor(private view: RunView, readonly ready: Ready, private readonly keeper: Pick<Keeper, "places" | "trouble">, private readonly tell: () => void) {
    if (view.status === "running") this.view = { ...view, status: "paused" };
    this.epochs = new Series(EPOCHS, view.epochs);
    this.curve = new Series(STEPS, view.curve);
    this.looks = new Series(LOOKS, view.looks);
    this.findings = new Map(view.findings.map((finding) => [keyOf(finding), finding]));
  }

  get id(): string {
    return this.view.id;
  }

  get design(): Design {
    return this.view.design;
  }

  /** What it learns from. */
  get data(): { readonly ready: Ready; readonly asked: Asked } {
    return { ready: this.ready, asked: this.view.asked };
  }

  /** As it is now: plain data, from which it can be made again. */
  get record(): RunView {
    return { ...this.view, epochs: this.epochs.all, curve: this.curve.all, looks: this.looks.all, findings: [...this.findings.values()] };
  }

  /** As it is now.
   *
   * @throws StateError before it has begun.
   */
  get model(): Model {
    if (!this.made) throw new StateError("no-run", { problem: "the run has not begun", got: this.id });
    return this.made;
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }

  /** Begins, or goes on; resolves when it is under way. */
  go(): Promise<void> {
    return this.inTurn(() => this.begin());
  }

  private async begin(): Promise<void> {
    const { status } = this.view;
    if (status !== "paused") throw new StateError("run-over", { problem: "only a run that is paused goes on", got: status });
    const { training, model } = await this.fit([]);
    [this.ending, this.since, this.from, this.trained] = [undefined, performance.now(), this.view.step, this.view.seconds];
    this.change({ status: "running", problem: undefined });
    this.over = training.done.then(() => {
      const paused = this.ending === "pause" && this.view.step < this.view.steps;
      this.end(paused ? { status: "paused" } : { status: "done", hash: hash(model) });
    }, (error: unknown) => this.fail(error));
  }

  /** Brings back the model of a run that was made from its record. Steps are made where the last checkpoint is older than the record, or
   * lost: they have the same bits again. */
  wake(): Promise<void> {
    return this.inTurn(async () => {
      if (this.made) return;
      try {
        await this.again(this.view.step);
      } catch (error) {
        // what has not come back is no model of this run
        this.forget();
        throw error;
      }
    });
  }

  private forget(): void {
    (this.made as Model | undefined)?.dispose();
    this.made = this.training = undefined;
  }

  private async again(last: number): Promise<void> {
    const stopAt: Callback = {
      onStart: (running) => void (this.resumed >= last && running.stop()),
      onStep: ({ step }, running) => void (step >= last && running.stop()),
    };
    [this.since, this.from, this.trained] = [performance.now(), this.view.step, this.view.seconds];
    await (await this.fit([stopAt])).training.done;
  }

  /** Bytes from which a fit with the same data and options goes on, bit for bit.
   *
   * @throws StateError before the first step.
   */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.training) throw new StateError("no-run", { problem: "the run has not begun", got: this.id });
    return this.training.checkpoint();
  }

  /** Lets it end after the step under way; its state is kept. */
  async pause(): Promise<void> {
    await this.turn;
    this.ending ??= "pause";
    this.training?.stop();
    await this.over;
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.turn;
    this.ending = "stop";
    this.training?.stop();
    await this.over;
    if (this.view.status !== "paused") return;
    await this.wake();
    this.end({ status: "done", hash: hash(this.model) });
  }

  rename(name: string): void {
    this.change({ name });
  }

  /** Deletes what is kept of it. */
  async remove(): Promise<void> {
    await this.pause();
    this.looking?.abort();
    await this.inTurn(async () => {
      this.forget();
      await this.keeper.places.remove(this.id);
    });
  }

  /** Goes back to a step; undefined if another one has been asked for since. */
  async moment(step: number): Promise<Moment | undefined> {
    this.looking?.abort();
    const { signal } = this.looking = new AbortController();
    return momentOf(this.ready, this.design, await this.keeper.places.of(this.id), step, this.view.step, signal);
  }

  /** A fit with the run's options, from its last checkpoint. */
  private async fit(more: readonly Callback[]): Promise<{ training: Training; model: Model }> {
    const { design, ready } = this, options = fitOptionsOf(ready, design), data = trainingOf(ready, design), { place, store } = await this.keeper.places.of(this.id);
    const model = await modelOf(ready, design);
    this.made?.dispose();
    this.made = model;
    // a model that scales its inputs gets them as they came
    if (!this.view.step) for (const finding of diagnose(model, data, options as never)) if (finding.code !== "inputs-not-scaled" || ready.factor === 1) this.find(finding, 0);
    const numbers = [...model.parameters.values()].reduce((sum, { data: { length } }) => sum + length, 0), most = Math.min(KEPT, Math.max(FEW, Math.floor(BYTES / (4 * COPIES * numbers))));
    let anew = true;
    this.resumed = 0;
    const training = model.fit(data as never, {
      ...options, callbacks: [...options.callbacks, {
        onEpoch: (report: Report, { reports }: { reports: readonly Report[] }) => {
          // those of a run that goes on are all there, also where the record is older than the checkpoint
          if (anew) this.epochs = new Series(EPOCHS);
          for (const one of anew ? reports : [report]) this.epochs.add(this.epochOf(one as never));
          anew = false;
          for (const finding of report.findings) this.find(finding, report.epoch);
          this.pace();
        },
      }, ...more],
      onStep: ({ step, loss, learningRate }: StepView) => this.step(step, loss, learningRate),
      doctor: doctor({ onLook: (look) => this.looks.add(this.lookOf(look)) }),
      run: keepRun(place, {
        ...(store && { store }), every: { seconds: SECONDS }, keep: (steps) => spread(steps, most),
        onResume: (step) => void (this.resumed = step), onStorageError: (error) => this.keeper.trouble(this.id, error),
        onCheckpoint: (step) => {
          this.keeper.trouble(this.id, undefined);
          this.change({ checkpoints: spread([...this.view.checkpoints.filter((one) => one < step), step], most) });
        },
      }),
    } as never) as unknown as Training;
    this.training = training;
    return { training, model };
  }

  private step(step: number, loss: number, learningRate: number): void {
    if (step <= this.view.step) this.rewind(step - 1);
    this.curve.add({ step, loss, learningRate });
    const { design, view, from } = this, passed = (performance.now() - this.since) / 1000, speed = (step - from) / Math.max(passed, 1e-3);
    this.view = { ...view, step, seconds: this.trained + passed, rowsPerSecond: speed * design.batchSize, secondsLeft: (view.steps - step) / speed };
    this.pace();
  }

  /** It goes on from an older checkpoint than its record tells of. */
  private rewind(to: number): void {
    const older = <T extends { step: number }>({ all }: Series<T>): T[] => all.filter(({ step }) => step <= to);
    this.curve = new Series(STEPS, older(this.curve));
    this.looks = new Series(LOOKS, older(this.looks));
    this.from = to;
  }

  private epochOf({ epoch, step, loss, learningRate, validation, ...metrics }: Report & { validation: Record<string, number> } & Record<string, number>): EpochView {
    const { metric } = this.view;
    return { epoch, step, loss, metric: metrics[metric]!, heldOutLoss: validation.loss!, heldOutMetric: validation[metric]!, learningRate };
  }

  private lookOf({ step, weights, units }: Look): LookView {
    const nameOf = (layer: string): string => layerName(this.design, layer);
    return {
      step, weights: weights.map(({ layer, gradient, weight, update }) => ({ layer: nameOf(layer), gradient, update: weight > 0 ? update / weight : 0 })),
      units: units.map(({ layer, share }) => ({ layer: nameOf(layer), share })),
    };
  }

  private find(finding: Finding, epoch: number): void {
    const { design, ready: { classes } } = this, { code, severity, layer, evidence, cause, fix } = finding;
    const named = code === "rare-class" && classes ? { ...evidence, class: String(classes[Number(evidence.class)]) } : evidence;
    const view: FindingView = { code, severity, layer: layer && layerName(design, layer), epoch, cause, fix, details: named, mended: mended(finding, design) };
    this.findings.set(keyOf(view), view);
  }

  private fail(error: unknown): void {
    if (error instanceof NonFiniteError) {
      const { step, op, layer, findings = [] } = error.details as { step: number; op?: string; layer?: string; findings?: readonly Finding[] };
      const epoch = Math.ceil(step / Math.ceil(this.ready.facts.rows / this.design.batchSize));
      for (const finding of findings) this.find(finding, epoch);
      this.find({ code: "non-finite", severity: "error", ...(layer && { layer }), evidence: { step, op: op ?? "loss" }, cause: error.message, fix: "" }, epoch);
    }
    this.end({ status: "failed", problem: problemOf(error) });
  }

  private end(change: Partial<RunView>): void {
    this.change({ ...change, secondsLeft: undefined });
  }

  private pace(): void {
    if (performance.now() - this.told >= PACE) this.change({});
  }

  private change(change: Partial<RunView>): void {
    this.view = { ...this.view, ...change };
    this.told = performance.now();
    this.tell();
  }
}

const keyOf = ({ code, layer }: FindingView): string => `${code} ${layer ?? ""}`;
