// Applies a fix as it is written: lines of code, evaluated with what the package exports and the data's x and y. It knows
// four kinds of line and refuses others, so that a fix which is no code fails.

import * as lanewise from "../../src/index.ts";
import type { FitOptions, Layer } from "../../src/index.ts";

export interface Sick {
  layers: Layer[];
  data: { x: any; y: any; weight?: any };
  options: FitOptions;
}

/** Layers, data and options of a run after a fix. */
export function applyFix(fix: string, { layers, data, options }: Sick): Sick {
  const scope: Record<string, unknown> = { ...lanewise, ...data }, declared: string[] = [];
  const evaluate = (code: string): any => new Function(...Object.keys(scope), `"use strict"; ${declared.join("; ")}; return (${code});`)(...Object.values(scope));
  const changed: Layer[][] = layers.map((layer) => [layer]), of = (text: string): number[] => text.split(", ").map((path) => {
    if (!(Number(path) in layers)) throw new Error(`no layer ${path}`);
    return Number(path);
  });
  let given = data, settings: any = options;
  for (const line of fix.split("\n")) {
    const [, code = "", how, list = ""] = /^(.*?) ?\/\/ (in place of|after|before|remove) layers? ([\d, ]*\d)/.exec(line) ?? [];
    const [, name = "", rest = ""] = /^([a-zA-Z]+): (.*)$/.exec(line) ?? [];
    if (how === "remove") for (const i of of(list)) changed[i] = [];
    else if (how === "in place of") for (const i of of(list)) changed[i] = evaluate(`[${code}]`);
    else if (how) for (const i of of(list)) changed[i] = how === "after" ? [...changed[i]!, ...evaluate(`[${code}]`)] : [...evaluate(`[${code}]`), ...changed[i]!];
    else if (line.startsWith("const ")) declared.push(line);
    else if (name === "x" || name === "y" || name === "weight") given = { ...given, [name]: evaluate(rest.replace(/ \/\/.*$/, "")) };
    else if (name) settings = { ...settings, ...evaluate(`{ ${line.replace(/ \/\/.*$/, "")} }`) };
    else throw new Error(`no code: ${line}`);
  }
  return { layers: changed.flat(), data: given, options: settings };
}
