// Held-out rows, and what was said of them: rows of a table with their cells, or small pictures.

import type { Example, Examples } from "../../engine/api.ts";
import { numberText, t } from "../../text/index.ts";
import { PictureView } from "./picture.tsx";

const shown = (value: string | number): string => (typeof value === "number" ? numberText(value) : value);
const sureText = ({ probability, loss }: Example): string => (probability === undefined ? numberText(loss) : t("use.percent", { percent: (100 * probability).toFixed(1) }));

export function ExamplesView({ label, examples: { columns, rows } }: { readonly label: string; readonly examples: Examples }) {
  if (rows[0]?.picture) return (
    <ul class="pictures examples" aria-label={label}>
      {rows.map((example) => (
        <li key={example.row}>
          <PictureView picture={example.picture!} label={t("understand.picture", { row: example.row, right: shown(example.right), said: shown(example.said) })} />
          <span>{shown(example.right)} → {shown(example.said)}</span>
          <span class="quiet">{sureText(example)}</span>
        </li>
      ))}
    </ul>
  );
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">{t("understand.row")}</th><th scope="col">{t("understand.was")}</th><th scope="col">{t("understand.said")}</th>
            <th scope="col">{rows[0]?.probability === undefined ? t("understand.off") : t("understand.sure")}</th>
            {columns.map((name, i) => <th key={i} scope="col">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((example) => (
            <tr key={example.row}>
              <th scope="row">{example.row}</th><td>{shown(example.right)}</td><td>{shown(example.said)}</td><td>{sureText(example)}</td>
              {example.cells.map((cell, i) => <td key={i}>{cell}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
