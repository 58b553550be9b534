// Runs that survive anything, at length: 60 processes and 10 browsers are killed at random moments while they train and keep their run.
// No file may be torn, no acknowledged checkpoint lost, and every run comes to the bits of the one that was never killed.
// node test/proof/kills.mjs [--kills 60] [--browsers 10], after npm run build and with the packages of test/runtimes; a part of `npm run proof:long`.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isFault, killedRun, lost, told, train } from "../runs/kills.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url)), dist = join(root, "dist/index.js"), library = pathToFileURL(dist).href;
const { values } = parseArgs({ options: { kills: { type: "string", default: "60" }, browsers: { type: "string", default: "10" } } });
const wanted = Number(values.kills), browsers = Number(values.browsers);
if (!existsSync(dist)) throw new Error("dist/index.js is missing: npm run build");
const folder = mkdtempSync(join(tmpdir(), "lanewise-kills-")), faults = [];
/** Of the pages' server: the browser's file system belongs to an origin. */
let port = 0;
const hashOf = ({ lines }) => lines.find((line) => line.startsWith("end "))?.slice(4);

try {
  const undisturbed = hashOf(await train(library, "none")), kept = await train(library, join(folder, "kept"));
  console.log(`undisturbed: ${undisturbed}; kept, ${Math.round(kept.milliseconds)} ms`);
  if (hashOf(kept) !== undisturbed) faults.push("a run that is kept has other bits");

  let kills = 0, resumes = 0, runs = 0;
  for (; kills < wanted; runs++) {
    const run = await killedRun(library, join(folder, `run-${runs}`), Math.min(6, wanted - kills), 0.7 * kept.milliseconds);
    kills += run.kills;
    resumes += run.resumes;
    faults.push(...run.faults);
    if (run.end !== undisturbed) faults.push(`run ${runs} came to ${run.end}, killed after ${run.moments.map(Math.round)} ms`);
  }
  console.log(`Node ${process.versions.node}: ${kills} kills of ${runs} runs, ${resumes} resumed`);
  if (browsers > 0) await killBrowsers(undisturbed);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
console.log(faults.length ? `${faults.length} faults:\n${faults.join("\n")}` : "0 torn files, 0 acknowledged checkpoints lost, the bits of the undisturbed run each time");
process.exitCode = faults.length ? 1 : 0;

/** The same in Chromium, in a page and in a worker: the browser's own file system is on disk, in a profile. */
async function killBrowsers(undisturbed) {
  const chromium = await browserPath();
  if (!chromium) return void faults.push("no Chromium: CHROME_PATH may name one, or npm ci in test/runtimes");
  for (const where of ["page", "worker"]) {
    const whole = await browse(chromium, join(folder, `profile-${where}`), where, Infinity);
    console.log(`Chromium, ${where}: kept, ${Math.round(whole.milliseconds)} ms`);
    if (hashOf(whole) !== undisturbed) faults.push(`${where}: a run that is kept has other bits`);
    let kills = 0, runs = 0, resumes = 0, unfinished = 0;
    for (; kills < browsers / 2; runs++) {
      const profile = join(folder, `profile-${where}-${runs}`);
      let acknowledged = 0, end;
      while (end === undefined) {
        const after = kills < browsers / 2 ? Math.random() * whole.milliseconds * 0.7 : Infinity, { lines, killed } = await browse(chromium, profile, where, after);
        const [from] = told(lines, "from");
        if (from) resumes++;
        unfinished += lines.filter((line) => line.includes("never finished")).length;
        if (lost(lines, acknowledged)) faults.push(`${where}: step ${acknowledged} was acknowledged, and the run went on from ${from ?? 0}`);
        faults.push(...lines.filter((line) => isFault(line, true)).map((line) => `${where}: ${line}`));
        acknowledged = Math.max(acknowledged, ...told(lines, "safe"));
        if (killed) kills++;
        end = lines.find((line) => line.startsWith("end "))?.slice(4);
      }
      if (end !== undisturbed) faults.push(`${where}: run ${runs} came to ${end}`);
    }
    console.log(`Chromium, ${where}: ${kills} kills of ${runs} runs, ${resumes} resumed; ${unfinished} times the newest slot was cut off, not yet acknowledged, and known as such`);
  }
}

async function browserPath() {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  try {
    return await createRequire(join(root, "test/runtimes/package.json"))("@sparticuz/chromium").executablePath();
  } catch {
    return undefined;
  }
}

/** Opens the training in a browser with a profile on disk, and kills all its processes `after` milliseconds from the page's start. */
async function browse(chromium, profile, where, after) {
  const lines = [], script = readFileSync(new URL("../runs/child.mjs", import.meta.url));
  let tell;
  const begun = new Promise((resolve) => (tell = resolve));
  const page = `<!doctype html><script type="module">${where === "worker" ? 'new Worker("/child.js", { type: "module" })' : 'import("/child.js")'}</script>`;
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      let text = "";
      for await (const chunk of request) text += chunk;
      lines.push(text);
      if (/^(start|end|failed)/.test(text)) tell(text);
      return void response.end();
    }
    const [type, body] = request.url === "/" ? ["text/html", page] : request.url === "/child.js" ? ["text/javascript", script]
      : request.url.startsWith("/dist/") ? ["text/javascript", readFileSync(join(root, request.url))] : ["text/plain", ""];
    response.writeHead(200, { "content-type": type }).end(body);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  port = server.address().port; // the same from now on: the file system belongs to the origin
  const started = spawn(chromium, [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`,
  ], { stdio: "ignore", detached: true });
  const exit = new Promise((resolve) => started.once("exit", resolve));
  void exit.then(() => tell("exit"));
  await Promise.race([begun, pause(60_000, undefined, { ref: false })]);
  const start = performance.now();
  let over = false;
  const end = async () => {
    for (; !over && !lines.some((line) => /^(end|failed)/.test(line)); await pause(20));
  };
  await Promise.race([end(), pause(Math.min(after, 120_000), undefined, { ref: false }), exit]);
  const ended = lines.some((line) => line.startsWith("end"));
  try {
    process.kill(-started.pid, "SIGKILL"); // our own group: the browser and all its processes
  } catch {
    // it has ended
  }
  await exit;
  over = true;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  if (!lines.length) faults.push(`${where}: the page did not start`);
  return { lines, killed: !ended, milliseconds: performance.now() - start };
}
