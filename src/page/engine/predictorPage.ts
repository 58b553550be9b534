// predictor.html: one model and a form, in a file that needs nothing else and asks for nothing. Names of columns and classes come from the
// user's files: in HTML they are escaped, in the script they are strings in which no "<" stands.

import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { toPredictor } from "../../index.ts";
import { escape } from "../../advice/report.ts";
import { type About, SAID } from "../form/about.ts";
import script from "../form/form.ts?script";
import { type Language, tagOf, textIn, unfilled } from "../text/index.ts";
import { formOf } from "./forms.ts";
import type { Run } from "./run.ts";

const STYLE = `
:root { color-scheme: light dark; --text: #1c1d22; --quiet: #55585f; --back: #fbfbfa; --card: #fff; --line: #c9ccd2; --strong: #1f4fd1; --on: #fff; --soft: #eef1f8; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --text: #eceef2; --quiet: #aeb3bd; --back: #15171c; --card: #1e2128; --line: #474c57; --strong: #8fb1ff; --on: #10131a; --soft: #262b36; --bad: #ffb4ab; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 44rem; padding: 1.5rem 1rem 3rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
p { color: var(--quiet); margin: .5rem 0; }
form { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); gap: .75rem 1rem; margin: 1rem 0; align-items: end; }
label { display: grid; gap: .25rem; overflow-wrap: anywhere; }
input, select, button { font: inherit; color: inherit; width: 100%; min-height: 2.75rem; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
button { background: var(--strong); border-color: var(--strong); color: var(--on); font-weight: 600; cursor: pointer; }
canvas { display: block; width: 14rem; max-width: 100%; border: 1px solid var(--line); border-radius: .5rem; touch-action: none; cursor: crosshair; }
canvas + p button { width: auto; }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
.answer { min-height: 12rem; } .figure { font-size: 1.5rem; color: var(--text); } .bad { color: var(--bad); }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: .35rem; }
li { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 5fr) 4.5rem; gap: .75rem; align-items: center; }
.name { overflow-wrap: anywhere; } .track { background: var(--soft); border-radius: .25rem; overflow: hidden; } .bar { display: block; height: 1rem; background: var(--strong); } data { text-align: end; font-variant-numeric: tabular-nums; }
`;

/** The file's text. The script is a module, so that an engine which is too old leaves the paragraph that says so.
 *
 * @throws GraphError "not-portable", as toPredictor.
 */
export function predictorPage({ model, ready }: Run, title: string, target: string, language: Language): string {
  const form = formOf(ready), about: About = { form, target, words: Object.fromEntries(SAID.map((key) => [key, unfilled(language, key)])) as About["words"] };
  const named = toPredictor(model), whole = [
    named, `const MODEL = { predict${/^export function classify\b/m.test(named) ? ", classify" : ""} }, ABOUT = ${JSON.stringify(about)};`, script,
    // "</script" would end the script, "<!--" begin a comment in it
  ].join("\n").replace(/<(?=\/script|script|!--)/gi, "\\x3c");
  const hashed = (text: string): string => `'sha256-${btoa(String.fromCharCode(...sha256(utf8ToBytes(text))))}'`;
  return `<!doctype html>
<html lang="${tagOf(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${hashed(whole)}; style-src ${hashed(STYLE)}; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p>${escape(textIn(language, "use.predictor.promise"))}</p>
<div id="form"><p>${escape(textIn(language, "use.predictor.old"))}</p></div>
</main>
<script type="module">${whole}</script>
</body>
</html>
`;
}
