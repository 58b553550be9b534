// What the specs share: guarded buffers, instructions run by any number of ranks, and comparisons that name the
// first element that differs. A spec runs a kernel as a program does, by an instruction (assembly/isa.ts).

import { Size } from "../../assembly/isa";
import { execute } from "../../assembly/vm";

// ---- buffers -------------------------------------------------------------------------------------------------
//
//   guard | block | guard | block | guard        guard: 128 bytes of a NaN that no kernel makes
//
// A block starts as guard NaN too, so an element that a kernel forgets to write is seen.

const GUARD: u32 = 0x7fe9a5d1;
const GUARD_BYTES: usize = 128;
const ARENA_BYTES: usize = 8 << 20;
const arena = heap.alloc(ARENA_BYTES), before = heap.alloc(ARENA_BYTES), after = heap.alloc(ARENA_BYTES);
let top = arena;
let writable: usize[] = []; // start and end of each output, ascending
let subject = "";

/** Begins a case: forgets all buffers; `what` stands in front of every complaint. */
export function setUp(what: string): void {
  subject = what;
  top = arena;
  writable = [];
  state = 0x2545f491;
  guardUpTo(arena + GUARD_BYTES);
}

function guardUpTo(end: usize): void {
  assert(end <= arena + ARENA_BYTES, "the arena is full");
  for (; top < end; top += 4) store<u32>(top, GUARD);
}

function block(bytes: usize): usize {
  const at = top;
  guardUpTo(at + ((bytes + 15) & ~15) + GUARD_BYTES);
  return at;
}

/** `count` 4-byte elements, aligned to 16 bytes, that kernels must leave as they are. */
export function input(count: u32): usize {
  return block(<usize>count << 2);
}

/** `count` 4-byte elements that kernels may write. */
export function output(count: u32): usize {
  const at = block(<usize>count << 2);
  writable.push(at);
  writable.push(at + (<usize>count << 2));
  return at;
}

/** An output that starts as a copy of `src`: for kernels that work in place. */
export function outputOf(src: usize, count: u32): usize {
  const at = output(count);
  memory.copy(at, src, <usize>count << 2);
  return at;
}

/** `count` elements, 1, that end where memory ends: reading beyond them traps. */
export function atEndOfMemory(count: u32): usize {
  assert(count <= 16384, "more than a page");
  const at = (<usize>(memory.grow(1) + 1) << 16) - (<usize>count << 2);
  for (let i: u32 = 0; i < count; i++) set(at, i, 1);
  return at;
}

// @ts-ignore: decorator
@inline
export function get(at: usize, i: u32): f32 { return load<f32>(at + (<usize>i << 2)); }
// @ts-ignore: decorator
@inline
export function set(at: usize, i: u32, value: f32): void { store<f32>(at + (<usize>i << 2), value); }
// @ts-ignore: decorator
@inline
export function getInt(at: usize, i: u32): i32 { return load<i32>(at + (<usize>i << 2)); }
// @ts-ignore: decorator
@inline
export function setInt(at: usize, i: u32, value: i32): void { store<i32>(at + (<usize>i << 2), value); }

// ---- numbers -------------------------------------------------------------------------------------------------

/** Lengths around the vector (4), the grain of a share (16) and two of them, and one with work for seven ranks. */
export const COUNTS: StaticArray<u32> = [0, 1, 3, 4, 5, 15, 16, 17, 31, 32, 33, 113];

/** Numbers at which functions break. */
export const EDGES: StaticArray<f32> = [
  0, -0, 1, -1, 0.5, -0.5, 2, -3, 0.625, 20, -20, 400, -400, 1e-45, -1e-45, 1.1754942e-38, -1.1754942e-38,
  1.17549435e-38, 1e-20, -1e20, 3.4028235e38, -3.4028235e38, Infinity, -Infinity, NaN,
  reinterpret<f32>(0x7fc00001), reinterpret<f32>(0xffd55555), // NaNs that stand in other people's data
];

let state: u32 = 1;

/** 32 random bits (Marsaglia's xorshift); the same in every case. */
export function randomBits(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/** A number in [−scale, scale). */
export function randomNumber(scale: f64): f32 {
  return <f32>((<f64>randomBits() / 2147483648.0 - 1) * scale);
}

export function fillNoise(at: usize, count: u32, scale: f64 = 4): void {
  for (let i: u32 = 0; i < count; i++) set(at, i, randomNumber(scale));
}

/** An input of random numbers in [−scale, scale). */
export function noise(count: u32, scale: f64 = 4): usize {
  const at = input(count);
  fillNoise(at, count, scale);
  return at;
}

/** An input of random whole numbers from low on, below high. */
export function integers(count: u32, low: i32, high: i32): usize {
  const at = input(count);
  for (let i: u32 = 0; i < count; i++) setInt(at, i, low + <i32>(randomBits() % <u32>(high - low)));
  return at;
}

// ---- instructions --------------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
export function bits(x: f32): u32 { return reinterpret<u32>(x); }

/** Writes an instruction; returns its address. */
export function instruction(opcode: u32, operands: StaticArray<u32>): usize {
  const words = operands.length + 1, at = input(words);
  setInt(at, 0, opcode | (words << 16));
  for (let i = 1; i < words; i++) setInt(at, i, operands[i - 1]);
  return at;
}

const SIZES: StaticArray<u32> = [2, 3, 4, 7];
const alone = heap.alloc(ARENA_BYTES);
/** Words that each of four ranks changed in the last launch. */
export const written = new StaticArray<u32>(4);

/** Runs an instruction on one rank; then on 2, 3, 4 and 7, one after the other in either order, and each as if the
 *  others had not run yet: all must leave the same bits. Nothing but outputs may change, and no two ranks may change
 *  the same word (a flag that they share apart). */
export function launch(at: usize, shared: bool = false): void {
  const bytes = top - arena;
  memory.copy(before, arena, bytes);
  rank(at, 0, 1);
  checkUntouched();
  memory.copy(after, arena, bytes);
  for (let s = 0; s < SIZES.length; s++) {
    const size = SIZES[s];
    memory.copy(arena, before, bytes);
    for (let r: u32 = 0; r < size; r++) rank(at, size & 1 ? size - 1 - r : r, size);
    compareArena(arena, bytes, size);
    memory.copy(alone, before, bytes);
    for (let r: u32 = 0; r < size; r++) {
      memory.copy(arena, before, bytes);
      rank(at, r, size);
      const count = collect(bytes, shared);
      if (size == 4) written[r] = count;
    }
    compareArena(alone, bytes, size);
  }
  memory.copy(arena, after, bytes);
}

function rank(at: usize, r: u32, size: u32): void {
  const next = at + (<usize>load<u16>(at, 2) << 2), from = <usize>r * Size.SCRATCH, to = from + Size.SCRATCH;
  for (let i: usize = 0; i < GUARD_BYTES; i += 4) {
    if (r) store<u32>(from - GUARD_BYTES + i, GUARD);
    store<u32>(to + i, GUARD);
  }
  if (execute(at, r, size) != next) throw new Error(`${subject}: wrong next address`);
  for (let i: usize = 0; i < GUARD_BYTES; i += 4)
    if (load<u32>(to + i) != GUARD || (r && load<u32>(from - GUARD_BYTES + i) != GUARD))
      throw new Error(`${subject}: rank ${r} wrote into the scratch of another`);
}

function compareArena(got: usize, bytes: usize, size: u32): void {
  for (let i: usize = 0; i < bytes; i += 4)
    if (!equal(load<u32>(got + i), load<u32>(after + i)))
      throw new Error(`${subject}: ${size} ranks differ from one, ${where(arena + i)}`);
}

/** Adds what one rank has changed to what the others have; returns how much it was. */
function collect(bytes: usize, shared: bool): u32 {
  let count: u32 = 0;
  for (let i: usize = 0; i < bytes; i += 4) {
    const was = load<u32>(before + i), now = load<u32>(arena + i);
    if (now == was) continue;
    if (!shared && load<u32>(alone + i) != was) throw new Error(`${subject}: two ranks write ${where(arena + i)}`);
    store<u32>(alone + i, now);
    count++;
  }
  return count;
}

function checkUntouched(): void {
  let at = arena;
  for (let w = 0; w <= writable.length; w += 2) {
    const end = w < writable.length ? writable[w] : top;
    for (; at < end; at += 4)
      if (load<u32>(at) != load<u32>(before + (at - arena))) throw new Error(`${subject}: wrote outside, ${where(at)}`);
    if (w < writable.length) at = writable[w + 1];
  }
}

function where(at: usize): string {
  for (let w = 0; w < writable.length; w += 2) {
    const from = writable[w];
    if (at + GUARD_BYTES >= from && at < writable[w + 1] + GUARD_BYTES)
      return `element ${(<i32>(at - from)) >> 2} of output ${w >> 1}, which has ${(writable[w + 1] - from) >> 2}`;
  }
  return `byte ${at - arena} of the arena`;
}

// ---- comparisons ---------------------------------------------------------------------------------------------

/** Equal bits; all NaNs are equal. */
function equal(a: u32, b: u32): bool {
  return a == b || ((a & 0x7fffffff) > 0x7f800000 && (b & 0x7fffffff) > 0x7f800000);
}

/** Difference in units of the last place of an f32 of the size of `wanted`. */
export function ulps(got: f32, wanted: f64): f64 {
  if (isNaN(wanted)) return isNaN(got) ? 0 : Infinity;
  // what rounds to infinity has to be infinite
  if (abs(wanted) >= 3.4028235677973366e38) return <f64>got == (wanted < 0 ? -Infinity : Infinity) ? 0 : Infinity;
  if (!isFinite(got)) return Infinity;
  const exponent = max<u64>(reinterpret<u64>(wanted) >> 52 & 2047, 1023 - 126);
  return abs(<f64>got - wanted) / reinterpret<f64>((exponent - 23) << 52);
}

function complain(i: u32, got: string, wanted: string): void {
  throw new Error(`${subject}: element ${i} is ${got}, wanted ${wanted}`);
}

/** Element i is `wanted`, bit for bit; all NaNs are equal. */
export function same(i: u32, got: f32, wanted: f32): void {
  if (!equal(bits(got), bits(wanted))) complain(i, number(got), number(wanted));
}

export function sameInt(i: u32, got: i32, wanted: i32): void {
  if (got != wanted) complain(i, got.toString(), wanted.toString());
}

/** Element i is at most so many ulp off. */
export function near(i: u32, got: f32, wanted: f64, most: f64): void {
  if (!(ulps(got, wanted) <= most)) complain(i, number(got), `${wanted} within ${most} ulp`);
}

/** Element i is at most so far off, in units of half an ulp of 1. */
export function within(i: u32, got: f32, wanted: f64, size: f64): void {
  if (!(abs(wanted) < 3.4028235677973366e38) || isNaN(got)) return near(i, got, wanted, 0);
  if (!(abs(<f64>got - wanted) <= size * 5.9604645e-8)) complain(i, number(got), `${wanted} within ${size} · 2⁻²⁴`);
}

export function number(x: f32): string {
  return x == 0 && bits(x) ? "-0" : x.toString();
}

/** Prints a measured figure under the results. */
export function report(figure: string): void {
  log<string>(figure);
}
