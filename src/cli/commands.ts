// All commands, in the order of the help.

import type { Command } from "./args.ts";
import { crossvalidate } from "./crossvalidate.ts";
import { doctor } from "./doctor.ts";
import { evaluate } from "./evaluate.ts";
import { exporting } from "./export.ts";
import { findLr } from "./findLr.ts";
import { inspect } from "./inspect.ts";
import { open } from "./open.ts";
import { predict } from "./predict.ts";
import { profile } from "./profile.ts";
import { train } from "./train.ts";
import { verify } from "./verify.ts";

export const COMMANDS: readonly Command[] = [train, predict, evaluate, inspect, exporting, doctor, findLr, crossvalidate, verify, profile, open];
