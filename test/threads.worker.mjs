// One rank of threads.ts: waits for an order, runs the program, tells its status.

import { parentPort, workerData } from "node:worker_threads";

const ORDER = 0, DONE = 1, PROGRAM = 2, STATUS = 3;
const { module, memory, control, rank, size } = workerData;
const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
let order = Atomics.load(control, ORDER);
parentPort.postMessage("here");
for (;;) {
  Atomics.wait(control, ORDER, order);
  order = Atomics.load(control, ORDER);
  control[STATUS + rank] = exports.run(control[PROGRAM], rank, size);
  Atomics.add(control, DONE, 1);
  Atomics.notify(control, DONE);
}
