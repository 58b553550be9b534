// Is the page alive while it trains 784-512-512-10? The longest task of its main thread, by the Long Tasks API (which tells of
// those over 50 ms), and by its own clock between two turns. In a page: ?where=worker, &hidden=1 for a tab that is not shown.
import { adam, createModel, crossEntropy, dense, relu, sequential } from "lanewise";
import { report } from "./report.js";

const query = new URLSearchParams(location.search), where = query.get("where") ?? "here", rows = 2000;
const turn = () => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => resolve(port1.close());
  port2.postMessage(0);
});

const x = new Uint8Array(784 * rows), y = Int32Array.from({ length: rows }, (_, i) => i % 10);
for (let i = 0; i < x.length; i++) x[i] = Math.imul(i + 1, 0x9e3779b1) >>> 24;
await turn();

const tasks = [];
const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
observer.observe({ type: "longtask" });
let watching = true, longest = 0;
const watch = (async () => {
  for (let last = performance.now(); watching; ) {
    await turn();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
})();

const begun = performance.now(), model = await createModel(sequential(dense(512), relu(), dense(512), relu(), dense(10)), { input: [784], seed: 1, where });
const made = performance.now();
let steps = 0, first;
const history = await model.fit({ x, y }, {
  loss: crossEntropy(), optimizer: adam(), batchSize: 64, epochs: 3, validation: 0.2, metrics: ["accuracy"],
  onStep({ step }) {
    steps = step;
    first ??= performance.now();
  },
});
const ended = performance.now();
watching = false;
await watch;
await turn();
tasks.push(...observer.takeRecords());
await model.dispose();
report({
  where, steps, loss: history.epochs.at(-1).loss, hidden: document.hidden, over50: tasks.map(({ duration, startTime }) => [duration, startTime - begun]), longest,
  milliseconds: { createModel: made - begun, firstStep: first - made, step: (ended - first) / (steps - 1) },
});
