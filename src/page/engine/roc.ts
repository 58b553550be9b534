// The receiver operating characteristic: how many rows of a class are found, and how many others are taken for it, at each threshold.
// Fawcett, An introduction to ROC analysis (2006).

import type { Curve } from "./api.ts";

/** Points that a curve has at the most. */
const POINTS = 200;

/** By the class's probability of each row. Rows of equal probability lie on one stretch, so that their order counts for nothing. */
export function rocOf(name: string, probability: ArrayLike<number>, yes: (row: number) => boolean): Curve {
  const order = Uint32Array.from(probability, (_, row) => row).sort((a, b) => probability[b]! - probability[a]!), points: [number, number][] = [[0, 0]];
  let found = 0, taken = 0, area = 0;
  for (let at = 0; at < order.length;) {
    const value = probability[order[at]!], foundBefore = found, takenBefore = taken;
    for (; at < order.length && probability[order[at]!] === value; at++) yes(order[at]!) ? found++ : taken++;
    area += ((taken - takenBefore) * (found + foundBefore)) / 2;
    points.push([taken, found]);
  }
  const shares = points.map(([x, y]): [number, number] => [x / (taken || 1), y / (found || 1)]);
  return { name, auc: area / (found * taken), points: thinned(shares) };
}

/** Without points in the middle of a straight stretch; of many corners every so-many-th. */
function thinned(points: readonly [number, number][]): [number, number][] {
  const corners = points.filter(([x, y], i) => {
    const before = points[i - 1], after = points[i + 1];
    return !before || !after || (x - before[0]) * (after[1] - y) !== (y - before[1]) * (after[0] - x);
  });
  const stride = Math.ceil(corners.length / POINTS);
  return corners.filter((_, i) => i % stride === 0 || i === corners.length - 1);
}
