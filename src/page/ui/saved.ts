// The page as a file that has all work in it: the page's own text, as it was opened, with what the engine packs.

/** Where the work stands in a saved page. It is no script: nothing runs it. */
const ID = "work", TYPE = "application/gzip;base64";

let source: string;

/** The work that this page was saved with, if it was; to be called before anything is drawn. */
export function takeWork(): Blob | undefined {
  const element = document.getElementById(ID), text = element?.textContent;
  element?.remove();
  source = `<!doctype html>\n${document.documentElement.outerHTML}`;
  if (text === null || text === undefined) return undefined;
  try {
    return new Blob([Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0))]);
  } catch {
    return new Blob([]); // the engine says that it is broken
  }
}

/** The page with this work. */
export async function savedPage(work: Blob): Promise<Blob> {
  const body = /<body[^>]*>/.exec(source)!, at = body.index + body[0].length; // before the page's script, which looks for it
  return new Blob([source.slice(0, at), `\n<script type="${TYPE}" id="${ID}">`, await base64(work), "</script>", source.slice(at)], { type: "text/html" });
}

/** The browser does it beside the page's own thread. */
function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** Gives a file to the user. */
export function give(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
