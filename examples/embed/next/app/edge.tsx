"use client";
// Lets the edge route train: each request a few hundred steps, and the checkpoint goes to and fro until it is done.

import { useState } from "react";
import { type Result, Shown } from "./result";

export function Edge() {
  const [result, setResult] = useState<Partial<Result>>({}), [requests, setRequests] = useState(0), [error, setError] = useState("");

  async function train() {
    setResult({});
    let body: Blob | undefined;
    for (let count = 1; ; count++) {
      setRequests(count);
      const response = await fetch("/api/train", { method: "POST", body });
      if (!response.ok) return setError(await response.text());
      if (response.status === 200) return setResult(await response.json());
      body = await response.blob();
    }
  }

  return (
    <section>
      <h2>At the edge</h2>
      <p>
        <button onClick={() => train().catch((problem) => setError(String(problem)))}>Train there</button> <span id="requests">{requests > 0 && `requests: ${requests}`}</span>
      </p>
      <Shown id="edge" {...result} />
      {error && <p role="alert">{error}</p>}
    </section>
  );
}
