// What the model is for: predictions, and files to take away.

import { useEffect, useState } from "preact/hooks";
import { sized } from "../../../advice/text.ts";
import type { DownloadKind, Form } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { PictureForm } from "../parts/pictureForm.tsx";
import { RowForm } from "../parts/rowForm.tsx";
import { NoRun, RunChoice, trained } from "../parts/runChoice.tsx";
import { ManyRows } from "../parts/manyRows.tsx";
import { give } from "../saved.ts";
import { useApp } from "../state.ts";

const TAKEN = ["predictor", "safetensors", "onnx", "checkpoint", "held-out", "report"] as const;

export function UseScreen() {
  const app = useApp(), { run } = app, ready = trained(run), [form, keep] = useState<Form>(), [saved, tell] = useState("");
  useEffect(() => {
    let wanted = true;
    keep(undefined);
    if (ready) void app.ask(undefined, () => app.engine.form(run.id)).then((found) => wanted && keep(found));
    return () => void (wanted = false);
  }, [run?.id, ready]);
  if (!ready) return <NoRun />;
  const save = async (what: DownloadKind): Promise<void> => {
    const file = await app.ask(undefined, () => app.engine.download(run.id, what, app.state.language));
    if (!file) return;
    give(file.name, new Blob([file.bytes], { type: file.type }));
    tell(t("use.taken", { name: file.name, size: sized(file.bytes.length) }));
  };
  const target = form?.target ?? t("use.label");
  return (
    <>
      <h2>{t("use.title")}</h2>
      <RunChoice />
      {form && (
        <div key={run.id}>
          {form.kind === "table" ? <RowForm run={run.id} fields={form.fields} target={target} heldOut={form.heldOut} /> : <PictureForm run={run.id} target={target} heldOut={form.heldOut} />}
          {form.kind === "table" && <ManyRows run={run.id} save={() => void save("predictions")} />}
        </div>
      )}
      <h3>{t("use.take")}</h3>
      <ul class="tiles">
        {TAKEN.map((what) => (
          <li key={what} class="tile">
            <button type="button" aria-describedby={`about-${what}`} onClick={() => void save(what)}>{t(`use.take.${what}`)}</button>
            <p id={`about-${what}`} class="quiet">{t(`use.take.${what}.about`)}</p>
          </li>
        ))}
      </ul>
      <p role="status" class="quiet taken">{saved}</p>
    </>
  );
}
