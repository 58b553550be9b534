// The ONNX backend tests: every case whose operators lanewise has gives ONNX's numbers, but those that listed.ts names.

import { afterAll, expect, test } from "vitest";
import { LanewiseError } from "../../src/index.ts";
import { forProof, judge, measure, type Saved, Worst } from "../worst.ts";
import { LISTED } from "./listed.ts";
import { Unsupported } from "./nodes.ts";
import { available, cases, hasCounterpart, PACKAGE, runCase } from "./run.ts";

const missing = available() ? "" : ` [SKIPPED: the data of the ONNX backend tests is missing; apt-get install ${PACKAGE}]`;
if (missing) console.warn(`test/onnx: lanewise is not held against ONNX here${missing}`);

const worst = new Worst("ONNX");
afterAll(() => worst.print());

const all = missing ? [] : cases(), ours = all.filter(hasCounterpart);
const reasonFor = ({ name }: { name: string }): (typeof LISTED)[number] | undefined => LISTED.find(({ cases }) => cases.test(name));
const passed: string[] = [];

for (const one of ours) {
  const listed = reasonFor(one);
  test(`ONNX: ${one.name}${listed ? ` is listed: ${listed.why}` : ""}`, async () => {
    const attempt = async (): Promise<void> => {
      for (const { got, wanted } of await runCase(one))
        wanted.forEach(({ shape, data }, i) => {
          expect(got[i]!.shape, `shape of output ${i}`).toEqual(shape);
          const measured = measure(got[i]!.data, data as Saved, { zeros: "numpy's zeros have either sign" });
          if (!listed) worst.note(one.ops.join(", "), "value", `${one.name}, output ${i}`, measured.error, measured.most);
          judge(`output ${i}`, measured);
        });
    };
    // refused with a reason; or computed, and another number
    if (listed) return expect(attempt()).rejects.toSatisfy((error) => error instanceof Unsupported || error instanceof LanewiseError || `${error}`.includes("are off by"));
    await attempt();
    passed.push(one.name);
  });
}

test.skipIf(missing)(`the list of what does not pass is short, and has no reason without a case${missing}`, () => {
  const listed = ours.flatMap((one) => ({ name: one.name, why: reasonFor(one)?.why }) as { name: string; why: string }).filter(({ why }) => why);
  expect(LISTED.filter((reason) => !listed.some(({ why }) => why === reason.why)).map(({ why }) => why)).toEqual([]);
  expect(passed.length).toBeGreaterThan(5 * listed.length);
  forProof("ONNX cases", { passed: passed.length, listed, without: all.length - ours.length });
});
