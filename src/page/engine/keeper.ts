// Work that outlives the page: data, what was said of them, and runs, in the browser's storage; and all of it in one file. A browser that
// stores nothing, or has no room, is no reason to stop: it is told, and work goes on in memory.

import { createStore, del, entries, keys, promisifyRequest, setMany, type UseStore } from "idb-keyval";
import { StateError, type StorageError } from "../../index.ts";
import { storageError } from "../../runs/store.ts";
import type { Keeping, KeepingView, Problem, RunView, Seen } from "./api.ts";
import { problemOf } from "./messages.ts";
import { canStore, copy, memoryPlaces, type Places, storedPlaces, storedRuns } from "./places.ts";
import type { Project, Source } from "./project.ts";

/** Milliseconds between two writings. */
const PACE = 1000;
/** The database; and the lock, held by the page that may write: another one beside it keeps nothing. */
const NAME = "lanewise trainer", LOCK = NAME;
const RUN = "run ";

export interface Work {
  readonly source: Source;
  readonly seen: Seen | undefined;
  readonly runs: readonly { readonly view: RunView }[];
}

export class Keeper {
  places: Places;
  private where: Keeping;
  /** What cannot be kept, and why: a run, or "work". */
  private readonly problems = new Map<string, Problem>();
  private readonly dirty = new Set<string>();
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private writing: Promise<void> = Promise.resolve();
  private disk: UseStore | undefined;
  private seen: Seen | undefined;
  /** Is this page the one that may write? */
  private readonly mine: Promise<boolean>;

  constructor(private readonly project: Project, places?: Places) {
    this.where = !places && canStore() ? "browser" : "nothing";
    this.places = places ?? this.placesIn(this.where);
    this.mine = this.where === "browser" ? takeLock() : Promise.resolve(true);
    void this.mine.then((mine) => {
      if (!mine) this.inMemory(new StateError("other-page", { problem: "another page of the trainer is open, and keeps its work in this browser" }));
    });
  }

  /** What the browser has of an earlier visit. */
  async work(): Promise<Work | undefined> {
    if (!(await this.mine) || this.where !== "browser") return undefined;
    try {
      const all = new Map(await entries<string, unknown>(this.store())), source = all.get("source") as Source | undefined;
      if (!source) return undefined;
      const runs = [...all].filter(([key]) => key.startsWith(RUN)).map(([, record]) => record as { view: RunView });
      return { source: { ...source, asked: all.get("asked") as Source["asked"] }, seen: all.get("seen") as Seen | undefined, runs: runs.sort((a, b) => (a.view.id < b.view.id ? -1 : 1)) };
    } catch (error) {
      this.inMemory(storageError("the browser's storage", "read", error));
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
        else if (runs.has(what)) values.push([RUN + what, { view: runs.get(what)!.record }]);
      }
      this.dirty.clear();
      try {
        if (values.length && this.where === "browser") await setMany(values, this.store());
        this.trouble("work", undefined);
      } catch (error) {
        this.trouble("work", error);
      }
    }));
  }

  /** A run is deleted. */
  async gone(id: string): Promise<void> {
    this.dirty.delete(id);
    this.trouble(id, undefined);
    if (this.where === "browser") await del(RUN + id, this.store()).catch((error: unknown) => this.trouble("work", error));
  }

  /** Nothing stays in the browser, neither of the project nor of an earlier visit. */
  async forget(): Promise<void> {
    this.dirty.clear();
    this.seen = undefined;
    await this.writing;
    if (this.where !== "browser") return;
    try {
      const store = this.store(), noted = (await keys<string>(store)).flatMap((key) => (key.startsWith(RUN) ? [key.slice(RUN.length)] : []));
      for (const id of new Set([...noted, ...await storedRuns()])) await this.places.remove(id);
      await store("readonly", ({ transaction }) => transaction.db.close());
      this.disk = undefined;
      await promisifyRequest(indexedDB.deleteDatabase(NAME));
      for (const what of [...this.problems.keys()]) this.trouble(what, undefined);
    } catch (error) {
      this.trouble("work", error);
    }
  }

  /** Moves all work to the other place. Runs that are under way are paused. */
  async keepIn(where: Keeping): Promise<KeepingView> {
    if (where === this.where) return this.view();
    if (where === "browser" && !canStore()) throw new StateError("no-storage", { problem: "this browser stores nothing for this page" });
    if (where === "browser" && !(await this.mine)) throw new StateError("other-page", { problem: "another page of the trainer is open, and keeps its work in this browser" });
    const { runs } = this.project, from = this.places, to = this.placesIn(where);
    for (const run of runs.values()) await run.pause();
    try {
      for (const id of runs.keys()) await copy(id, from, to);
    } catch (error) {
      for (const id of runs.keys()) await to.remove(id);
      throw error;
    }
    await this.forget();
    [this.where, this.places] = [where, to];
    this.problems.clear();
    for (const what of ["source", "asked", "seen", ...runs.keys()]) this.changed(what);
    if (where === "browser") await this.write();
    return this.view();
  }

  async view(): Promise<KeepingView> {
    const bytes = this.where === "browser" ? (await navigator.storage?.estimate?.().catch(() => undefined))?.usage ?? 0 : 0;
    return { where: this.where, bytes, problem: [...this.problems.values()][0] };
  }

  /** What was noted last. */
  get last(): Seen | undefined {
    return this.seen;
  }

  private store(): UseStore {
    return (this.disk ??= createStore(NAME, "work"));
  }

  private placesIn(where: Keeping): Places {
    return where === "browser" ? storedPlaces((id, error) => this.trouble(id, error)) : memoryPlaces();
  }

  /** The browser stores nothing for this page. */
  private inMemory(why: StateError | StorageError): void {
    [this.where, this.places] = ["nothing", memoryPlaces()];
    this.trouble("work", why);
  }

  /** Tells that something cannot be kept; or, with undefined, that it is again. */
  trouble(what: string, error: unknown): void {
    const codes = (): string => [...this.problems.values()].map(({ code }) => code).join(), before = codes();
    if (error === undefined) this.problems.delete(what);
    else this.problems.set(what, problemOf(error));
    if (codes() !== before) void this.view().then((keeping) => this.project.tell({ tell: "keeping", keeping }));
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
