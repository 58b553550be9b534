// Command lines: --name value, or --name alone for what is false by default.

/** Reads options of the names and types of `defaults`; throws an Error that lists them for another name. */
export function readOptions(defaults, argv = process.argv.slice(2)) {
  const options = { ...defaults };
  for (let i = 0; i < argv.length; i++) {
    const name = argv[i].replace(/^--/, "");
    if (!argv[i].startsWith("--") || !(name in defaults))
      throw new Error(`unknown option ${argv[i]}; known: ${Object.keys(defaults).map((key) => `--${key}`).join(" ")}`);
    if (typeof defaults[name] === "boolean") {
      options[name] = true;
      continue;
    }
    const value = argv[++i];
    if (value === undefined) throw new Error(`--${name} wants a value`);
    options[name] = typeof defaults[name] === "number" ? Number(value) : value;
    if (Number.isNaN(options[name])) throw new Error(`--${name} wants a number, got ${value}`);
  }
  return options;
}
