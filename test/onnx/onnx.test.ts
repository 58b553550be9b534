// The ONNX backend tests: every case whose operators lanewise has gives ONNX's numbers, but those that listed.ts names.

import { afterAll, describe, expect, test } from "vitest";
import { judge, measure, type Saved, Worst } from "../worst.ts";
import { LISTED } from "./listed.ts";
import { available, cases, hasCounterpart, PACKAGE, runCase } from "./run.ts";

const missing = available() ? "" : ` [SKIPPED: the data of the ONNX backend tests is missing; apt-get install ${PACKAGE}]`;
if (missing) console.warn(`test/onnx: lanewise is not held against ONNX here${missing}`);

const worst = new Worst("ONNX");
afterAll(() => worst.print());

describe("a case of the ONNX backend tests", () => {
  test.skipIf(missing)(`that no list names passes${missing}`, () => undefined);
  if (missing) return;
  const all = cases(), ours = all.filter(hasCounterpart);
  const seen = new Set<(typeof LISTED)[number]>();
  for (const one of ours) {
    const listed = LISTED.find(({ cases }) => cases.test(one.name));
    if (listed) seen.add(listed);
    test(`${one.name}${listed ? ` is listed: ${listed.why}` : ""}`, async () => {
      const attempt = async (): Promise<void> => {
        for (const { got, wanted } of await runCase(one))
          wanted.forEach(({ shape, data }, i) => {
            expect(got[i]!.shape, `shape of output ${i}`).toEqual(shape);
            const measured = measure(got[i]!.data, data as Saved, { zeros: "numpy's zeros have either sign" });
            if (!listed) worst.note(one.ops.join(", "), "value", `${one.name}, output ${i}`, measured.error, measured.most);
            judge(`output ${i}`, measured);
          });
      };
      if (listed) await expect(attempt()).rejects.toThrow();
      else await attempt();
    });
  }
  test("every reason of the list has a case", () => expect(LISTED.filter((reason) => !seen.has(reason)).map(({ why }) => why)).toEqual([]));
  test("most cases pass", () => expect(ours.length).toBeGreaterThan(300));
});
