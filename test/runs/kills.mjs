// Kills trainings at random moments, and looks at what they leave: what is torn, what was promised and is gone, and to what the run
// comes in the end. Used by kills.test.ts, a few times, and by ../proof/kills.mjs, many times.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const child = fileURLToPath(new URL("child.mjs", import.meta.url));

/** Runs the training of child.mjs; kills it `after` milliseconds after its start, if it has not ended by then. What it said, whether
 * it was killed, and how long it took. */
export function train(library, folder, after = Infinity, engine = [process.execPath]) {
  const [file, ...args] = engine;
  return new Promise((resolve, reject) => {
    const started = spawn(file, [...args, child, library, folder], { stdio: ["ignore", "pipe", "pipe"] }), lines = [];
    let text = "", wrong = "", timer, start = 0;
    started.stdout.on("data", (chunk) => {
      start ||= performance.now();
      if (after < Infinity) timer ??= setTimeout(() => started.kill("SIGKILL"), after);
      text += chunk;
      lines.push(...text.split("\n").slice(0, -1));
      text = text.slice(text.lastIndexOf("\n") + 1);
    });
    started.stderr.on("data", (chunk) => (wrong += chunk));
    started.on("error", reject);
    started.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === "SIGKILL") resolve({ lines, killed: signal === "SIGKILL", milliseconds: performance.now() - start });
      else reject(new Error(`the training failed with ${code ?? signal}:\n${lines.join("\n")}\n${wrong}`));
    });
  });
}

/** What lies in a folder: names of files that are not whole, and the step of the newest checkpoint that is. */
export function look(folder) {
  const torn = [];
  let newest = 0;
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (name.startsWith(".")) continue; // locks, and what was being written
    const bytes = readFileSync(`${folder}/${name}`), [, step, hash] = /^checkpoint-(\d+)-([0-9a-f]{16})\.safetensors$/.exec(name) ?? [];
    if (step !== undefined) {
      if (createHash("sha256").update(bytes).digest("hex").startsWith(hash)) newest = Math.max(newest, Number(step));
      else torn.push(name);
    } else
      try {
        JSON.parse(bytes.toString());
      } catch {
        torn.push(name);
      }
  }
  return { torn, newest };
}

/** What a line should not say: no store fails here, and nothing is broken. In a browser a checkpoint may be one that was never finished, which
 * nobody has been told is safe; in a folder there is none. */
export const isFault = (line, inBrowser = false) => /^(error|failed|note .*(broken|not kept|cannot))/.test(line) || (!inBrowser && /never finished/.test(line));

/** Numbers that are told of lines "WORD NUMBER". */
export const told = (lines, word) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(" ")[1]));

/** Did a training go on from less than was acknowledged before? One that was killed at its start has not gone on at all. */
export function lost(lines, acknowledged) {
  const [from = 0] = told(lines, "from");
  return from < acknowledged && lines.some((line) => /^(from|safe|end) /.test(line));
}

/** One run that is killed so many times, and then let come to its end: at random moments up to `most` milliseconds, one in each part of that time.
 * Faults are what should not be. */
export async function killedRun(library, folder, times, most, engine) {
  const faults = [], moments = [], planned = Array.from({ length: times }, (_, i) => (i + Math.random()) / times * most).sort(() => Math.random() - 0.5);
  let kills = 0, resumes = 0, acknowledged = 0;
  const take = ({ lines, killed }) => {
    const from = told(lines, "from");
    resumes += from.length;
    if (lost(lines, acknowledged)) faults.push(`step ${acknowledged} was acknowledged, and the run went on from ${from[0] ?? 0}`);
    faults.push(...lines.filter((line) => isFault(line)));
    acknowledged = Math.max(acknowledged, ...told(lines, "safe"));
    const { torn, newest } = look(folder);
    faults.push(...torn.map((name) => `${name} is torn`));
    if (newest < acknowledged) faults.push(`step ${acknowledged} was acknowledged, and the newest sound checkpoint is of ${newest}`);
    if (killed) kills++;
    return lines.find((line) => line.startsWith("end "))?.slice(4);
  };
  let end;
  while (end === undefined && kills < times) {
    moments.push(planned[moments.length]);
    end = take(await train(library, folder, moments.at(-1), engine));
  }
  end ??= take(await train(library, folder, Infinity, engine));
  const left = readdirSync(folder).filter((name) => name.startsWith("."));
  if (left.length) faults.push(`left behind: ${left.join(", ")}`);
  return { end, kills, resumes, faults, moments };
}
