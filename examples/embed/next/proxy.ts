// Sends a Content-Security-Policy with each page. Next.js writes scripts into its pages: it finds the nonce in the request's
// header and gives it to them.

import { type NextRequest, NextResponse } from "next/server";

export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID()), development = process.env.NODE_ENV === "development";
  const policy = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'nonce-${nonce}'${development ? " 'unsafe-eval'" : ""}; style-src 'self' 'unsafe-inline'`;
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

export const config = { matcher: "/((?!_next/static).*)" };
