// What a run goes on from if a worker dies: a snapshot of parameters and optimizer state, taken now and then. Loaded where there
// are workers only.

import type { Callback } from "../callbacks/callback.ts";
import type { Network } from "../network.ts";
import { kit } from "../runtimes/kit.ts";
import type { Block } from "../session.ts";
import type { Tensor } from "../tensor.ts";
import type { CheckpointNotes } from "./checkpoint.ts";
import type { FitState } from "./state.ts";

/** What a checkpoint says of a run beside parameters and optimizer state. */
export interface Position {
  readonly notes: CheckpointNotes;
  readonly extra: ReadonlyMap<string, Tensor>;
}

interface Snapshot extends Position, Pick<FitState, "steps" | "updates" | "memory"> {
  readonly parameters: Uint8Array;
  readonly state: Uint8Array;
}

export interface Keeper {
  /** Do callbacks look at the run after each step? */
  readonly watched: boolean;
  /** Takes a snapshot, if the last one is so old that it costs no more than one part in a hundred of the time. */
  keep(at: FitState): Promise<void> | undefined;
  /** After an error: the model has the state of the last step; or, if a worker has died, goes on without it, with the state that
   * was kept last. What is to be thrown. */
  recover(thrown: unknown, at: FitState | undefined): Promise<unknown>;
}

/** The next snapshot comes when the last one is so many times as old as it took. */
const RARELY = 101;
/** Bytes that are copied between two turns. */
const PIECE = 1 << 20;

/** Keeps the state of one run; `final` is told of the checkpoint that it leaves, and of what stands in it beside the model. */
export function makeKeeper(
  network: Network, callbacks: readonly Callback[], position: () => Position, final: (checkpoint: Uint8Array<ArrayBuffer>, extra: Position["extra"]) => void,
): Keeper {
  let snapshot: Snapshot | undefined, next = 0;
  /** Where the next snapshot goes: one stays whole until the other is. */
  let spare: Pick<Snapshot, "parameters" | "state"> | undefined;

  /** Copies a block, in pieces: all at once would keep a page for 60 ms where it has 11 MB. */
  const copy = async ({ offset, bytes }: Block, to: Uint8Array): Promise<void> => {
    for (let from = 0; from < bytes; from += PIECE) {
      const piece = { offset: offset + from, bytes: Math.min(PIECE, bytes - from) }, pulled = network.session.pull(piece);
      if (pulled) await pulled;
      to.set(network.session.bytes(piece), from);
    }
  };

  const take = async (at: FitState): Promise<void> => {
    if (!snapshot) await network.session.pull(); // what waits there already, such as the data, is no part of what it takes
    const start = performance.now(), { steps, updates, memory } = at;
    const { parameters, state } = spare ?? { parameters: new Uint8Array(network.block.bytes), state: new Uint8Array(at.block.bytes) };
    await copy(network.block, parameters);
    await copy(at.block, state);
    spare = snapshot;
    snapshot = { parameters, state, ...position(), steps, updates, memory };
    next = start + RARELY * (performance.now() - start);
  };

  return {
    watched: callbacks.some(({ onStep }) => (onStep?.length ?? 0) > 1),
    keep: (at) => (performance.now() < next ? undefined : take(at)),
    async recover(thrown, at) {
      let error = thrown;
      try {
        if (at && network.attached) await network.pull(at.block);
      } catch (died) {
        if (!(thrown instanceof kit.WorkerError)) error = died;
      }
      if (!network.attached || !network.session.runner?.dead || !(error instanceof kit.WorkerError)) return thrown;
      const { session, block } = network, { problem, cause } = error.details, step = at && at.steps + 1;
      await session.detach(); // from now on nobody else writes
      let checkpoint: Uint8Array<ArrayBuffer> | undefined;
      if (at && snapshot) {
        session.bytes(block).set(snapshot.parameters);
        session.bytes(at.block).set(snapshot.state);
        ({ steps: at.steps, updates: at.updates, memory: at.memory } = snapshot);
        final(checkpoint = kit.writeCheckpoint(network, at, snapshot.notes, snapshot.extra), snapshot.extra);
      }
      // what a callback has thrown is told, though a worker has died as well
      return thrown !== error ? thrown : Object.assign(new kit.WorkerError("worker-died", {
        ...(step && { step }), problem: `${problem}; the parameters are those after step ${at?.steps ?? 0}, and the model works on with one thread`, cause,
        ...(checkpoint && { fix: "fit(data, { ..., resume: error.checkpoint }) goes on" }),
      }), { checkpoint });
    },
  };
}
