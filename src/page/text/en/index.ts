// English, the language that all others are measured by.
import { common } from "./common.ts";
import { data } from "./data.ts";
import { findings } from "./findings.ts";
import { keep } from "./keep.ts";
import { model } from "./model.ts";
import { problems } from "./problems.ts";
import { train } from "./train.ts";
import { understand } from "./understand.ts";
import { use } from "./use.ts";

export const en = { ...common, ...data, ...keep, ...model, ...train, ...findings, ...understand, ...use, ...problems };
