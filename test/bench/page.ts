// What the page and its exports cost with 12, 500 and 2 000 real servers, beside HAProxy with the same number of servers, and a
// change told to 500 open pages. Both in one network namespace, with a TCP check of each server every 30 s.
import { BackgroundProcess, pause, run, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { roleProcess } from "../support/processes.ts";

const NAMESPACE = "hfpage";
const ROUNDS = Number(Deno.env.get("ROUNDS") || "20");
const SIZES = [[1, 12], [25, 20], [100, 20]] as const;
const SMALLEST = Number(Deno.env.get("SMALLEST") || "0");
const VIEWERS = 500;
const HOLDFAST = "http://127.0.0.1:8404";
const HAPROXY = "http://127.0.0.1:8500";
const SERVER_PORT = 9000;

/** What is asked for, of each program. */
const PATHS = [
  ["page", "holdfast", `${HOLDFAST}/stats`],
  ["", "haproxy", `${HAPROXY}/stats`],
  ["CSV", "holdfast", `${HOLDFAST}/stats;csv`],
  ["", "haproxy", `${HAPROXY}/stats;csv`],
  ["metrics", "holdfast", `${HOLDFAST}/metrics`],
  ["", "haproxy", `${HAPROXY}/metrics`],
  ["status", "holdfast", `${HOLDFAST}/api/v1/status`],
  ["(JSON)", "haproxy", `${HAPROXY}/stats;json`],
] as const;

const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
await tryRun("ip", "netns", "del", NAMESPACE);
await run("ip", "netns", "add", NAMESPACE);
await run("ip", "-n", NAMESPACE, "link", "set", "lo", "up");
const inside = (...command: readonly string[]): string[] => ["ip", "netns", "exec", NAMESPACE, ...command];
const client = (...args: readonly string[]): string[] =>
  inside(Deno.execPath(), "run", "-A", "--quiet", new URL("page_client.ts", import.meta.url).pathname, ...args);
try {
  console.log(`The page and its exports, ${ROUNDS} requests each after ${ROUNDS / 2} to get warm; milliseconds`);
  console.log("servers  what     of           best  median   worst     CPU      bytes  resident");
  for (const [virtualServers, realServers] of SIZES) {
    if (virtualServers * realServers >= SMALLEST) await measure(virtualServers, realServers);
  }
} finally {
  await tryRun("ip", "netns", "del", NAMESPACE);
  await Deno.remove(folder, { recursive: true });
}

async function measure(virtualServers: number, realServers: number): Promise<void> {
  await Deno.writeTextFile(`${folder}/holdfast.conf`, holdfastConfig(virtualServers, realServers));
  await Deno.writeTextFile(`${folder}/haproxy.cfg`, haproxyConfig(virtualServers, realServers));
  const running = [
    new BackgroundProcess(client("listen", String(SERVER_PORT))),
    new BackgroundProcess(inside(...holdfastCommand(), "run", "-f", `${folder}/holdfast.conf`)),
    new BackgroundProcess(inside("haproxy", "-db", "-f", `${folder}/haproxy.cfg`)),
  ] as const;
  const [, holdfast, haproxy] = running;
  const total = virtualServers * realServers;
  const outputs = (): string => running.map(({ output }) => output.slice(-2000)).join("\n---\n");
  try {
    await until(
      "both serve",
      async () => {
        const csv = await Promise.all([HOLDFAST, HAPROXY].map((base) => curl(`${base}/stats;csv`)));
        return csv.every((text) => text.split("\n").filter((line) => /,L4OK,/.test(line)).length >= total);
      },
      120_000,
      outputs,
    );
    await pause(2000);
    const pids = { holdfast: roleProcess(holdfast.pid, "api"), haproxy: haproxy.pid };
    for (const [what, kind, url] of PATHS) {
      const result = JSON.parse(await run(...client("ask", url, String(ROUNDS), String(pids[kind]))));
      const cells = [
        result.bestMs.toFixed(1),
        result.medianMs.toFixed(1),
        result.worstMs.toFixed(1),
        result.cpuMs.toFixed(1),
      ];
      const memory = `${(result.residentKb / 1024).toFixed(0)} MB`;
      console.log(
        `${String(total).padStart(7)}  ${what.padEnd(7)}  ${kind.padEnd(8)} ${
          cells.map((cell) => cell.padStart(8)).join("")
        }${String(result.bytes).padStart(11)}${memory.padStart(10)}`,
      );
    }
    const streams = new BackgroundProcess(client("streams", HOLDFAST, String(VIEWERS), String(pids.holdfast)));
    await until("pages are open", () => streams.output.includes("open\n"), 60_000, () => streams.output);
    for (let weight = 101; weight <= 110; weight++) {
      await run(...inside(...holdfastCommand(), "weight", "10.10.0.1:80", `127.2.0.1:${SERVER_PORT}`, String(weight)));
      await pause(1000);
    }
    streams.signal("SIGTERM");
    await streams.ended;
    await streams.stop();
    const told = JSON.parse(streams.output.slice(streams.output.indexOf("{")));
    console.log(
      `${String(total).padStart(7)}  a change told to ${VIEWERS} open pages: from the first to the last ` +
        `${told.medianMs.toFixed(1)} ms (worst ${told.worstMs.toFixed(1)}), ${told.changes} changes seen by all; ` +
        `api role ${told.cpuPercent.toFixed(1)} % of a core with its pictures every second, ` +
        `${(told.residentKb / 1024).toFixed(0)} MB`,
    );
  } finally {
    for (const process of running) await process.killTree();
  }
}

async function curl(url: string): Promise<string> {
  return (await tryRun(...inside("curl", "-s", "-m", "10", url))).output;
}

/** Addresses of this machine, so that every check finds the one listener. */
function serverAddress(service: number, server: number): string {
  return `127.2.${service}.${server + 1}`;
}

function holdfastConfig(virtualServers: number, realServers: number): string {
  return Array.from({ length: virtualServers }, (_, service) =>
    `virtual_server 10.10.${service}.1 80 {
  delay_loop 30
  lvs_sched wrr
  lvs_method NAT
  protocol TCP
${
      Array.from({ length: realServers }, (_, server) =>
        `  real_server ${serverAddress(service, server)} ${SERVER_PORT} {
    weight 100
    TCP_CHECK {
      connect_timeout 3
    }
  }
`).join("")
    }}
`).join("");
}

function haproxyConfig(virtualServers: number, realServers: number): string {
  const listeners = Array.from({ length: virtualServers }, (_, service) =>
    `listen vs${service}
  bind 127.10.${service}.1:80
  balance roundrobin
${
      Array.from(
        { length: realServers },
        (_, server) =>
          `  server rs${server} ${serverAddress(service, server)}:${SERVER_PORT} weight 100 check inter 30s\n`,
      ).join("")
    }`);
  return `defaults
  mode tcp
  timeout connect 3s
  timeout client 30s
  timeout server 30s
frontend statistics
  mode http
  bind 127.0.0.1:8500
  stats enable
  stats uri /stats
  http-request use-service prometheus-exporter if { path /metrics }
${listeners.join("")}`;
}
