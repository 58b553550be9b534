// The Next.js app of examples/embed, from the packed package and built for production: a client component trains in a worker, a
// server component in Node.js, an edge route in steps, all to the same bits. To install and build it takes a minute or two, so
// that it is no part of `npm test`: `npm run test:embed`, and CI.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp, UNSAFE, until, using } from "./app.ts";
import { browsers } from "./browser.ts";

describe.skipIf(!browsers.Chromium)("the Next.js app (skipped where there is no Chromium; CHROME_PATH may name one)", () => {
  let app: App;
  beforeAll(async () => {
    app = await startApp("next", (port) => ["node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", String(port)]);
  }, 600_000);
  afterAll(() => app?.close(), 60_000);

  it("trains in the browser, on the server and at the edge, to the same weights", async () => {
    const opened = await app.open(), { page, complaints } = opened;
    await using(opened, "next", async () => {
      const policy: string = (await page.goto(app.url)).headers()["content-security-policy"];
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval' 'nonce-");
      expect(policy).not.toMatch(UNSAFE);
      await page.click("button");
      const result = async (id: string): Promise<Record<string, string>> => {
        await until(page, `#${id} [data-is=hash]`, (hash) => /^[0-9a-f]{64}$/.test(hash));
        return page.evaluate(`Object.fromEntries([...document.querySelectorAll("#${id} [data-is]")].map((it) => [it.dataset.is, it.textContent]))`);
      };
      const [server, edge, client] = [await result("server"), await result("edge"), await result("browser")];
      expect(server.engine).toMatch(/^Node/);
      expect(edge.engine).toBe("edge-runtime");
      expect(client.engine).toMatch(/Chrome/);
      expect(server.label).toBe("ring");
      for (const other of [edge, client]) expect(other).toEqual({ ...server, engine: other.engine });
      expect(await page.locator("#requests").textContent()).toBe("requests: 4"); // 960 steps, 250 each
      const losses = (await page.locator("svg").getAttribute("data-losses")).split(" ").map(Number);
      expect(losses).toHaveLength(30);
      expect(losses.at(-1)).toBeLessThan(losses[0] / 5);
      expect(complaints).toEqual([]);
    });
  }, 180_000);

  it("the edge route refuses bytes that are no checkpoint", async () => {
    const response = await fetch(`${app.url}api/train`, { method: "POST", body: new Uint8Array([1, 2, 3]) });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/file|checkpoint/);
  });
});
