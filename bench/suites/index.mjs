// The parts of the bench. Each has a name, `rows(build)`: what there is to time of lanewise alone, as { name, open(check) }
// where open gives { run(times), close() } and throws if the results are wrong; and `report(context)`: its section of
// RESULTS.md, or undefined if nothing in it is wanted. A part that is the same whatever Node runs the bench has `once`.

import * as engines from "./engines.mjs";
import * as gather from "./gather.mjs";
import * as gemm from "./gemm.mjs";
import * as ops from "./ops.mjs";
import * as passes from "./passes.mjs";
import * as start from "./start.mjs";
import * as steps from "./steps.mjs";
import * as updates from "./updates.mjs";

export const suites = [steps, engines, gemm, gather, ops, updates, passes, start];
