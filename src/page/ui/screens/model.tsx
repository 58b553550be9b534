// The model: what is suggested, and why.

import { useEffect } from "preact/hooks";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";

export function ModelScreen() {
  const app = useApp(), { described, design, suggestion } = app.state;
  useEffect(() => void app.suggest(), [described]);
  if (!described) return <p>{t("needs.data")}</p>;
  return (
    <>
      <h2>{t("model.title")}</h2>
      {design && (
        <>
          <h3>{t("model.layers")}</h3>
          <ol class="blocks">
            {design.layers.map(({ kind, options }, i) => <li key={i} class="block"><strong>{kind}</strong> {Object.values(options).join(", ")}</li>)}
          </ol>
          <h3>{t("model.why")}</h3>
          <dl class="reasons">
            {suggestion!.choices.map(({ name, value, why }) => <div key={name}><dt>{name}: {value}</dt><dd>{why}</dd></div>)}
          </dl>
          <button type="button" class="main" onClick={() => app.set({ screen: "train" })}>{t("next.train")}</button>
        </>
      )}
    </>
  );
}
