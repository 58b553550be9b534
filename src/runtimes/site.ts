// Where a model's programs are to run, as its options say.

import { Size } from "../../assembly/isa.ts";
import type { Core } from "../core.ts";
import type { Session } from "../session.ts";
import type { Build, CoreSource } from "../source.ts";
import { kit } from "./kit.ts";
import type { WorkerLike } from "./thread.ts";

export interface SiteOptions {
  readonly build?: Build;
  readonly core?: CoreSource;
  readonly threads?: number | "auto";
  readonly where?: "here" | "worker";
  readonly worker?: URL | (() => WorkerLike);
}

/** The options, checked. */
export function wantSite({ threads = 1, where = "here", build = "exact", worker, core }: SiteOptions): SiteOptions & Required<Pick<SiteOptions, "threads" | "where" | "build">> {
  if (threads !== "auto" && kit.wantCount("threads", threads) > Size.RANKS) throw kit.badOption("threads", threads, `at most ${Size.RANKS}, or "auto"`);
  if (worker !== undefined && !(worker instanceof URL) && typeof worker !== "function") throw kit.badOption("worker", worker, "a URL, or a function that makes a worker");
  return {
    threads, where: kit.wantOneOf("where", where, ["here", "worker"]), build: kit.wantOneOf("build", build, ["exact", "fast"]),
    ...(worker && { worker }), ...(core !== undefined && { core }),
  };
}

/** What was opened for a build. Where that is the fast one, bits are not promised, and the site says why it is exact, if it is. */
export function withBuild<O extends { readonly core: Core; site(session: Session): { readonly why: string } }>(
  opened: O, build: Build, why = "the option core is the exact build",
): O {
  if (build === "exact") return opened;
  const { core } = opened, site = (session: Session): object => {
    const known = opened.site(session);
    return core.fast ? known : { ...known, why: `${known.why}; the build is exact: ${why}` };
  };
  return { ...opened, core: { ...core, asked: build }, site };
}
