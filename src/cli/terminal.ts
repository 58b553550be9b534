// Where a command's words go. For people: results to stdout, progress and errors to stderr. With --json: one object per line to
// stdout, and nothing else there.

import { clean, clock, widthOf, wrap } from "./text.ts";

/** What is needed of process.stdout and process.stderr. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Columns where nobody says how wide the terminal is, and the most that lines of prose take. */
const COLUMNS = 80, PROSE = 100;

export class Terminal {
  constructor(readonly stdout: Sink, readonly stderr: Sink, readonly json: boolean, readonly colour: boolean) {}

  /** Columns of what is shown. */
  get width(): number {
    return Math.max(20, this.stdout.columns || this.stderr.columns || COLUMNS);
  }

  /** Columns of a line that is read. */
  get prose(): number {
    return Math.min(PROSE, this.width);
  }

  /** For people: a line, or several. */
  say(text = ""): void {
    if (!this.json) this.stdout.write(`${text}\n`);
  }

  heading(text: string): void {
    const lines = wrap(text, this.prose);
    this.say(this.colour ? `\x1b[1m${lines}\x1b[0m` : lines);
  }

  /** A sentence, wrapped. */
  tell(text: string, indent = ""): void {
    this.say(wrap(text, this.prose, indent));
  }

  /** For machines: one object. Numbers that JSON has not are null. */
  emit(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.json) this.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  }

  /** A word beside the results. */
  note(text: string): void {
    if (!this.json) this.stderr.write(`${text}\n`);
  }

  /** The end of a process that is interrupted. What the terminal shows of Ctrl+C, and a line of progress, stay by themselves. */
  interrupted(text: string, code: number): never {
    this.emit("interrupted", { message: text });
    if (this.stderr.isTTY) this.note("");
    this.note(text);
    for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal); // a second one ends even an engine that waits for a pipe's next rows
    return process.exit(code);
  }

  /** What went wrong, to both. */
  fail(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.emit("error", { message, ...fields });
    this.stderr.write(`lanewise: ${message.split("\n").map(clean).join("\n")}\n`);
  }
}

/** A part of a progress line; where the line is too long, the parts with the highest rank go first. */
export interface Part {
  readonly text: string;
  readonly rank: number;
}

/** The parts that fit, in their order. */
export function fit(parts: readonly Part[], width: number): string {
  const kept = [...parts];
  const line = (): string => kept.map(({ text }) => text).join("  ");
  while (kept.length > 1 && widthOf(line()) > width) {
    const worst = kept.reduce((at, part, i) => (part.rank >= kept[at]!.rank ? i : at), 0);
    kept.splice(worst, 1);
  }
  return line();
}

/** Milliseconds between two looks at a terminal's line, and between two plain lines. */
const LOOK = 80, PLAIN = 2000;

/** One line that tells how far a thing is. On a terminal it is rewritten; elsewhere a plain line is written now and then. */
export class Progress {
  private last = -Infinity;
  private open = false;
  private readonly sink: Sink;
  private readonly quiet: boolean;
  private readonly now: () => number;

  constructor({ stderr, json }: Terminal, now: () => number = () => performance.now()) {
    this.sink = stderr;
    this.quiet = json;
    this.now = now;
  }

  /** Shows the parts, if it is time to. `last` is shown whatever the time. */
  show(parts: () => readonly Part[], last = false): void {
    if (this.quiet) return;
    const now = this.now(), tty = this.sink.isTTY === true;
    if (!last && now - this.last < (tty ? LOOK : PLAIN)) return;
    this.last = now;
    if (tty) {
      this.sink.write(`\r${fit(parts(), Math.max(20, this.sink.columns || COLUMNS) - 1)}\x1b[K`);
      this.open = true;
    } else this.sink.write(`${fit(parts(), Infinity)}\n`);
  }

  /** Leaves the line as it stands, and begins another one. */
  end(): void {
    if (this.open) this.sink.write("\n");
    this.open = false;
  }
}

/** How long the rest takes, by what is done; "" before anything can be said. */
export function timeLeft(done: number, all: number, seconds: number): string {
  return done > 0 && seconds > 0.2 ? `${clock((seconds / done) * (all - done))} left` : "";
}
