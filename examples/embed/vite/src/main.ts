// The page: what is drawn is guessed, what is named is learnt, what is learnt is kept.

import { Curve, type Entry } from "./curve.ts";
import type { Drawing } from "./drawing.ts";
import { kindsOf, Learner, type Learnt, type Progress, type Sample } from "./learner.ts";
import { Pad } from "./pad.ts";
import { clear, load, save } from "./store.ts";

const $ = <E extends Element = HTMLElement>(id: string): E => document.getElementById(id) as unknown as E;
const show = (id: string, text: string): void => void ($(id).textContent === text || ($(id).textContent = text));

const pad = new Pad($("pad")), curve = new Curve($<SVGElement>("curve")), learner = new Learner();
/** Guesses that the page is scored by. */
const LAST = 20;
let samples: Sample[] = [], epochs = 0, progress: Progress | undefined, likeliest: string | undefined;

/** What is kept of a visit beside the samples. */
interface Kept extends Learnt {
  readonly entries: readonly Entry[];
  readonly epochs: number;
  readonly progress: Progress | undefined;
}

learner.onProgress = ({ loss, accuracy }) => {
  progress = { loss, accuracy };
  epochs++;
  curve.add(loss);
  showProgress();
};
learner.onLearnt = (learnt) => save("learnt", { ...learnt, entries: curve.entries, epochs, progress } satisfies Kept);

function showProgress(): void {
  show("loss", progress ? progress.loss.toPrecision(2) : "–");
  show("accuracy", progress ? `${Math.floor(100 * progress.accuracy)} %` : "–");
  show("epochs", String(epochs));
}

pad.onChange = guess;

/** One guess at a time; the last drawing is guessed for certain. */
let guessing = false, again = false;
async function guess(): Promise<void> {
  again = true;
  if (guessing) return;
  guessing = true;
  try {
    while (again) {
      again = false;
      const found = await learner.guess(pad.drawing), [best] = found;
      likeliest = best?.label;
      show("guess", best ? `${best.probability > 0.6 ? "This is" : "Perhaps"}: ${best.label}` : "");
      for (const bar of document.querySelectorAll<HTMLElement>("#kinds button"))
        bar.style.setProperty("--sure", String(found.find(({ label }) => label === bar.dataset.kind)?.probability ?? 0));
    }
  } finally {
    guessing = false;
  }
}

/** What is on the pad is one of this kind. */
async function teach(kind: string): Promise<void> {
  const { drawing } = pad;
  if (drawing.length === 0) return show("status", "Draw something first, then say what it is.");
  samples.push(likeliest === undefined ? { drawing, kind } : { drawing, kind, recognised: likeliest === kind });
  likeliest = undefined;
  pad.clear();
  await learn();
}

/** The samples are others now. */
async function learn(): Promise<void> {
  curve.mark();
  render();
  await Promise.all([save("samples", samples), learner.learn(samples)]);
  if (learner.ready) show("status", `It has learnt ${samples.length} drawings.`);
  await guess();
  show("info", await learner.describe());
}

function render(): void {
  const focused = (document.activeElement as HTMLElement | null)?.dataset.kind;
  const kinds = kindsOf(samples), rated = samples.filter(({ recognised }) => recognised !== undefined).slice(-LAST);
  $("kinds").replaceChildren(...kinds.map((kind, i) => {
    const own = samples.filter((sample) => sample.kind === kind), item = document.createElement("li"), button = document.createElement("button");
    const name = document.createElement("span"), pictures = document.createElement("span"), key = document.createElement("kbd");
    button.type = "button";
    button.dataset.kind = kind;
    button.title = `${own.length} drawing${own.length > 1 ? "s" : ""}`;
    name.className = "name";
    name.textContent = kind;
    pictures.className = "pictures";
    pictures.append(...own.slice(-4).map(({ drawing }) => picture(drawing)), ` ${own.length}`);
    if (i < 9) key.textContent = String(i + 1);
    button.append(key, name, pictures);
    button.addEventListener("click", () => void teach(kind));
    item.append(button);
    return item;
  }));
  if (focused !== undefined) document.querySelector<HTMLElement>(`[data-kind=${CSS.escape(focused)}]`)?.focus();
  show("guessed", rated.length ? `${rated.filter(({ recognised }) => recognised).length} of ${rated.length}` : "–");
  show("status", kinds.length === 0 ? "Draw, and give it a name. It begins to learn when it knows two kinds of things."
    : kinds.length === 1 ? "One more kind of thing, and it begins to learn." : `It learns from ${samples.length} drawings …`);
  $<HTMLButtonElement>("undo").hidden = samples.length === 0;
  $<HTMLButtonElement>("forget").disabled = samples.length === 0;
}

function picture(drawing: Drawing): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", drawing.map((stroke) => stroke.map(([x, y], i) => `${i ? "L" : "M"}${Math.round(100 * x)} ${Math.round(100 * y)}`).join("")).join(""));
  svg.append(path);
  return svg;
}

$("clear").addEventListener("click", () => pad.clear());
$("new").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = $<HTMLInputElement>("kind"), kind = input.value.trim();
  if (!kind) return;
  if (pad.drawing.length) input.value = "";
  void teach(kind);
});
$("undo").addEventListener("click", () => {
  samples = samples.slice(0, -1);
  void learn();
});
$("forget").addEventListener("click", async () => {
  if (!confirm("Forget all drawings, and what was learnt from them?")) return;
  samples = [];
  await clear(); // before the page says so
  await learn();
  epochs = 0;
  progress = undefined;
  curve.entries = [];
  showProgress();
  await clear(); // what a run under way may have stored meanwhile
});
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") pad.clear();
  const kind = kindsOf(samples)[Number(event.key) - 1];
  if (kind !== undefined) void teach(kind);
});

addEventListener("unhandledrejection", ({ reason }) => show("status", String(reason)));

// the last visit's
samples = (await load<Sample[]>("samples")) ?? [];
const kept = await load<Kept>("learnt");
render();
if (kept && samples.length) {
  ({ epochs, progress } = kept);
  curve.entries = kept.entries;
  showProgress();
  await learner.load(kept);
  show("status", `Welcome back: it knows ${kept.seen} drawings.`);
  show("info", await learner.describe());
}
if (samples.length && samples.length !== kept?.seen) await learn();
