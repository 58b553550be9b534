// What a schedule is.

/** What a schedule is told of the run. */
export interface ScheduleInfo {
  /** Steps of the whole run. */
  steps: number;
  epochs: number;
  /** The optimizer's learning rate. */
  base: number;
}

/** The rate at a step, counted from 0. */
export type Schedule = (step: number, info: ScheduleInfo) => number;

/** Names a schedule, so that a checkpoint can tell one from another. */
export function named(name: string, options: object, schedule: Schedule): Schedule {
  return Object.assign(schedule, { schedule: name, options: { ...options } });
}

/** A schedule as plain data: name and options of a built-in one, the text of another. */
export function describeSchedule(schedule: Schedule | undefined): unknown {
  if (!schedule) return null;
  const { schedule: name, options } = schedule as Partial<{ schedule: string; options: object }>;
  return name ? { schedule: name, ...options } : "function";
}
