// What a run goes on from if a worker dies: a snapshot of parameters and optimizer state, taken now and then. Loaded where there
// are workers only.

import { WorkerError } from "../errors.ts";
import type { Network } from "../network.ts";
import type { Tensor } from "../tensor.ts";
import { type CheckpointNotes, writeCheckpoint } from "./checkpoint.ts";
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
  /** Takes a snapshot, if the last one is so old that it costs no more than one part in a hundred of the time. */
  keep(at: FitState): Promise<void> | undefined;
  /** A worker has died: the model goes on without it, with the state that was kept last. */
  recover(error: WorkerError, at: FitState | undefined): Promise<WorkerError>;
}

/** The next snapshot comes when the last one is so many times as old as it took. */
const RARELY = 101;

/** Keeps the state of one run; `final` is told of the checkpoint that it leaves. */
export function makeKeeper(network: Network, position: () => Position, final: (checkpoint: Uint8Array<ArrayBuffer>) => void): Keeper {
  let snapshot: Snapshot | undefined, next = 0;

  const take = async (at: FitState): Promise<void> => {
    const start = performance.now();
    await network.pull(at.block);
    const { session, block } = network, { steps, updates, memory } = at;
    snapshot = { parameters: session.bytes(block).slice(), state: session.bytes(at.block).slice(), ...position(), steps, updates, memory };
    next = start + RARELY * (performance.now() - start);
  };

  return {
    keep: (at) => (performance.now() < next ? undefined : take(at)),
    async recover({ details: { problem, cause } }, at) {
      const { session, block } = network, step = at && at.steps + 1;
      await session.detach(); // from now on nobody else writes
      let checkpoint: Uint8Array<ArrayBuffer> | undefined;
      if (at && snapshot) {
        session.bytes(block).set(snapshot.parameters);
        session.bytes(at.block).set(snapshot.state);
        ({ steps: at.steps, updates: at.updates, memory: at.memory } = snapshot);
        final(checkpoint = writeCheckpoint(network, at, snapshot.notes, snapshot.extra));
      }
      return new WorkerError("worker-died", {
        ...(step && { step }), problem: `${problem}; the parameters are those after step ${at?.steps ?? 0}, and the model works on with one thread`, cause,
        ...(checkpoint && { fix: "fit(data, { ..., resume: error.checkpoint }) goes on" }),
      }, checkpoint);
    },
  };
}
