// What the model is for: predictions, and files to take away.

import { useState } from "preact/hooks";
import type { Prediction } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";

export function UseScreen() {
  const app = useApp(), { run } = app, { described } = app.state, [cells, write] = useState<Readonly<Record<string, string>>>({}), [told, keep] = useState<Prediction>();
  if (!run || run.status !== "done" || !described) return <p>{t("needs.run")}</p>;
  const save = async (what: string): Promise<void> => {
    const file = await app.ask(undefined, () => app.engine.download(run.id, what));
    if (!file) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([file.bytes], { type: file.type }));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  return (
    <>
      <h2>{t("use.title")}</h2>
      <form
        class="card" onSubmit={(event) => {
          event.preventDefault();
          void app.ask(undefined, () => app.engine.predict(run.id, cells)).then(keep);
        }}
      >
        <h3>{t("use.new")}</h3>
        {described.columns.filter(({ use }) => use !== "ignore" && use !== "target").map(({ name }) => (
          <label key={name} class="field">
            {name}
            <input value={cells[name] ?? ""} onInput={({ currentTarget: { value } }) => write((now) => ({ ...now, [name]: value }))} />
          </label>
        ))}
        <button type="submit">{t("use.predict")}</button>
        {told && <p role="status" class="figure">{t("use.answer")}: {told.kind === "number" ? told.value : told.classes.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`).join(", ")}</p>}
      </form>
      <h3>{t("use.take")}</h3>
      <div class="row">
        <button type="button" onClick={() => void save("safetensors")}>{t("use.safetensors")}</button>
        <button type="button" onClick={() => void save("onnx")}>{t("use.onnx")}</button>
      </div>
    </>
  );
}
