// From what the option `initializer` takes to an initializer.

import { badOption, didYouMean, isRecord } from "../options.ts";
import { type Initializer, type InitializerOption, NAMED } from "./initializer.ts";

/** The initializer that an option stands for; a function of the caller's stays as it is. */
export function toInitializer(option: InitializerOption): Initializer | ((shape: number[]) => ArrayLike<number>) {
  if (typeof option === "function") return option;
  const names = Object.keys(NAMED);
  if (typeof option === "string" && names.includes(option)) return { initializer: option, filling: NAMED[option] };
  if (isRecord(option) && typeof option.filling === "function") return option as unknown as Initializer;
  throw badOption("initializer", option, `one of ${names.join(", ")}, an initializer such as he(), or a function of the shape`, { fix: didYouMean(option, names) });
}
