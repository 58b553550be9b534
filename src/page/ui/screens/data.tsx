// Data: where they come from, what they are, and what is to be predicted.

import { useRef, useState } from "preact/hooks";
import { type Asked, type ColumnView, type DataView, type Described, type Looked, SAMPLES, type Said } from "../../engine/api.ts";
import { type Key, numberText, t } from "../../text/index.ts";
import { chosen, dropped } from "../files.ts";
import { FileButton } from "../parts/fileButton.tsx";
import { Histogram } from "../parts/histogram.tsx";
import { PasteArea } from "../parts/pasteArea.tsx";
import { PictureView } from "../parts/picture.tsx";
import { useApp } from "../state.ts";

const TYPES = ["number", "category", "date", "text", "identifier"] as const;
const SIDES = [8, 16, 28, 32, 48, 64];

export function DataScreen() {
  const app = useApp(), { data, described } = app.state, looked = described ?? app.state.looked;
  return (
    <>
      <h2>{t("data.title")}</h2>
      <Given />
      <h3>{t("data.samples")}</h3>
      <ul class="tiles">
        {SAMPLES.map((name) => (
          <li key={name} class="tile">
            <button type="button" aria-describedby={`sample-${name}`} onClick={() => void app.open({ kind: "sample", name })}>{t(`sample.${name}`)}</button>
            <p id={`sample-${name}`} class="quiet">{t(`sample.${name}.about`)}</p>
          </li>
        ))}
      </ul>
      {data && <Found data={data} />}
      {data && looked && <Targets data={data} looked={looked} described={described} />}
    </>
  );
}

/** Where data are dropped, chosen or pasted. */
function Given() {
  const app = useApp(), [over, hover] = useState(false), [pasting, paste] = useState(false), text = useRef<HTMLTextAreaElement>(null);
  const open = (files: FileList): void => void app.open({ kind: "files", files: chosen(files) }), read = (rows: string): void => void app.open({ kind: "text", text: rows });
  return (
    <div
      class={`card drop${over ? " over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        hover(true);
      }}
      onDragLeave={() => hover(false)}
      onDrop={(event) => {
        event.preventDefault();
        hover(false);
        void app.ask("busy.open", () => dropped(event.dataTransfer!)).then((files) => files && app.open({ kind: "files", files }));
      }}
    >
      <p>{t("data.drop")}</p>
      <p class="quiet">{t("data.drop.kinds")}</p>
      <div class="row middle">
        <FileButton label={t("data.choose")} multiple onFiles={open} />
        <FileButton label={t("data.choose.folder")} folder onFiles={open} />
        <button type="button" aria-expanded={pasting} onClick={() => paste(!pasting)}>{t("data.paste")}</button>
      </div>
      {pasting && (
        <form
          class="paste" onSubmit={(event) => {
            event.preventDefault();
            if (text.current!.value.trim()) read(text.current!.value);
          }}
        >
          <label for="pasted">{t("data.paste.about")}</label>
          <PasteArea id="pasted" area={text} rows={6} onLong={read} />
          <button type="submit">{t("data.paste.read")}</button>
        </form>
      )}
    </div>
  );
}

/** What was found. */
function Found({ data }: { readonly data: DataView }) {
  const app = useApp(), title = t("data.preview", { name: data.name, rows: data.rows });
  return (
    <section aria-labelledby="found">
      <h3 id="found">{title}</h3>
      <Notes notes={data.notes} />
      {data.kind === "table" ? (
        <div class="scroll" tabIndex={0} role="group" aria-label={title}>
          <table>
            <thead><tr>{data.columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
            <tbody>{data.preview.slice(0, 6).map((cells, row) => <tr key={row}>{cells.map((cell, i) => <td key={i}>{cell}</td>)}</tr>)}</tbody>
          </table>
        </div>
      ) : (
        <>
          <ul class="pictures">
            {data.pictures.map((picture, i) => <li key={i}><PictureView picture={picture} label={t("data.picture", { label: picture.label })} /><span aria-hidden="true">{picture.label}</span></li>)}
          </ul>
          {data.resizable && data.pictures[0] && (
            <div class="row">
              <label class="field">
                {t("data.side")}
                <select value={data.pictures[0].width} onChange={({ currentTarget }) => void app.reread({ side: Number(currentTarget.value), channels: data.pictures[0]!.channels === 1 ? 1 : 3 })}>
                  {[...new Set([...SIDES, data.pictures[0].width])].sort((a, b) => a - b).map((side) => <option key={side} value={side}>{t("data.side.pixels", { side })}</option>)}
                </select>
              </label>
              <label class="field">
                {t("data.channels")}
                <select value={data.pictures[0].channels} onChange={({ currentTarget }) => void app.reread({ side: data.pictures[0]!.width, channels: currentTarget.value === "1" ? 1 : 3 })}>
                  <option value={3}>{t("data.channels.colour")}</option>
                  <option value={1}>{t("data.channels.grey")}</option>
                </select>
              </label>
            </div>
          )}
        </>
      )}
    </section>
  );
}

function Notes({ notes }: { readonly notes: readonly Said[] }) {
  return <>{notes.map(({ code, details }) => <p key={code} class="note">{t(code as Key, details)}</p>)}</>;
}

/** What is to be predicted, from what. */
function Targets({ data, looked: { asked, columns }, described }: { readonly data: DataView; readonly looked: Looked; readonly described: Described | undefined }) {
  const app = useApp(), ask = (change: Partial<Asked>): void => void app.describe({ ...asked, ...change });
  return (
    <>
      {data.kind === "table" && (
        <div class="row">
          <label class="field">
            {t("data.target")}
            <select value={asked.target} onChange={({ currentTarget }) => ask({ target: currentTarget.value, task: undefined, ignore: (asked.ignore ?? []).filter((name) => name !== currentTarget.value) })}>
              {data.columns.map((name) => <option key={name} value={name}>{name}</option>)}
            </select>
          </label>
          <label class="field">
            {t("data.task")}
            <select value={asked.task ?? "auto"} onChange={({ currentTarget: { value } }) => ask({ task: value === "auto" ? undefined : value as "classification" })}>
              <option value="auto">{t("data.task.auto", described && { found: t(`task.${described.task}`) })}</option>
              <option value="classification">{t("data.task.classification")}</option>
              <option value="regression">{t("data.task.regression")}</option>
            </select>
          </label>
        </div>
      )}
      {described && described.classes.length > 0 && <Balance classes={described.classes} />}
      {data.kind === "table" && <Columns columns={columns} asked={asked} ask={ask} />}
      <div class="row">
        <label class="field">
          {t("data.heldOut")}
          <select value={asked.validation ?? 0.2} onChange={({ currentTarget }) => ask({ validation: Number(currentTarget.value) })}>
            {[0.1, 0.2, 0.3, 0.5].map((share) => <option key={share} value={share}>{`${100 * share} %`}</option>)}
          </select>
        </label>
        {described && <p>{t("data.split", { training: described.trainingRows, heldOut: described.heldOutRows })}</p>}
      </div>
      {described && <Notes notes={described.notes} />}
      <button type="button" class="main" disabled={!described} onClick={() => app.set({ screen: "model" })}>{t("next.model")}</button>
    </>
  );
}

/** How many rows each class has, to train on. */
function Balance({ classes }: { readonly classes: Described["classes"] }) {
  const most = Math.max(...classes.map(({ rows }) => rows));
  return (
    <section aria-labelledby="balance">
      <h3 id="balance">{t("data.balance")}</h3>
      <ul class="bars">
        {classes.slice(0, 20).map(({ name, rows }) => (
          <li key={name}>
            <span class="name">{name}</span>
            <meter min={0} max={most} value={rows} aria-label={name} />
            <span>{t("unit.rows", { n: rows })}</span>
          </li>
        ))}
      </ul>
      {classes.length > 20 && <p class="quiet">{t("data.balance.more", { n: classes.length - 20 })}</p>}
    </section>
  );
}

function Columns({ columns, asked, ask }: Looked & { ask(change: Partial<Asked>): void }) {
  return (
    <section aria-labelledby="columns">
      <h3 id="columns">{t("data.columns")}</h3>
      <div class="scroll" tabIndex={0} role="group" aria-labelledby="columns">
        <table>
          <thead><tr>{(["data.column", "data.type", "data.missing", "data.values", "data.use"] as const).map((key) => <th key={key} scope="col">{t(key)}</th>)}</tr></thead>
          <tbody>{columns.map((column) => <Column key={column.name} column={column} asked={asked} ask={ask} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Column({ column: { name, type, use, why, missing, range, distinct, histogram }, asked, ask }: { readonly column: ColumnView; readonly asked: Asked; ask(change: Partial<Asked>): void }) {
  const ignored = asked.ignore?.includes(name) ?? false, target = use === "target", reason = t(`reason.${why.code}` as "reason.asked", why.details);
  return (
    <tr class={use === "ignore" ? "ignored" : undefined}>
      <th scope="row">{name}</th>
      <td>
        {target ? t("data.isTarget") : (
          <select aria-label={t("data.type.of", { name })} value={asked.types?.[name] ?? "auto"} onChange={({ currentTarget: { value } }) => ask({ types: changed(asked.types, name, value) })}>
            <option value="auto">{t("data.type.auto", { found: t(`type.${type}` as "type.number") })}</option>
            {TYPES.map((kind) => <option key={kind} value={kind}>{t(`type.${kind}`)}</option>)}
          </select>
        )}
      </td>
      <td>{missing || ""}</td>
      <td>
        <Histogram name={name} bars={histogram} />
        <span class="quiet">{range && type === "number" ? ` ${numberText(range[0])} … ${numberText(range[1])}` : ` ${t("data.distinct", { n: distinct })}`}</span>
      </td>
      <td class="wide">
        {!target && (
          <label class="check">
            <input type="checkbox" checked={use !== "ignore"} disabled={use === "ignore" && !ignored} onChange={() => ask({ ignore: ignored ? asked.ignore!.filter((one) => one !== name) : [...(asked.ignore ?? []), name] })} />
            {t("data.used", { name })}
          </label>
        )}
        <span class="quiet">{[t(`does.${use}` as "does.ignore"), reason].filter(Boolean).join(t("punctuation.colon"))}</span>
      </td>
    </tr>
  );
}

function changed(types: Asked["types"] = {}, name: string, value: string): Asked["types"] {
  const { [name]: _, ...rest } = types;
  return value === "auto" ? rest : { ...rest, [name]: value };
}
