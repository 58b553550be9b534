// From what the option `initializer` takes to an initializer.

import { badOption, didYouMean, isRecord } from "../options.ts";
import { he, lecun, xavier, zeros } from "./index.ts";
import type { Initializer, InitializerOption } from "./initializer.ts";

/** The initializer that an option stands for; a function of the caller's stays as it is. */
export function toInitializer(option: InitializerOption): Initializer | ((shape: number[]) => ArrayLike<number>) {
  if (typeof option === "function") return option;
  if (option === "he") return he();
  if (option === "xavier") return xavier();
  if (option === "lecun") return lecun();
  if (option === "zeros") return zeros();
  if (isRecord(option) && typeof option.filling === "function") return option;
  throw badOption("initializer", option, "he(), xavier(), lecun(), zeros() or a function of the shape", {
    fix: didYouMean(option, ["he", "xavier", "lecun", "zeros"]),
  });
}
