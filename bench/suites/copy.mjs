// The yardstick of what is bound by memory: the core's Copy instruction, a memory.copy.

/** Copies of `count` numbers to time; the result of an identity is a copy. */
export async function openCopy({ ops: { compile } }, count) {
  const f = await compile((x) => x, [[count]]), x = Float32Array.from({ length: count }, (_, i) => i % 1000);
  const [{ data }] = f.run([x]);
  if (!data.every((value, i) => value === x[i])) throw new Error("a copy differs from what it copies");
  return {
    run(times) {
      for (let i = 0; i < times; i++) f.loaded.run();
    },
    close: () => f.dispose(),
  };
}
