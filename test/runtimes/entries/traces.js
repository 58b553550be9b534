// What each instruction of the programs wrote: asked for when a hash differs.
import * as library from "lanewise";
import { programs } from "./programs.js";
import { query, report } from "./report.js";
import { record } from "./trace.js";

export default report(traces(query.get("programs")?.split(",") ?? Object.keys(programs)));

async function traces(names) {
  const all = {};
  for (const name of names) all[name] = await record(library, programs[name]);
  return all;
}
