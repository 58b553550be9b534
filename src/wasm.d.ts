// The build embeds the core: an import of a .wasm file is its bytes, deflated (RFC 1950), in base64.
declare module "*.wasm" {
  const base64: string;
  export default base64;
}
// And a script as text, with all that it imports.
declare module "*?script" {
  const text: string;
  export default text;
}
