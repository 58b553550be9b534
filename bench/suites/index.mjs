// The parts of the bench. Each has a name, `rows(build)`: what there is to time of lanewise alone, as { name, open(check) }
// where open gives { run(times), close() }, or { sample(), close() } if it times itself, and throws if the results are wrong; and `report(context)`: its section of
// RESULTS.md, or undefined if nothing in it is wanted.

import * as fit from "./fit.mjs";
import * as gemm from "./gemm.mjs";
import * as ops from "./ops.mjs";
import * as steps from "./steps.mjs";
import * as updates from "./updates.mjs";

export const suites = [steps, gemm, ops, updates, fit];
