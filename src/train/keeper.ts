// What a run goes on from if a worker dies: a snapshot of parameters and optimizer state, taken now and then. Loaded where there
// are workers only.

import type { Callback } from "../callbacks/callback.ts";
import type { Network } from "../network.ts";
import { kit } from "../runtimes/kit.ts";
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

/** Keeps the state of one run; `final` is told of the checkpoint that it leaves. */
export function makeKeeper(
  network: Network, callbacks: readonly Callback[], position: () => Position, final: (checkpoint: Uint8Array<ArrayBuffer>) => void,
): Keeper {
  let snapshot: Snapshot | undefined, next = 0;

  const take = async (at: FitState): Promise<void> => {
    const start = performance.now();
    await network.pull(at.block);
    const { session, block } = network, { steps, updates, memory } = at;
    snapshot = { parameters: session.bytes(block).slice(), state: session.bytes(at.block).slice(), ...position(), steps, updates, memory };
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
        error = died;
      }
      if (!(error instanceof kit.WorkerError)) return error;
      const { session, block } = network; // throws if the model has been disposed: that has ended the worker
      const { problem, cause } = error.details, step = at && at.steps + 1;
      await session.detach(); // from now on nobody else writes
      let checkpoint: Uint8Array<ArrayBuffer> | undefined;
      if (at && snapshot) {
        session.bytes(block).set(snapshot.parameters);
        session.bytes(at.block).set(snapshot.state);
        ({ steps: at.steps, updates: at.updates, memory: at.memory } = snapshot);
        final(checkpoint = kit.writeCheckpoint(network, at, snapshot.notes, snapshot.extra));
      }
      return Object.assign(new kit.WorkerError("worker-died", {
        ...(step && { step }), problem: `${problem}; the parameters are those after step ${at?.steps ?? 0}, and the model works on with one thread`, cause,
        ...(checkpoint && { fix: "fit(data, { ..., resume: error.checkpoint }) goes on" }),
      }), { checkpoint });
    },
  };
}
