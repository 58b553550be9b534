// A picture to be predicted: drawn, from a file, or one of those held out.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Prediction, Row } from "../../engine/api.ts";
import { type Pad, padOn } from "../../form/pad.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";
import { Answer } from "./answer.tsx";
import { FileButton } from "./fileButton.tsx";

export function PictureForm({ run, target, heldOut }: { readonly run: string; readonly target: string; readonly heldOut: number }) {
  const app = useApp(), place = useRef<HTMLCanvasElement>(null), pad = useRef<Pad>(), [told, keep] = useState<Prediction>(), [number, choose] = useState("0");
  const predict = async (row: Row): Promise<void> => keep(await app.ask(undefined, () => app.engine.predict(run, row)));
  useEffect(() => {
    const made = (pad.current = padOn(place.current!, (empty) => (empty ? keep(undefined) : void predict({ drawing: made.drawing() }))));
  }, [run]);
  return (
    <div
      class="card" onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const [file] = event.dataTransfer!.files;
        if (file) void predict(file);
      }}
    >
      <h3>{t("use.picture")}</h3>
      <p class="quiet">{t("use.draw.how")}</p>
      <div class="drawing">
        <div>
          <canvas ref={place} class="pad" tabIndex={0} role="application" aria-label={`${t("use.draw")}. ${t("use.draw.how")}`} />
          <p><button type="button" onClick={() => pad.current!.clear()}>{t("use.draw.clear")}</button></p>
        </div>
        <Answer told={told} target={target} />
      </div>
      <p><FileButton label={t("use.image")} accept="image/png,image/jpeg" onFiles={([file]) => void predict(file!)} /></p>
      <form
        class="field" onSubmit={(event) => {
          event.preventDefault();
          void predict({ heldOut: Number(number) });
        }}
      >
        <label class="field">
          {t("use.held")}
          <input type="number" required min={0} max={heldOut - 1} step={1} value={number} onInput={({ currentTarget }) => choose(currentTarget.value)} />
        </label>
        <button type="submit">{t("use.held.show")}</button>
      </form>
    </div>
  );
}
