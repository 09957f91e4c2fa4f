// AGENT_CHECK beside HAProxy: the same agent says the same lines, and the same comes of them.
import {
  type AgentState,
  hearAgent,
  missAgent,
  parseAgentLine,
  shareOf,
  SILENT_AGENT,
} from "../../../src/core/health/agent.ts";
import { assertEquals } from "../../assert.ts";
import { until } from "../../support/command.ts";
import { testWith } from "../../support/requirements.ts";
import { Servers } from "./servers.ts";

const WEIGHT = 20;
const INTERVAL_MS = 100;

/** In order: each says what it says on top of those before. Undefined: the agent closes without a word. */
const LINES: readonly (string | undefined)[] = [
  "up ready 100%",
  "50%",
  "up",
  "0%",
  "200%",
  "100%",
  "drain",
  "up 100%",
  "maint",
  "",
  "ready",
  "down # disk full",
  "",
  "ready",
  "what?",
  "up",
  "stopped",
  undefined,
  "UP, Ready",
  "75",
  "fail",
  "drain ready",
  "hello up",
  "up 10% 20%",
  "maxconn:3",
  undefined,
  "down 50%",
  "drain",
  "up",
  "ready,100%",
];

function config(folder: string, port: number): string {
  return `global
  stats socket ${folder}/haproxy.sock
defaults
  mode tcp
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  timeout check 10s
listen l
  bind ${folder}/service.sock
  server s 127.0.0.1:9 weight ${WEIGHT} agent-check agent-port ${port} agent-inter ${INTERVAL_MS}ms
`;
}

/** What HAProxy says of the server, in our words. */
async function haproxySays(folder: string): Promise<string> {
  const connection = await Deno.connect({ transport: "unix", path: `${folder}/haproxy.sock` });
  await connection.write(new TextEncoder().encode("show stat\n"));
  const [head = "", ...rows] = (await new Response(connection.readable).text()).trim().split("\n");
  const names = head.replace("# ", "").split(",");
  const row = rows.map((line) => line.split(",")).find(([, name]) => name === "s") ?? [];
  const of = (name: string): string => row[names.indexOf(name)] ?? "";
  const status = of("status");
  const state = status.startsWith("DRAIN")
    ? "drain"
    : status === "MAINT"
    ? "maint"
    : status.startsWith("DOWN")
    ? "down"
    : "up";
  return `${state} ${of("weight")}`;
}

function weSay({ up, mode, percent }: AgentState): string {
  const state = mode === "maint" || (mode === "drain" && up) ? mode : up ? "up" : "down";
  return `${state} ${shareOf(WEIGHT, percent)}`;
}

testWith(["program:haproxy"], "the lines of an agent come to the same as in HAProxy", async () => {
  const servers = new Servers();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let line: string | undefined = "";
  let asked = 0;
  const serving = (async (): Promise<void> => {
    for await (const connection of listener) {
      const said = line;
      if (said !== undefined) await connection.write(new TextEncoder().encode(`${said}\n`)).catch(() => {});
      connection.close();
      asked++;
    }
  })();
  try {
    const file = `${servers.folder}/haproxy.cfg`;
    await Deno.writeTextFile(file, config(servers.folder, listener.addr.port));
    const haproxy = servers.start("haproxy", "-f", file, "-db");
    await until("HAProxy asks", () => asked > 2, 20_000, () => haproxy.output);
    let state: AgentState = SILENT_AGENT;
    const differences: string[] = [];
    for (const said of LINES) {
      line = said;
      const since = asked;
      await until("HAProxy has heard it", () => asked >= since + 3, 20_000, () => haproxy.output);
      const words = parseAgentLine(said ?? "");
      state = words === undefined ? missAgent(state, "nothing") : hearAgent(state, words, said ?? "");
      const [theirs, ours] = [await haproxySays(servers.folder), weSay(state)];
      if (theirs !== ours) differences.push(`${said}: HAProxy ${theirs}, we ${ours}`);
    }
    assertEquals(differences, []);
  } finally {
    await servers.close();
    listener.close();
    await serving;
  }
});
