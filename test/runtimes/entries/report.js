// How a program tells its result: a line on standard output, or, in a page, a global and text that a picture shows. It exports it
// too, for an engine that has neither.

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

/** What the program is asked for, as in a URL: "?where=worker&threads=2". */
export const query = new URLSearchParams(page ? globalThis.location.search : globalThis.process?.argv[2]);
/** Where models are to live. */
export const site = { where: query.get("where") ?? "here", threads: Number(query.get("threads") ?? 1) };

function show(text) {
  page.body.append(Object.assign(page.createElement("pre"), { textContent: text }));
}

export async function report(result) {
  const value = await result;
  if (page) globalThis.result = value;
  else log(JSON.stringify(value));
  return value;
}
