// What a schedule is, and the lengths in which it is told.

import { fingerprint, OWN } from "../formats/json.ts";
import { badOption, wantCount, wantPositive } from "../options.ts";

/** What a schedule is told of the run. */
export interface ScheduleInfo {
  /** Steps of the whole run. */
  steps: number;
  epochs: number;
  /** The optimizer's learning rate. */
  base: number;
  /** The reports of the epochs that are done; a run by hand has none. */
  reports?: readonly object[];
  /** What a report will have to look at: "loss", "validation.accuracy" … */
  monitors?: readonly string[];
}

/** The rate at a step, counted from 0: a function of its arguments alone, as it may be asked for any step at any time. */
export type Schedule = (step: number, info: ScheduleInfo) => number;

/** Names a schedule, so that a checkpoint can tell one from another. */
export function named(name: string, options: object, schedule: Schedule): Schedule {
  return Object.assign(schedule, { schedule: name, options: { ...options } });
}

/** A run as long as any, by which schedules of the caller's are compared. */
const SAMPLE: ScheduleInfo = { steps: 1 << 20, epochs: 1 << 10, base: 1 };

/** A schedule as plain data: name and options of a built-in one; of another the rates that it gives, for its text is another with each
 * bundler. Six digits of them, as float32, for
 * engines differ in the last ones of Math.exp and its kin. */
export function describeSchedule(schedule: Schedule | undefined): unknown {
  if (!schedule) return null;
  const { schedule: name, options } = schedule as Partial<{ schedule: string; options: object }>;
  if (name) return { schedule: name, ...options };
  const rates: string[] = [];
  // each of the first 128 steps, then one in each stretch of 1/128 of what is behind it
  for (let step = 0; step < SAMPLE.steps; step += 1 + (step >> 7))
    try {
      rates.push(Math.fround(schedule(step, SAMPLE)).toPrecision(6));
    } catch {
      rates.push(""); // it looks at what this run has not
    }
  return { schedule: OWN, rates: fingerprint(rates) };
}

/** A length, in steps or in epochs. */
export interface Length {
  steps?: number;
  epochs?: number;
}

/** Steps that a length means in a run; the rest of the run if none is given. What is a whole number but for rounding is one. */
export function stepsOf({ steps, epochs }: Length, info: ScheduleInfo): number {
  if (steps !== undefined) return steps;
  const length = epochs === undefined ? info.steps : epochs * (info.steps / info.epochs), whole = Math.round(length);
  return Math.abs(length - whole) <= 1e-9 * whole ? whole : length;
}

/** Throws unless there is one length, or, where it is not `needed`, none. */
export function checkLength(what: string, { steps, epochs }: Length, needed: boolean): void {
  const given = Number(steps !== undefined) + Number(epochs !== undefined);
  if (given === 2 || (needed && given === 0)) throw badOption(what, given ? "both" : "none", "a length in steps or in epochs");
  if (steps !== undefined) wantCount(`${what}: steps`, steps);
  if (epochs !== undefined) wantPositive(`${what}: epochs`, epochs);
}

/** Places in a run: all in steps, or all in epochs. */
export interface Milestones {
  steps?: readonly number[];
  epochs?: readonly number[];
}

/** The steps that milestones mean in a run. */
export function milestonesOf({ steps, epochs }: Milestones, info: ScheduleInfo): readonly number[] {
  return steps ?? epochs!.map((n) => stepsOf({ epochs: n }, info));
}

/** Throws unless there is one list of milestones. */
export function checkMilestones(of: string, { steps, epochs }: Milestones): readonly number[] {
  const list = steps ?? epochs;
  if ((steps === undefined) === (epochs === undefined) || !Array.isArray(list) || list.length === 0)
    throw badOption(of, list === undefined ? "none" : steps && epochs ? "both" : list, "a list of steps or of epochs");
  list.forEach((n) => (steps ? wantCount(`${of}: steps`, n) : wantPositive(`${of}: epochs`, n)));
  return list;
}
