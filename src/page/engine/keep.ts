// What is kept of a visit: found again, opened, moved, erased, and packed into one file.

import type { Ready } from "../../advice/prepare.ts";
import type { Asked, KeepApi, Kept, Restored } from "./api.ts";
import { read, ready, take, use } from "./data.ts";
import { describe } from "./describe.ts";
import type { Work } from "./keeper.ts";
import { type Packed, pack, unpack } from "./pack.ts";
import type { Project } from "./project.ts";
import { Run } from "./run.ts";

export function keepApi(project: Project): KeepApi {
  const { keeper } = project;
  let found: Work | undefined, packed: Packed | undefined;
  return {
    async kept(file) {
      packed = file && await unpack(file);
      found = packed ?? await keeper.work();
      return found && keptOf(found, packed && { replaced: (await keeper.work())?.source.name });
    },
    async restore() {
      const { source, seen, runs } = found!, given = await read(source.given, source.pictures); // before anything is erased
      if (packed) {
        await project.clear();
        for (const [id, files] of packed.checkpoints) {
          const store = await keeper.places.open(id);
          try {
            for (const [name, bytes] of files) await store.put(name, bytes);
          } finally {
            await store.close();
          }
        }
      }
      const data = take(project, given, source.given, source.pictures);
      // data are made ready once for all runs that ask the same of them
      const made = new Map<string, Promise<Ready>>(), readyFor = (asked: Asked): Promise<Ready> => {
        const key = JSON.stringify(asked), known = made.get(key) ?? ready(project, asked);
        made.set(key, known);
        return known;
      };
      for (const { view } of runs) {
        const run: Run = new Run(view, await readyFor(view.asked), keeper, () => project.told(run));
        project.runs.set(view.id, run);
      }
      const asked = source.asked ?? runs.find(({ view }) => view.id === seen?.run)?.view.asked ?? runs.at(-1)?.view.asked;
      if (asked) await use(project, asked);
      if (packed) for (const what of ["source", "asked", "seen", ...project.runs.keys()]) keeper.changed(what);
      if (seen) keeper.note(seen);
      return {
        screen: "data", suggestion: undefined, design: undefined, run: undefined, ...seen, ...(seen && { design: seen.design ?? seen.suggestion?.design }), given: source.given, data, described: asked && describe(project.known, asked, project.opened),
        runs: [...project.runs.values()].map(({ record }) => record),
      } satisfies Restored;
    },
    note: async (seen) => keeper.note(seen),
    keepIn: async (where) => keeper.keepIn(where),
    keeping: async () => keeper.view(),
    async erase() {
      await project.clear();
      Object.assign(project, { source: undefined, opened: undefined, ready: undefined });
    },
    pack: async () => pack(project),
  };
}

const keptOf = ({ source: { name }, runs }: Work, packed: { readonly replaced: string | undefined } | undefined): Kept => ({
  name, runs: runs.length, steps: runs.reduce((sum, { view }) => sum + view.step, 0), broken: runs.some(({ view }) => view.status === "running"), packed: packed !== undefined, replaced: packed?.replaced,
});

