// dist/trainer.html as a file: what it weighs, and what it may do.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { unpack } from "../../src/page/loader/lzma.ts";
import { wantPage } from "../runtimes/project.ts";
import { TRAINER } from "./visitor.ts";

let page: string;

beforeAll(() => {
  wantPage();
  page = readFileSync(TRAINER, "utf8");
});

/** The script as it lies in the page, packed. */
const PACKED = /atob\("([A-Za-z0-9+/=]+)"\)/;
const unpacked = (): string => new TextDecoder().decode(unpack(Buffer.from(PACKED.exec(page)![1]!, "base64")));

/** Bytes of gzip in base64: what a sample is in the script. */
const SAMPLE = /"(H4sI[A-Za-z0-9+/=]{1000,})"/g;

test("it weighs at most 600 KB, 260 KB gzipped, and its samples at most 100 KB", () => {
  const script = unpacked(), samples = [...script.matchAll(SAMPLE)].map(([, text]) => text!.length).reduce((a, b) => a + b, 0);
  // a sample, zipped already, is in the page as long as in the script, and in the zipped page as long as its bytes
  const bare = Buffer.byteLength(page) - samples, zipped = gzipSync(page, { level: 9 }).length - (3 * samples) / 4;
  console.log(`dist/trainer.html: ${bare} bytes, ${zipped} gzipped; samples ${samples} bytes; the script is ${script.length} letters long`);
  expect(samples).toBeGreaterThan(10_000);
  expect(samples).toBeLessThanOrEqual(100_000);
  expect(bare).toBeLessThanOrEqual(600_000);
  expect(zipped).toBeLessThanOrEqual(260_000);
});

test("its policy forbids every request, and knows its scripts and its style by their hashes", () => {
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)!;
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).not.toMatch(/https?:|\*|unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)/);
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)], styles = [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)];
  expect([scripts.length, styles.length]).toEqual([2, 1]);
  expect(policy).toContain(`script-src ${[...scripts.map(([, text]) => text!), unpacked()].map(hash).join(" ")} 'wasm-unsafe-eval';`);
  expect(policy).toContain(`style-src ${hash(styles[0]![1]!)}`);
});

test("it names no machine and loads nothing", () => {
  expect(unpacked()).not.toMatch(/\/(home|root|Users|work)\/[a-z]/);
  expect(page).not.toMatch(/<(?:link|img|script|iframe)[^>]+(?:src|href)="(?!data:)/);
});
