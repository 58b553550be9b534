// Work outlives the page: a reload, a closed tab, a browser that is killed, and the way to another place; and where nothing is kept, nothing
// stays.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { en } from "../../../src/page/text/en/index.ts";
import { engineRun } from "../engine.ts";
import { folder, type Visitor, visits } from "../visitor.ts";

const open = visits(), place = folder();
afterAll(() => place.remove());

/** Long enough to be ended in the middle, after a checkpoint. */
const CHANGE = { epochs: 2400, patience: 0 }, MIDDLE = /Training: step (?!0 )[\d,]+ of/, DONE = /^Trained: [\d,]+ steps$/m;
const label = (key: "option.epochs" | "option.patience"): string => en[key].split("\n")[0]!;

/** What the run comes to that nobody disturbs. */
let undisturbed: string | undefined;
beforeAll(async () => void ({ hash: undisturbed } = await engineRun("digits", CHANGE)), 60_000);

/** Trains digits for a while. */
async function begin(visitor: Visitor): Promise<void> {
  for (const name of ["sample.digits", "next.model"] as const) await visitor.press(en[name]);
  await visitor.sees(en["model.fine"]);
  await visitor.fill(label("option.epochs"), String(CHANGE.epochs));
  await visitor.fill(label("option.patience"), String(CHANGE.patience));
  for (const name of ["next.train", "train.start"] as const) await visitor.press(en[name]);
  await visitor.sees(MIDDLE);
}

/** Of IndexedDB, in the page. */
const ASK = "const asked = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });";

/** What pages have in this browser: databases with the keys of what is in them. */
const stored = (visitor: Visitor): Promise<Record<string, string[]>> => visitor.evaluate(`(async () => {
  ${ASK}
  const found = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await asked(indexedDB.open(name));
    found[name] = (await Promise.all([...database.objectStoreNames].map((store) => asked(database.transaction(store).objectStore(store).getAllKeys())))).flat().map(String);
    database.close();
  }
  return found;
})()`);

/** The state of the first run, and the screen, as they are noted. */
const noted = (visitor: Visitor): Promise<string> => visitor.evaluate(`(async () => {
  ${ASK}
  const database = await asked(indexedDB.open("lanewise trainer")), work = database.transaction("work").objectStore("work");
  const all = await asked(work.getAllKeys()), [run, seen] = await Promise.all([work.get(all.find((key) => key.startsWith("run "))), work.get("seen")].map(asked));
  database.close();
  return run.view.status + " " + seen.screen;
})()`);

/** Waits until the run has a checkpoint, and the page has noted it. */
async function isKept(visitor: Visitor): Promise<void> {
  await expect.poll(async () => {
    const { "lanewise trainer": work = [], ...runs } = await stored(visitor);
    return work.some((key) => key.startsWith("run ")) && Object.values(runs).flat().some((name) => name.startsWith("checkpoint-"));
  }, { timeout: 20_000 }).toBe(true);
}

/** Trains what is suggested for penguins, up to the figures. */
async function trains(visitor: Visitor): Promise<void> {
  for (const name of ["sample.penguins", "next.model", "next.train", "train.start", "next.understand"] as const) await visitor.press(en[name]);
  await visitor.sees(/[\d.]+ % of the .* held-out rows are right/);
}

/** Goes on with the work of an earlier visit, up to the end of its run. */
async function goesOn(visitor: Visitor, title: "keep.earlier" | "keep.earlier.packed" = "keep.earlier"): Promise<void> {
  await visitor.sees(en[title]);
  await visitor.sees(/digits-images-idx3-ubyte: 1 run, (?!0 )[\d,]+ steps/);
  await visitor.press(en["keep.goOn"]);
  const [, from] = await visitor.sees(/Paused after step ([\d,]+) of/);
  expect(from).not.toBe("0");
  await visitor.press(en["train.goOn"]);
  await visitor.sees(DONE);
  expect((await visitor.sees(/SHA-256 of the parameters: ([0-9a-f]{64})/))[1]).toBe(undisturbed);
}

describe.each(["Chromium", "Firefox"] as const)("in %s", (browser) => {
  test("a browser that is killed while it trains loses nothing but time", async () => {
    const profile = join(place.path, browser), killed = await open({ browser, profile });
    await begin(killed);
    await isKept(killed);
    await killed.sees(MIDDLE);
    await killed.kill();
    const visitor = await open({ browser, profile });
    await visitor.sees(en["keep.broken"]);
    await goesOn(visitor);
    await visitor.press(en["next.understand"]);
    await visitor.sees(/[\d.]+ % of the .* held-out rows are right/);
  }, 120_000);
});

test("after a reload, and in a tab after the first was closed, a run goes on; its model is there without a step more", async () => {
  const visitor = await open();
  await begin(visitor);
  await isKept(visitor);
  await visitor.reload();
  await goesOn(visitor);
  const [, percent] = await visitor.press(en["next.understand"]).then(() => visitor.sees(/([\d.]+) % of the .* held-out rows are right/));
  // what was noted last is written within a second
  await expect.poll(() => noted(visitor), { timeout: 10_000 }).toBe("done understand");
  const other = await visitor.beside();
  await visitor.leave();
  await other.reload(); // the first has given the storage free
  await other.sees(en["keep.earlier"]);
  await other.press(en["keep.goOn"]);
  expect((await other.sees(/([\d.]+) % of the .* held-out rows are right/))[1]).toBe(percent);
  await other.press(en["next.use"]);
  await other.press(en["use.held.show"]);
  await other.sees(en["use.answer"]);
  const { name, bytes } = await other.download(en["use.take.safetensors"]);
  expect([name, bytes.length > 1000]).toEqual(["model.safetensors", true]);
});

test("a page that is saved with its work goes on elsewhere, to the same bits", async () => {
  const visitor = await open();
  await begin(visitor);
  await visitor.press(en["train.pause"]);
  await visitor.sees(/Paused after step (?!0 )/);
  await visitor.unfold(en["keep.title"]);
  const { name, bytes } = await visitor.download(en["keep.save"]), path = join(place.path, name);
  expect(name).toBe("trainer-with-work.html");
  writeFileSync(path, bytes);
  await goesOn(await open({ page: path }), "keep.earlier.packed");
});

describe("what is kept can be gone", () => {
  const nothing = (visitor: Visitor) => expect.poll(() => stored(visitor), { timeout: 10_000 }).toEqual({});

  test("where nothing is to be kept, nothing is, of what was before and of what comes", async () => {
    const visitor = await open();
    await begin(visitor);
    await isKept(visitor);
    await visitor.unfold(en["keep.title"]);
    await visitor.press(en["keep.where.nothing"], "radio");
    await visitor.sees(en["keep.nothing"]);
    await nothing(visitor);
    // it was paused, goes on in memory, and looks back at a step there
    await visitor.press(en["train.goOn"]);
    await visitor.sees(DONE);
    expect((await visitor.sees(/SHA-256 of the parameters: ([0-9a-f]{64})/))[1]).toBe(undisturbed);
    expect(await stored(visitor)).toEqual({});
    await visitor.reload();
    await visitor.sees(en["data.title"]);
    expect(await visitor.text()).not.toContain(en["keep.earlier"]);
    expect(Object.values(await stored(visitor)).flat()).toEqual([]);
  });

  test("all is erased: what is open, and what an earlier visit has left", async () => {
    const visitor = await open();
    const erase = async (): Promise<void> => {
      await visitor.unfold(en["keep.title"]);
      await visitor.press(en["keep.erase"]);
      await visitor.press(en["keep.erase.yes"]);
      await nothing(visitor);
      await visitor.sees(en["data.drop"]);
      expect(await visitor.text()).not.toContain(en["keep.earlier"]);
    };
    await begin(visitor);
    await isKept(visitor);
    await erase();
    await begin(visitor);
    await isKept(visitor);
    await visitor.reload();
    await visitor.sees(en["keep.earlier"]);
    await erase();
  });

  test("of work that is begun anew, nothing is left but the new", async () => {
    const visitor = await open();
    await begin(visitor);
    await isKept(visitor);
    await visitor.reload();
    await visitor.press(en["keep.anew"]);
    await visitor.press(en["sample.penguins"]);
    await visitor.sees(en["data.target"]);
    await expect.poll(() => stored(visitor), { timeout: 10_000 }).toEqual({ "lanewise trainer": ["asked", "seen", "source"] });
  });
});

test("a second page says that the first one keeps the work, and does its own", async () => {
  const visitor = await open();
  await begin(visitor);
  const other = await visitor.beside();
  await other.sees(en["problem.other-page"]);
  await trains(other);
  await visitor.sees(DONE);
  expect((await visitor.sees(/SHA-256 of the parameters: ([0-9a-f]{64})/))[1]).toBe(undisturbed);
});

describe("a browser that stores nothing is told of, and trains", () => {
  test("it is full from the first", async () => {
    const visitor = await open();
    await visitor.room(1000);
    await trains(visitor);
    await visitor.sees(en["problem.storage-full"]);
  });

  test("it becomes full in the middle", async () => {
    const visitor = await open();
    await visitor.room(300_000); // one or two checkpoints
    await begin(visitor);
    await isKept(visitor);
    await visitor.sees(en["problem.storage-full"]);
    await visitor.sees(DONE);
    expect((await visitor.sees(/SHA-256 of the parameters: ([0-9a-f]{64})/))[1]).toBe(undisturbed);
  });

  test("it lets nothing be stored", async () => {
    const visitor = await open({ browser: "Firefox", settings: { "network.cookie.cookieBehavior": 2 } });
    await visitor.sees(en["problem.storage-read-only"]);
    await trains(visitor);
  });
});
