// What stands around each screen.

import { LANGUAGES, type Language, t } from "../text/index.ts";
import { Guide } from "./parts/guide.tsx";
import { Earlier, Keeping, Replacing, Unkept } from "./parts/keeping.tsx";
import { ProblemCard } from "./parts/problem.tsx";
import { DataScreen } from "./screens/data.tsx";
import { ModelScreen } from "./screens/model.tsx";
import { TrainScreen } from "./screens/train.tsx";
import { UnderstandScreen } from "./screens/understand.tsx";
import { UseScreen } from "./screens/use.tsx";
import { SCREENS } from "../engine/api.ts";
import { type Theme, useApp } from "./state.ts";

const DRAWN = { data: DataScreen, model: ModelScreen, train: TrainScreen, understand: UnderstandScreen, use: UseScreen };
const THEMES: readonly Theme[] = ["auto", "light", "dark"];

export function Shell() {
  const app = useApp(), { screen, language, theme, busy } = app.state, Screen = DRAWN[screen];
  return (
    <>
      <header class="top">
        <h1>{t("app.title")}</h1>
        <nav aria-label={t("nav.label")}>
          <ol>
            {SCREENS.map((name) => (
              <li key={name}>
                <button type="button" class="step" aria-current={name === screen ? "step" : undefined} onClick={() => app.set({ screen: name })}>{t(`screen.${name}`)}</button>
              </li>
            ))}
          </ol>
        </nav>
        <div class="choices">
          <label>
            <span class="unseen">{t("language.label")}</span>
            <select value={language} onChange={({ currentTarget }) => app.set({ language: currentTarget.value as Language })}>
              {Object.entries(LANGUAGES).map(([code, name]) => <option key={code} value={code}>{name}</option>)}
            </select>
          </label>
          <label>
            <span class="unseen">{t("theme.label")}</span>
            <select value={theme} onChange={({ currentTarget }) => app.set({ theme: currentTarget.value as Theme })}>
              {THEMES.map((name) => <option key={name} value={name}>{t(`theme.${name}`)}</option>)}
            </select>
          </label>
        </div>
      </header>
      <main>
        <ProblemCard />
        <Earlier />
        <Replacing />
        <Screen />
      </main>
      <Guide />
      <footer>
        <p>{t("app.promise")}</p>
        <Unkept />
        <Keeping />
        <p role="status" class="busy">{busy && t(busy)}</p>
      </footer>
    </>
  );
}
