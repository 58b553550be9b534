// What the page knows, in one place; a screen draws it and calls an action. The engine does the work.

import { useLayoutEffect, useState } from "preact/hooks";
import type { Api, Asked, DataView, Described, Design, Given, Keeping, KeepingView, Kept, Looked, PictureOptions, Problem, RunView, Screen, Suggestion, Told } from "../engine/api.ts";
import { type Key, type Language, preferred, speak, t } from "../text/index.ts";

export type Theme = "auto" | "light" | "dark";

export interface State {
  readonly screen: Screen;
  readonly language: Language;
  readonly theme: Theme;
  /** What the engine is at, while the page waits for it. */
  readonly busy: Key | undefined;
  readonly problem: Problem | undefined;
  readonly data: DataView | undefined;
  readonly described: Described | undefined;
  /** Where nothing can be learnt from the data as they were described last: so that something else can be said of them. */
  readonly looked: Looked | undefined;
  readonly suggestion: Suggestion | undefined;
  /** The suggestion, as it was edited. */
  readonly design: Design | undefined;
  readonly keeping: KeepingView | undefined;
  /** What there is of an earlier visit, until it is opened or left. */
  readonly kept: Kept | undefined;
  /** Opens other data, once the user has said that the runs may go. */
  readonly replacing: (() => void) | undefined;
  readonly runs: readonly RunView[];
  /** Whose figures are shown. */
  readonly run: string | undefined;
  /** The section of the guide that is open, by its English anchor. */
  readonly guide: string | undefined;
}

export class App {
  state: State = {
    screen: "data", language: preferred(), theme: "auto", busy: undefined, problem: undefined, data: undefined, described: undefined, looked: undefined, suggestion: undefined, design: undefined,
    keeping: undefined, kept: undefined, replacing: undefined, runs: [], run: undefined, guide: undefined,
  };
  private readonly watchers = new Set<() => void>();

  private readonly dark = matchMedia("(prefers-color-scheme: dark)");

  constructor(readonly engine: Api) {
    speak(this.state.language);
    this.dark.addEventListener("change", () => this.set({}));
  }

  /** The colours that are shown. */
  get looks(): "light" | "dark" {
    const { theme } = this.state;
    return theme === "auto" ? (this.dark.matches ? "dark" : "light") : theme;
  }

  set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    if (change.language) speak(change.language);
    if (change.theme) document.documentElement.dataset.theme = change.theme;
    for (const watch of this.watchers) watch();
  }

  watch(watch: () => void): () => void {
    this.watchers.add(watch);
    return () => this.watchers.delete(watch);
  }

  told(told: Told): void {
    if (told.tell === "keeping") return this.set({ keeping: told.keeping });
    const { run } = told, { runs } = this.state;
    this.set({ runs: runs.some(({ id }) => id === run.id) ? runs.map((one) => (one.id === run.id ? run : one)) : [...runs, run] });
  }

  /** Asks the engine; what goes wrong is shown. */
  async ask<T>(busy: Key | undefined, work: () => Promise<T>): Promise<T | undefined> {
    // what is asked for beside the user's work leaves alone what is told of that
    if (busy) this.set({ busy, problem: undefined });
    try {
      return await work();
    } catch (problem) {
      this.set({ problem: problem as Problem });
      return undefined;
    } finally {
      if (busy) this.set({ busy: undefined });
    }
  }

  private given: Given | undefined;

  /** Opens data. They replace what is open, with all its runs: where there are some, the user is asked first. */
  async open(given: Given, pictures: PictureOptions = {}, sure = false): Promise<void> {
    if (this.state.runs.length && !sure) return this.set({ replacing: () => void this.open(given, pictures, true) });
    this.set({ replacing: undefined });
    const data = await this.ask("busy.open", () => this.engine.open(given, pictures));
    if (!data) return;
    this.given = given;
    this.set({ data, kept: undefined, runs: [], run: undefined, described: undefined, looked: undefined, suggestion: undefined, design: undefined });
    if (data.kind === "images" || data.target !== undefined) await this.describe({ target: data.target });
  }

  /** The same pictures in another size. */
  reread(pictures: PictureOptions): Promise<void> {
    return this.open(this.given!, pictures);
  }

  async describe(asked: Asked): Promise<void> {
    const described = await this.ask("busy.describe", () => this.engine.describe(asked));
    const looked = described ? undefined : await this.engine.look(asked).catch(() => ({ asked, columns: (this.state.described ?? this.state.looked)?.columns ?? [] }));
    this.set({ described, looked, suggestion: undefined, design: undefined });
  }

  async suggest(): Promise<void> {
    const { described, suggestion: before } = this.state;
    if (before || !described) return;
    const suggestion = await this.ask("busy.suggest", () => this.engine.suggest());
    // other data, or another answer, may have come meanwhile
    if (suggestion && this.state.described === described && !this.state.suggestion) this.set({ suggestion, design: suggestion.design });
  }

  async train(design: Design, name: string, like?: string): Promise<void> {
    const id = `run-${Date.now().toString(36)}`, { run } = this.state;
    this.set({ run: id });
    const begun = await this.ask("busy.train", async () => (await this.engine.train(id, name, design, like), true));
    if (!begun) this.set({ run });
  }

  async goOn({ id, name, design }: RunView): Promise<void> {
    await this.ask("busy.train", () => this.engine.train(id, name, design));
  }

  async pause(id: string): Promise<void> {
    await this.ask(undefined, () => this.engine.pause(id));
  }

  async stop(id: string): Promise<void> {
    await this.ask(undefined, () => this.engine.stop(id));
  }

  /** A new run in the place of one, of the same data; its design is that of the page from now on, where the data are still described so. */
  async retrain({ id, status, asked }: RunView, design: Design, name: string): Promise<void> {
    if (status === "running") await this.stop(id);
    if (sameData(asked, this.state.described?.asked)) this.set({ design });
    await this.train(design, name, id);
  }

  async remove(id: string): Promise<void> {
    const gone = await this.ask(undefined, async () => (await this.engine.remove(id), true)), runs = this.state.runs.filter((run) => run.id !== id);
    if (gone) this.set({ runs, ...(this.state.run === id && { run: runs.at(-1)?.id }) });
  }

  /** Looks what there is of an earlier visit, and from now on has what is seen kept. */
  async wake(packed: Blob | undefined): Promise<void> {
    const kept = await this.ask(packed && "busy.open", () => this.engine.kept(packed)), keeping = await this.engine.keeping();
    this.set({ kept, keeping });
    let before: readonly unknown[] = [];
    this.watch(() => {
      const { data, screen, suggestion, design, run } = this.state, now = [data, screen, suggestion, design, run];
      if (!data || now.every((one, i) => one === before[i])) return;
      before = now;
      void this.engine.note({ screen, suggestion, design, run });
    });
  }

  async restore(): Promise<void> {
    const restored = await this.ask("busy.open", () => this.engine.restore());
    if (!restored) return;
    const { given, ...rest } = restored;
    this.given = given;
    this.set({ ...rest, looked: undefined, kept: undefined });
  }

  async keepIn(where: Keeping): Promise<void> {
    const keeping = await this.ask("busy.keep", () => this.engine.keepIn(where));
    if (keeping) this.set({ keeping, ...(where === "nothing" && !this.state.kept?.packed && { kept: undefined }) });
  }

  /** Data, runs, and what the browser has of them: all is gone. */
  async erase(): Promise<void> {
    const gone = await this.ask("busy.erase", async () => (await this.engine.erase(), true));
    if (gone) this.set({ screen: "data", data: undefined, described: undefined, looked: undefined, suggestion: undefined, design: undefined, runs: [], run: undefined, kept: undefined, keeping: await this.engine.keeping() });
  }

  /** A name that no run has: one may have been deleted. */
  get nextName(): string {
    const names = new Set(this.state.runs.map(({ name }) => name.split(":")[0]));
    for (let n = this.state.runs.length + 1; ; n++) if (!names.has(t("train.run", { n }))) return t("train.run", { n });
  }

  get run(): RunView | undefined {
    return this.state.runs.find(({ id }) => id === this.state.run);
  }
}

/** Do two runs learn from the same rows and columns, and the same answers? */
export const sameData = (one: Asked, other: Asked | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);

let app: App;

export function begin(engine: Api): App {
  return (app = new App(engine));
}

/** The app; what draws with it is drawn again after each change. */
export function useApp(): App {
  const [, draw] = useState(0);
  useLayoutEffect(() => app.watch(() => draw((n) => n + 1)), []); // at once: what changes before the first picture is drawn too
  return app;
}
