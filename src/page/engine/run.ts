// One run: a model, its training, and what is told of it.

import { doctor, type Finding, hash, keepRun, type KeptRun, type Model, type Report, StateError, type Training } from "../../index.ts";
import type { Ready } from "../../cli/prepare.ts";
import type { Design, EpochView, FindingView, RunView } from "./api.ts";
import { problemOf } from "./messages.ts";
import { fitOptionsOf, modelOf, trainingOf } from "./design.ts";

/** Between two tellings, in milliseconds. */
const PACE = 100;

export class Run {
  private made: Model | undefined;
  private training: Training | undefined;
  private view: RunView;
  private told = 0;

  constructor(readonly id: string, name: string, readonly design: Design, readonly ready: Ready, private readonly tell: (view: RunView) => void) {
    const steps = design.epochs * Math.ceil(ready.facts.rows / design.batchSize);
    this.view = { id, name, design, status: "paused", step: 0, steps, epochs: [], findings: [], checkpoints: [], secondsLeft: undefined, rowsPerSecond: 0 };
  }

  /** As it is now.
   *
   * @throws StateError before it has begun.
   */
  get model(): Model {
    if (!this.made) throw new StateError("no-run", { problem: "the run has not begun", got: this.id });
    return this.made;
  }

  /** Begins, or goes on; returns when it is under way. */
  async go(): Promise<void> {
    const { design, ready } = this;
    this.made?.dispose();
    const model = this.made = await modelOf(ready, design);
    const findings = new Map<string, Finding>(), run: KeptRun = keepRun(`lanewise-trainer/${this.id}`, {
      store: "indexeddb", every: { seconds: 2 }, onCheckpoint: (step) => this.change({ checkpoints: [...this.view.checkpoints, step] }),
    });
    const fit = fitOptionsOf(ready, design), training = this.training = model.fit(trainingOf(ready, design) as never, {
      ...fit, callbacks: [...fit.callbacks, { onEpoch: (report: Report) => this.epoch(report as never, findings) }],
      doctor: doctor(), run, onStep: ({ step }: { step: number }) => this.pace(step),
    } as never) as unknown as Training;
    this.change({ status: "running", problem: undefined });
    training.done.then(
      () => this.change({ status: this.pausing ? "paused" : "done", ...(!this.pausing && { hash: hash(model) }), secondsLeft: undefined }),
      (error: unknown) => this.change({ status: "failed", problem: problemOf(error) }),
    ).finally(() => (this.pausing = false));
  }

  /** Lets it end after the step under way; its state is kept. */
  pause(): void {
    this.pausing = true;
    this.training?.stop();
  }

  private pausing = false;

  private epoch({ epoch, step, loss, learningRate, rowsPerSecond, validation, findings: found, ...metrics }: Report & { validation: Record<string, number> } & Record<string, number>, findings: Map<string, Finding>): void {
    for (const finding of found as unknown as Finding[]) findings.set(`${finding.code} ${finding.layer ?? ""}`, finding);
    const name = this.ready.classes ? "accuracy" : "r2";
    const view: EpochView = { epoch, step, loss, metric: metrics[name]!, heldOutLoss: validation.loss!, heldOutMetric: validation[name]!, learningRate };
    this.change({ epochs: [...this.view.epochs.filter((one) => one.epoch < epoch), view], findings: [...findings.values()].map(findingView), step, rowsPerSecond, secondsLeft: ((this.view.steps - step) * this.design.batchSize) / rowsPerSecond });
  }

  private pace(step: number): void {
    if (performance.now() - this.told < PACE) return;
    this.change({ step });
  }

  private change(change: Partial<RunView>): void {
    this.view = { ...this.view, ...change };
    this.told = performance.now();
    this.tell(this.view);
  }
}

const findingView = ({ code, severity, layer, evidence, cause, fix }: Finding): FindingView => ({ code, severity, layer, cause, fix, details: evidence });
