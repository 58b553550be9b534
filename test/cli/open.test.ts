// lanewise open: the trainer page over HTTP, to this machine alone.

import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root, wantBuilt } from "../runtimes/project.ts";
import { CLI, lanewise, start } from "./lanewise.ts";

beforeAll(() => wantBuilt());

/** The status of an answer, and its text. */
const ask = (url: string, options: object = {}): Promise<{ status: number; text: string }> => new Promise((resolve, reject) => {
  request(url, options, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () => resolve({ status: response.statusCode!, text }));
  }).on("error", reject).end();
});

test("it serves the page, and nothing else, until Ctrl+C", async () => {
  const { child, ended, written } = start(process.execPath, [CLI, "open", "--json"], root);
  while (!written().includes("\n") && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10));
  const { url } = JSON.parse(written()) as { url: string };
  expect(await ask(url)).toEqual({ status: 200, text: readFileSync(join(root, "dist/trainer.html"), "utf8") });
  expect((await ask(`${url}package.json`)).status).toBe(404);
  expect((await ask(url, { method: "POST" })).status).toBe(405);
  // a name of somebody else's that leads to this machine
  expect((await ask(url, { headers: { host: "example.com" } })).status).toBe(404);
  const { port } = new URL(url), other = await lanewise(root, "open", "--port", port);
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining(`--port ${port}: another program is there`) });
  child.kill("SIGINT");
  expect((await ended).code).toBe(0);
}, 30_000);
