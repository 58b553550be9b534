// npm run pictures: the trainer page's five screens as the README shows them, to docs/trainer/. Wants the browsers of test/runtimes (npm run test:page).
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url)), require = createRequire(join(root, "test/runtimes/package.json"));
const { chromium } = require("playwright-core"), folder = join(root, "docs/trainer");
const executablePath = process.env.CHROME_PATH ?? await require("@sparticuz/chromium").executablePath();
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-first-run"], headless: true });
const page = await browser.newPage({ viewport: { width: 1180, height: 760 }, locale: "en-US", colorScheme: "light" });
mkdirSync(folder, { recursive: true });

const press = (name) => page.getByRole("button", { name, exact: true }).click();
const keep = async (name, from = "h2") => {
  await page.locator(from).first().evaluate((element) => scrollTo(0, element.getBoundingClientRect().top + scrollY - 12));
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(folder, `${name}.png`) });
};

await page.goto(pathToFileURL(join(root, "dist/trainer.html")).href);
await press("Penguins");
await page.getByRole("button", { name: "Go on to the model" }).waitFor();
await keep("1-data", "#found");
await press("Go on to the model");
await page.getByText("It can train").waitFor();
await keep("2-model");
await press("Go on to training");
await press("Start training");
await page.getByText(/^Trained/).first().waitFor();
await keep("3-train");
await press("See how good it is");
await page.getByText("ROC curves").waitFor();
await keep("4-understand");
await press("Use the model");
await press("Fill in a held-out row");
await press("Predict");
await keep("5-use");
await browser.close();
