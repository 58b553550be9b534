// The suggestion changed by hand: what does not go together is said before training, and what was changed is what is trained.

import { beforeAll, expect, test } from "vitest";
import { en } from "../../../src/page/text/en/index.ts";
import { zh } from "../../../src/page/text/zh/index.ts";
import { filled } from "../../../src/advice/text.ts";
import { type Visitor, visits } from "../visitor.ts";

const open = visits();
let visitor: Visitor;
beforeAll(async () => void (visitor = await open()), 60_000);

const focused = (): Promise<string> => visitor.evaluate("document.activeElement.getAttribute('aria-label')");
const able = (name: string): Promise<boolean> => visitor.evaluate(`![...document.querySelectorAll("button")].find((one) => one.textContent === ${JSON.stringify(name)}).disabled`);

test("layers are added, moved and removed, by keys too; flaws are told in place, and the suggestion comes back", async () => {
  await visitor.press(en["sample.penguins"]);
  await visitor.press(en["next.model"]);
  await visitor.sees(en["model.fine"]);
  await visitor.choose(en["model.add.kind"], "dropout");
  await visitor.press(en["model.add"]);
  await visitor.sees(filled(en["model.added"], { kind: "dropout", place: 3 }));
  expect(await able(en["next.train"])).toBe(true);

  await visitor.press(filled(en["model.down"], { kind: "dropout", place: 3 }));
  await visitor.sees(filled(en["flaw.last-not-dense"], { wanted: 3, got: "dropout" }));
  expect(await able(en["next.train"])).toBe(false);
  // it stands last now and can go up alone: there the keys find it
  expect(await focused()).toBe(filled(en["model.up"], { kind: "dropout", place: 4 }));
  await visitor.page.keyboard.press("Enter");
  await visitor.sees(en["model.fine"]);
  expect(await focused()).toBe(filled(en["model.up"], { kind: "dropout", place: 3 }));

  await visitor.fill(en["option.epochs"].split("\n")[0]!, "many");
  await visitor.sees(filled(en["flaw.bad-count"], { least: "1", most: "100000" }));
  expect(await visitor.violations()).toEqual([]);
  await visitor.press(en["model.back"]);
  await visitor.sees(en["model.fine"]);
  expect(await visitor.text()).not.toContain(filled(en["model.up"], { kind: "dropout", place: 3 }));
});

test("the guide opens at the section of what is asked about, in the page's language, and leads on", async () => {
  await visitor.choose(en["language.label"], "简体中文");
  await visitor.press(filled(zh["guide.about"], { about: zh["choice.learning rate"] }));
  await visitor.sees("好的学习率比仍然可用的最大值低不了多少");
  expect(await visitor.evaluate("document.activeElement.textContent")).toBe("学习率的作用");
  await visitor.press("诊断");
  expect(await visitor.evaluate("document.activeElement.textContent")).toBe("训练不成功的时候");
  expect(await visitor.violations()).toEqual([]);
  await visitor.press(zh["guide.close"]);
  await visitor.choose(zh["language.label"], "English");
});

test("what was changed is what is trained, and the program says it too", async () => {
  await visitor.fill(en["option.epochs"].split("\n")[0]!, "3");
  await visitor.page.getByText(en["model.code"], { exact: true }).click();
  await visitor.sees(/batchSize: 32, epochs: 3, seed: 0/);
  await visitor.press(en["next.train"]);
  await visitor.press(en["train.start"]);
  await visitor.sees(en["next.understand"]);
  await visitor.sees(filled(en["train.status.done"], { step: 27 }));
});
