// The story of the library: outputs ──► live nodes, in order ──► storages ──► plan ──► program.

import { type Emitter, type Node, origin, type Value } from "./graph.ts";
import { inputOp } from "./op.ts";
import { constantOp } from "./ops/constant.ts";
import { copy } from "./ops/shape.ts";
import { live, needed } from "./passes/live.ts";
import { order } from "./passes/order.ts";
import { assignStorage, isSource, type Storages } from "./passes/storage.ts";
import { plan } from "./plan.ts";
import { type Address, Assembler, bits, type Literal, type Program, type Range } from "./program.ts";

/** A value and the place of its own where it is to be written. */
export type Store = readonly [Value, Address];

/** What brings speed or memory, and changes no bit: false leaves a pass out. */
export interface Passes {
  /** Ops work in the memory of an input that nobody needs afterwards. */
  inPlace?: boolean;
  /** Nodes run when the first result that needs them is due, not when they are made. */
  order?: boolean;
  /** On several threads, one executes by itself what is too little work to be split. */
  alone?: boolean;
}

export interface Goal {
  /** Values that are read after the run, by name: `program.places` tells where they are. */
  outputs?: ReadonlyMap<string, Value>;
  /** What else is read then. */
  results?: readonly Range[];
  /** Gradients, cells; see ownMemory. */
  stores?: readonly Store[];
  /** Where sources lie that are not in the arena (parameters, data sets, cells). */
  sources?: ReadonlyMap<Value, Address>;
  /** Nodes that write by themselves (updates). */
  effects?: readonly Node[];
  passes?: Passes;
}

/** Compiles what the goal needs to a program. */
export function compileProgram({ outputs = new Map(), results = [], stores = [], sources, effects = [], passes = {} }: Goal): Program {
  const pins = new Map<Value, Address>([...(sources ?? []), ...stores]);
  const kept = new Map([...outputs].map(([name, value]) => [name, isSource(origin(value)) ? copy(value) : value]));
  const ends = [...kept.values(), ...stores.map(([value]) => value)], nodes = needed(ends, effects);
  const alive = live(passes.order === false ? nodes : order(nodes, ends, effects), ends);
  const storages = assignStorage(alive, pins, passes.inPlace);
  const arena = plan([...storages.of.values(), ...[...storages.scratch.values()].flat()]);
  const assembler = new Assembler();
  for (const node of alive.nodes) node.op.emit(node, emitter(node, storages, assembler));
  const program = assembler.finish();
  program.arena = arena;
  program.shared = passes.alone === false;
  program.results.push(...results);
  for (const [name, value] of kept) {
    const address = storages.of.get(value)!.address!;
    program.places.set(name, address);
    program.results.push({ address, bytes: value.bytes });
  }
  for (const { op, attributes, outputs: [value] } of alive.nodes)
    if (op === inputOp) program.places.set(attributes.name, storages.of.get(value!)!.address!);
  return program;
}

/** Stores whose values are copied where they cannot be written to places of their own: sources lie elsewhere, and no
 * memory is in two places. Effects that read those places must come after this. */
export function ownMemory(stores: readonly Store[]): Store[] {
  const taken = new Set<Value>();
  return stores.map(([value, address]) => {
    const own = origin(value), free = !isSource(own) && !taken.has(own);
    taken.add(own);
    return [free ? value : copy(value), address];
  });
}

function emitter(node: Node, { of, scratch }: Storages, assembler: Assembler): Emitter {
  const at = (value: Value): Address | Literal | 0 => {
    const { op, attributes } = origin(value).node;
    return op === constantOp && value.size === 1 ? { literal: bits(attributes.value) } : (of.get(value)?.address ?? 0);
  };
  return {
    at,
    scratch: (i) => scratch.get(node)![i]!.address!,
    instruction(opcode, size, slots, writes) {
      const ranges = writes ?? node.outputs.flatMap((output) => {
        const address = of.get(output)?.address;
        return address ? [{ address, bytes: output.bytes }] : [];
      });
      assembler.instruction(opcode, size, slots, node.label, ranges, node.inputs.map((x) => ({ label: x.node.label, size: x.size, at: at(x) })));
    },
  };
}
