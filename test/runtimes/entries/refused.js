// How a model is made where the page's Content-Security-Policy does not let it: the error, and how long it took.
import { createModel, dense } from "lanewise";
import { report, site } from "./report.js";

export default report(refused());

async function refused() {
  const start = performance.now();
  try {
    await createModel(dense(1), { input: [2], ...site });
    return { made: true };
  } catch (error) {
    return { name: error.constructor.name, code: error.code, message: error.message, milliseconds: performance.now() - start };
  }
}
