// Work that outlives the page: data, what was said of them, and runs, in the browser's storage; and all of it in one file. A browser that
// stores nothing, or has no room, is no reason to stop: it is told, and work goes on in memory.

import { clear, createStore, del, entries, setMany, type UseStore } from "idb-keyval";
import { StateError } from "../../index.ts";
import type { Keeping, KeepingView, Problem, Seen } from "./api.ts";
import { problemOf } from "./messages.ts";
import { canStore, copy, memoryPlaces, type Places, storedPlaces } from "./places.ts";
import type { Project, Source } from "./project.ts";
import type { RunRecord } from "./record.ts";

/** Milliseconds between two writings. */
const PACE = 1000;
/** Held by the page that may write: another one beside it keeps nothing. */
const LOCK = "lanewise trainer";

export interface Work {
  readonly source: Source;
  readonly seen: Seen | undefined;
  readonly runs: readonly RunRecord[];
}

export class Keeper {
  places: Places;
  private where: Keeping;
  private problem: Problem | undefined;
  private readonly dirty = new Set<string>();
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private writing: Promise<void> = Promise.resolve();
  private disk: UseStore | undefined;
  private seen: Seen | undefined;
  /** Is this page the one that may write? */
  private readonly mine: Promise<boolean>;

  constructor(private readonly project: Project, places?: Places) {
    this.where = !places && canStore() ? "browser" : "nothing";
    this.places = places ?? (this.where === "browser" ? storedPlaces : memoryPlaces());
    this.mine = this.where === "browser" ? takeLock() : Promise.resolve(true);
    void this.mine.then((mine) => {
      if (mine) return;
      [this.where, this.places] = ["nothing", memoryPlaces()];
      this.fail(new StateError("other-page", { problem: "another page of the trainer is open, and keeps its work in this browser" }));
    });
  }

  /** What the browser has of an earlier visit. */
  async work(): Promise<Work | undefined> {
    if (!(await this.mine) || this.where !== "browser") return undefined;
    try {
      const all = new Map(await entries<string, unknown>(this.store())), source = all.get("source") as Source | undefined;
      if (!source) return undefined;
      const runs = [...all].filter(([key]) => key.startsWith("run ")).map(([, record]) => record as RunRecord);
      return { source: { ...source, asked: all.get("asked") as Source["asked"] }, seen: all.get("seen") as Seen | undefined, runs: runs.sort((a, b) => (a.view.id < b.view.id ? -1 : 1)) };
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** A run, or "source", "asked" or "seen", is another now. */
  changed(what: string): void {
    if (this.where !== "browser") return;
    this.dirty.add(what);
    this.waiting ??= setTimeout(() => void this.write(), PACE);
  }

  note(seen: Seen): void {
    this.seen = seen;
    this.changed("seen");
  }

  /** Writes what has changed. */
  private write(): Promise<void> {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    return (this.writing = this.writing.then(async () => {
      const { project: { source, runs }, seen } = this, values: [string, unknown][] = [];
      for (const what of this.dirty) {
        if (what === "source") values.push([what, source]);
        else if (what === "asked") values.push([what, source?.asked]);
        else if (what === "seen") values.push([what, seen]);
        else if (runs.has(what)) values.push([`run ${what}`, runs.get(what)!.kept]);
      }
      this.dirty.clear();
      try {
        if (values.length && this.where === "browser") await setMany(values, this.store());
        if (this.problem) this.fail(undefined);
      } catch (error) {
        this.fail(error);
      }
    }));
  }

  /** A run is deleted. */
  async gone(id: string): Promise<void> {
    this.dirty.delete(id);
    if (this.where === "browser") await del(`run ${id}`, this.store()).catch((error: unknown) => this.fail(error));
  }

  /** Nothing of the project stays. */
  async forget(): Promise<void> {
    this.dirty.clear();
    await this.writing;
    if (this.where === "browser") await clear(this.store()).catch((error: unknown) => this.fail(error));
  }

  /** Moves all work to the other place. Runs that are under way are paused. */
  async keepIn(where: Keeping): Promise<KeepingView> {
    if (where === this.where) return this.view();
    if (where === "browser" && !canStore()) throw new StateError("no-storage", { problem: "this browser stores nothing for this page" });
    if (where === "browser" && !(await this.mine)) throw new StateError("other-page", { problem: "another page of the trainer is open, and keeps its work in this browser" });
    const { runs } = this.project, from = this.places, to = where === "browser" ? storedPlaces : memoryPlaces();
    for (const run of runs.values()) await run.pause();
    for (const id of runs.keys()) await copy(id, from, to);
    if (this.where === "browser") await this.forget();
    [this.where, this.places] = [where, to];
    for (const id of runs.keys()) await from.remove(id);
    this.fail(undefined);
    for (const what of ["source", "asked", "seen", ...runs.keys()]) this.changed(what);
    if (where === "browser") await this.write();
    return this.view();
  }

  async view(): Promise<KeepingView> {
    const bytes = this.where === "browser" ? (await navigator.storage?.estimate?.().catch(() => undefined))?.usage ?? 0 : 0;
    return { where: this.where, bytes, problem: this.problem };
  }

  /** What was noted last. */
  get last(): Seen | undefined {
    return this.seen;
  }

  private store(): UseStore {
    return (this.disk ??= createStore("lanewise trainer", "work"));
  }

  private fail(error: unknown): void {
    this.problem = error === undefined ? undefined : problemOf(error);
    void this.view().then((keeping) => this.project.tell({ tell: "keeping", keeping }));
  }
}

/** For as long as the page is open; where there are no locks, all may. */
function takeLock(): Promise<boolean> {
  const { locks } = navigator as Partial<Navigator>;
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    void locks.request(LOCK, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    }).catch(() => resolve(true));
  });
}
