// One engine's share of the engines' table, wherever JavaScript runs: the time of a work's steps. suites/engines.mjs bundles
// it with the library. A page is asked by its URL, an engine by its first argument: "?work=W2&seconds=1&build=fast".

import * as lanewise from "lanewise";
import { timed } from "./measure.mjs";
import { lanewiseStep } from "./own.mjs";
import { workNamed } from "./works.mjs";

const page = globalThis.document, asked = new URLSearchParams(page ? location.search : process.argv[2]);
const seconds = Number(asked.get("seconds")), build = asked.get("build");
const result = await answer();
if (page) globalThis.result = result;
else console.log(JSON.stringify(result));

async function answer() {
  const { model, step } = await lanewiseStep({ lanewise }, workNamed(asked.get("work")), build === "exact" ? {} : { build });
  const { build: got } = model.info();
  return got === build ? timed({ seconds, warmup: seconds, check: false }, step) : { lacks: `it has the ${got} build` };
}
