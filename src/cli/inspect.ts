// lanewise inspect: what is in a file of weights.

import { inspect as look } from "../index.ts";
import { command } from "./args.ts";
import { failed } from "../advice/failure.ts";
import { grouped, plural, short, sized } from "../advice/text.ts";
import { bytesOf } from "./models.ts";
import { clean, cut, table } from "./text.ts";

export const inspect = command({
  name: "inspect",
  summary: "Shows what is in a safetensors file: layers, tensors, ranges, metadata.",
  about: "Reads models and checkpoints of lanewise, and safetensors files of PyTorch and others. Nothing in the file is run.",
  arguments: [{ name: "FILE", help: "a safetensors file" }],
  flags: { metadata: { kind: "yes", help: "show the metadata as they are, uncut" } } as const,
  examples: ["lanewise inspect penguins-species-run/model.safetensors"],
  async run(terminal, [path], { metadata: uncut = false }) {
    const bytes = await bytesOf(path!);
    let found: ReturnType<typeof look>;
    try {
      found = look(bytes);
    } catch (error) {
      throw failed(path!, (error as Error).message, (error as { code?: string }).code ?? "bad-file");
    }
    const { kind, tensors, metadata, summary, problem } = found;
    terminal.emit("file", { path, ...found });
    const what = { model: "a model of lanewise", checkpoint: "a checkpoint of lanewise", tensors: "tensors" }[kind];
    terminal.heading(clean(`${path}: ${what}, ${sized(found.bytes)}, ${plural(found.count, "number")} in ${plural(tensors.length, "tensor")}`));
    if (summary) terminal.say(`\n${summary.trimEnd().split("\n").map((line) => `  ${clean(line)}`).join("\n")}`);
    if (problem) terminal.tell(clean(`It cannot be loaded as it is: ${problem}`));
    terminal.say();
    const number = (x: number | undefined): string => (x === undefined ? "–" : short(x)), roomy = terminal.width >= 76;
    const rows = tensors.map(({ name, dtype, shape, minimum, maximum, mean, nonFinite, count }) => [
      clean(name), clean(dtype), shape.join("×") || "scalar", ...(roomy ? [grouped(count), number(mean)] : []), number(minimum), number(maximum), nonFinite ? `${nonFinite} not finite` : "",
    ]);
    const head = ["tensor", "type", "shape", ...(roomy ? ["numbers", "mean"] : []), "least", "greatest", ""];
    terminal.say(table([head, ...rows], terminal.width, roomy ? [3, 4, 5, 6] : [3, 4], "  "));
    const notes = Object.entries(metadata);
    if (notes.length) terminal.say("\n  metadata");
    for (const [name, text] of notes) terminal.say(`    ${clean(uncut ? `${name}: ${text}` : cut(`${name}: ${text}`, terminal.width - 4))}`);
    return 0;
  },
});
