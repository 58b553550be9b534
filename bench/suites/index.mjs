// The parts of the bench. Each has a name, `rows(build)`: what there is to time of lanewise alone, as { name, open(check) }
// where open gives { run(times), close() }, or { sample(), close() } if it times itself, and throws if the results are wrong; or
// as { name, time() }, which gives ms of what happens once; and `report(context)`: its section of RESULTS.md, or undefined if
// nothing in it is wanted. A part with `once` is measured under one Node alone where a run goes through several.

import * as engines from "./engines.mjs";
import * as fit from "./fit.mjs";
import * as gather from "./gather.mjs";
import * as gemm from "./gemm.mjs";
import * as losses from "./losses.mjs";
import * as math from "./math.mjs";
import * as ops from "./ops.mjs";
import * as parse from "./parse.mjs";
import * as passes from "./passes.mjs";
import * as start from "./start.mjs";
import * as steps from "./steps.mjs";
import * as updates from "./updates.mjs";

// every op takes two minutes
export const suites = [steps, engines, gemm, fit, gather, { ...ops, once: true }, math, losses, updates, passes, parse, start];
