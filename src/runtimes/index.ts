// Where a model's programs run: on threads of this process, in a worker, or both. A page loads this room only if it asks for it.

import script from "./worker.ts?script";
import type { Core } from "../core.ts";
import { markAlone } from "../passes/alone.ts";
import type { Model, Site } from "../model.ts";
import type { Network } from "../network.ts";
import type { LoadedProgram, Runner, Session } from "../session.ts";
import { type Build, choose, type CoreSource, forSharedMemory, isModule, wantBuild } from "../source.ts";
import { makeKeeper } from "../train/keeper.ts";
import { WorkerModel } from "../workerModel.ts";
import { type Kit, kit } from "./kit.ts";
import { Crew, Ranks } from "./ranks.ts";
import { type SiteOptions, wantSite, withBuild } from "./site.ts";
import { engine, inBrowser, inPage, noWorkers, processors, type Source } from "./thread.ts";
import { WorkerRunner } from "./twin.ts";
import { Size } from "../../assembly/isa.ts";

/** A core, and who is to run programs on its memory. */
export interface Opened {
  readonly core: Core;
  /** Where a session's programs run now. */
  site(session: Session): Site;
  /** Hands the programs to workers, once the model is in memory. */
  start?(session: Session): Promise<void>;
  /** Keeps snapshots of its runs, if there are workers that may die. */
  readonly keeper?: typeof makeKeeper;
  /** The model as its caller sees it. */
  wrap?(model: Model, network: Network): WorkerModel;
}

/** Makes a core that fits the options.
 *
 * @throws OptionError for more than one thread on a page's main thread; EngineError as loadCore; WorkerError if a worker does
 * not start.
 */
export async function open(options: SiteOptions, given: Kit): Promise<Opened> {
  Object.assign(kit, given);
  const { core: own, threads: wanted, where, worker, build: asked } = wantSite(options), away = where === "worker";
  if (inPage() && !away && typeof wanted === "number" && wanted > 1)
    throw kit.badOption("threads", wanted, '1 or "auto" on a page\'s main thread, which may not wait', { fix: 'where: "worker"' });
  const { source, why: exact } = await choose(asked, own, kit.badCore), build = source ? asked : "exact"; // a response can be read once
  const [threads, why] = threadsFor(wanted, away, source), ready = (opened: Opened): Opened => withBuild(opened, asked, exact);
  if (away) {
    const none = noWorkers();
    if (none) throw new kit.EngineError("no-worker", { option: "where", wanted: '"here"', got: where, problem: none });
    const module = await kit.moduleOf(source, build), shared = threads > 1 ? await sharedModule(build, source) : module;
    return ready({
      core: await kit.instantiate(module), site: workers({ where, threads, why }), keeper: makeKeeper,
      async start(session) {
        session.runner = await startTwin(session, shared, threads, worker);
        await kit.nextTask(); // what the caller does with the model is a task of its own
      },
      wrap: (model, network) => new WorkerModel(model, network),
    });
  }
  if (threads === 1) return ready({ core: await kit.instantiate(await kit.moduleOf(source, build)), site: () => ({ where, threads, why }) });
  const module = await sharedModule(build, source), core = await kit.instantiate(module, kit.memoryOf(true));
  return ready({
    core, site: workers({ where, threads, why }), keeper: makeKeeper,
    start: async (session) => void (session.runner = await ThreadRunner.start(core, module, threads, worker ? sourceOf(worker) : file() ?? { text: script })),
  });
}

/** A site with workers, as long as they live. */
const workers = (site: Site) => ({ runner }: Session): Site =>
  (runner && !runner.dead ? site : { where: "here", threads: 1, why: "a worker has died" });

/** The embedded core for a shared memory, made once. */
let shared: Promise<WebAssembly.Module> | undefined;

async function sharedModule(build: Build, source: CoreSource | undefined): Promise<WebAssembly.Module> {
  const make = async (): Promise<WebAssembly.Module> => {
    const bytes: unknown = source === undefined ? await kit.embeddedBytes() : source;
    if (!(bytes instanceof ArrayBuffer || bytes instanceof Uint8Array)) throw kit.badCore(source);
    return wantBuild(build, await kit.compile(forSharedMemory(bytes)), kit.badCore);
  };
  if (source !== undefined) return make();
  shared ??= make();
  shared.catch(() => (shared = undefined));
  return shared;
}

/** How many threads can be had, and why not more. */
function threadsFor(wanted: number | "auto", away: boolean, core: CoreSource | undefined): [number, string] {
  const number = wanted === "auto" ? Math.min(processors(), Size.RANKS) : wanted;
  if (number === 1) return [1, wanted === "auto" ? "there is one processor" : "one thread was asked for"];
  const none = noWorkers()
    ?? (inPage() && !away ? "a page's main thread may not wait: where: \"worker\" has threads" : undefined)
    ?? (inBrowser() && !engine.crossOriginIsolated ? isolation() : undefined)
    ?? (typeof SharedArrayBuffer === "undefined" ? "this engine has no shared memory" : undefined)
    ?? (core !== undefined && isModule(core) ? "core is a module, whose memory is not shared: give its bytes" : undefined);
  return none === undefined ? [number, `${number} threads`] : [1, none];
}

function isolation(): string {
  return engine.location?.protocol === "file:" ? "a page of file:// has no shared memory"
    : "the page is not cross-origin isolated: it wants the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
}

/** Threads of this process. */
class ThreadRunner implements Runner {
  private readonly core: Core;
  private readonly ranks: Ranks;
  private readonly crew: Crew;

  private constructor(core: Core, crew: Crew, threads: number) {
    this.core = core;
    this.crew = crew;
    this.ranks = new Ranks(core, crew.control, threads);
    crew.onEnd = (error) => (this.ranks.failure ??= { error });
  }

  static async start(core: Core, module: WebAssembly.Module, threads: number, source: Source): Promise<Runner> {
    const crew = new Crew();
    await crew.start(module, core.memory, threads, source);
    return new ThreadRunner(core, crew, threads);
  }

  get dead(): boolean {
    return this.ranks.failure !== undefined;
  }

  prepare = markAlone;

  settle(): void {
    this.ranks.settle();
  }

  run({ block, program }: LoadedProgram): Promise<void> | undefined {
    if (!program.alone || this.dead) return this.ranks.run(block.offset);
    this.core.run(block.offset, 0, 1);
    return undefined;
  }

  async series(program: LoadedProgram, times: number, _: unknown, before: (i: number) => void, after: (i: number) => boolean): Promise<void> {
    do {
      before(0);
      const waiting = this.run(program);
      if (waiting) await waiting;
    } while (after(0) && --times > 0);
  }

  runSync({ block, program }: LoadedProgram): void {
    if (program.alone || this.dead) this.core.run(block.offset, 0, 1);
    else
      try {
        this.ranks.runSync(block.offset);
      } catch (error) {
        void this.close(); // the others may wait in this program
        throw error;
      }
  }

  close(): Promise<unknown> {
    this.ranks.failure ??= { error: new Error("it has been ended") };
    return this.crew.close();
  }
}

/** A worker from the file beside this one; from its text where there is no file, or it cannot be had. */
async function startTwin(session: Session, module: WebAssembly.Module, threads: number, worker: SiteOptions["worker"]): Promise<Runner> {
  const refused: string[] = [], told = (event: Event): void => {
    const { effectiveDirective } = event as SecurityPolicyViolationEvent;
    if (/^(worker|child|script|default)-src$/.test(effectiveDirective)) refused.push(effectiveDirective);
  };
  engine.document?.addEventListener("securitypolicyviolation", told);
  try {
    const begin = (source: Source): Promise<Runner> => WorkerRunner.start(session, module, threads, source);
    if (worker) return await begin(sourceOf(worker));
    const beside = file();
    if (!beside) return await begin({ text: script });
    try {
      return await begin(beside);
    } catch (error) {
      if (refused.length) throw error;
      // no such file: a bundler may have left it out
      return await begin({ text: script }).catch(() => {
        refused.length = 0; // that the policy has no blobs either is not what is wrong
        throw error;
      });
    }
  } catch (error) {
    await new Promise((resolve) => resolve(undefined)); // the violation is told in a task of its own, mostly before the error
    if (refused.length)
      throw new kit.EngineError("csp", {
        problem: "the page's Content-Security-Policy refuses the worker",
        fix: `add 'self' to its worker-src (or to its script-src, where it has no worker-src), and serve lanewise/worker from the page's origin`, refused,
      });
    throw error;
  } finally {
    engine.document?.removeEventListener("securitypolicyviolation", told);
  }
}

/** The file beside this one, for browsers: their policies like it best. Elsewhere, and in a page of file://, the text of the worker is
 * what it is started from, which needs no permission and no file. */
function file(): Source | undefined {
  // bundlers know it by these words
  return inBrowser() && engine.location?.protocol !== "file:" ? () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }) : undefined;
}

const sourceOf = (worker: NonNullable<SiteOptions["worker"]>): Source => (typeof worker === "function" ? worker : { url: String(worker) });
