// The script of predictor.html, in which the model is a script before it.

import { filled } from "../../advice/text.ts";
import type { About } from "./about.ts";
import { dateCell, type Field } from "./fields.ts";
import { drawn, pictured } from "./ink.ts";
import { padOn } from "./pad.ts";

/** What toPredictor exports. */
declare const MODEL: {
  predict(x: unknown): { readonly data: ArrayLike<number> };
  classify?(x: unknown): readonly (readonly { readonly label: string; readonly probability: number }[])[];
};
declare const ABOUT: About;

const { form, target, words } = ABOUT, place = document.getElementById("form")!;

/** An element with properties and what is in it. */
function make<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Partial<HTMLElementTagNameMap[K]> = {}, ...inside: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
}

/** What it is, and is called, for screen readers. */
function named<E extends HTMLElement>(element: E, role: string, name: string): E {
  element.setAttribute("role", role);
  element.setAttribute("aria-label", name);
  return element;
}

const answer = named(make("div", { className: "answer" }), "status", words["use.answer"]);
place.textContent = "";

function told(x: unknown): void {
  answer.textContent = "";
  answer.append(make("h2", {}, `${target}: ${words["use.answer"]}`));
  try {
    if (MODEL.classify) answer.append(listOf(MODEL.classify(x)[0]!));
    else {
      const [value] = Array.from(MODEL.predict(x).data);
      answer.append(make("p", { className: "figure" }, make("data", { value: String(value) }, String(Number(value!.toPrecision(6))))));
    }
  } catch (error) {
    answer.append(make("p", { className: "bad" }, (error as Error).message));
  }
}

function listOf(classes: readonly { readonly label: string; readonly probability: number }[]): HTMLElement {
  return named(make("ol", {}, ...classes.map(({ label, probability }) => {
    const bar = make("span", { className: "bar" }), percent = filled(words["use.percent"], { percent: (100 * probability).toFixed(1) });
    bar.style.width = `${100 * probability}%`;
    return make("li", {}, make("span", { className: "name" }, label), make("span", { className: "track" }, bar), make("data", { value: String(probability) }, percent));
  })), "list", words["use.classes"]);
}

function input({ kind, categories }: Field): HTMLInputElement | HTMLSelectElement {
  if (kind === "category") return make("select", {}, new Option(words["use.unknown"], ""), ...categories!.map((name) => new Option(name, name)));
  return make("input", kind === "number" ? { type: "number", step: "any" } : kind === "date" ? { type: "date" } : kind === "time" ? { type: "datetime-local", step: "1" } : { type: "text" });
}

if (form.kind === "table") {
  const inputs = form.fields.map((field) => ({ field, input: input(field) }));
  place.append(make("form", {
    onsubmit(event) {
      event.preventDefault();
      told([Object.fromEntries(inputs.map(({ field, input }) => [field.name, field.format === undefined ? input.value : dateCell(input.value, field.format)]))]);
    },
  }, ...inputs.map(({ field, input }) => make("label", {}, field.name, input)), make("button", { type: "submit" }, words["use.predict"])));
} else {
  const { wanted } = form, shape = [1, wanted.height, wanted.width, wanted.channels], shown = (data: Uint8Array): void => told({ data: Array.from(data), shape });
  const canvas = named(make("canvas", { tabIndex: 0 }), "application", `${words["use.draw"]}. ${words["use.draw.how"]}`);
  const pad = padOn(canvas, (empty) => (empty ? (answer.textContent = "") : shown(drawn(pad.drawing(), wanted))));
  const files = make("input", { type: "file", accept: "image/png,image/jpeg" });
  files.onchange = async () => {
    const [file] = Array.from(files.files!);
    if (!file) return;
    try {
      const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none", imageOrientation: "none" }), { width, height } = bitmap;
      const context = make("canvas", { width, height }).getContext("2d")!;
      context.drawImage(bitmap, 0, 0);
      shown(pictured({ width, height, channels: 4, data: context.getImageData(0, 0, width, height).data }, wanted));
    } catch {
      answer.textContent = words["use.image.bad"];
    }
  };
  place.append(make("p", {}, words["use.draw.how"]), canvas, make("p", {}, make("button", { type: "button", onclick: () => pad.clear() }, words["use.draw.clear"])), make("label", {}, words["use.image"], files));
}
place.append(answer);
