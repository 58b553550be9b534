import { Browser } from "./browser";
import { Edge } from "./edge";
import { Server } from "./server";

// for each request anew: the policy of proxy.ts has another nonce each time
export const dynamic = "force-dynamic";

export default function Page() {
  return (
    <main>
      <h1>One training, three places</h1>
      <p>
        The same network learns the same ring in this browser, on the server and at the edge. Its weights come out the same, bit for bit:
        compare their hashes.
      </p>
      <Browser />
      <Server />
      <Edge />
    </main>
  );
}
