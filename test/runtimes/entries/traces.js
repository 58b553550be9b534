// What each instruction of each program wrote: asked for when a hash differs.
import * as library from "lanewise";
import { programs } from "./programs.js";
import { report } from "./report.js";
import { record } from "./trace.js";

const all = {};
for (const [name, program] of Object.entries(programs)) all[name] = await record(library, program);
report(all);
