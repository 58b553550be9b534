// What fit returns: a run as an async iterable and a promise.

import { nextTask } from "../yield.ts";
import { notStarted } from "./checkpoint.ts";
import type { Run } from "./fit.ts";
import { History, type Report } from "./report.ts";

/** Why a run has not begun: it was stopped before. */
const CANCELLED = Symbol();

/** A fit: iterate it for its reports, or await it for its history. An iterator that is taken at once paces the run: each
 * epoch begins when its report is asked for, and leaving the loop ends it; awaiting the fit beside it lets it run on. */
export class Training<R = Report> implements AsyncIterable<R>, PromiseLike<History<R>> {
  /** The plain promise. */
  readonly done: Promise<History<R>>;
  private current: Run | undefined;
  /** Ends a wait for the first data of the run. */
  private cancel!: () => void;
  private readonly reports: R[] = [];
  private paced = false;
  private paused = false;
  private stopped = false;
  private askedFor = 0;
  private ended = false;
  private thrown: { error: unknown } | undefined;
  private readonly wakers: (() => void)[] = [];

  /** @internal */
  constructor(make: (cancelled: Promise<unknown>) => Run | Promise<Run>, onEnd: (run: Run | undefined) => void) {
    let run: Run | Promise<Run>;
    try {
      run = make(new Promise((resolve) => (this.cancel = () => resolve(CANCELLED))));
    } catch (error) {
      run = Promise.reject(error);
    }
    if (!(run instanceof Promise)) this.current = run;
    const made = Promise.resolve(run);
    made.catch(() => {}); // done tells
    this.done = (async () => {
      await nextTask();
      try {
        const run = this.current = await made;
        if (this.stopped) run.stop();
        await run.run(() => this.held(), (report) => {
          this.reports.push(report as R);
          this.notify();
        });
        return run.history as History<R>;
      } catch (error) {
        if (error === CANCELLED) return new History() as History<R>;
        this.thrown = { error };
        throw error;
      } finally {
        this.ended = true;
        onEnd(this.current);
        this.notify();
      }
    })();
  }

  /** Ends the run after the current step; it resolves with the history so far. */
  stop(): void {
    this.stopped = true;
    this.current?.stop();
    this.cancel();
    this.askedFor = Infinity;
    this.notify();
  }

  /** Bytes from which `fit(data, { resume })` goes on, bit for bit: now, or after the end until the next fit begins.
   *
   * @throws (as a rejection) StateError before the first step; NonFiniteError if an update has gone beyond float32.
   */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.current) throw notStarted();
    return this.current.state(); // of now: no wait before it
  }

  /** Lets the run wait, after the step under way, until resume() or stop(). */
  pause(): void {
    this.paused = true;
  }

  /** Lets a paused run go on. */
  resume(): void {
    this.paused = false;
    this.notify();
  }

  then<A = History<R>, B = never>(
    fulfilled?: ((history: History<R>) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.askedFor = Infinity; // who awaits wants the end
    this.notify();
    return this.done.then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<History<R> | B> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<History<R>> {
    return this.then().finally(settled);
  }

  [Symbol.asyncIterator](): AsyncIterator<R, undefined> {
    this.done.catch(() => {}); // the iterator tells of the error
    if (!this.underWay) this.paced = true;
    let at = 0, told = false;
    return {
      next: async () => {
        while (at >= this.reports.length && !this.ended) {
          if (this.askedFor <= at) {
            this.askedFor = at + 1; // anew: another call may have taken the report
            this.notify();
          }
          await new Promise<void>((resolve) => this.wakers.push(resolve));
        }
        if (at < this.reports.length) return { done: false, value: this.reports[at++]! };
        if (this.thrown && !told) {
          told = true;
          throw this.thrown.error;
        }
        return { done: true, value: undefined };
      },
      return: async () => {
        told = true;
        this.stop();
        await this.done.catch(() => {});
        return { done: true, value: undefined };
      },
    };
  }

  private underWay = false;

  /** Before a step: what it waits for while the run is paused, or nobody has asked for the report to which it leads. */
  private held(): Promise<void> | undefined {
    this.underWay = true;
    return this.paused || (this.paced && this.askedFor <= this.reports.length) ? new Promise((resolve) => this.wakers.push(resolve)) : undefined;
  }

  private notify(): void {
    if (this.wakers.length) for (const resolve of this.wakers.splice(0)) resolve();
  }
}
