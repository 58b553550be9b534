// Predictions of a file of rows, or of pasted ones.

import { useState } from "preact/hooks";
import type { Rows, Predictions } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";
import { FileButton } from "./fileButton.tsx";
import { PasteArea } from "./pasteArea.tsx";

export function ManyRows({ run, save }: { readonly run: string; readonly save: () => void }) {
  const app = useApp(), [text, write] = useState(""), [told, keep] = useState<Predictions>();
  const files = (list: FileList): Rows => ({ kind: "files", files: [...list].map((file) => ({ path: file.name, file })) });
  const predict = async (given: Rows): Promise<void> => keep(await app.ask("busy.open", () => app.engine.predictRows(run, given)));
  return (
    <section
      class="card" onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (event.dataTransfer!.files.length) void predict(files(event.dataTransfer!.files));
      }}
    >
      <h3>{t("use.rows")}</h3>
      <p class="quiet">{t("use.rows.about")}</p>
      <p><FileButton label={t("use.rows.choose")} onFiles={(list) => void predict(files(list))} /></p>
      <label class="stack">
        {t("use.rows.paste")}
        <PasteArea rows={4} onText={write} onLong={(rows) => void predict({ kind: "text", text: rows })} />
      </label>
      <p><button type="button" disabled={text.trim() === ""} onClick={() => void predict({ kind: "text", text })}>{t("use.rows.predict")}</button></p>
      <p role="status">{told && t("use.rows.done", { of: told.of, name: told.name })}</p>
      {told && (
        <>
          {told.unseen.length > 0 && <p class="warn">{t("use.unseen", { columns: told.unseen.join(", ") })}</p>}
          <p><button type="button" onClick={save}>{t("use.rows.save")}</button></p>
          {told.of > told.rows.length && <p class="quiet">{t("use.rows.first", { n: told.rows.length })}</p>}
          <div class="scroll tall" tabIndex={0} role="group" aria-label={t("use.rows.done", { of: told.of, name: told.name })}>
            <table class="numbers">
              <thead><tr>{told.columns.map((name, i) => <th key={i} scope="col">{name}</th>)}</tr></thead>
              <tbody>{told.rows.map((cells, row) => <tr key={row}>{cells.map((cell, i) => <td key={i}>{cell}</td>)}</tr>)}</tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}
