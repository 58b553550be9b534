// Update: PyTorch's formulas in f64 over a table of segments with groups of their own.

import { AdamCell, GuardCell, Opcode, Segment, SgdCell, UpdateKind } from "../../assembly/isa";
import { get, input, instruction, launch, noise, output, outputOf, same, set, setInt, setUp, within } from "./support";

const NAMES: string[] = ["Sgd", "Momentum", "Adam", "Amsgrad"];
const GROUP_FLOATS: u32 = 12; // more than any kind has cells
const TOTAL: u32 = 8 + 64 + 4 + 132;
/** START, COUNT, GROUP: side by side in the gradients but for four at the end. */
const SEGMENTS: StaticArray<u32> = [0, 8, 0, 8, 64, 1, 72, 4, 0, 76, 128, 1];

let table: usize = 0, gradient: usize = 0, parameters: usize = 0, states: usize = 0, cells: usize = 0, guard: usize = 0;
let wasParameters: usize = 0, wasStates: usize = 0;

/** Where segment s starts in the parameters: behind a frozen one of 4 · (s + 1) elements. */
function parameterAt(s: u32): u32 { return SEGMENTS[3 * s] + 2 * (s + 1) * (s + 2); }

function build(kind: UpdateKind, finite: bool, factor: f32): void {
  setUp(`${NAMES[kind]}${finite ? "" : ", not finite"}, factor ${factor}`);
  gradient = noise(TOTAL);
  wasParameters = noise(TOTAL + 64);
  wasStates = noise(3 * TOTAL, 1);
  for (let i = TOTAL; i < 3 * TOTAL; i++) set(wasStates, i, abs(get(wasStates, i))); // second moments
  parameters = outputOf(wasParameters, TOTAL + 64);
  states = outputOf(wasStates, 3 * TOTAL);
  const segments = SEGMENTS.length / 3;
  table = input(segments * Segment.SIZE);
  for (let s = 0; s < segments; s++) {
    setInt(table, s * Segment.SIZE + Segment.PARAMETER, parameters + (parameterAt(s) << 2));
    setInt(table, s * Segment.SIZE + Segment.START, SEGMENTS[3 * s]);
    setInt(table, s * Segment.SIZE + Segment.COUNT, SEGMENTS[3 * s + 1]);
    setInt(table, s * Segment.SIZE + Segment.GROUP, SEGMENTS[3 * s + 2]);
  }
  cells = input(2 * GROUP_FLOATS);
  for (let i: u32 = 0; i < 2 * GROUP_FLOATS; i++) set(cells, i, 0.03 + 0.07 * <f32>((i * 5) % 13)); // all different
  guard = input(GuardCell.SIZE);
  setInt(guard, GuardCell.FINITE, finite ? 1 : 0);
  set(guard, GuardCell.NORM, NaN);
  set(guard, GuardCell.FACTOR, factor);
}

function run(kind: UpdateKind): void {
  launch(instruction(Opcode.Update, [
    kind, table, SEGMENTS.length / 3, TOTAL, gradient, states, TOTAL * 4, cells, GROUP_FLOATS * 4, guard,
  ]));
}

// of the element under test
let p: f64 = 0, first: f64 = 0, second: f64 = 0, greatest: f64 = 0;

/** One step of f64 arithmetic with the cells of group `its`. */
function step(kind: UpdateKind, its: usize, g: f64): void {
  if (kind >= UpdateKind.Adam) {
    const d = g + get(its, AdamCell.DECAY) * p;
    first = get(its, AdamCell.BETA1) * first + get(its, AdamCell.ONE_MINUS_BETA1) * d;
    second = get(its, AdamCell.BETA2) * second + get(its, AdamCell.ONE_MINUS_BETA2) * d * d;
    greatest = kind == UpdateKind.Amsgrad ? max(greatest, second) : second;
    const by = first / (sqrt<f64>(greatest) * get(its, AdamCell.DEVIATION) + get(its, AdamCell.EPSILON));
    p = get(its, AdamCell.RATE_DECAY) * p - get(its, AdamCell.RATE) * by;
    return;
  }
  const d = g + get(its, SgdCell.DECAY) * p;
  let by = d;
  if (kind == UpdateKind.Momentum) {
    first = get(its, SgdCell.MOMENTUM) * first + get(its, SgdCell.UNDAMPENED) * d;
    by = get(its, SgdCell.GRADIENT_SHARE) * d + get(its, SgdCell.BUFFER_SHARE) * first;
  }
  p -= get(its, SgdCell.RATE) * by;
}

function check(kind: UpdateKind, factor: f32): void {
  for (let s = 0; s < SEGMENTS.length / 3; s++) {
    const start = SEGMENTS[3 * s], its = cells + SEGMENTS[3 * s + 2] * GROUP_FLOATS * 4, from = parameterAt(s);
    for (let i: u32 = 0; i < SEGMENTS[3 * s + 1]; i++) {
      const at = start + i;
      p = get(wasParameters, from + i);
      first = get(wasStates, at);
      second = get(wasStates, TOTAL + at);
      greatest = get(wasStates, 2 * TOTAL + at);
      step(kind, its, <f64>factor * get(gradient, at));
      within(at, get(parameters, from + i), p, 32);
      within(at, get(states, at), kind == UpdateKind.Sgd ? <f64>get(wasStates, at) : first, 24);
      within(at, get(states, TOTAL + at), kind >= UpdateKind.Adam ? second : <f64>get(wasStates, TOTAL + at), 96);
      within(at, get(states, 2 * TOTAL + at), kind == UpdateKind.Amsgrad ? greatest : <f64>get(wasStates, 2 * TOTAL + at), 96);
    }
  }
}

/** What lies between the segments is as it was. */
function checkHoles(): void {
  const owned = new StaticArray<bool>(TOTAL + 64), stateOwned = new StaticArray<bool>(TOTAL);
  for (let s = 0; s < SEGMENTS.length / 3; s++) {
    for (let i: u32 = 0; i < SEGMENTS[3 * s + 1]; i++) {
      owned[parameterAt(s) + i] = true;
      stateOwned[SEGMENTS[3 * s] + i] = true;
    }
  }
  for (let i: u32 = 0; i < TOTAL + 64; i++) if (!owned[i]) same(i, get(parameters, i), get(wasParameters, i));
  for (let i: u32 = 0; i < 3 * TOTAL; i++) if (!stateOwned[i % TOTAL]) same(i, get(states, i), get(wasStates, i));
}

describe("Update", () => {
  it("steps every kind with each group's own cells, for any number of ranks", () => {
    for (let kind: UpdateKind = 0; kind < UpdateKind.Count; kind++) {
      build(kind, true, 1);
      run(kind);
      check(kind, 1);
      checkHoles();
    }
  });

  it("scales the gradient by the guard's factor before anything else", () => {
    for (let kind: UpdateKind = 0; kind < UpdateKind.Count; kind++) {
      build(kind, true, 0.25);
      run(kind);
      check(kind, 0.25);
      const step = get(parameters, parameterAt(0));
      build(kind, true, 1);
      for (let i: u32 = 0; i < TOTAL; i++) set(gradient, i, get(gradient, i) * 0.25);
      run(kind);
      same(0, get(parameters, parameterAt(0)), step); // a quarter is exact
    }
  });

  it("leaves nothing small in states where the guard says so", () => {
    for (let kind: UpdateKind = UpdateKind.Momentum; kind < UpdateKind.Count; kind++) {
      for (let flush = 0; flush < 2; flush++) {
        build(kind, true, 1);
        setInt(guard, GuardCell.FLUSH, flush);
        for (let i: u32 = 0; i < TOTAL + 64; i++) set(parameters, i, 0); // no decay
        for (let i: u32 = 0; i < TOTAL; i++) set(gradient, i, 0);
        for (let i: u32 = 0; i < 3 * TOTAL; i++) set(states, i, 1e-33);
        run(kind);
        for (let s = 0; s < SEGMENTS.length / 3; s++) {
          for (let i: u32 = SEGMENTS[3 * s]; i < SEGMENTS[3 * s] + SEGMENTS[3 * s + 1]; i++) {
            expect(get(states, i) == 0).toBe(flush == 1);
            if (kind >= UpdateKind.Adam) expect(get(states, TOTAL + i) == 0).toBe(flush == 1);
            if (kind == UpdateKind.Amsgrad) expect(get(states, 2 * TOTAL + i) == 0).toBe(flush == 1);
          }
        }
      }
    }
  });

  it("changes nothing where the guard says not finite", () => {
    for (let kind: UpdateKind = 0; kind < UpdateKind.Count; kind++) {
      build(kind, false, 1);
      for (let i: u32 = 0; i < TOTAL; i += 3) set(gradient, i, NaN);
      run(kind);
      for (let i: u32 = 0; i < TOTAL + 64; i++) same(i, get(parameters, i), get(wasParameters, i));
      for (let i: u32 = 0; i < 3 * TOTAL; i++) same(i, get(states, i), get(wasStates, i));
    }
  });

  it("gives twenty steps of SGD, of Nesterov momentum, of AdamW and of its AMSGrad with the cells that PyTorch's options mean", () => {
    const g: StaticArray<f64> = [0.3, -0.7, 1.1, 0, -0.05, 2, -0.3, 0.6];
    for (let kind: UpdateKind = 0; kind < UpdateKind.Count; kind++) {
      build(kind, true, 1);
      const rate = 0.05, decay = 0.01, beta1 = 0.9, beta2 = kind == UpdateKind.Amsgrad ? 0.6 : 0.999;
      let wanted: f64 = 1.5, m: f64 = 0, v: f64 = 0, w: f64 = 0;
      const at = parameterAt(0);
      set(parameters, at, 1.5);
      set(states, 0, 0);
      set(states, TOTAL, 0);
      set(states, 2 * TOTAL, 0);
      for (let t = 1; t <= 20; t++) {
        const now = g[t & 7];
        set(gradient, 0, <f32>now);
        if (kind >= UpdateKind.Adam) {
          set(cells, AdamCell.RATE, <f32>(rate / (1 - NativeMath.pow(beta1, t))));
          set(cells, AdamCell.DECAY, 0);
          set(cells, AdamCell.RATE_DECAY, <f32>(1 - rate * decay));
          set(cells, AdamCell.BETA1, <f32>beta1);
          set(cells, AdamCell.ONE_MINUS_BETA1, <f32>(1 - beta1));
          set(cells, AdamCell.BETA2, <f32>beta2);
          set(cells, AdamCell.ONE_MINUS_BETA2, <f32>(1 - beta2));
          set(cells, AdamCell.DEVIATION, <f32>(1 / sqrt(1 - NativeMath.pow(beta2, t))));
          set(cells, AdamCell.EPSILON, 1e-8);
          // Loshchilov and Hutter, algorithm 2; torch.optim.AdamW
          wanted -= rate * decay * wanted;
          m = beta1 * m + (1 - beta1) * now;
          v = beta2 * v + (1 - beta2) * now * now;
          w = kind == UpdateKind.Amsgrad ? max(w, v) : v;
          wanted -= rate * (m / (1 - NativeMath.pow(beta1, t))) / (sqrt(w / (1 - NativeMath.pow(beta2, t))) + 1e-8);
        } else {
          set(cells, SgdCell.RATE, <f32>rate);
          set(cells, SgdCell.DECAY, <f32>decay);
          set(cells, SgdCell.MOMENTUM, 0.9);
          set(cells, SgdCell.UNDAMPENED, 1);
          set(cells, SgdCell.GRADIENT_SHARE, 1);
          set(cells, SgdCell.BUFFER_SHARE, 0.9);
          // torch.optim.SGD, nesterov = True
          const d = now + decay * wanted;
          m = 0.9 * m + d;
          wanted -= rate * (kind == UpdateKind.Momentum ? d + 0.9 * m : d);
        }
        run(kind);
        within(t, get(parameters, at), wanted, 64);
      }
    }
  });

  it("with no segments, or segments of no elements, does nothing", () => {
    build(UpdateKind.Adam, true, 1);
    launch(instruction(Opcode.Update, [UpdateKind.Adam, table, 0, 0, gradient, states, 0, cells, 48, guard]));
    for (let s = 0; s < 4; s++) setInt(table, s * Segment.SIZE + Segment.COUNT, 0);
    run(UpdateKind.Adam);
    for (let i: u32 = 0; i < TOTAL + 64; i++) same(i, get(parameters, i), get(wasParameters, i));
  });
});
