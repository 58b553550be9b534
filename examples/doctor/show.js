// Findings in a terminal: a line for what and where, the cause, the fix as code. With colours on a terminal only.

const live = process.stdout.isTTY === true && !process.env.NO_COLOR;
const colours = { error: 31, warning: 33, info: 36, code: 32 };
const paint = (text, name) => (live ? `\x1b[${colours[name]}m${text}\x1b[0m` : text);

/** Prints findings: what a run's report has as `findings`, or what diagnose returns. */
export function show(findings) {
  if (findings.length === 0) console.log("  nothing found");
  for (const { code, severity, layer, cause, fix } of findings) {
    console.log(`  ${paint(severity, severity)} ${code}${layer === undefined ? "" : ` in layer ${layer}`}`);
    console.log(wrap(cause, "    "));
    for (const line of fix.split("\n")) console.log(`      ${paint(line, "code")}`);
  }
}

/** Text in lines of at most 100 columns. */
function wrap(text, indent) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (indent.length + lines.at(-1).length + word.length > 99) lines.push("");
    lines.push(`${lines.pop()}${word} `);
  }
  return lines.map((line) => indent + line.trimEnd()).join("\n");
}
