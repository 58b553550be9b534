// A page while it trains: is it alive, in Chromium; what stays of many models; what the death of a worker does; a tab that is
// hidden, in Firefox.
// Milliseconds are printed and fail nothing: this machine may do other things meanwhile.

import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browsers, type Page } from "./browser.ts";
import { ISOLATED, POLICY } from "./hosts.ts";
import { pagePath, Stage } from "./stage.ts";

const chromium = browsers.Chromium;
let stage: Stage;
beforeAll(async () => void (stage = await Stage.set()), 240_000);
afterAll(() => stage?.close());

const open = async (entry: string, query: string, delivery = POLICY, look?: (page: Page) => Promise<any>): Promise<any> =>
  (await stage.browser(chromium!)).run(stage.folder, pagePath("modules", entry) + query, delivery, undefined, look);

if (!chromium) it.skip("no Chromium (CHROME_PATH may name one): nothing is known of pages");
else describe(`in ${chromium.name}`, () => {
  it.each(["worker", "here"])("a page that trains 784-512-512-10 %s stays alive", async (where) => {
    const { steps, loss, over50, longest, milliseconds } = await open("alive", `?where=${where}`);
    expect(steps).toBe(75);
    expect(loss).toBeLessThan(3);
    const ms = (x: number): string => `${x.toFixed(1)} ms`;
    console.log(`${where}: ${over50.length} tasks over 50 ms${over50.length ? ` (${over50.map(([took, at]: number[]) => `${ms(took!)} at ${ms(at!)}`).join(", ")})` : ""}; the longest time between two turns `
      + `${ms(longest)}; createModel ${ms(milliseconds.createModel)}, to the first step ${ms(milliseconds.firstStep)}, a step ${ms(milliseconds.step)}`);
  });

  it.each([["plain", POLICY], ["isolated", ISOLATED]])("300 models that come and go in a page that is %s leave memory as it was after 50, and no worker", async (_, delivery) => {
    const [before, after] = await open("come-and-go", "", delivery as typeof POLICY, async (page) => {
      const cdp = await page.context().newCDPSession(page), all = await page.context().browser().newBrowserCDPSession();
      /** Of the page's own heap and, where there is /proc, of the processes that show pages. */
      const look = async (): Promise<Record<string, number>> => {
        for (let i = 0; i < 3; i++) await cdp.send("HeapProfiler.collectGarbage");
        const { usedSize } = await cdp.send("Runtime.getHeapUsage");
        const { processInfo } = await all.send("SystemInfo.getProcessInfo");
        const resident = processInfo.filter(({ type }: { type: string }) => type === "renderer").map(({ id }: { id: number }) => residentOf(id));
        return { heap: usedSize, resident: Math.max(...resident), workers: page.workers().length };
      };
      const sites = await page.evaluate("cycles(50)");
      expect(sites).toContain(`worker ${delivery === ISOLATED ? 2 : 1}`);
      const first = await look();
      await page.evaluate("cycles(250)");
      return [first, await look()];
    });
    for (const what of ["heap", "resident"]) console.log(`after 50 and 300 models: ${what} ${(before[what] / 1e6).toFixed(1)} and ${(after[what] / 1e6).toFixed(1)} MB`);
    expect(after.workers).toBe(0);
    expect(after.heap).toBeLessThan(1.1 * before.heap);
    expect(after.resident).toBeLessThanOrEqual(1.1 * before.resident);
  }, 240_000);

  it.each([["plain", POLICY, 1], ["isolated", ISOLATED, 2]])("20 workers that are killed in a page that is %s: no torn parameters, and the run goes on to the undisturbed hash", async (_, delivery, threads) => {
    const { told, late } = await open("killed", `?threads=${threads}`, delivery as typeof POLICY);
    expect(told).toEqual(Array.from({ length: 20 }, () => ({ code: "worker-died", step: true, torn: false, same: true, threads: 1, why: "a worker has died" })));
    console.log(`a killed worker is told after ${late[10].toFixed(0)} ms (median), ${late[19].toFixed(0)} ms at most`);
  }, 120_000);
});

// Chromium without a window shows all its pages
if (!browsers.Firefox) it.skip("no Firefox (Debian: apt-get install firefox-esr): nothing is known of tabs that are hidden");
else it(`a tab that is hidden goes on with what it trains, here and in workers, in ${browsers.Firefox.name}`, async () => {
  const look = async (page: Page): Promise<unknown> => {
    await page.evaluate("void (globalThis.going = cycles(9))");
    const other = await (page as any).browser().newPage();
    await other.bringToFront();
    const hidden = await page.evaluate("new Promise((resolve) => (document.hidden ? resolve(true) : document.onvisibilitychange = () => resolve(document.hidden)))");
    const sites = await page.evaluate("going.then(() => cycles(9))");
    await other.close();
    return { hidden, sites };
  };
  const browser = await stage.browser(browsers.Firefox!), path = pagePath("modules", "come-and-go");
  expect(await browser.run(stage.folder, path, POLICY, undefined, look)).toEqual({ hidden: true, sites: ["here 1", "worker 1"] });
});

/** Bytes of a process that lie in memory; 0 where nobody tells. */
function residentOf(pid: number): number {
  const path = `/proc/${pid}/status`;
  return existsSync(path) ? 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(path, "utf8"))?.[1] ?? 0) : 0;
}
