// Open pages and a flood of requests, as one program: `http_flood.ts HOST PORT PAGES REQUESTS_PER_SECOND`. Says `flooding` when
// all pages are open, and at SIGTERM what was answered, as JSON.

const [hostname = "", port = "", pages = "", rate = ""] = Deno.args;
const CONNECTIONS = 50;
/** Requests that a connection sends at a time. */
const BATCH = 10;
const PATHS = ["/healthz", "/healthz", "/healthz", "/api/v1/vrrp/instances", "/api/v1/status"];

const encoder = new TextEncoder();
let sent = 0;
let answered = 0;
let events = 0;
let openPages = 0;
let isEnding = false;

const connect = (): Promise<Deno.TcpConn> => Deno.connect({ hostname, port: Number(port) });
const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;

/** Reads a page's stream to its end. */
async function page(): Promise<void> {
  const connection = await connect();
  await connection.write(encoder.encode(request("/stats/live")));
  const buffer = new Uint8Array(1 << 16);
  let isOpen = false;
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) break;
    events++;
    if (!isOpen) openPages++;
    isOpen = true;
  }
  openPages--;
}

/** Sends batches as fast as they are answered, and no faster than its share of the rate. */
async function flood(share: number): Promise<void> {
  const buffer = new Uint8Array(1 << 17);
  const decoder = new TextDecoder("latin1");
  while (!isEnding) {
    const connection = await connect().catch(() => undefined);
    if (connection === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    const start = performance.now();
    try {
      for (let own = 0; !isEnding; own += BATCH) {
        const dueMs = start + own / share * 1000 - performance.now();
        if (dueMs > 1) await new Promise((resolve) => setTimeout(resolve, dueMs));
        const batch = Array.from({ length: BATCH }, (_, at) => request(PATHS[(own + at) % PATHS.length] ?? ""));
        await connection.write(encoder.encode(batch.join("")));
        sent += BATCH;
        for (let waiting = BATCH, tail = ""; waiting > 0;) {
          const length = await connection.read(buffer);
          if (length === null) throw new Error("closed");
          const text = tail + decoder.decode(buffer.subarray(0, length));
          const found = text.match(/HTTP\/1\.1 \d/g)?.length ?? 0;
          tail = text.slice(-9).replace(/HTTP\/1\.1 \d/, "");
          waiting -= found;
          answered += found;
        }
      }
    } catch {
      // connected again
    }
    connection.close();
  }
}

for (let count = 0; count < Number(pages); count++) {
  page();
  if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
while (openPages < Number(pages)) await new Promise((resolve) => setTimeout(resolve, 20));
const startMs = performance.now();
for (let count = 0; count < CONNECTIONS; count++) flood(Number(rate) / CONNECTIONS);
console.log("flooding");
Deno.addSignalListener("SIGTERM", () => {
  isEnding = true;
  const seconds = (performance.now() - startMs) / 1000;
  const perSecond = Math.round(answered / seconds);
  console.log(JSON.stringify({ perSecond, sent, answered, events, openPages, seconds: Math.round(seconds) }));
  Deno.exit(0);
});
