// Core + plan: one memory, in which blocks (parameters, a fit, data sets, programs) lie side by side and the arena,
// shared by all programs, behind them. Nothing in the arena outlives a run, so it may move whenever a block needs
// its place: the programs are linked anew.
//
//   0 … base | parameters | program | program | fit | data … | arena
//
// Allocation happens between runs only.

import type { Core } from "./core.ts";
import { ADDRESSABLE, growTo, releaseCore } from "./core.ts";
import { MemoryError, StateError } from "./errors.ts";
import { alignUp } from "./plan.ts";
import { type Address, ARENA, type Program } from "./program.ts";

/** A piece of memory that stays where it is until it is freed. */
export interface Block {
  readonly offset: number;
  readonly bytes: number;
}

/** Runs programs with more ranks than this thread, or in a worker; a session without one runs them by itself. */
export interface Runner {
  /** Has a worker died? Such a runner runs nothing there. */
  readonly dead: boolean;
  /** Told of a program before it is put into memory. */
  prepare?(program: Program): void;
  /** Runs a program. A promise where this thread may not wait for the end, or has waited in vain; it may reject with a
   * WorkerError. */
  run(program: LoadedProgram): Promise<void> | undefined;
  /** Runs a program to its end, waiting here; on this thread alone where a worker has died.
   *
   * @throws WorkerError if a worker does not answer.
   */
  runSync(program: LoadedProgram): void;
  /** Runs a program up to so many times. `before` writes the cells of the run that is `i` runs further, `after` is told of one, whose
   * `before` had this `i`: where runs are far away, when all are done. The first after which the word number `guard` is not 1 is the
   * last: `after` is false then. */
  series(program: LoadedProgram, times: number, site: { readonly cells: Block; readonly guard: number }, before: (i: number) => void, after: (i: number) => boolean): Promise<void>;
  /** Waits here for a program that is under way: before anything else touches the memory. */
  settle?(): void;
  /** Of a runner whose programs run on another memory: this session's is its image. */
  readonly twin?: Twin;
  /** Ends its workers, which may write for a while. */
  close(): Promise<unknown>;
}

/** Numbers of some type. */
interface Taken {
  readonly data: ArrayLike<number>;
  readonly dtype: string;
}

/** The memory that programs run on, where it is not the session's own. What the host writes goes there before the next run;
 * what a program says it results in comes back after it, and all else when it is asked for. */
export interface Twin {
  /** Takes what the host has written, or so many zeros; nothing, if the worker has died. */
  write(at: number, bytes: Uint8Array | number): void;
  /** Where the host may write `bytes` that go elsewhere, so that they do not stay in the image: for now. */
  stage(bytes: number): number;
  /** How to take over the array of one of a data set's columns, so that its caller has it no more; undefined: it has to be copied. */
  taker(at: number, column: Taken, columns: readonly Taken[]): (() => void) | undefined;
  /** Brings bytes into the image; rejects with a WorkerError if the worker has died. */
  read(ranges: readonly Block[]): Promise<void>;
  readAll(): Promise<void>;
}

export class Session {
  readonly core: Core;
  /** Who runs the programs, if this thread does not by itself. */
  runner: Runner | undefined;
  /** Bytes that this session may use in all. */
  readonly limit: number;
  /** By offset. */
  private blocks: Block[] = [];
  /** The programs that lie in memory. */
  readonly loaded = new Set<LoadedProgram>();
  /** Start and size of the arena. */
  arena = 0;
  private arenaSize = 0;
  private floatView!: Float32Array;
  private wordView!: Uint32Array;
  private closed = false;
  /** Counts the moves of the arena: addresses that were asked for before one are stale. */
  moves = 0;

  constructor(core: Core, limit: number = ADDRESSABLE) {
    this.core = core;
    this.limit = limit;
    this.arena = alignUp(core.base);
    this.refresh();
  }

  /** Goes on without a runner that has died, on this thread. */
  async detach(): Promise<void> {
    const { runner } = this;
    if (!runner?.dead) return;
    this.runner = undefined;
    await runner.close();
  }

  /** The other memory, where programs run on one. */
  get twin(): Twin | undefined {
    return this.runner?.twin;
  }

  /** Tells that the host has written here, bytes that are meant for `to`. Everything that it writes, it tells. */
  wrote(at: number, bytes: number, to = at): void {
    if (this.runner) this.twin?.write(to, new Uint8Array(this.core.memory.buffer, at, bytes)); // a step of XOR is 1 % longer without the if
  }

  /** Brings blocks up to date that programs have written, where they run on another memory. */
  pull(...blocks: readonly Block[]): Promise<void> | undefined {
    return this.twin?.read(blocks);
  }

  /** Takes `bytes` of memory, filled with zeros unless they will all be written.
   *
   * @throws MemoryError if that goes beyond the limit; nothing has changed then.
   */
  allocate(bytes: number, what: string, zeros = true): Block {
    this.wantOpen();
    const block = this.put(this.blocks, bytes);
    const arena = Math.max(this.arena, block.offset + block.bytes);
    try {
      this.reserve(arena, this.arenaSize, what);
    } catch (error) {
      this.free(block);
      throw error;
    }
    if (arena !== this.arena) {
      this.arena = arena;
      this.moves++;
      for (const program of this.loaded) program.link();
    }
    if (zeros) {
      this.bytes(block).fill(0);
      this.twin?.write(block.offset, block.bytes);
    }
    return block;
  }

  /** Lets the arena have at least so many bytes. */
  widen(bytes: number, what: string): void {
    const size = Math.max(this.arenaSize, bytes);
    this.reserve(this.arena, size, what);
    this.arenaSize = size;
  }

  /** Bytes in use, were there blocks of these sizes more, taken in this order, and an arena of `arenaBytes`; a block may be
   * freed before number `at` of them is taken. */
  measure(sizes: readonly number[], arenaBytes: number, freed?: Block, at = 0): number {
    this.wantOpen();
    let blocks = [...this.blocks];
    const ends = sizes.map((size, i) => {
      if (i === at) blocks = blocks.filter((block) => block !== freed);
      const { offset, bytes } = this.put(blocks, size);
      return offset + bytes;
    });
    return Math.max(this.arena, ...ends) + Math.max(this.arenaSize, arenaBytes);
  }

  /** Throws what allocate and load would throw for them. */
  want(sizes: readonly number[], arenaBytes: number, what: string, freed?: Block, at?: number): void {
    this.wantBelowLimit(this.measure(sizes, arenaBytes, freed, at), what);
  }

  free(block: Block): void {
    this.blocks = this.blocks.filter((other) => other !== block);
  }

  /** Puts a program into memory; `regions` says where the regions lie that it names. */
  load(program: Program, regions: Readonly<Record<string, Block>>): LoadedProgram {
    this.wantOpen();
    this.runner?.prepare?.(program);
    this.want([program.words.byteLength], program.arena, "a program");
    this.widen(program.arena, "a program");
    const loaded = new LoadedProgram(this, program, this.allocate(program.words.byteLength, "a program", false), regions);
    this.loaded.add(loaded);
    return loaded;
  }

  unload(program: LoadedProgram): void {
    this.loaded.delete(program);
    this.free(program.block);
  }

  /** The whole memory as f32; fetched anew before each use, because growing the memory makes a new one and leaves the old one empty.
   * (To ask the memory for its buffer each time would cost a step of XOR a tenth.) */
  get floats(): Float32Array {
    if (this.floatView.length === 0) this.refresh();
    return this.floatView;
  }

  /** The whole memory as u32. */
  get words(): Uint32Array {
    if (this.wordView.length === 0) this.refresh();
    return this.wordView;
  }

  /** A block as bytes, for now. */
  bytes(block: Block): Uint8Array {
    return new Uint8Array(this.core.memory.buffer, block.offset, block.bytes);
  }

  /** Bytes in use: all blocks and the arena. */
  get used(): number {
    return this.arena + this.arenaSize;
  }

  /** Ends the workers, and gives the memory back when they have ended. */
  close(): void {
    this.closed = true;
    void Promise.resolve(this.runner?.close()).then(() => releaseCore(this.core));
    this.runner = undefined;
    this.loaded.clear();
    this.blocks = [];
  }

  private wantOpen(): void {
    if (this.closed) throw disposed("the model");
  }

  private refresh(): void {
    const { buffer } = this.core.memory;
    this.floatView = new Float32Array(buffer);
    this.wordView = new Uint32Array(buffer);
  }

  /** Adds a block to the list, in the first gap that is wide enough. */
  private put(blocks: Block[], bytes: number): Block {
    const size = alignUp(Math.max(bytes, 1));
    let offset = alignUp(this.core.base), at = 0;
    for (; at < blocks.length && blocks[at]!.offset - offset < size; at++) offset = blocks[at]!.offset + blocks[at]!.bytes;
    const block = { offset, bytes: size };
    blocks.splice(at, 0, block);
    return block;
  }

  private reserve(arena: number, arenaBytes: number, what: string): void {
    this.wantBelowLimit(arena + arenaBytes, what);
    growTo(this.core, arena + arenaBytes);
    if (4 * this.floatView.length < arena + arenaBytes) this.refresh(); // a shared memory that grows leaves the old views as they are
  }

  private wantBelowLimit(wanted: number, what: string): void {
    if (wanted > this.limit)
      throw new MemoryError("memory-limit", {
        option: "memoryLimit", wanted: `${wanted} bytes in all for ${what}`, got: this.limit,
        fix: "raise it, or use a smaller batchSize or less data at once",
      });
  }
}

export function disposed(what: string): StateError {
  return new StateError("disposed", { problem: `${what} has been disposed` });
}

/** A program that lies in a session's memory. */
export class LoadedProgram {
  readonly session: Session;
  readonly program: Program;
  readonly block: Block;
  private readonly regions: Readonly<Record<string, Block>>;

  constructor(session: Session, program: Program, block: Block, regions: Readonly<Record<string, Block>>) {
    this.session = session;
    this.program = program;
    this.block = block;
    this.regions = regions;
    this.link();
  }

  /** Writes the words, with today's addresses. */
  link(): void {
    const { session, program, block } = this;
    const start = block.offset / 4;
    session.words.set(program.words, start);
    const words = session.words;
    for (const { word, region } of program.relocations) words[start + word]! += this.base(region);
    session.wrote(block.offset, program.words.byteLength);
  }

  /** Byte address of a place, until memory is allocated again. */
  address({ region, offset }: Address): number {
    return this.base(region) + offset;
  }

  /** Byte address of a named input or output. */
  place(name: string): number {
    const place = this.program.places.get(name);
    if (!place) throw new Error(`the program has no place ${name}`);
    return this.address(place);
  }

  /** Runs it; where there is a promise, that tells of the end. It rejects with a WorkerError if a worker has died: what the
   * program reads may have been there alone. */
  run(): Promise<void> | undefined {
    const { runner } = this.session;
    if (!runner) return void this.runSync();
    this.wantLoaded();
    return runner.run(this);
  }

  /** Runs it to the end, waiting here. */
  runSync(): void {
    this.wantLoaded();
    const { runner, core } = this.session;
    if (runner) runner.runSync(this);
    else core.run(this.block.offset, 0, 1, 0);
  }

  /** Throws if it lies in memory no more. */
  wantLoaded(): void {
    if (!this.session.loaded.has(this)) throw disposed("this program");
  }

  private base(region: string): number {
    if (region === ARENA) return this.session.arena;
    if (region === "program") return this.block.offset;
    const block = this.regions[region];
    if (!block) throw new Error(`the program's region ${region} has no place`);
    return block.offset;
  }
}
