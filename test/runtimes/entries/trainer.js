// The README's trainer: what it logs.
import { lines, report } from "./report.js";
import "./readme.js";

export default report(lines);
