// From what the option `initializer` takes to an initializer.

import { OptionError, show } from "../errors.ts";
import { suggest } from "../options.ts";
import { he, xavier, zeros } from "./index.ts";
import type { Initializer, InitializerOption } from "./initializer.ts";

/** The initializer that an option stands for; a function of the caller's stays as it is. */
export function toInitializer(option: InitializerOption): Initializer | ((shape: number[]) => ArrayLike<number>) {
  if (typeof option === "function") return option;
  if (option === "he") return he();
  if (option === "xavier") return xavier();
  if (option === "zeros") return zeros();
  if (option !== null && typeof option === "object" && typeof option.filling === "function") return option;
  const known = ["he", "xavier", "zeros"];
  const meant = typeof option === "string" ? OTHER_NAMES[option] ?? suggest(option, known) : undefined;
  throw new OptionError("bad-option", `initializer: wanted one of ${known.map(show).join(", ")}, an initializer such as he(), or a `
    + `function of the shape, got ${show(option)}${meant ? `; did you mean ${show(meant)}?` : ""}`,
    { option: "initializer", got: option, wanted: meant ?? known });
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  kaiming: "he", kaimingNormal: "he", kaiming_normal: "he", heNormal: "he", he_normal: "he",
  glorot: "xavier", glorotUniform: "xavier", glorot_uniform: "xavier", xavier_uniform: "xavier", xavierUniform: "xavier",
};
