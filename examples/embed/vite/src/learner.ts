// What lanewise does here: a network in a worker that learns from all samples so far, again whenever there is one more.

import { adam, createModel, crossEntropy, dense, dropout, loadModel, relu, sequential, type Training, type WorkerModel } from "lanewise";
import { type Drawing, imageOf, SIDE, VARIETY, variantsOf } from "./drawing.ts";

export interface Sample {
  readonly drawing: Drawing;
  readonly kind: string;
  /** Was it recognised before it was named? Unknown for the first ones. */
  readonly recognised?: boolean;
}

export interface Progress {
  readonly loss: number;
  readonly accuracy: number;
}

/** What it knows, to be kept. */
export interface Learnt {
  readonly model: Uint8Array;
  readonly kinds: readonly string[];
  /** How many samples it has seen. */
  readonly seen: number;
}

/** Rounds over all samples after each change; fewer if the loss is as low as it need be. */
const EPOCHS = 60;
const ENOUGH = 0.01;

export class Learner {
  onProgress: (progress: Progress) => void = () => {};
  /** Told when it has learnt all that there is; learn() waits for it. */
  onLearnt: (learnt: Learnt) => unknown = () => {};

  private model: WorkerModel | undefined;
  private kinds: readonly string[] = [];
  private samples: readonly Sample[] = [];
  private training: Training | undefined;
  private changed = false;
  private working: Promise<void> | undefined;

  /** Brings back what onLearnt told of. */
  async load({ model, kinds }: Learnt): Promise<void> {
    this.model = await loadModel(model, { where: "worker" });
    this.kinds = kinds;
  }

  /** Is there a model that can guess? */
  get ready(): boolean {
    return this.model !== undefined;
  }

  /** Learns from these samples; what it has learnt before helps. Comes back when there is nothing left to learn. */
  learn(samples: readonly Sample[]): Promise<void> {
    this.samples = samples;
    this.changed = true;
    this.training?.stop();
    return (this.working ??= this.work().finally(() => (this.working = undefined)));
  }

  /** The kinds that a drawing may be, the likeliest first; nothing while two kinds are not known. */
  async guess(drawing: Drawing): Promise<{ label: string; probability: number }[]> {
    const { model } = this;
    if (!model || drawing.length === 0) return [];
    try {
      return (await model.classify([imageOf(drawing)]))[0]!;
    } catch (error) {
      if (model !== this.model) return []; // another has taken its place meanwhile
      throw error;
    }
  }

  /** What the model runs on, in words. */
  async describe(): Promise<string> {
    if (!this.model) return "";
    const { where } = await this.model.info(), weights = await this.model.parameters;
    const count = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    return `${count.toLocaleString("en")} weights, trained ${where === "worker" ? "in a worker" : "in this page"}.`;
  }

  private async work(): Promise<void> {
    while (this.changed) {
      this.changed = false;
      const { samples } = this, kinds = kindsOf(samples);
      if (kinds.length < 2) {
        await this.replace(undefined, kinds);
        continue;
      }
      if (!this.model || kinds.join("\n") !== this.kinds.join("\n")) await this.replace(await this.grown(kinds), kinds);
      const data = await rowsOf(samples);
      if (this.changed) continue;
      const training = this.model!.fit(data, {
        loss: crossEntropy(), optimizer: adam({ learningRate: 2e-3 }), batchSize: 32, epochs: EPOCHS, metrics: ["accuracy"], transfer: true,
      });
      this.training = training;
      for await (const report of training) {
        this.onProgress(report);
        if (report.loss < ENOUGH) break;
      }
      this.training = undefined;
      if (!this.changed) await this.onLearnt({ model: await this.model!.save(), kinds, seen: samples.length });
    }
  }

  /** A model for these kinds, with the hidden layer of the one before: it knows strokes already. */
  private async grown(kinds: readonly string[]): Promise<WorkerModel> {
    const layers = sequential(dense(64), relu(), dropout(0.2), dense(kinds.length));
    const model = await createModel(layers, { input: [SIDE * SIDE], classes: kinds, where: "worker", seed: 1 });
    if (this.model) await model.setParameters(await this.model.parameters, { strict: false });
    return model;
  }

  private async replace(model: WorkerModel | undefined, kinds: readonly string[]): Promise<void> {
    const before = this.model;
    this.model = model;
    this.kinds = kinds;
    await before?.dispose();
  }
}

/** Images and kinds. After a visit begins there may be many to draw: the page has its turns meanwhile. */
async function rowsOf(samples: readonly Sample[]): Promise<{ x: Float32Array; y: string[] }> {
  const x = new Float32Array(samples.length * VARIETY * SIDE * SIDE);
  let at = 0, turn = performance.now();
  for (const { drawing } of samples) {
    for (const image of variantsOf(drawing)) {
      x.set(image, at);
      at += image.length;
    }
    if (performance.now() - turn < 10) continue;
    await new Promise((resolve) => setTimeout(resolve));
    turn = performance.now();
  }
  return { x, y: samples.flatMap(({ kind }) => Array<string>(VARIETY).fill(kind)) };
}

/** The kinds of samples, in the order in which they came up. */
export const kindsOf = (samples: readonly Sample[]): string[] => [...new Set(samples.map(({ kind }) => kind))];
