// The last steps of a journey: what is behind a figure, a row that is filled in, a picture that is drawn; and the model goes away in one file,
// which says the same, bit for bit.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { en } from "../../../src/page/text/en/index.ts";
import { filled } from "../../../src/advice/text.ts";
import { zh } from "../../../src/page/text/zh/index.ts";
import { folder, type Visitor, visits } from "../visitor.ts";

const open = visits(), place = folder();
afterAll(() => place.remove());

type Texts = Readonly<Record<keyof typeof en, string>>;

/** A trained model of a sample, on the screen of its figures. */
async function trained(locale: string, texts: Texts, sample: "sample.penguins" | "sample.digits"): Promise<Visitor> {
  const visitor = await open({ locale });
  for (const name of [sample, "next.model", "next.train", "train.start", "next.understand"] as const) await visitor.press(texts[name]);
  await visitor.sees(texts["understand.matrix"]);
  return visitor;
}

/** predictor.html, saved from the page and opened from file://. */
async function* predictors(visitor: Visitor, locale: string, texts: Texts, browsers: readonly ("Chromium" | "Firefox")[]): AsyncGenerator<Visitor> {
  const { name, bytes } = await visitor.download(texts["use.take.predictor"]), path = join(place.path, `${locale}.html`);
  expect(name).toBe("predictor.html");
  writeFileSync(path, bytes);
  console.log(`predictor.html: ${bytes.length} bytes`);
  for (const browser of browsers) {
    const file = await open({ browser, locale, page: path });
    yield file;
  }
}

/** What is told, with all digits. */
const values = (visitor: Visitor): Promise<string[]> => visitor.evaluate("[...document.querySelectorAll('data')].map(({ value }) => value)");

async function wantSound(visitor: Visitor): Promise<void> {
  await visitor.size(360);
  expect(await visitor.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  expect(await visitor.violations()).toEqual([]);
}

test("penguins, in Chinese: rows behind a number, by the keyboard; what the model goes by; a row, told alike by the page and by predictor.html", async () => {
  const page = await trained("zh-CN", zh, "sample.penguins");
  await page.evaluate("document.querySelector('.matrix button').focus()");
  await page.page.keyboard.press("Enter");
  await page.sees(filled(zh["understand.examples.right"], { right: "Adelie" }));
  await page.press(zh["understand.worst.show"]);
  await page.press(zh["understand.importance.start"]);
  await page.sees(zh["understand.importance.done"]);
  await wantSound(page);
  await page.press(zh["next.use"]);
  await page.press(zh["use.example"]);
  await page.press(zh["use.predict"]);
  await page.sees(zh["use.answer"]);
  const cells = await page.evaluate("[...document.querySelectorAll('.fields input, .fields select')].map(({ value }) => value)") as string[], said = await values(page);
  expect(said.length).toBe(3);
  await wantSound(page);
  for await (const file of predictors(page, "zh-CN", zh, ["Chromium", "Firefox"])) {
    await file.evaluate(`[...document.querySelectorAll("input, select")].forEach((field, i) => { field.value = ${JSON.stringify(cells)}[i]; })`);
    await file.press(zh["use.predict"]);
    await file.sees(zh["use.answer"]);
    expect(await values(file)).toEqual(said);
    await wantSound(file);
  }
}, 180_000);

// in one browser: each draws the edges of a line in its own way
test("digits: a drawn one is told alike by the page and by predictor.html", async () => {
  const draw = `(() => {
    const canvas = document.querySelector("canvas[role=application]"), { left, top, width } = canvas.getBoundingClientRect();
    canvas.setPointerCapture = () => {};
    canvas.hasPointerCapture = () => true;
    const at = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: left + x * width, clientY: top + y * width }));
    at("pointerdown", 0.3, 0.15); at("pointermove", 0.7, 0.15); at("pointermove", 0.45, 0.85); at("pointerup", 0.45, 0.85);
  })()`;
  const page = await trained("en-US", en, "sample.digits");
  await page.press(en["next.use"]);
  await page.sees(en["use.draw.clear"]);
  await page.evaluate(draw);
  await page.sees(en["use.answer"]);
  const said = await values(page);
  expect(said.length).toBe(10);
  await wantSound(page);
  for await (const file of predictors(page, "en-US", en, ["Chromium"])) {
    await file.evaluate(draw);
    await file.sees(en["use.answer"]);
    expect(await values(file)).toEqual(said);
    await wantSound(file);
  }
}, 180_000);
