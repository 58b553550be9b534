// What do the data tell? A loss that stands high may be the model's doing or that of data with noise: what neighbours and a
// straight line know of rows that they have not seen, a model can learn. Looked at once, and only when a rule asks.

import type { Column } from "../data/columns.ts";
import { sizeOf } from "../shape.ts";

/** Rows that are asked, rows that are looked through for their neighbours, neighbours, outputs and features that are looked at:
 * some 15 ms for images. */
const ASKED = 64, LOOKED = 256, NEIGHBOURS = 5, OUTPUTS = 16, FEATURES = 128;
/** Fewer rows than these can be learnt by heart. */
const FEW = 32;

/** The share of the targets' variance that the inputs tell at least, from 0 to 1: the better of two predictions, each of
 * rows that it was not made from. `classes` is above 0 where targets are class numbers. */
export function tellingOf(inputs: readonly Column[], target: Column, classes: number): number {
  const { x, y } = sampled(inputs, target, classes);
  if (x.length < FEW) return 1;
  return Math.max(0, byNeighbours(x, y), byLine(x, y));
}

/** Some rows, spread over all: inputs with mean 0 and deviation 1, targets as they are. */
function sampled(inputs: readonly Column[], { data, shape }: Column, classes: number): { x: Float64Array[]; y: Float64Array[] } {
  const width = sizeOf(shape), rows = data.length / width, count = Math.min(rows, LOOKED), outputs = Math.min(classes || width, OUTPUTS);
  const ids = Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
  const y = ids.map((row) => Float64Array.from({ length: outputs }, (_, k) => (classes ? (data[row * width] === k ? 1 : 0) : data[row * width + Math.floor((k * width) / outputs)]!)));
  const places = inputs.flatMap(({ data: numbers, shape: own }) => {
    const size = sizeOf(own), taken = Math.min(size, FEATURES);
    return Array.from({ length: taken }, (_, k) => ({ numbers, size, at: Math.floor((k * size) / taken) }));
  });
  const x = ids.map((row) => Float64Array.from(places, ({ numbers, size, at }) => numbers[row * size + at]!));
  for (let k = 0; k < x[0]!.length; k++) {
    const mean = x.reduce((sum, row) => sum + row[k]!, 0) / count, deviation = Math.sqrt(x.reduce((sum, row) => sum + (row[k]! - mean) * (row[k]! - mean), 0) / count);
    for (const row of x) row[k] = deviation > 0 ? (row[k]! - mean) / deviation : 0;
  }
  return { x, y };
}

/** Each row asked is predicted as the mean of the rows nearest to it. */
function byNeighbours(x: readonly Float64Array[], y: readonly Float64Array[]): number {
  const asked = Array.from({ length: Math.min(ASKED, x.length) }, (_, i) => Math.floor((i * x.length) / Math.min(ASKED, x.length)));
  const guesses = asked.map((row) => {
    const near: { distance: number; other: number }[] = [];
    for (let other = 0; other < x.length; other++) {
      if (other === row) continue;
      const a = x[row]!, b = x[other]!;
      let distance = 0;
      for (let k = 0; k < a.length; k++) distance += (a[k]! - b[k]!) * (a[k]! - b[k]!);
      if (near.length === NEIGHBOURS && distance >= near.at(-1)!.distance) continue;
      near.push({ distance, other });
      near.sort((a, b) => a.distance - b.distance);
      near.length = Math.min(near.length, NEIGHBOURS);
    }
    return y[0]!.map((_, k) => near.reduce((sum, { other }) => sum + y[other]![k]!, 0) / near.length);
  });
  return told(asked.map((row) => y[row]!), guesses);
}

/** One step down the gradient of least squares, from the even rows: how well does its direction order the odd ones? */
function byLine(x: readonly Float64Array[], y: readonly Float64Array[]): number {
  const even = y.filter((_, i) => i % 2 === 0), odd = y.filter((_, i) => i % 2 === 1), seen = x.filter((_, i) => i % 2 === 1);
  if (odd.length < 4) return 0;
  const guesses = odd.map((row) => new Float64Array(row.length));
  for (let k = 0; k < y[0]!.length; k++) {
    const mean = average(even, k), direction = new Float64Array(x[0]!.length);
    even.forEach((row, i) => direction.forEach((_, j) => (direction[j]! += (row[k]! - mean) * x[2 * i]![j]!)));
    const along = seen.map((row) => Float64Array.of(row.reduce((sum, value, j) => sum + value * direction[j]!, 0)));
    const from = average(odd, k), middle = average(along, 0);
    let both = 0, own = 0;
    along.forEach(([value], i) => {
      both += (value! - middle) * (odd[i]![k]! - from);
      own += (value! - middle) * (value! - middle);
    });
    // a direction that orders them the wrong way tells nothing
    guesses.forEach((guess, i) => (guess[k] = from + (both > 0 ? (both / own) * (along[i]![0]! - middle) : 0)));
  }
  return told(odd, guesses) - 2 / odd.length; // a line fits chance so well
}

const average = (rows: readonly Float64Array[], k: number): number => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length;

/** The share of the variance that guesses take off. */
function told(rows: readonly Float64Array[], guesses: readonly Float64Array[]): number {
  let left = 0, all = 0;
  for (let k = 0; k < rows[0]!.length; k++) {
    const mean = average(rows, k);
    rows.forEach((row, i) => {
      left += (row[k]! - guesses[i]![k]!) * (row[k]! - guesses[i]![k]!);
      all += (row[k]! - mean) * (row[k]! - mean);
    });
  }
  return all > 0 ? 1 - left / all : 0;
}
