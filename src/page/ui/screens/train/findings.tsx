// What the doctor finds in a run, and the fix.

import type { Design, FindingView, RunView } from "../../../engine/api.ts";
import { known, t } from "../../../text/index.ts";
import { useApp } from "../../state.ts";
import { differences } from "./words.ts";

/** Letters of a run's name. */
const LONGEST = 100;
const GRAVE = { error: 0, warning: 1, info: 2 } as const;

export function Findings({ run }: { readonly run: RunView }) {
  const sorted = [...run.findings].sort((a, b) => GRAVE[a.severity] - GRAVE[b.severity]);
  return (
    <section class="side" aria-labelledby="doctor">
      <h3 id="doctor">{t("train.doctor")}</h3>
      <p role="status" class="unseen">{sorted.length > 0 && t("train.doctor.count", { n: sorted.length })}</p>
      <div class="doctor" tabIndex={0} role="group" aria-labelledby="doctor">
        {sorted.length === 0 && <p class="quiet">{t("train.doctor.nothing")}</p>}
        {sorted.map((finding) => <Card key={`${finding.code} ${finding.layer}`} run={run} finding={finding} />)}
      </div>
    </section>
  );
}

function Card({ run, finding: { code, severity, layer, epoch, details, cause, fix, mended } }: { readonly run: RunView; readonly finding: FindingView }) {
  const app = useApp(), values = { ...details, layer: layer ?? "" }, key = (end: string): string => `finding.${code}${end}`;
  const told = (end: string, otherwise: string): string => {
    const name = key(end);
    return known(name) ? t(name, values) : otherwise;
  };
  /** The name of the new run says what is new. */
  const retold = (design: Design): string => `${app.nextName}: ${differences(run.design, design).join(", ")}`.slice(0, LONGEST);
  return (
    <article class={`card finding ${severity}`}>
      <p class="severity">{t(`train.severity.${severity}`)}</p>
      <h4>{told("", code)}</h4>
      <p>{told(".cause", cause)}</p>
      <p>{told(".fix", fix)}</p>
      <p class="quiet">{layer && t("train.doctor.where", { layer })} {epoch ? t("train.doctor.epoch", { epoch }) : t("train.doctor.before")}</p>
      {mended && <button type="button" onClick={() => void app.retrain(run, mended, retold(mended))}>{t("train.doctor.apply")}</button>}
    </article>
  );
}
