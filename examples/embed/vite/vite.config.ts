import { defineConfig } from "vite";

export default defineConfig({
  // What a host sends with the page: scripts of this origin alone, and WebAssembly. `npm run preview` sends it too.
  preview: { headers: { "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" } },
});
