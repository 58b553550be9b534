import type * as lanewise from "../src/index.ts";

export function plots(library: typeof lanewise): Promise<Map<string, string>>;
