// What each place shows of its training.

export interface Result {
  engine: string;
  loss: number;
  accuracy: number;
  /** SHA-256 of all weights. */
  hash: string;
  /** What it takes the point (0.6, 0) for, which lies in the ring. */
  label: string;
}

export function Shown({ id, engine, loss, accuracy, hash, label }: Partial<Result> & { id: string }) {
  return (
    <dl id={id}>
      <dt>engine</dt>
      <dd data-is="engine">{engine ?? "…"}</dd>
      <dt>loss</dt>
      <dd data-is="loss">{loss?.toFixed(5) ?? "…"}</dd>
      <dt>accuracy</dt>
      <dd data-is="accuracy">{accuracy === undefined ? "…" : `${(100 * accuracy).toFixed(1)} %`}</dd>
      <dt>(0.6, 0) is</dt>
      <dd data-is="label">{label ?? "…"}</dd>
      <dt>weights</dt>
      <dd data-is="hash">
        <code>{hash ?? "…"}</code>
      </dd>
    </dl>
  );
}
