// What the engine can do at the most, from probes (assembly/probes): arithmetic in registers, and streams of loads and stores
// over as many bytes as an instruction has, for each level of the caches has a bandwidth of its own.

import probes from "../../build/probes.wasm";
import type { Core } from "../core.ts";
import { type Clock, timed, type Turn } from "./clock.ts";
import type { Streams, Work } from "./work.ts";

/** Bandwidth of some streams over some bytes. */
export interface StreamCeiling {
  readonly loads: number;
  readonly stores: number;
  /** Of all streams together, in bytes. */
  readonly size: number;
  /** Do the stores go where loads come from? */
  readonly inPlace: boolean;
  /** 10⁹ bytes loaded and stored in a second. */
  readonly gbps: number;
}

/** The engine's ceilings, of one thread. */
export interface Ceilings {
  /** Products and sums: 10⁹ in a second, in registers. */
  readonly multiplyAdd: number;
  /** The same with the loads that a matrix product's micro-kernel has. */
  readonly multiplyAddLoads: number;
  /** Quotients: 10⁹ in a second. */
  readonly divide: number;
  readonly streams: readonly StreamCeiling[];
}

/** What the probes' module exports. */
interface Probes extends Core {
  multiplyAdd(times: number): number;
  multiplyAddLoads(a: number, b: number, depth: number, times: number): number;
  divide(times: number): number;
  readonly [streams: `load${string}` | `store${string}`]: (from: number, to: number, stride: number, bytes: number, times: number) => unknown;
}

/** What makes an instance of them. */
export interface ProbeKit {
  embeddedBytes(text: string): Promise<ArrayBuffer>;
  compile(bytes: ArrayBuffer): Promise<WebAssembly.Module>;
  instantiate(module: WebAssembly.Module): Promise<Core>;
  growTo(core: Core, bytes: number): void;
  releaseCore(core: Core): void;
}

/** Streams that have a probe; for others, the nearest. */
const STREAMS: readonly Streams[] = [[1, 0], [0, 1], [1, 1], [2, 1], [3, 1], [3, 2], [4, 3]];
/** Smallest and largest size that is probed, in bytes: behind the last level of the caches all sizes are alike. */
const LEAST = 4096, MOST = 67108864;
/** Depth of the panels for the probe with loads. */
const DEPTH = 256;
/** All probes run so often, and for so many milliseconds, one after the other: engines compile anew what is hot. */
const SWEEPS = 3, WARM_UP = 300, ROUNDS = 3;

/** The probe that fits a work: streams, place, and the power of two that is not below its bytes. */
function probeFor({ streams: [loads, stores], inPlace, name, loads: read, stores: written }: Work): Omit<StreamCeiling, "gbps"> | undefined {
  const bytes = read + written;
  if (bytes === 0) return undefined;
  const far = ([l, s]: Streams): number => Math.abs(l - loads) + 2 * Math.abs(s - stores);
  const [l, s] = [...STREAMS].sort((a, b) => far(a) - far(b))[0]!;
  let size = LEAST;
  while (size < bytes && size < MOST) size *= 2;
  return { loads: l, stores: s, size, inPlace: inPlace || name === "Update" };
}

const keyOf = ({ loads, stores, size, inPlace }: Omit<StreamCeiling, "gbps">): string => `${loads} ${stores} ${size} ${inPlace}`;

/** Bounds of an instruction. */
export interface Bounds {
  /** Microseconds of its arithmetic, and of its loads and stores, at the ceilings. */
  readonly compute: number;
  readonly memory: number;
}

/** Runs the probes that these instructions want; undefined in a build for engines that compile nothing. */
export async function probe(works: readonly Work[], clock: Clock, turn: Turn, kit: ProbeKit): Promise<{ ceilings: Ceilings; bounds: Bounds[] } | undefined> {
  if (typeof probes !== "string") return undefined;
  const core = await kit.instantiate(await kit.compile(await kit.embeddedBytes(probes))) as Probes, base = Math.ceil(core.base / 64) * 64;
  try {
    const fill = (bytes: number): void => {
      kit.growTo(core, base + bytes);
      new Float32Array(core.memory.buffer, base, bytes >>> 2).fill(1);
    };
    /** Of each probe the best rate, 10⁹ in a second: whatever disturbs one does not raise a ceiling. */
    const best = new Map<string, number>(), found = new Map<string, Omit<StreamCeiling, "gbps">>();
    const rate = async (key: string, amount: number, run: (times: number) => unknown): Promise<void> => {
      await turn();
      best.set(key, Math.max(best.get(key) ?? 0, amount / (1000 * Math.min(...timed(clock, run, ROUNDS)))));
    };
    for (const work of works) {
      const wanted = probeFor(work);
      if (wanted) found.set(keyOf(wanted), wanted);
    }
    for (let sweep = 0, begin = clock.now(); sweep < SWEEPS || clock.now() - begin < WARM_UP; sweep++) {
      fill(48 * DEPTH);
      await rate("multiplyAdd", 96 * 100, (times) => core.multiplyAdd(100 * times));
      await rate("multiplyAddLoads", 64 * DEPTH, (times) => core.multiplyAddLoads(base, base + 16 * DEPTH, DEPTH, times));
      await rate("divide", 32 * 100, (times) => core.divide(100 * times));
      for (const [key, { loads, stores, size, inPlace }] of found) {
        const apart = !inPlace && loads > 0 ? loads : 0, count = Math.max(loads, apart + stores);
        const each = Math.floor(size / count / 64) * 64, stride = each % 4096 ? each : each + 192; // no two lie in the same lines of a cache
        fill(stride * count);
        const run = core[`${loads ? `load${loads}` : ""}${stores ? `${loads ? "S" : "s"}tore${stores}` : ""}` as "load1"]!;
        await rate(key, each * (loads + stores), (times) => run(base, base + apart * stride, stride, each, times));
      }
    }
    const [multiplyAdd, multiplyAddLoads, divide] = ["multiplyAdd", "multiplyAddLoads", "divide"].map((key) => best.get(key)!) as [number, number, number];
    const peak = Math.max(multiplyAdd, multiplyAddLoads);
    const bounds = works.map((work) => {
      const { flops, divisions, loads, stores } = work, wanted = probeFor(work);
      return {
        compute: ((flops - divisions) / peak + divisions / divide) / 1000,
        memory: wanted ? (loads + stores) / best.get(keyOf(wanted))! / 1000 : 0,
      };
    });
    return { ceilings: { multiplyAdd, multiplyAddLoads, divide, streams: [...found].map(([key, its]) => ({ ...its, gbps: best.get(key)! })) }, bounds };
  } finally {
    kit.releaseCore(core);
  }
}
