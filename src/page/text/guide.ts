// The guide, docs/choosing.md, in each language, taken apart into plain data that can be drawn.

import sections from "../../../docs/choosing.md?guide";
import type { Language } from "./index.ts";

/** A piece of a line. */
export type Inline = string | { readonly kind: "code" | "strong"; readonly text: string } | { readonly kind: "link"; readonly line: Line; readonly to: string };
export type Line = readonly Inline[];

export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly line: Line; readonly anchor: string }
  | { readonly kind: "text"; readonly line: Line }
  | { readonly kind: "list"; readonly items: readonly Line[] }
  | { readonly kind: "table"; readonly head: readonly Line[]; readonly rows: readonly (readonly Line[])[] }
  | { readonly kind: "code"; readonly text: string };

let parsed: Readonly<Record<Language, readonly Block[]>> | undefined;

/** The guide in each language. */
export function guide(): Readonly<Record<Language, readonly Block[]>> {
  const written = (turn: number): readonly Block[] => blocksOf(sections.filter((_, i) => i % 2 === turn).join(""));
  return (parsed ??= { en: written(0), zh: written(1) });
}

/** Its headings' anchors are those that a code-hosting site gives them; a section of one language has its place in the other's. */
export function placeOf(anchor: string, blocks: readonly Block[], english: readonly Block[]): string | undefined {
  const headings = (all: readonly Block[]): string[] => all.flatMap((block) => (block.kind === "heading" ? [block.anchor] : []));
  return headings(blocks)[headings(english).indexOf(anchor)];
}

/** What the section of a part says of when to take it: its line "Use", the last but one of its list. */
export function useOf(anchor: string, blocks: readonly Block[]): Line | undefined {
  const at = blocks.findIndex((block) => block.kind === "heading" && block.anchor === anchor), list = blocks.slice(at + 1, at + 4).find((block) => block.kind === "list");
  return at < 0 ? undefined : list?.items.at(-2);
}

/** Markdown as the guide has it: headings, paragraphs, lists, tables, code. Pictures stay outside. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [], lines = text.split("\n");
  for (let i = 0; i < lines.length;) {
    const start = i, line = lines[i]!, until = (end: (line: string) => boolean): string[] => {
      while (i < lines.length && !end(lines[i]!)) i++;
      return lines.slice(start, i);
    };
    const heading = /^(#+) (.+)$/.exec(line);
    if (heading) {
      i++;
      blocks.push({ kind: "heading", level: heading[1]!.length, line: inline(heading[2]!), anchor: anchorOf(heading[2]!) });
    } else if (line.startsWith("```")) {
      i++;
      const code = until((one) => one === "```").slice(1);
      i++;
      blocks.push({ kind: "code", text: code.join("\n") });
    } else if (line.startsWith("- ")) {
      const items = until((one) => !/^(- |  )/.test(one)).join("\n").slice(2).split("\n- ");
      blocks.push({ kind: "list", items: items.map((item) => inline(item.replace(/\n\s*/g, " "))) });
    } else if (line.startsWith("|")) {
      const [head, , ...rows] = until((one) => !one.startsWith("|")).map(cellsOf);
      blocks.push({ kind: "table", head: head!, rows });
    } else if (line === "" || line.startsWith("![")) i++;
    else blocks.push({ kind: "text", line: inline(until((one) => one === "" || /^(#|```|- |\||!\[)/.test(one)).join(" ")) });
  }
  return blocks;
}

/** "|" within a cell is written "\|". */
const cellsOf = (row: string): Line[] => row.replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => inline(cell.replaceAll("\\|", "|").trim()));

function inline(text: string): Inline[] {
  const pieces: Inline[] = [];
  let done = 0;
  for (const match of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s]+)\)/g)) {
    const [all, code, strong, label, to] = match;
    if (match.index > done) pieces.push(text.slice(done, match.index));
    pieces.push(code !== undefined ? { kind: "code", text: code } : strong !== undefined ? { kind: "strong", text: strong } : { kind: "link", line: inline(label!), to: to! });
    done = match.index + all.length;
  }
  if (done < text.length) pieces.push(text.slice(done));
  return pieces;
}

const anchorOf = (heading: string): string => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
