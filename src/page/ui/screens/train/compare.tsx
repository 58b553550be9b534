// Runs side by side.

import { useState } from "preact/hooks";
import type { RunView } from "../../../engine/api.ts";
import { numberText, t } from "../../../text/index.ts";
import { useApp } from "../../state.ts";
import { differences, otherData, timeText } from "./words.ts";

interface CompareProps {
  readonly runs: readonly RunView[];
  readonly shown: string;
  /** Of which runs the curves are drawn beside those of the one that is shown. */
  readonly overlaid: ReadonlySet<string>;
  overlay(ids: ReadonlySet<string>): void;
}

export function Compare({ runs, shown, overlaid, overlay }: CompareProps) {
  const app = useApp(), [doomed, doom] = useState<string>(), metrics = [...new Set(runs.map(({ metric }) => metric))];
  const heads = ["shown", "overlay", "name", "status", "differences", "heldOutLoss"] as const;
  return (
    <section aria-labelledby="runs">
      <h3 id="runs">{t("train.runs")}</h3>
      <div class="scroll" tabIndex={0} role="group" aria-labelledby="runs">
        <table class="runs">
          <thead>
            <tr>
              {heads.map((head) => <th key={head} scope="col">{t(`train.runs.${head}`)}</th>)}
              {metrics.map((metric) => <th key={metric} scope="col">{t(`train.${metric}`)}</th>)}
              <th scope="col">{t("train.runs.steps")}</th>
              <th scope="col">{t("train.time")}</th>
              <th scope="col"><span class="unseen">{t("train.runs.delete")}</span></th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => {
              const { id, name, status, design, epochs, metric, step, seconds } = run, last = epochs.at(-1), toggled = (on: boolean): ReadonlySet<string> => new Set([...overlaid].filter((one) => one !== id).concat(on ? id : []));
              return (
                <tr key={id}>
                  <td><input type="radio" name="shown" checked={id === shown} aria-label={t("train.runs.show", { name })} onChange={() => app.set({ run: id })} /></td>
                  <td><input type="checkbox" checked={id === shown || overlaid.has(id)} disabled={id === shown} aria-label={t("train.runs.overlayOf", { name })} onChange={({ currentTarget }) => overlay(toggled(currentTarget.checked))} /></td>
                  <th scope="row"><input type="text" maxLength={120} value={name} aria-label={t("train.runs.nameOf", { name })} onChange={({ currentTarget }) => void app.engine.rename(id, currentTarget.value.trim() || name)} /></th>
                  <td>{t(`train.state.${status}`)}</td>
                  <td class="differences">{[...otherData(runs[0]!, run), ...differences(runs[0]!.design, design)].join("; ") || t("train.runs.none")}</td>
                  <td class="number">{last ? numberText(last.heldOutLoss) : t("train.runs.none")}</td>
                  {metrics.map((own) => <td key={own} class="number">{last && own === metric ? numberText(last.heldOutMetric) : t("train.runs.none")}</td>)}
                  <td class="number">{numberText(step)}</td>
                  <td class="number">{timeText(seconds)}</td>
                  <td>
                    <button type="button" class="delete" aria-label={doomed === id ? undefined : t("train.runs.deleteOf", { name })} onBlur={() => doom(undefined)} onClick={() => (doomed === id ? void app.remove(id) : doom(id))}>
                      {t(doomed === id ? "train.runs.sure" : "train.runs.delete")}
                    </button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
