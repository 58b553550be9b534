// The guide, over the page: any screen opens it at a section.

import { useEffect, useRef } from "preact/hooks";
import { type Block, guide, type Line, placeOf } from "../../text/guide.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";

/** A button that opens the guide at a section, by its English anchor. */
export function Why({ section, about }: { readonly section: string; readonly about: string }) {
  const app = useApp();
  return <button type="button" class="link" aria-label={t("guide.about", { about })} onClick={() => app.set({ guide: section })}>{t("guide.why")}</button>;
}

/** The blocks of the guide in the page's language, and in English. */
export function useGuide(): { readonly blocks: readonly Block[]; readonly english: readonly Block[] } {
  const { language } = useApp().state, found = guide();
  return { blocks: found[language], english: found.en };
}

export function Guide() {
  const app = useApp(), { guide: section } = app.state, { blocks, english } = useGuide(), dialog = useRef<HTMLDialogElement>(null);
  const go = (anchor: string): void => {
    const heading = dialog.current?.querySelector<HTMLElement>(`#${CSS.escape(`guide-${anchor}`)}`);
    heading?.scrollIntoView();
    heading?.focus();
  };
  useEffect(() => {
    if (section === undefined) return;
    if (!dialog.current!.open) dialog.current!.showModal();
    go(placeOf(section, blocks, english) ?? english.find((block) => block.kind === "heading")!.anchor);
  }, [section, blocks]);
  return (
    <dialog class="guide" ref={dialog} aria-label={t("guide.title")} onClose={() => app.set({ guide: undefined })}>
      <div class="row guide-top">
        <strong>{t("guide.title")}</strong>
        <button type="button" onClick={() => dialog.current!.close()}>{t("guide.close")}</button>
      </div>
      {section !== undefined && blocks.map((block, i) => <Drawn key={i} block={block} go={go} />)}
    </dialog>
  );
}

function Drawn({ block, go }: { readonly block: Block; readonly go: (anchor: string) => void }) {
  switch (block.kind) {
    case "heading": {
      const Heading = `h${Math.min(6, block.level + 1)}` as "h2";
      return <Heading id={`guide-${block.anchor}`} tabIndex={-1}><Inline line={block.line} /></Heading>;
    }
    case "text":
      return <p><Inline line={block.line} go={go} /></p>;
    case "list":
      return <ul>{block.items.map((line, i) => <li key={i}><Inline line={line} go={go} /></li>)}</ul>;
    case "code":
      return <pre tabIndex={0}><code>{block.text}</code></pre>;
    case "table":
      return (
        <div class="scroll" tabIndex={0} role="group" aria-label={t("guide.table")}>
          <table>
            <thead><tr>{block.head.map((line, i) => <th key={i} scope="col"><Inline line={line} go={go} /></th>)}</tr></thead>
            <tbody>{block.rows.map((cells, row) => <tr key={row}>{cells.map((line, i) => <td key={i}><Inline line={line} go={go} /></td>)}</tr>)}</tbody>
          </table>
        </div>
      );
  }
}

/** A line's pieces; its links lead within the guide, or are left as text. */
export function Inline({ line, go }: { readonly line: Line; readonly go?: (anchor: string) => void }) {
  return (
    <>
      {line.map((piece, i) => {
        if (typeof piece === "string") return piece;
        if (piece.kind !== "link") {
          const Tag = piece.kind;
          return <Tag key={i}>{piece.text}</Tag>;
        }
        const { to, line: text } = piece;
        return go && to.startsWith("#") ? <button key={i} type="button" class="link" onClick={() => go(to.slice(1))}><Inline line={text} /></button> : <Inline key={i} line={text} />;
      })}
    </>
  );
}
