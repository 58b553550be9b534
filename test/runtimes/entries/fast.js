// Models of the fast build beside exact ones, at the sites that are asked for ("?sites=here 1,worker 2"): what they say of themselves,
// what they trained, and what the exact ones came to meanwhile.
import * as library from "lanewise";
import { fastCore } from "lanewise/fast";
import { programs } from "./programs.js";
import { query, report } from "./report.js";

export default report(all());

async function all() {
  // the engine's own word for it: it compiles such a core, or does not
  const relaxed = await WebAssembly.compile(await fastCore()).then(() => true, () => false), sites = [];
  for (const [where, threads] of query.get("sites").split(",").map((site) => site.split(" "))) {
    const site = { where, threads: Number(threads) };
    for (const name of ["mlp", "broad"]) {
      const [fast, exact] = await Promise.all([train(name, { ...site, build: "fast" }), train(name, site)]);
      sites.push({ name, site, fast: { ...fast.info, hash: fast.hash }, exact: { ...exact.info, hash: exact.hash }, apart: apart(fast.parameters, exact.parameters) });
    }
  }
  return { relaxed, sites };
}

async function train(name, options) {
  let info;
  const createModel = async (network, more) => {
    const made = await library.createModel(network, { ...more, ...options });
    info = await made.info();
    return made;
  };
  const trained = await programs[name]({ ...library, createModel }), parameters = await trained.parameters, hash = library.hash({ parameters });
  await trained.dispose();
  return { info, parameters, hash };
}

/** The greatest difference between two models' parameters. */
function apart(a, b) {
  let most = 0;
  for (const [name, { data }] of a) data.forEach((x, i) => (most = Math.max(most, Math.abs(x - b.get(name).data[i]))));
  return most;
}
