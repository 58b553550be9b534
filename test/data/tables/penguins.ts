// Rows like those of the Palmer penguins: three species on three islands, four measures, a sex that is missing here and there. Made by a
// generator of fixed numbers, so that they are the same everywhere.

export interface Penguin {
  species: string;
  island: string | null;
  bill_length_mm: number | null;
  bill_depth_mm: number | null;
  flipper_length_mm: number | null;
  body_mass_g: number | null;
  sex: string | null;
}

export type Row = Record<string, unknown>;

/** Numbers from 0 to 1. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Means as published (Gorman, Williams and Fraser 2014). */
const KINDS = [
  { species: "Adelie", islands: ["Torgersen", "Biscoe", "Dream"], share: 0.44, measures: [38.8, 18.3, 190, 3700], spread: [2.6, 1.2, 6.5, 450] },
  { species: "Gentoo", islands: ["Biscoe"], share: 0.36, measures: [47.5, 15, 217, 5076], spread: [3, 0.9, 6.5, 500] },
  { species: "Chinstrap", islands: ["Dream"], share: 0.2, measures: [48.8, 18.4, 196, 3733], spread: [3.3, 1.1, 7, 380] },
];

export function penguins(count: number, seed = 1): Penguin[] {
  const next = numbers(seed), one = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  return Array.from({ length: count }, () => {
    const share = next(), kind = share < 0.44 ? KINDS[0]! : share < 0.8 ? KINDS[1]! : KINDS[2]!;
    const measure = (i: number): number => Math.round(10 * (kind.measures[i]! + kind.spread[i]! * (next() + next() + next() + next() - 2) * 1.2)) / 10;
    const gone = next() < 0.01, [length, depth, flipper, mass] = [measure(0), measure(1), measure(2), measure(3)];
    return {
      species: kind.species, island: one(kind.islands), bill_length_mm: gone ? null : length!, bill_depth_mm: gone ? null : depth!,
      flipper_length_mm: gone ? null : Math.round(flipper!), body_mass_g: gone ? null : Math.round(mass! / 25) * 25, sex: gone || next() < 0.03 ? null : one(["MALE", "FEMALE"]),
    };
  });
}

/** The same as a CSV reader gives them: texts. */
export function texts(rows: readonly Penguin[]): Row[] {
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])));
}
