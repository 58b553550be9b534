// node scripts/deflate.mjs < FILE: standard input, deflated (RFC 1950). Zopfli deflates as zlib does, but 5 % smaller.
// A process of its own, because the package takes the process's errors over, and shows its whole source with each.
import { readFileSync } from "node:fs";
import { zlibAsync } from "@gfx/zopfli";

process.stdout.write(await zlibAsync(readFileSync(0), { numiterations: 15 }));
