// The model: what is suggested and why, as blocks that can be changed; what it will take; the same as a program.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Described, Design, Estimate, Flaw, Part, PartValue, Problem, Said } from "../../engine/api.ts";
import { lossesFor, outline, outputsOf } from "../../engine/outline.ts";
import { type Family, NUMBERS, type OptionSpec, partOf, PARTS } from "../../engine/parts.ts";
import { useOf } from "../../text/guide.ts";
import { type Key, known, numberText, t } from "../../text/index.ts";
import { Field, Flaws } from "../parts/fields.tsx";
import { Inline, useGuide, Why } from "../parts/guide.tsx";
import { problemText } from "../parts/problem.tsx";
import { useApp } from "../state.ts";

/** After the last key, in milliseconds: an edit is more than one. */
const STILL = 350;
/** Of more options than that, the first ones are shown, and the others open. */
const FEW = 3, FIRST = 2;

/** Where the guide tells more of a choice, and of a part that has no section of its own. */
const SECTIONS: Readonly<Record<string, string>> = {
  task: "output-and-loss", output: "output-and-loss", "hidden layers": "hidden-layers", "batch size": "what-the-learning-rate-does", "learning rate": "what-the-learning-rate-does",
  epochs: "schedules", "early stopping": "when-training-does-not-work", "class weights": "when-training-does-not-work",
  dense: "how-weights-start", flatten: "hidden-layers", dropout: "regularisation", alphaDropout: "regularisation", gaussianNoise: "regularisation", constant: "schedules",
};
const sectionOf = (kind: string): string => SECTIONS[kind] ?? kind.toLowerCase();

export function ModelScreen() {
  const app = useApp(), { described, design, suggestion } = app.state;
  useEffect(() => void app.suggest(), [described]);
  if (!described) return <p>{t("needs.data")}</p>;
  return (
    <>
      <h2>{t("model.title")}</h2>
      {design && suggestion && (
        <>
          <section class="card" aria-labelledby="model-why">
            <h3 id="model-why">{t("model.why")}</h3>
            <dl class="reasons">
              {suggestion.choices.map(({ name, value, why }) => (
                <div key={name}>
                  <dt>{t(`choice.${name}` as Key)}{t("punctuation.colon")}{said(value)}</dt>
                  <dd>{said(why)} <Why section={SECTIONS[name] ?? sectionOf(said(value))} about={t(`choice.${name}` as Key)} /></dd>
                </div>
              ))}
            </dl>
            <button type="button" disabled={design === suggestion.design} onClick={() => app.set({ design: suggestion.design })}>{t("model.back")}</button>
          </section>
          <Editor design={design} described={described} change={(next) => app.set({ design: next })} />
        </>
      )}
    </>
  );
}

const said = ({ code, details }: Said): string => t(code as Key, details);

function Editor({ design, described, change }: { readonly design: Design; readonly described: Described; readonly change: (design: Design) => void }) {
  const app = useApp(), seen = outline(design, described), { flaws } = seen, set = (part: Partial<Design>): void => change({ ...design, ...part });
  const part = (name: "loss" | "optimizer" | "schedule", family: Family, kinds: readonly string[]) => (
    <section class="card" aria-labelledby={`model-${name}`}>
      <h3 id={`model-${name}`}>{t(`model.${name}`)}</h3>
      <PartFields
        at={name} family={family} kinds={kinds} part={design[name]} flaws={flaws} label={t(`model.${name}`)} change={(next) => set({ [name]: next })}
        begin={(kind): Readonly<Record<string, PartValue>> => (kind === "focal" && described.task === "classes" ? { variant: "softmax" } : {})}
      />
    </section>
  );
  return (
    <>
      <Layers design={design} described={described} seen={seen} change={(layers) => set({ layers })} />
      <div class="columns">
        {part("loss", "losses", [...new Set([...lossesFor(described), design.loss.kind])])}
        {part("optimizer", "optimizers", Object.keys(PARTS.optimizers))}
        {part("schedule", "schedules", Object.keys(PARTS.schedules))}
        <section class="card" aria-labelledby="model-training">
          <h3 id="model-training">{t("model.training")}</h3>
          <div class="options">
            {Object.entries(NUMBERS).map(([name, spec]) => (
              <Field key={name} at={name} of="design" name={name} spec={spec} value={design[name as keyof typeof NUMBERS]} flaws={flaws} change={(value) => set({ [name]: value })} />
            ))}
            {described.task !== "number" && (
              <Field at="balanced" of="design" name="balanced" spec={{ kind: "yes", default: false }} value={design.balanced} flaws={flaws} change={(value) => set({ balanced: value as boolean })} />
            )}
          </div>
        </section>
      </div>
      <Costs design={design} parameters={seen.parameters} flaws={flaws} />
      <Code design={design} flaws={flaws} />
      <button type="button" class="main" disabled={flaws.length > 0} onClick={() => app.set({ screen: "train" })}>{t("next.train")}</button>
    </>
  );
}

/** Which kind a part is, when to take it, and its options. */
function PartFields({ at, family, kinds, part, flaws, label, change, begin = () => ({}), before, after }: {
  readonly at: string; readonly family: Family; readonly kinds: readonly string[]; readonly part: Part; readonly flaws: readonly Flaw[]; readonly label: string;
  readonly change: (part: Part) => void; readonly begin?: (kind: string) => Readonly<Record<string, PartValue>>;
  /** What stands in a line with the kind. */
  readonly before?: ComponentChildren; readonly after?: ComponentChildren;
}) {
  const { blocks } = useGuide(), [open, toggle] = useState(false), { kind, options } = part, about = `part.${kind}`, use = useOf(kind.toLowerCase(), blocks);
  const all = Object.entries(PARTS[family][kind]!.options).filter(([, { beside }]) => !beside || options[beside[0]] === beside[1]), first = all.length > FEW ? FIRST : all.length;
  const field = ([name, spec]: [string, OptionSpec]) => (
    <Field key={name} at={`${at}.${name}`} of={kind} name={name} spec={spec} value={options[name]!} flaws={flaws} change={(value) => change({ kind, options: { ...options, [name]: value } })} />
  );
  const hidden = all.slice(first), wrong = hidden.some(([name]) => flaws.some((flaw) => flaw.at === `${at}.${name}`));
  return (
    <>
      <div class="row">
        {before}
        <select id={`field-${at}`} aria-label={label} aria-describedby={`about-${at}`} value={kind} onChange={({ currentTarget: { value } }) => change(partOf(family, value, begin(value)))}>
          {kinds.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
        <Why section={sectionOf(kind)} about={kind} />
        {after}
      </div>
      <p id={`about-${at}`} class="about">{known(about) ? t(about) : use && <Inline line={use} />}</p>
      <Flaws flaws={flaws.filter((flaw) => flaw.at === at)} />
      {first > 0 && <div class="options">{all.slice(0, first).map(field)}</div>}
      {hidden.length > 0 && (
        <details open={open || wrong} onToggle={({ currentTarget }) => toggle(currentTarget.open)}>
          <summary>{t("model.more", { n: hidden.length })}</summary>
          <div class="options">{hidden.map(field)}</div>
        </details>
      )}
    </>
  );
}

/** A layer keeps its key while it is changed or moved. */
const keys = new WeakMap<Part, number>();
let last = 0;
function keyOf(part: Part): number {
  let key = keys.get(part);
  if (!key) keys.set(part, key = ++last);
  return key;
}

function Layers({ design: { layers, loss }, described, seen, change }: {
  readonly design: Design; readonly described: Described; readonly seen: ReturnType<typeof outline>; readonly change: (layers: readonly Part[]) => void;
}) {
  const [kind, choose] = useState("dense"), [told, tell] = useState(""), focus = useRef<string>(), list = useRef<HTMLOListElement>(null);
  // a button that has moved has lost the focus; at an end it is disabled, and its neighbour takes it
  useLayoutEffect(() => {
    if (!focus.current) return;
    const [key, name] = focus.current.split(" ") as [string, string], block = list.current!.querySelector(`[data-key="${key}"]`);
    (block?.querySelector<HTMLElement>(`[data-does="${name}"]:not(:disabled)`) ?? block?.querySelector<HTMLElement>("[data-does]:not(:disabled)") ?? document.getElementById("model-add"))?.focus();
    focus.current = undefined;
  });
  const move = (from: number, by: -1 | 1): void => {
    const moved = [...layers], [part] = moved.splice(from, 1);
    moved.splice(from + by, 0, part!);
    focus.current = `${keyOf(part!)} ${by < 0 ? "up" : "down"}`;
    tell(t("model.moved", { kind: part!.kind, place: from + by + 1, count: layers.length }));
    change(moved);
  };
  const remove = (at: number): void => {
    const next = layers[at + 1] ?? layers[at - 1];
    focus.current = next ? `${keyOf(next)} remove` : "none remove";
    tell(t("model.removed", { kind: layers[at]!.kind }));
    change(layers.filter((_, i) => i !== at));
  };
  const add = (): void => {
    // the last layer gives what the loss takes: it stays the last
    const place = kind === "flatten" ? 0 : Math.max(0, layers.length - 1), part = partOf("layers", kind, layers.length ? {} : { ...(kind === "dense" && { units: outputsOf({ loss }, described) }) });
    tell(t("model.added", { kind, place: place + 1 }));
    change([...layers.slice(0, place), part, ...layers.slice(place)]);
  };
  return (
    <section aria-labelledby="model-layers">
      <h3 id="model-layers">{t("model.layers")}</h3>
      <p class="quiet">{t("model.input", { shape: described.input.join(" × ") })}</p>
      <ol class="blocks" ref={list}>
        {layers.map((part, i) => {
          const { output, parameters } = seen.layers[i]!, named = { kind: part.kind, place: i + 1 };
          return (
            <li key={keyOf(part)} class="block" data-key={keyOf(part)}>
              <PartFields
                at={`layers.${i}`} family="layers" kinds={Object.keys(PARTS.layers)} part={part} flaws={seen.flaws} label={t("model.layer", { place: i + 1 })}
                before={<span class="place">{i + 1}</span>}
                after={(
                  <>
                    <p class="gives">{t("model.gives", { shape: output.map(figureText).join(" × "), n: Number.isFinite(parameters) ? parameters : "–" })}</p>
                    <div class="row">
                      <button type="button" data-does="up" disabled={i === 0} aria-label={t("model.up", named)} title={t("model.up", named)} onClick={() => move(i, -1)}>↑</button>
                      <button type="button" data-does="down" disabled={i === layers.length - 1} aria-label={t("model.down", named)} title={t("model.down", named)} onClick={() => move(i, 1)}>↓</button>
                      <button type="button" data-does="remove" aria-label={t("model.remove", named)} title={t("model.remove", named)} onClick={() => remove(i)}>✕</button>
                    </div>
                  </>
                )}
                change={(next) => {
                  keys.set(next, keyOf(part));
                  change(layers.map((one) => (one === part ? next : one)));
                }}
              />
            </li>
          );
        })}
      </ol>
      <Flaws flaws={seen.flaws.filter(({ at }) => at === "layers")} />
      <div class="row">
        <label for="model-add">{t("model.add.kind")}</label>
        <select id="model-add" value={kind} onChange={({ currentTarget }) => choose(currentTarget.value)}>
          {Object.keys(PARTS.layers).map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
        <button type="button" onClick={add}>{t("model.add")}</button>
      </div>
      <p role="status" class="unseen">{told}</p>
    </section>
  );
}

/** What is asked of the engine once edits rest; the last answer stays until the next. */
function useStill<T>(design: Design, able: boolean, ask: (design: Design) => Promise<T>): { readonly value: T | undefined; readonly late: boolean; readonly problem: Problem | undefined } {
  const [found, keep] = useState<{ of: Design; value?: T; problem?: Problem }>();
  useEffect(() => {
    if (!able) return;
    let wanted = true;
    const timer = setTimeout(() => void ask(design).then(
      (value) => wanted && keep({ of: design, value }),
      (problem: Problem) => wanted && keep({ of: design, problem }),
    ), STILL);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [design, able]);
  return { value: found?.value, late: found?.of !== design, problem: found?.problem };
}

function Costs({ design, parameters, flaws }: { readonly design: Design; readonly parameters: number; readonly flaws: readonly Flaw[] }) {
  const app = useApp(), { value, late, problem } = useStill<Estimate>(design, !flaws.length, (one) => app.engine.estimate(one));
  const figure = (name: Key, text: string | undefined) => <div><dt>{t(name)}</dt><dd>{text ?? "…"}</dd></div>;
  return (
    <section class="card costs" aria-labelledby="model-costs" aria-busy={late && !flaws.length}>
      <h3 id="model-costs">{t("model.costs")}</h3>
      <dl class={late ? "figures late" : "figures"}>
        {figure("model.parameters", figureText(parameters))}
        {figure("model.memory", value && bytesText(value.bytes))}
        {figure("model.time", value && durationText(value.secondsPerEpoch))}
        {figure("model.whole", value && t("model.whole.text", { time: durationText(value.secondsPerEpoch * design.epochs), epochs: design.epochs }))}
      </dl>
      <p role="status" class={flaws.length || problem ? "verdict flaw" : "verdict quiet"}>
        {flaws.length ? t("model.flaws", { n: flaws.length }) : problem ? problemText(problem) : t("model.fine")}
      </p>
    </section>
  );
}

/** A number, if it is one while it is typed. */
const figureText = (value: number): string => (Number.isFinite(value) ? numberText(value) : "–");

/** Bytes in the unit that people take. */
const bytesText = (bytes: number): string => (bytes < 1e6 ? `${numberText(Math.round(bytes / 1e3))} KB` : `${numberText(Number((bytes / 1e6).toPrecision(3)))} MB`);

function durationText(seconds: number): string {
  if (seconds < 1) return t("model.milliseconds", { n: Number((1000 * seconds).toPrecision(2)) });
  return seconds < 90 ? t("model.seconds", { n: Number(seconds.toPrecision(2)) }) : t("model.minutes", { n: Number((seconds / 60).toPrecision(2)) });
}

function Code({ design, flaws }: { readonly design: Design; readonly flaws: readonly Flaw[] }) {
  const app = useApp(), [open, toggle] = useState(false), [copied, tell] = useState<"" | "done" | "failed">(""), place = useRef<HTMLElement>(null);
  const { value, late, problem } = useStill<string>(design, open && !flaws.length, (one) => app.engine.code(one));
  useEffect(() => tell(""), [value]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value!);
      tell("done");
    } catch {
      // where a page may not write to the clipboard by itself
      getSelection()!.selectAllChildren(place.current!);
      tell(document.execCommand("copy") ? "done" : "failed");
    }
  };
  return (
    <details class="card" onToggle={({ currentTarget }) => toggle(currentTarget.open)}>
      <summary>{t("model.code")}</summary>
      <p class="quiet">{t("model.code.about")}</p>
      <div class="row">
        <button type="button" disabled={late || problem !== undefined || flaws.length > 0} onClick={() => void copy()}>{t("model.copy")}</button>
        <span role="status">{problem ? problemText(problem) : copied && t(`model.copied.${copied}`)}</span>
      </div>
      <pre class="code" tabIndex={0} aria-label={t("model.code")}><code ref={place}>{value ?? ""}</code></pre>
    </details>
  );
}
