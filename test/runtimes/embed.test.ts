// The Vite app of examples/embed, from the packed package and built for production: whoever opens it draws, names what was drawn,
// and is recognised, under a policy that lets no script run but the app's own. The Next.js app is in next.test.ts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp, UNSAFE, until, using } from "./app.ts";
import { browsers } from "./browser.ts";

type Point = readonly [number, number];

/** Drawings that differ a little from one to the next. */
const DRAWINGS: Readonly<Record<string, (n: number) => readonly (readonly Point[])[]>> = {
  circle: (n) => [Array.from({ length: 25 }, (_, i) => [0.5 + (0.3 + n / 100) * Math.cos(i / 4 + n), 0.5 + (0.3 - n / 70) * Math.sin(i / 4 + n)] as const)],
  zigzag: (n) => [[[0.2, 0.3 + n / 50], [0.4, 0.7], [0.6, 0.3], [0.8, 0.7 - n / 30]]],
  cross: (n) => [[[0.3, 0.3 + n / 50], [0.7, 0.7]], [[0.7, 0.3], [0.3 + n / 50, 0.7]]],
};
const KINDS = Object.keys(DRAWINGS);

async function draw(page: any, kind: string, n: number): Promise<void> {
  const { x, y, width, height } = await page.locator("#pad").boundingBox();
  for (const stroke of DRAWINGS[kind]!(n)) {
    for (const [i, point] of stroke.entries()) {
      await page.mouse.move(x + point[0] * width, y + point[1] * height, { steps: 2 });
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
}

const text = (page: any, id: string): Promise<string> => page.locator(`#${id}`).textContent();

describe.skipIf(!browsers.Chromium)("the Vite app (skipped where there is no Chromium; CHROME_PATH may name one)", () => {
  let app: App;
  beforeAll(async () => {
    app = await startApp("vite", (port) => ["node_modules/vite/bin/vite.js", "preview", "--host", "127.0.0.1", "--port", String(port), "--strictPort"]);
  }, 240_000);
  afterAll(() => app?.close(), 60_000);

  it("learns drawings as they come, recognises others, and knows them after a reload", async () => {
    const opened = await app.open(), { page, complaints } = opened;
    await using(opened, "vite", async () => {
      const policy: string = (await page.goto(app.url)).headers()["content-security-policy"];
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
      expect(policy).not.toMatch(UNSAFE);

      // each loss that the page shows
      await page.evaluate(`globalThis.losses = []; new MutationObserver(() => losses.push(Number(loss.textContent))).observe(loss, { childList: true })`);
      for (let n = 0; n < 3; n++)
        for (const kind of KINDS) {
          await draw(page, kind, n);
          if (n) await page.click(`[data-kind=${kind}]`);
          else {
            await page.fill("#kind", kind);
            await page.click("#new button");
          }
        }
      await until(page, "#status", (status) => status === "It has learnt 9 drawings.");
      const losses: number[] = await page.evaluate("losses");
      expect(losses[0]).toBeGreaterThan(0.5);
      expect(losses.at(-1)).toBeLessThan(0.05);
      expect(await text(page, "info")).toContain("trained in a worker");

      const recognised = async (): Promise<void> => {
        for (const kind of KINDS) {
          await draw(page, kind, -1.5);
          await until(page, "#guess", (guess) => guess === `This is: ${kind}`);
          await page.click("#clear");
        }
      };
      await recognised();
      const epochs = await text(page, "epochs");
      expect(Number(epochs)).toBeGreaterThan(0);
      await page.reload();
      await until(page, "#status", (status) => status.startsWith("Welcome back"));
      await recognised();
      expect(await text(page, "epochs")).toBe(epochs); // it has not learnt anew

      page.once("dialog", (dialog: any) => dialog.accept());
      await page.click("#forget");
      await until(page, "#kinds", (kinds) => kinds === "");
      await page.reload();
      expect(await page.locator("#kinds li").count()).toBe(0);
      expect(complaints).toEqual([]);
    });
  }, 120_000);

  it("is drawn in by keys and fingers too, and fits a narrow screen", async () => {
    const opened = await app.open({ viewport: { width: 360, height: 740 }, hasTouch: true }), { page, complaints } = opened;
    await using(opened, "vite-narrow", async () => {
      await page.goto(app.url);
      await page.focus("#pad");
      await page.keyboard.press("Space");
      for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft"]) for (let i = 0; i < 8; i++) await page.keyboard.press(key);
      await page.fill("#kind", "hook");
      await page.keyboard.press("Enter");
      expect(await page.locator("[data-kind=hook] path").getAttribute("d")).toMatch(/^M50 50L.*L50 70$/);

      const scroll = await page.evaluate("scrollY");
      const { x, y, width } = await page.locator("#pad").boundingBox(), devtools = await page.context().newCDPSession(page);
      const touch = (type: string, ...at: number[][]): Promise<unknown> =>
        devtools.send("Input.dispatchTouchEvent", { type, touchPoints: at.map(([dx, dy]) => ({ x: x + dx! * width, y: y + dy! * width })) });
      await touch("touchStart", [0.5, 0.2]);
      for (let i = 1; i <= 6; i++) await touch("touchMove", [0.5, 0.2 + i / 10]);
      await touch("touchEnd");
      expect(await page.evaluate("[scrollY, document.documentElement.scrollWidth <= innerWidth]")).toEqual([scroll, true]);
      await page.fill("#kind", "line");
      await page.keyboard.press("Enter");
      expect(await page.locator("[data-kind=line] path").getAttribute("d")).toMatch(/^M50 20L.*L50 80$/);
      await until(page, "#epochs", (epochs) => Number(epochs) > 0);
      expect(complaints).toEqual([]);
    });
  }, 120_000);
});
