// Data: where they come from, what they are, and what is to be predicted.

import { SAMPLES } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";

export function DataScreen() {
  const app = useApp(), { data, described } = app.state;
  return (
    <>
      <h2>{t("data.title")}</h2>
      <div
        class="card drop" onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void app.open({ kind: "files", files: [...event.dataTransfer!.files] });
        }}
      >
        <p>{t("data.drop")}</p>
        <p class="quiet">{t("data.drop.kinds")}</p>
        <label class="button">
          {t("data.choose")}
          <input type="file" multiple class="unseen" onChange={({ currentTarget }) => void app.open({ kind: "files", files: [...currentTarget.files!] })} />
        </label>
      </div>
      <h3>{t("data.samples")}</h3>
      <ul class="tiles">
        {SAMPLES.map((name) => (
          <li key={name} class="tile">
            <button type="button" aria-describedby={`sample-${name}`} onClick={() => void app.open({ kind: "sample", name })}>{t(`sample.${name}`)}</button>
            <p id={`sample-${name}`} class="quiet">{t(`sample.${name}.about`)}</p>
          </li>
        ))}
      </ul>
      {data?.kind === "table" && (
        <>
          <h3>{t("data.preview", { name: data.name })}</h3>
          <div class="scroll" tabIndex={0} role="group" aria-label={t("data.preview", { name: data.name })}>
            <table>
              <thead><tr>{data.columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
              <tbody>{data.preview.slice(0, 6).map((cells, row) => <tr key={row}>{cells.map((cell, i) => <td key={i}>{cell}</td>)}</tr>)}</tbody>
            </table>
          </div>
          <label class="field">
            {t("data.target")}
            <select value={described?.target} onChange={({ currentTarget }) => void app.describe({ target: currentTarget.value })}>
              {data.columns.map((name) => <option key={name} value={name}>{name}</option>)}
            </select>
          </label>
        </>
      )}
      {described && (
        <>
          <p>{t("data.split", { training: described.trainingRows, heldOut: described.heldOutRows })}</p>
          <button type="button" class="main" onClick={() => app.set({ screen: "model" })}>{t("next.model")}</button>
        </>
      )}
    </>
  );
}
