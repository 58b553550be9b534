// One peer of the whole train steps: lanewise. node bench/step.mjs --work W2 --seconds 1
// Prints one line of JSON, as measure.mjs says; --root PATH takes the build of another checkout.

import { here, lanewiseStep, loadBuild } from "./lanewise.mjs";
import { measure, reporting, stepOptions } from "./measure.mjs";
import { workNamed } from "./works.mjs";

const options = stepOptions({ root: here });
await reporting("lanewise", options, async () => {
  const { step } = await lanewiseStep(await loadBuild(options.root), workNamed(options.work));
  await measure("lanewise", options, step);
});
