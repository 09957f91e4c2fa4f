// The other side of page.ts, inside the namespace: `listen PORT`, `ask URL ROUNDS PID`, `streams BASE COUNT PID`. Prints JSON.
import { cpuMs } from "../support/processes.ts";

const [command = "", ...args] = Deno.args;
if (command === "listen") await listen(Number(args[0]));
else if (command === "ask") await ask(args[0] ?? "", Number(args[1]), Number(args[2]));
else if (command === "streams") await streams(args[0] ?? "", Number(args[1]), Number(args[2]));

/** Takes connections and closes them. */
async function listen(port: number): Promise<void> {
  for await (const connection of Deno.listen({ hostname: "0.0.0.0", port })) connection.close();
}

/** Asks again and again, and says how long that took and what it cost the process that answered. */
async function ask(url: string, rounds: number, pid: number): Promise<void> {
  for (let round = 0; round < rounds / 2; round++) await (await fetch(url)).bytes();
  const times: number[] = [];
  let bytes = 0;
  const before = cpuMs(pid);
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    bytes = (await (await fetch(url)).bytes()).length;
    times.push(performance.now() - start);
  }
  const cost = (cpuMs(pid) - before) / rounds;
  console.log(JSON.stringify({ ...summary(times), bytes, cpuMs: cost, residentKb: residentKb(pid) }));
}

/** Opens pages' streams, and until SIGTERM looks when each of them is told of a weight that is new. */
async function streams(base: string, count: number, pid: number): Promise<void> {
  const { hostname, port } = new URL(base);
  const request = new TextEncoder().encode(`GET /stats/live HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  /** When each weight was first told, last told, and to how many. */
  const told = new Map<string, { first: number; last: number; count: number }>();
  let open = 0;
  for (let at = 0; at < count; at++) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(request);
    follow(connection, () => {
      if (++open === count) begin();
    }, told);
  }
  let startMs = 0;
  let startCpuMs = 0;
  function begin(): void {
    console.log("open");
    [startMs, startCpuMs] = [performance.now(), cpuMs(pid)];
  }
  Deno.addSignalListener("SIGTERM", () => {
    const all = [...told.values()].filter((entry) => entry.count === count);
    const cpuPercent = (cpuMs(pid) - startCpuMs) / (performance.now() - startMs) * 100;
    const spread = summary(all.map(({ first, last }) => last - first));
    console.log(JSON.stringify({ ...spread, changes: all.length, cpuPercent, residentKb: residentKb(pid) }));
    Deno.exit(0);
  });
}

async function follow(
  connection: Deno.Conn,
  opened: () => void,
  told: Map<string, { first: number; last: number; count: number }>,
): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  const decoder = new TextDecoder("latin1");
  let tail = "";
  let isOpen = false;
  const seen = new Set<string>();
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return;
    const now = performance.now();
    const text = tail + decoder.decode(buffer.subarray(0, length));
    tail = text.slice(-20);
    // The first event ends with an empty line.
    if (!isOpen && text.includes("\n\n")) {
      isOpen = true;
      opened();
    }
    for (const [, weight = ""] of text.matchAll(/"(1\d\d)\/100"/g)) {
      if (weight === "100" || seen.has(weight)) continue;
      seen.add(weight);
      const entry = told.get(weight) ?? { first: now, last: now, count: 0 };
      told.set(weight, { first: entry.first, last: now, count: entry.count + 1 });
    }
  }
}

function summary(times: number[]): { bestMs: number; medianMs: number; worstMs: number } {
  const sorted = times.toSorted((a, b) => a - b);
  return { bestMs: sorted[0] ?? NaN, medianMs: sorted[sorted.length >> 1] ?? NaN, worstMs: sorted.at(-1) ?? NaN };
}

function residentKb(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/status`).match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0);
}
