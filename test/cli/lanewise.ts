// The built command line in a process of its own, as people and scripts start it.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../runtimes/project.ts";

export const CLI = join(root, "dist/cli.js"), PENGUINS = join(root, "examples/penguins.csv");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of --json: the objects. */
  readonly events: readonly Readonly<Record<string, any>>[];
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What has been written so far, to both. */
  written(): string;
}

/** Starts a program. */
export function start(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Started {
  const all: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", ...env };
  delete all.NODE_OPTIONS;
  const child = spawn(program, args, { cwd, env: all, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "", stderr = "";
  child.stdout!.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const lines = args.includes("--json") ? stdout.split("\n").filter(Boolean) : [];
      try {
        resolve({ code, stdout, stderr, events: lines.map((line) => JSON.parse(line)) });
      } catch (error) {
        reject(new Error(`no JSON on stdout: ${stdout}\n${stderr}`, { cause: error }));
      }
    });
  });
  return { child, ended, written: () => stdout + stderr };
}

/** Runs `lanewise ...args` in Node. */
export const lanewise = (cwd: string, ...args: string[]): Promise<Ended> => start(process.execPath, [CLI, ...args], cwd).ended;

/** Waits until something has been written. */
export async function until({ written, child }: Started, wanted: RegExp): Promise<void> {
  while (!wanted.test(written())) {
    if (child.exitCode !== null) throw new Error(`it has ended before ${wanted}: ${written()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
