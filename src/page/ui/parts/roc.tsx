// ROC curves: all where classes are few, else of one that is chosen.

import { useState } from "preact/hooks";
import type { Curve } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { Plot } from "./plot.tsx";

/** As many as there are colours. */
const FEW = 4;

export function Roc({ curves }: { readonly curves: readonly Curve[] }) {
  const able = curves.filter(({ auc }) => Number.isFinite(auc)), least = able.reduce((a, b) => (b.auc < a.auc ? b : a), able[0]!);
  const [chosen, choose] = useState<string>(), shown = able.length <= FEW ? able : [able.find(({ name }) => name === chosen) ?? least];
  if (!able.length) return null;
  return (
    <section>
      <h3>{t("understand.roc")}</h3>
      <p class="quiet">{t("understand.roc.about")}</p>
      {able.length > FEW && (
        <label class="field">
          {t("understand.roc.class")}
          <select value={shown[0]!.name} onChange={({ currentTarget }) => choose(currentTarget.value)}>{able.map(({ name }) => <option key={name} value={name}>{name}</option>)}</select>
        </label>
      )}
      <Plot
        label={t("understand.roc.alt", { curves: shown.map(({ name, auc }) => `${name}: ${t("understand.auc")} ${auc.toFixed(3)}`).join("; ") })}
        x={{ name: t("understand.roc.x"), low: 0, high: 1 }} y={{ name: t("understand.roc.y"), low: 0, high: 1 }}
        lines={[...shown, { name: t("understand.roc.chance"), points: [[0, 0], [1, 1]], dashed: true }]}
      />
    </section>
  );
}
