// How a program tells its result: a line on standard output, or, in a page, a global and text that a picture shows.

/** Lines that were logged, in one form for all engines. */
export const lines = [];

const { log } = console, page = globalThis.document;
console.log = (...what) => {
  lines.push(what.map((it) => (typeof it === "string" ? it : JSON.stringify(it))).join(" "));
  if (page) show(lines.at(-1));
};

if (page) {
  addEventListener("error", ({ message }) => show(message));
  addEventListener("unhandledrejection", ({ reason }) => show(reason?.stack ?? reason));
}

function show(text) {
  page.body.append(Object.assign(page.createElement("pre"), { textContent: text }));
}

export function report(result) {
  if (page) globalThis.result = result;
  else log(JSON.stringify(result));
}
