// Creates, trains and disposes 500 models, on one thread, on two, and in a worker, and looks at the process in between: run by
// leaks.test.ts, in a process of its own with --expose-gc and a young generation that does not grow.
// node --expose-gc --max-semi-space-size=1 test/leaks.mjs URL-OF-LANEWISE

const { adam, createModel, crossEntropy, dense, relu, sequential } = await import(process.argv[2]);

const CYCLES = 500, FIRST = 50;
const x = Float32Array.from({ length: 64 * 20 }, (_, i) => ((i * 7919) % 1000) / 1000), y = Int32Array.from({ length: 64 }, (_, i) => i % 3);
let alive = 0, started = 0;
process.on("worker", (worker) => {
  alive++;
  started++;
  worker.on("exit", () => alive--);
});

/** Looks around the 50th model and around the last: what is resident goes up and down by a tenth by itself, so five looks each. */
const looks = [[], []];
for (let i = 1; i <= CYCLES; i++) {
  const site = i % 5 === 0 ? { threads: 2 } : i % 5 === 1 ? { where: "worker" } : {};
  const model = await createModel(sequential(dense(130), relu(), dense(3)), { input: [20], seed: i, ...site });
  await model.fit({ x, y }, { loss: crossEntropy(), optimizer: adam() });
  await model.dispose();
  const which = Math.abs(i - FIRST) <= 8 ? 0 : i > CYCLES - 17 ? 1 : -1;
  if (which < 0 || i % 4) continue;
  while (alive) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let n = 0; n < 3; n++) gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  looks[which].push({ resident: rss, heap: heapUsed, external });
}
const median = (list, what) => list.map((look) => look[what]).sort((a, b) => a - b)[list.length >> 1];
console.log(JSON.stringify({ alive, started, looks: looks.map((list) => ({ resident: median(list, "resident"), heap: median(list, "heap"), external: median(list, "external") })) }));
