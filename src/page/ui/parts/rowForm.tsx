// A form for a new row: a field for each column that the model takes, by what the column is.

import { useState } from "preact/hooks";
import type { Field, Prediction } from "../../engine/api.ts";
import { dateCell } from "../../form/fields.ts";
import { numberText, t } from "../../text/index.ts";
import { useApp } from "../state.ts";
import { Answer } from "./answer.tsx";

export function RowForm({ run, fields, target, heldOut }: { readonly run: string; readonly fields: readonly Field[]; readonly target: string; readonly heldOut: number }) {
  const app = useApp(), [cells, write] = useState<ReadonlyMap<string, string>>(new Map()), [told, keep] = useState<Prediction>(), [example, number] = useState(0);
  const fill = async (): Promise<void> => {
    const row = await app.ask(undefined, () => app.engine.heldOut(run, example % heldOut));
    if (!row) return;
    write(new Map(Object.entries(row)));
    number(example + 1);
    keep(undefined);
  };
  const predict = async (): Promise<void> => {
    const row = Object.fromEntries(fields.map(({ name, format }): [string, string] => [name, dateCell(cells.get(name) ?? "", format)]));
    keep(await app.ask(undefined, () => app.engine.predict(run, row)));
  };
  return (
    <form
      class="card" onSubmit={(event) => {
        event.preventDefault();
        void predict();
      }}
    >
      <h3>{t("use.new")}</h3>
      <p class="quiet">{t("use.new.about")}</p>
      <div class="fields">
        {fields.map((field) => <RowField key={field.name} field={field} value={cells.get(field.name) ?? ""} change={(value) => write((now) => new Map(now).set(field.name, value))} />)}
      </div>
      <div class="row">
        <button type="submit" class="main">{t("use.predict")}</button>
        <button type="button" onClick={() => void fill()}>{t("use.example")}</button>
        <span role="status" class="quiet">{example > 0 && t("use.example.was", { row: (example - 1) % heldOut })}</span>
      </div>
      <Answer told={told} target={target} />
    </form>
  );
}

function RowField({ field: { name, kind, categories, range }, value, change }: { readonly field: Field; readonly value: string; readonly change: (value: string) => void }) {
  const set = ({ currentTarget }: { readonly currentTarget: HTMLInputElement | HTMLSelectElement }): void => change(currentTarget.value);
  if (kind === "category") return (
    <label class="stack">
      {name}
      <select value={value} onChange={set}>
        <option value="">{t("use.unknown")}</option>
        {categories!.map((one) => <option key={one} value={one}>{one}</option>)}
        {value !== "" && !categories!.includes(value) && <option value={value}>{value}</option>}
      </select>
    </label>
  );
  const type = { number: "number", date: "date", time: "datetime-local", text: "text" }[kind];
  return (
    <label class="stack">
      {name}
      <input type={type} {...(kind === "number" && { step: "any", inputMode: "decimal" })} value={value} onInput={set} />
      {range && <span class="quiet small">{t("use.range", { low: numberText(range[0]), high: numberText(range[1]) })}</span>}
    </label>
  );
}
