// The hash of each program's parameters.
import * as library from "lanewise";
import { train } from "./programs.js";
import { query, report, site } from "./report.js";

export default report(train(library, site, query.get("programs")?.split(",")));
