// The confusion matrix, and the rows behind one of its cells.

import { useState } from "preact/hooks";
import type { Examples, Scores } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";
import { ExamplesView } from "./examples.tsx";

/** More classes make a matrix that nobody reads; so many mistakes are told then. */
const MATRIX = 30, PAIRS = 20;

interface Cell {
  readonly right: number;
  readonly said: number;
}

export function Matrix({ run, scores: { classes, matrix } }: { readonly run: string; readonly scores: Extract<Scores, { kind: "classes" }> }) {
  const app = useApp(), [cell, choose] = useState<Cell>(), [examples, keep] = useState<Examples>();
  const name = (index: number): string => classes[index]!.name;
  const title = ({ right, said }: Cell): string => (right === said ? t("understand.examples.right", { right: name(right) }) : t("understand.examples", { right: name(right), said: name(said) }));
  const open = async (chosen: Cell): Promise<void> => {
    const found = await app.ask("understand.busy", () => app.engine.examples(run, chosen));
    if (!found) return;
    choose(chosen);
    keep(found);
  };
  const button = (right: number, said: number, count: number) => (
    <button
      type="button" class="cell" aria-pressed={cell?.right === right && cell.said === said} onClick={() => void open({ right, said })}
      aria-label={right === said ? t("understand.matrix.right", { right: name(right), rows: count }) : t("understand.matrix.cell", { right: name(right), said: name(said), rows: count })}
    >
      {count}
    </button>
  );
  const pairs = matrix.flatMap((line, right) => line.map((count, said) => ({ right, said, count }))).filter(({ right, said, count }) => right !== said && count > 0).sort((a, b) => b.count - a.count);
  return (
    <section>
      <h3>{classes.length <= MATRIX ? t("understand.matrix") : t("understand.pairs")}</h3>
      <p class="quiet">{t("understand.matrix.about")}</p>
      <div class="scroll" tabIndex={0} role="group" aria-label={t("understand.matrix")}>
        <table class="matrix">
          {classes.length <= MATRIX ? (
            <>
              <thead><tr><th scope="col" class="quiet">{t("understand.matrix.corner")}</th>{classes.map((one, i) => <th key={i} scope="col">{one.name}</th>)}</tr></thead>
              <tbody>
                {matrix.map((line, right) => {
                  const sum = line.reduce((a, b) => a + b, 0) || 1;
                  return (
                    <tr key={right}>
                      <th scope="row">{name(right)}</th>
                      {line.map((count, said) => (
                        <td key={said} class={right === said ? "right" : "wrong"} style={{ "--share": `${count ? 12 + 38 * (count / sum) : 0}%` }}>{count ? button(right, said, count) : <span class="none">0</span>}</td>
                      ))}
                    </tr>
                  );
                })}
              </tbody>
            </>
          ) : (
            <>
              <thead><tr><th scope="col">{t("understand.was")}</th><th scope="col">{t("understand.said")}</th><th scope="col">{t("understand.rows")}</th></tr></thead>
              <tbody>{pairs.slice(0, PAIRS).map(({ right, said, count }) => <tr key={`${right} ${said}`}><td>{name(right)}</td><td>{name(said)}</td><td>{button(right, said, count)}</td></tr>)}</tbody>
            </>
          )}
        </table>
      </div>
      <p role="status" class="unseen">{cell && examples && `${title(cell)}: ${t("understand.examples.count", { shown: examples.rows.length, of: examples.of })}`}</p>
      {cell && examples && (
        <div class="card">
          <h4>{title(cell)}</h4>
          <p class="quiet">{t("understand.examples.count", { shown: examples.rows.length, of: examples.of })}</p>
          <ExamplesView label={title(cell)} examples={examples} />
          <p><button type="button" onClick={() => choose(undefined)}>{t("understand.examples.close")}</button></p>
        </div>
      )}
    </section>
  );
}
