import type { NextConfig } from "next";

// This folder is the whole project, whatever lies above it.
export default { turbopack: { root: import.meta.dirname } } satisfies NextConfig;
