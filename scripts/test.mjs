// All tests, in the order in which a failure is cheapest to find; the last line counts them over all suites.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name) => join(root, "node_modules", ".bin", name);
mkdirSync(join(root, "build"), { recursive: true });

/** Runs a command, shows what it prints, and gives its exit code and text. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["inherit", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      process.stdout.write(chunk);
    });
    child.on("error", (error) => resolve({ code: 1, text: String(error) }));
    child.on("close", (code) => resolve({ code, text }));
  });
}

const total = { passed: 0, failed: 0, skipped: 0 };
function count(passed, failed, skipped = 0) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

console.log("\n== types (tsc)");
const types = await run(bin("tsc"), ["-p", "."]);
count(types.code === 0 ? 1 : 0, types.code === 0 ? 0 : 1);

console.log("\n== kernels (as-pect)");
const kernels = await run("npm", ["run", "--silent", "test:kernels"]);
const counted = [...kernels.text.replace(/\x1b\[[0-9;]*m/g, "").matchAll(/\[Tests\]:\s+(\d+)\s+\/\s+(\d+)/g)];
const [good, all] = counted.reduce(([a, b], [, x, y]) => [a + Number(x), b + Number(y)], [0, 0]);
count(good, all - good + (kernels.code !== 0 && good === all ? 1 : 0) + (all === 0 ? 1 : 0));

console.log("\n== host, PyTorch fixtures, engines and browser (vitest)");
const report = join(root, "build", "vitest.json");
rmSync(report, { force: true });
const host = await run(bin("vitest"), ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]);
try {
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  const broken = testResults.filter((file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")).length;
  count(numPassedTests, numFailedTests + broken + (host.code !== 0 && numFailedTests + broken === 0 ? 1 : 0), numPendingTests);
  for (const file of testResults)
    for (const test of file.assertionResults)
      if (test.status === "pending" || test.status === "skipped") console.log(`skipped: ${test.fullName}`);
} catch {
  count(0, 1);
}

console.log("\nnot run here, for it takes minutes: the Vite and the Next.js app of examples/embed (npm run test:embed, which CI runs)");
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped ? ` (${total.skipped} skipped, see above)` : ""}`);
process.exit(total.failed ? 1 : 0);
