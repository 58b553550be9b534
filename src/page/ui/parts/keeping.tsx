// Where work is kept: what there is of an earlier visit, and what becomes of this one.

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../text/index.ts";
import { give, savedPage } from "../saved.ts";
import { useApp } from "../state.ts";
import { problemText } from "./problem.tsx";

/** Offers to go on. */
export function Earlier() {
  const app = useApp(), { kept } = app.state;
  if (!kept) return null;
  const { name, runs, steps, broken, packed, replaced } = kept;
  return (
    <section class="card" aria-labelledby="earlier">
      <h2 id="earlier">{t(packed ? "keep.earlier.packed" : "keep.earlier")}</h2>
      <p>{t("keep.what", { name, runs, steps })}</p>
      {broken && <p>{t("keep.broken")}</p>}
      {replaced !== undefined && <p class="note">{t("keep.replaced", { name: replaced })}</p>}
      <div class="row">
        <button type="button" class="main" onClick={() => void app.restore()}>{t("keep.goOn")}</button>
        <button type="button" aria-describedby="anew" onClick={() => app.set({ kept: undefined })}>{t("keep.anew")}</button>
        <span id="anew" class="quiet">{t("keep.anew.about")}</span>
      </div>
    </section>
  );
}

/** Asks before runs are deleted, since other data take their place. */
export function Replacing() {
  const app = useApp(), { replacing, data, runs } = app.state, no = useRef<HTMLButtonElement>(null), keep = (): void => app.set({ replacing: undefined });
  useEffect(() => no.current?.focus(), [replacing]); // the key that asked may still be down
  if (!replacing) return null;
  return (
    <section class="card problem" role="alertdialog" aria-labelledby="replacing" onKeyDown={({ key }) => key === "Escape" && keep()}>
      <h2 id="replacing">{t("keep.replace")}</h2>
      <p>{t("keep.replace.about", { name: data!.name, runs: runs.length })}</p>
      <div class="row">
        <button type="button" class="danger" onClick={replacing}>{t("keep.replace.yes")}</button>
        <button type="button" ref={no} onClick={keep}>{t("keep.replace.no")}</button>
      </div>
    </section>
  );
}

/** Says why work is not kept, though it should be. */
export function Unkept() {
  const { keeping } = useApp().state;
  return keeping?.problem ? <p class="note" role="alert">{t("keep.problem", { message: problemText(keeping.problem) })}</p> : null;
}

/** Says what lies where, and moves it. */
export function Keeping() {
  const app = useApp(), { keeping, data } = app.state, [erasing, erase] = useState(false);
  if (!keeping) return null;
  const { where, bytes } = keeping;
  const save = async (): Promise<void> => {
    const page = await app.ask("busy.save", async () => savedPage(await app.engine.pack()));
    if (page) give("trainer-with-work.html", page);
  };
  return (
    <details class="keeping">
      <summary>{t("keep.title")}{t("punctuation.colon")}{t(`keep.where.${where}`)}</summary>
      <p>{where === "browser" ? t("keep.browser", { mb: (bytes / 1e6).toFixed(1) }) : t("keep.nothing")}</p>
      {where === "browser" && location.protocol === "file:" && <p class="quiet">{t("keep.shared")}</p>}
      <fieldset class="row">
        <legend>{t("keep.where")}</legend>
        {(["browser", "nothing"] as const).map((place) => (
          <label key={place} class="check">
            <input type="radio" name="keeping" checked={place === where} onChange={() => void app.keepIn(place)} />
            {t(`keep.where.${place}`)}
          </label>
        ))}
      </fieldset>
      <div class="row">
        <button type="button" disabled={!data} onClick={() => void save()} aria-describedby="save-about">{t("keep.save")}</button>
        <span id="save-about" class="quiet">{t("keep.save.about")}</span>
      </div>
      <div class="row">
        {erasing ? (
          <>
            <span role="alert">{t("keep.erase.sure")}</span>
            <button
              type="button" class="danger" onClick={() => {
                erase(false);
                void app.erase();
              }}
            >
              {t("keep.erase.yes")}
            </button>
            <button type="button" onClick={() => erase(false)}>{t("keep.erase.no")}</button>
          </>
        ) : <button type="button" onClick={() => erase(true)}>{t("keep.erase")}</button>}
      </div>
    </details>
  );
}
