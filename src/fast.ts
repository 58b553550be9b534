// lanewise/fast: the core with relaxed SIMD. A module of its own, which a page loads if it asks for `build: "fast"`, and which
// shares nothing with the rest of the library, so that it costs others nothing.

import embedded from "../build/fast.wasm";
import { inflate } from "./inflate.ts";

/** The core of the fast build, for the option `core` beside `build: "fast"`: its bytes, or at the edge its module. Who can load
 * modules later needs it not, for `build: "fast"` brings it. At the edge, where engines take a .wasm but with the program, import
 * it only if the engine has relaxed SIMD.
 *
 * @example
 * const model = await createModel(dense(1), { input: [2], build: "fast", core: await fastCore() });
 * ["fast", "exact"].includes(model.info().build) // → true
 */
export async function fastCore(): Promise<ArrayBuffer | WebAssembly.Module> {
  return typeof embedded === "string" ? inflate(embedded) : embedded;
}
