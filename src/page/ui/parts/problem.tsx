// What went wrong, until it is closed.

import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../../engine/api.ts";
import { problemOf } from "../../engine/messages.ts";
import { known, t } from "../../text/index.ts";
import { useApp } from "../state.ts";

/** In the page's language, where there is a text for its code. The page's own work may throw what an engine throws. */
export function problemText(problem: Problem): string {
  const { code, details, message } = problemOf(problem), key = `problem.${code}`;
  return known(key) ? t(key, details) : message;
}

/** After these, nothing works until the page is loaded anew. */
const FINAL: readonly string[] = ["worker-died", "no-worker"];

export function ProblemCard() {
  const app = useApp(), { problem } = app.state, place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.scrollIntoView({ block: "nearest" }), [problem]); // what was pressed may stand far below
  if (!problem) return null;
  return (
    <section class="card problem" role="alert" ref={place}>
      <h2>{t("problem.title")}</h2>
      <p>{problemText(problem)}</p>
      <div class="row">
        {FINAL.includes(problem.code) && <button type="button" class="main" onClick={() => location.reload()}>{t("problem.reload")}</button>}
        <button type="button" onClick={() => app.set({ problem: undefined })}>{t("problem.close")}</button>
      </div>
    </section>
  );
}
