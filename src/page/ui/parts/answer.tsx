// What a model says of one row.

import type { Prediction } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { PictureView } from "./picture.tsx";

/** Each value stands in its element's `value` with all its digits. */
export function Answer({ told, target }: { readonly told: Prediction | undefined; readonly target: string }) {
  return (
    <div class="answer" role="status">
      {told && (
        <>
          <h4>{target}{t("punctuation.colon")}{t("use.answer")}</h4>
          {told.kind === "number" ? <p class="figure"><data value={String(told.value)}>{String(Number(told.value.toPrecision(6)))}</data></p> : (
            <ol class="chances" aria-label={t("use.classes")}>
              {told.classes.map(({ label, probability }) => (
                <li key={label}>
                  <span class="name">{label}</span>
                  <span class="track" aria-hidden="true"><span class="bar" style={{ width: `${100 * probability}%` }} /></span>
                  <data value={String(probability)}>{t("use.percent", { percent: (100 * probability).toFixed(1) })}</data>
                </li>
              ))}
            </ol>
          )}
          {told.unseen.length > 0 && <p class="warn">{t("use.unseen", { columns: told.unseen.join(", ") })}</p>}
          {told.picture && <Seen picture={told.picture} />}
        </>
      )}
    </div>
  );
}

function Seen({ picture }: { readonly picture: NonNullable<Prediction["picture"]> }) {
  const label = t("use.seen", { width: picture.width, height: picture.height });
  return <p class="row quiet"><PictureView picture={picture} label={label} /> {label}</p>;
}
