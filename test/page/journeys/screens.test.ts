// Each screen as it looks: nothing that axe-core minds, nothing wider than the window, in both languages, light and dark; and pictures
// of it at three widths, in out/page/.

import { beforeAll, describe, expect, test } from "vitest";
import { en } from "../../../src/page/text/en/index.ts";
import { zh } from "../../../src/page/text/zh/index.ts";
import { type Visitor, visits } from "../visitor.ts";

const open = visits();

const WIDTHS = [360, 768, 1280];

describe.each([
  { locale: "en-US", texts: en, scheme: "light" }, { locale: "en-US", texts: en, scheme: "dark" },
  { locale: "zh-CN", texts: zh, scheme: "light" }, { locale: "zh-CN", texts: zh, scheme: "dark" },
] as const)("in $locale, $scheme", ({ locale, texts, scheme }) => {
  let visitor: Visitor;
  beforeAll(async () => void (visitor = await open({ locale, scheme })), 60_000);

  async function looksWell(screen: string): Promise<void> {
    for (const width of WIDTHS) {
      await visitor.size(width);
      await visitor.picture(`${screen}-${locale}-${scheme}-${width}`);
      expect(await visitor.evaluate("document.documentElement.scrollWidth - innerWidth"), `${screen} is wider than ${width}`).toBeLessThanOrEqual(0);
      expect(await visitor.violations(), `${screen} at ${width}`).toEqual([]);
    }
  }

  test("all five look well", async () => {
    await visitor.press(texts["sample.penguins"]);
    await visitor.sees(texts["next.model"]);
    await looksWell("1-data");
    await visitor.press(texts["next.model"]);
    await visitor.sees(texts["next.train"]);
    await looksWell("2-model");
    await visitor.press(texts["next.train"]);
    await visitor.press(texts["train.start"]);
    await visitor.sees(texts["next.understand"]);
    await looksWell("3-train");
    await visitor.press(texts["next.understand"]);
    await visitor.sees(texts["next.use"]);
    await looksWell("4-understand");
    await visitor.press(texts["next.use"]);
    await visitor.sees(texts["use.take"]);
    await looksWell("5-use");
  }, 180_000);
});
