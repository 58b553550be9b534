// Where a model's programs are to run, as its options say.

import { Size } from "../../assembly/isa.ts";
import type { CoreSource } from "../core.ts";
import { badOption, wantCount, wantOneOf } from "../options.ts";
import type { WorkerLike } from "./thread.ts";

export interface SiteOptions {
  readonly core?: CoreSource;
  readonly threads?: number | "auto";
  readonly where?: "here" | "worker";
  readonly worker?: URL | (() => WorkerLike);
}

/** The options, checked. */
export function wantSite({ threads = 1, where = "here", worker, core }: SiteOptions): SiteOptions & Required<Pick<SiteOptions, "threads" | "where">> {
  if (threads !== "auto" && wantCount("threads", threads) > Size.RANKS) throw badOption("threads", threads, `at most ${Size.RANKS}, or "auto"`);
  if (worker !== undefined && !(worker instanceof URL) && typeof worker !== "function") throw badOption("worker", worker, "a URL, or a function that makes a worker");
  return { threads, where: wantOneOf("where", where, ["here", "worker"]), ...(worker && { worker }), ...(core !== undefined && { core }) };
}
