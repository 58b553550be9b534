// The instruction set: the one file that the host (src/) and the core (assembly/) both read.
//
// A program is a block of u32 words in linear memory: instructions, then End.
// An instruction is a header word, opcode | alone | size << 16 (size in words, header included), and its operands
// in the order of the enum that bears the opcode's name. An operand is a byte address (A, SRC, DST …), a
// count of elements, a kind, or the bits of an f32 (marked "f32"). Unless an operand says otherwise, tensors
// are dense, row-major f32, aligned to 16 bytes, and counts may be 0.
//
// Adding an instruction: a line in Opcode, an enum of its operands, a case in vm.ts, a kernel.

export enum Version {
  /** Raised when an opcode, an operand or a kind is added or changes its meaning: core and host must agree on it. */
  ISA = 5,
  /** Raised when any instruction may give other bits than before: files and checkpoints name it. */
  NUMERICS = 3,
}

/** Sizes that both sides count with. */
export enum Size {
  /** Rows and columns of the register tile of Gemm, so the widths of Pack's panels. */
  MR = 4,
  NR = 8,
  /** Longest block of depth: MR · KC floats of A and NR · KC of B fit into the first-level cache. */
  KC = 256,
  /** Rows of A whose panels stay in the second-level cache while all of B passes by. */
  MC = 128,
  /** Elements of a chunk of Squares. */
  GUARD_CHUNK = 4096,
  /** Bytes of a rank's scratch, eight vectors, from address 0 on. */
  SCRATCH = 128,
  RANKS = 64,
  /** First byte behind scratch and barrier: here the core's own data begin (memoryBase in asconfig.json), so no instance that
   *  starts writes over them. */
  BASE = 8256,
}

/** Addresses of the barrier's words, u32, behind the scratch. They are no program's: a rank that is late may look at them when
 *  the host has put another program in the place of the last one. GENERATION never goes back. */
export enum Barrier { ARRIVED = 8192, GENERATION = 8196 }

/** Parts of a header word. */
export enum Header {
  OPCODE = 0x7fff,
  /** Rank 0 executes it alone: it is too little work to be split. */
  ALONE = 0x8000,
}

export enum Opcode {
  /** The program ends here. */
  End,
  /** DST[i] = VALUE */
  Fill,
  /** DST[…] = SRC[…], both walked with strides of their own */
  Copy,
  /** DST[i] = number of SRC[i], from another type */
  Convert,
  /** DST[r, :] = TABLE[IDS[CURSOR[0] + r], :] */
  Gather,
  /** DST[o, i] = SRC[o, IDS[o, i], i] */
  Pick,
  /** DST[o, a, i] = a == IDS[o, i] ? SRC[o, i] : 0 */
  Place,
  /** DST[i] = a number that depends on SEED, STREAM and i alone */
  Random,
  /** panels of WIDTH lines of SRC, interleaved, for Gemm */
  Pack,
  /** C[m, n] = Σk A[m, k] · B[k, n], from panels that Pack has made or straight from memory */
  Gemm,
  /** C[m, n] = Σk A[m, k] · B[k, n], straight from memory: few rows or little work */
  Direct,
  /** DST[i] = f(SRC[i]) */
  Map,
  /** DST[i] = G[i] · f′(V[i]); V is f's input or its output, as the kind needs it */
  MapGradient,
  /** DST[…] = f(A[…], B[…]) with broadcasting */
  Binary,
  /** DST[o, i] = reduce over a of SRC[o, a, i] */
  Reduce,
  /** DST[r, :] = softmax or log-softmax of SRC[r, :] */
  Softmax,
  /** DST[r, :] = gradient of softmax or log-softmax, from its output Y and G */
  SoftmaxGradient,
  /** LOSS[r] = −Σ TARGET[r] · log softmax LOGITS[r, :], PROBABILITIES[r, :] = softmax LOGITS[r, :] */
  CrossEntropy,
  /** DST[r, :] = G[r] · (PROBABILITIES[r, :] · Σ TARGET[r] − TARGET[r]) */
  CrossEntropyGradient,
  /** DST[i] = loss(P[i], T[i]) */
  Loss,
  /** DST[i] = G[i] · ∂loss/∂P (P[i], T[i]) */
  LossGradient,
  /** FLAG[0] = 1 if any SRC[i] is NaN or infinite, else left as it was */
  Check,
  /** PARTIALS[c] = Σ SRC² over chunk c of Size.GUARD_CHUNK elements, in f64 */
  Squares,
  /** CELLS = finite?, norm, factor for clipping, from PARTIALS and LOSS */
  Guard,
  /** parameters −= what the optimizer says, masked by GUARD */
  Update,
  /** goes on at END where GUARD says "not finite" */
  Stop,
  /** One past the last opcode. */
  Count,
}

export enum Fill { DST = 1, COUNT, /** f32, or the bits of an i32 */ VALUE, SIZE }

/** RANK times (size, stride in DST, stride in SRC) from DIMS on, strides in elements; 4-byte elements. */
export enum Copy { DST = 1, SRC, RANK, DIMS }

export enum Convert { KIND = 1, DST, SRC, COUNT, SIZE }
export enum ConvertKind { IntToFloat, FloatToInt, Count }

/** CURSOR: address of a u32 in elements of IDS, or 0 for none. IDS must lie inside the table. */
export enum Gather { KIND = 1, DST, TABLE, IDS, CURSOR, ROWS, WIDTH, SIZE }
export enum GatherKind { /** 4-byte elements as they are */ Word, /** u8 in the table, f32 in DST */ ByteToFloat, Count }

/** IDS: i32. An index outside 0 … AXIS−1 gives NaN. */
export enum Pick { DST = 1, SRC, IDS, OUTER, AXIS, INNER, SIZE }
/** IDS: i32. An index outside 0 … AXIS−1 places nothing. */
export enum Place { DST = 1, SRC, IDS, OUTER, AXIS, INNER, SIZE }

/** SEED: address of SeedCell words. P0, P1: f32, see RandomKind. */
export enum Random { KIND = 1, DST, COUNT, STREAM, SEED, P0, P1, SIZE }
export enum RandomKind {
  /** P0 + P1 · u, u in [0, 1) with 24 bits */
  Uniform,
  /** P0 + P1 · z, z normal with mean 0 and deviation 1 */
  Normal,
  /** P1 where u ≥ P0, else 0 */
  Bernoulli,
  Count,
}
export enum SeedCell { LOW, HIGH, STEP, SIZE }

/** SRC element (line l, depth k) lies at l · LINE + k · ALONG (strides in elements). WIDTH is Size.MR or Size.NR. */
export enum Pack { DST = 1, SRC, LINES, DEPTH, LINE, ALONG, WIDTH, SIZE }
/** A_STEP, B_STEP: 0 for what Pack has made; else A's rows, or B's columns, lie side by side, and this is its stride along k in
 *  elements. M must be a multiple of MR, or N of NR, where A_STEP is given. */
export enum Gemm { C = 1, A, B, M, N, K, A_STEP, B_STEP, SIZE }
/** Strides in elements; B's columns lie side by side; C is dense. */
export enum Direct { C = 1, A, B, M, N, K, A_ROW, A_COLUMN, B_ROW, SIZE }

/** DST may be SRC. P0, P1: f32. */
export enum Map { KIND = 1, DST, SRC, COUNT, P0, P1, SIZE }
/** DST may be G or V. */
export enum MapGradient { KIND = 1, DST, G, V, COUNT, P0, P1, SIZE }
/** The derivative is taken from the input x or from the output y, as noted. */
export enum MapKind {
  /** max(x, 0); from y */
  Relu,
  /** x > 0 ? x : P0 · x; from x */
  LeakyRelu,
  /** 1 / (1 + e^−x); from y */
  Sigmoid,
  /** from y */
  Tanh,
  /** from y */
  Exp,
  /** natural logarithm; from x */
  Log,
  /** from y */
  Sqrt,
  /** x²; from x */
  Square,
  /** |x|; from x */
  Abs,
  /** P0 · x; has no MapGradient: the gradient is another Scale */
  Scale,
  /** error function; from x */
  Erf,
  /** min(max(x, P0), P1); from x, 0 at the bounds */
  Clamp,
  /** x > 0 ? x : P0 · (e^(P1 · x) − 1); from x */
  Elu,
  /** log(1 + e^(P0 · x)) / P0, or x where P0 · x > P1; from x */
  Softplus,
  Count,
}

/** RANK times (size, stride in A, stride in B) from DIMS on, strides in elements; DST is dense. The innermost
 *  strides are 0 or 1. DST may be A or B where that one is dense. */
export enum Binary { KIND = 1, DST, A, B, RANK, DIMS }
export enum BinaryKind {
  Add, Subtract, Multiply, Divide,
  /** NaN if either is NaN */
  Maximum,
  Minimum,
  /** a to the power b */
  Power,
  /** a > b ? 1 : 0 */
  Greater,
  /** a == b ? 1 : 0 */
  Equal,
  /** a == b ? 1 : 0, of i32 */
  EqualInt,
  /** a < b ? 0 : a == b ? ½ : 1 */
  Heaviside,
  Count,
}

/** ArgMax writes i32. */
export enum Reduce { KIND = 1, DST, SRC, OUTER, AXIS, INNER, SIZE }
export enum ReduceKind { Sum, Mean, /** NaN if any is NaN */ Max, /** the first of equals; the first NaN if any */ ArgMax, Count }

/** DST may be SRC. */
export enum Softmax { KIND = 1, DST, SRC, ROWS, WIDTH, SIZE }
/** DST may be G or Y. */
export enum SoftmaxGradient { KIND = 1, DST, G, Y, ROWS, WIDTH, SIZE }
export enum SoftmaxKind { Softmax, LogSoftmax, Count }

/** PROBABILITIES may be LOGITS, or 0: not wanted. TARGET as CrossEntropyKind says. */
export enum CrossEntropy { KIND = 1, LOSS, PROBABILITIES, LOGITS, TARGET, ROWS, WIDTH, SIZE }
/** DST may be PROBABILITIES. */
export enum CrossEntropyGradient { KIND = 1, DST, G, PROBABILITIES, TARGET, ROWS, WIDTH, SIZE }
export enum CrossEntropyKind { /** i32 class numbers [ROWS]; one outside 0 … WIDTH−1 makes its row NaN */ Labels, /** f32 [ROWS, WIDTH] */ Distribution, Count }

/** DST may be P or T. */
export enum Loss { KIND = 1, DST, P, T, COUNT, SIZE }
/** DST may be G, P or T. */
export enum LossGradient { KIND = 1, DST, G, P, T, COUNT, SIZE }
export enum LossKind {
  /** (p − t)² */
  SquaredError,
  /** |p − t| */
  AbsoluteError,
  /** max(p, 0) − p·t + log(1 + e^−|p|): p is a logit */
  LogitCrossEntropy,
  /** −t·log p − (1 − t)·log(1 − p), each logarithm at least −100: p is a probability */
  ProbabilityCrossEntropy,
  /** max(0, 1 − t·p) */
  Hinge,
  Count,
}

export enum Check { SRC = 1, COUNT, FLAG, SIZE }
export enum Squares { PARTIALS = 1, SRC, COUNT, SIZE }
/** CHUNKS partials; LOSS: address of an f32; FLAG: address of Check's word, or 0; CLIP: f32, 0 for none. */
export enum Guard { CELLS = 1, PARTIALS, CHUNKS, LOSS, FLAG, CLIP, SIZE }
export enum GuardCell {
  /** u32: 1 if loss and gradients are finite and Check found nothing */
  FINITE,
  /** f32: Euclidean norm of all gradients */
  NORM,
  /** f32: min(1, CLIP / (norm + 1e−6)), or 1 */
  FACTOR,
  /** u32: 1 in a step after which Update flushes the states; the host's */
  FLUSH,
  SIZE,
}

/** TABLE: SEGMENTS times Segment words. STATE: blocks of STRIDE bytes, one for each state of the optimizer.
 *  CELLS: for each group, GROUP bytes of f32, as SgdCell or AdamCell say. TOTAL: elements of all gradients. */
export enum Update { KIND = 1, TABLE, SEGMENTS, TOTAL, GRADIENT, STATE, STRIDE, CELLS, GROUP, GUARD, SIZE }
/** PARAMETER: byte address; START: first element in the gradient block, a multiple of 4; COUNT: likewise. */
export enum Segment { PARAMETER, START, COUNT, GROUP, SIZE }
/** The number of each is that of its states. */
export enum UpdateKind {
  /** no state */
  Sgd,
  /** state: momentum */
  Momentum,
  /** states: first and second moment; AdamW too (RATE_DECAY) */
  Adam,
  /** the same with a third state, the greatest second moment so far, in its place */
  Amsgrad,
  Count,
}
/** END: address of an End. */
export enum Stop { GUARD = 1, END, SIZE }
export enum SgdCell {
  RATE,
  /** added to the gradient times the parameter */
  DECAY,
  /** buffer = MOMENTUM · buffer + UNDAMPENED · g */
  MOMENTUM,
  UNDAMPENED,
  /** step = GRADIENT_SHARE · g + BUFFER_SHARE · buffer */
  GRADIENT_SHARE,
  BUFFER_SHARE,
  SIZE,
}
export enum AdamCell {
  /** rate / (1 − β1ᵗ) */
  RATE,
  DECAY,
  /** parameters are multiplied by this first: 1 − rate · weight decay, or 1 */
  RATE_DECAY,
  BETA1, ONE_MINUS_BETA1, BETA2, ONE_MINUS_BETA2,
  /** 1 / √(1 − β2ᵗ) */
  DEVIATION,
  EPSILON,
  SIZE,
}
