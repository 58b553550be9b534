// Fields of a form for what a part's table says: a label, the field, what it means, and what is wrong with it.

import { useState } from "preact/hooks";
import type { Flaw, PartValue } from "../../engine/api.ts";
import type { OptionSpec } from "../../engine/parts.ts";
import { type Key, known, t } from "../../text/index.ts";

interface Given {
  /** Where it stands: "layers.2.units". */
  readonly at: string;
  /** The part that has it. */
  readonly of: string;
  readonly name: string;
  readonly spec: OptionSpec;
  readonly value: PartValue;
  readonly flaws: readonly Flaw[];
  readonly change: (value: PartValue) => void;
}

/** A part may have words of its own for an option. */
function wordsOf(of: string, name: string): [label: string, about: string] {
  const own = `option.${of}.${name}`;
  return t(known(own) ? own : (`option.${name}` as Key)).split("\n") as [string, string];
}

/** An option's name in the page's language. */
export const labelOf = (of: string, name: string): string => wordsOf(of, name)[0];

export function Field({ at, of, name, spec, value, flaws, change }: Given) {
  const [label, about] = wordsOf(of, name), id = `field-${at}`, own = flaws.filter((flaw) => flaw.at === at);
  const told = { id, "aria-describedby": [`${id}-about`, ...(own.length ? [`${id}-flaw`] : [])].join(" "), "aria-invalid": own.length ? ("true" as const) : undefined };
  return (
    <div class={`option ${spec.kind}`}>
      <label for={id} title={name}>{label}</label>
      {spec.kind === "yes" ? <input {...told} type="checkbox" checked={value as boolean} onChange={({ currentTarget }) => change(currentTarget.checked)} />
        : spec.kind === "choice" ? (
          <select {...told} value={value as string} onChange={({ currentTarget }) => change(currentTarget.value)}>
            {spec.choices.map((choice) => <option key={choice} value={choice}>{choice}</option>)}
          </select>
        ) : <NumberInput told={told} value={value as number} change={change} />}
      <p id={`${id}-about`} class="about">{about}</p>
      <Flaws id={`${id}-flaw`} flaws={own} />
    </div>
  );
}

/** What is typed stays as it is while it is no number. */
function NumberInput({ told, value, change }: { readonly told: object; readonly value: number; readonly change: (value: number) => void }) {
  const [typed, type] = useState<string>();
  const shown = typed !== undefined && Object.is(numberIn(typed), value) ? typed : Number.isNaN(value) ? typed ?? "" : String(value);
  return (
    <input
      {...told} type="text" inputMode="decimal" autocomplete="off" value={shown} onBlur={() => Number.isNaN(value) || type(undefined)}
      onInput={({ currentTarget }) => {
        type(currentTarget.value);
        change(numberIn(currentTarget.value));
      }}
    />
  );
}

const numberIn = (text: string): number => (text.trim() === "" ? NaN : Number(text.replace(",", ".")));

export function Flaws({ id, flaws }: { readonly id?: string; readonly flaws: readonly Flaw[] }) {
  return <>{flaws.map(({ code, at, details }, i) => <p key={`${code} ${at}`} id={i === 0 ? id : undefined} class="flaw">{t(`flaw.${code}` as Key, details)}</p>)}</>;
}
