// The hash of each program's parameters.
import * as library from "lanewise";
import { hashes } from "./programs.js";
import { report } from "./report.js";

report(await hashes(library));
