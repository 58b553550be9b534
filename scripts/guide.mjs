// The guide as the page carries it: each section in English and then in Chinese, so that formulas are packed once (a tenth smaller than one
// after the other), without the pictures.
import { readFileSync } from "node:fs";

const sections = (file) => readFileSync(file, "utf8").replace(/^!\[.*\n\n/gm, "").split(/^(?=##)/m);

/** The text of a module that stands for docs/choosing.md, beside which the other lies. */
export function guideModule(file) {
  const english = sections(file), chinese = sections(file.replace(/\.md$/, ".zh.md"));
  if (english.length !== chinese.length) throw new Error(`the guide has ${english.length} sections in English, and ${chinese.length} in Chinese`);
  return `export default ${JSON.stringify(english.flatMap((text, i) => [text, chinese[i]]))};`;
}
