// What went wrong, until it is closed.

import type { Problem } from "../../engine/api.ts";
import { known, t } from "../../text/index.ts";
import { useApp } from "../state.ts";

/** In the page's language, where there is a text for its code. */
export function problemText({ code, details, message }: Problem): string {
  const key = `problem.${code}`;
  return known(key) ? t(key, details) : message;
}

export function ProblemCard() {
  const app = useApp(), { problem } = app.state;
  if (!problem) return null;
  return (
    <section class="card problem" role="alert">
      <h2>{t("problem.title")}</h2>
      <p>{problemText(problem)}</p>
      <button type="button" onClick={() => app.set({ problem: undefined })}>{t("problem.close")}</button>
    </section>
  );
}
