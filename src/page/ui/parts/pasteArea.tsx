// Where cells are pasted.

import type { Ref } from "preact";

/** Letters from which on a paste is read at once: a text area of Chromium takes seconds to show them (3,000 rows of 45 letters: 13 s). */
const LONG = 20_000;

export function PasteArea({ id, rows, area, onLong, onText }: { readonly id?: string; readonly rows: number; readonly area?: Ref<HTMLTextAreaElement>; onLong(text: string): void; onText?(text: string): void }) {
  return (
    <textarea
      id={id} ref={area} rows={rows} spellcheck={false} onInput={({ currentTarget }) => onText?.(currentTarget.value)}
      onPaste={(event) => {
        const text = event.clipboardData!.getData("text/plain");
        if (text.length < LONG) return;
        event.preventDefault();
        onLong(text);
      }}
    />
  );
}
