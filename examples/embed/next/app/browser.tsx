"use client";
// A client component: a worker trains, the page stays alive.

import { createModel, hash } from "lanewise";
import { useEffect, useState } from "react";
import { type Result, Shown } from "./result";
import { data, network, options, training } from "./ring";

export function Browser() {
  const [losses, setLosses] = useState<readonly number[]>([]), [result, setResult] = useState<Partial<Result>>({}), [error, setError] = useState("");

  useEffect(() => {
    let left = false;
    async function train() {
      setLosses([]);
      await using model = await createModel(network(), { ...options, where: "worker" });
      const { engine } = await model.info();
      for await (const { loss, accuracy } of model.fit(data, training)) {
        if (left) return;
        setLosses((before) => [...before, loss]);
        setResult({ engine, loss, accuracy });
      }
      const label = (await model.classify([[0.6, 0]]))[0]![0]!.label, digest = await hash(model);
      setResult((before) => ({ ...before, hash: digest, label }));
    }
    train().catch((problem) => setError(String(problem)));
    return () => {
      left = true;
    };
  }, []);

  const line = losses.map((loss, i) => `${10 * i},${100 - 140 * loss}`).join(" ");
  return (
    <section>
      <h2>In this browser</h2>
      <svg viewBox="0 0 290 100" preserveAspectRatio="none" role="img" aria-label={`Loss after ${losses.length} epochs`} data-losses={losses.join(" ")}>
        <polyline points={line} />
      </svg>
      <Shown id="browser" {...result} />
      {error && <p role="alert">{error}</p>}
    </section>
  );
}
