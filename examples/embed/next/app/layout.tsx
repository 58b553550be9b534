import type { ReactNode } from "react";
import "./globals.css";

export const metadata = { title: "One training, three places", description: "lanewise in a Next.js app" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
