// Sends a Content-Security-Policy with each page. Next.js writes scripts into its pages: it finds the nonce in the request's
// header and gives it to them. While developing it wants eval and styles in the page as well.

import { type NextRequest, NextResponse } from "next/server";

const more = process.env.NODE_ENV === "development" ? " 'unsafe-eval'; style-src 'self' 'unsafe-inline'" : "";

export function proxy(request: NextRequest): NextResponse {
  const policy = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'nonce-${btoa(crypto.randomUUID())}'${more}`;
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

export const config = { matcher: "/((?!_next/static).*)" };
