// The build embeds the core: an import of a .wasm file is its bytes, deflated (RFC 1950), in base 85; on the edge it is a module, and there are no probes.
declare module "*.wasm" {
  const core: string | WebAssembly.Module | undefined;
  export default core;
}
// And a script as text, with all that it imports.
declare module "*?script" {
  const text: string;
  export default text;
}
// What the build embeds: a file's bytes, gzipped.
declare module "*?gzip" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

// docs/choosing.md, and beside it the other language: its sections, by turns (scripts/guide.mjs).
declare module "*?guide" {
  const sections: readonly string[];
  export default sections;
}
