// What went wrong, until it is closed.

import { known, t } from "../../text/index.ts";
import { useApp } from "../state.ts";

export function ProblemCard() {
  const app = useApp(), { problem } = app.state;
  if (!problem) return null;
  const key = `problem.${problem.code}`;
  return (
    <section class="card problem" role="alert">
      <h2>{t("problem.title")}</h2>
      <p>{known(key) ? t(key, problem.details) : problem.message}</p>
      <button type="button" onClick={() => app.set({ problem: undefined })}>{t("problem.close")}</button>
    </section>
  );
}
