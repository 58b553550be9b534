// npx lanewise: finds the command, and turns what becomes of it into an exit code.

import { LanewiseError } from "../errors.ts";
import { didYouMean } from "../options.ts";
import { VERSION } from "../version.ts";
import { type Command, helpOf, overview, parse } from "./args.ts";
import { UsageError } from "../advice/failure.ts";
import { COMMANDS } from "./commands.ts";
import { Unfit } from "../advice/choose.ts";
import { interruptCode, onInterrupt } from "./interrupt.ts";
import { Terminal } from "./terminal.ts";
import { inWords } from "./words.ts";

/** Exit codes. */
const FAILED = 1, MISUSED = 2;

function terminal(json: boolean): Terminal {
  const { stdout, stderr, env } = process;
  return new Terminal(stdout, stderr, json, stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb");
}

async function main(given: readonly string[]): Promise<number> {
  const [name, ...rest] = given, plain = terminal(given.includes("--json"));
  const names = COMMANDS.map((command) => command.name);
  try {
    if (name === undefined || name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
      plain.stdout.write(`${overview(COMMANDS, VERSION, plain.prose)}\n`);
      return name === undefined ? MISUSED : 0;
    }
    if (name === "--version" || name === "-v") {
      plain.stdout.write(`${VERSION}\n`);
      return 0;
    }
    const command = find(name === "help" ? rest[0]! : name);
    if (!command) {
      const unknown = name === "help" ? rest[0]! : name;
      throw new UsageError(`${unknown.startsWith("-") ? "a command stands first" : `no command ${JSON.stringify(unknown)}`}; ${didYouMean(unknown, names) ?? `known: ${names.join(", ")}`}`);
    }
    const { given: operands, flags, json, help } = name === "help" ? { given: [], flags: {}, json: false, help: true } : parse(command, rest);
    if (help) {
      plain.stdout.write(`${helpOf(command, plain.prose)}\n`);
      return 0;
    }
    onInterrupt(() => plain.interrupted("Stopped: nothing is saved.", interruptCode()));
    return await command.run(terminal(json), operands, flags);
  } catch (error) {
    return told(plain, error, find(name ?? ""));
  }
}

const find = (name: string): Command | undefined => COMMANDS.find((command) => command.name === name);

/** Tells an error in a sentence; what is nobody's fault but ours, with its stack. */
function told(terminal: Terminal, error: unknown, command: Command | undefined): number {
  const ours = error instanceof LanewiseError ? inWords(error, command?.flags ?? {}) : undefined;
  if (error instanceof UsageError || error instanceof Unfit || ours?.misused) {
    terminal.fail(`${command ? `${command.name}: ` : ""}${ours?.message ?? (error as Error).message}`, { code: "usage", ...(ours && { details: (error as LanewiseError).details }) });
    if (!terminal.json) terminal.stderr.write(`Try: lanewise ${command ? `${command.name} ` : ""}--help\n`);
    return MISUSED;
  }
  const { code, message, stack, details } = error as Error & { code?: unknown; details?: unknown };
  const known = typeof code === "string" && typeof message === "string";
  terminal.fail(known ? ours?.message ?? message : String(stack ?? error), { code: known ? code : "internal", ...(details !== undefined && { details }) });
  return FAILED;
}

// whoever reads us may stop reading: lanewise … | head. What is written to files is made all the same
for (const stream of [process.stdout, process.stderr]) stream.on("error", (error: { code?: string }) => {
  if (error.code !== "EPIPE") process.exit(FAILED);
  if (!find(process.argv[2] ?? "")?.unheard) process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));
