import { assertEquals } from "../../../test/assert.ts";
import { engineWith, type HealthWorld, serversOf } from "../../../test/support/health_engine.ts";
import { parseAgentLine } from "../../core/health/agent.ts";
import type { ProbePort, ProbeRequest, ProbeResult } from "../../ports/probes.ts";
import type { RealServerSnapshot } from "../../ports/snapshot.ts";
import { FakeIpvs } from "./fake_ipvs.ts";

/** Agents that say what they are told to; an empty line: they refuse. Every other check is good unless it is `dead`. */
class ToldAgents implements ProbePort {
  line = "up ready 100%";
  isDead = false;
  daysLeft: number | undefined;

  run({ type }: ProbeRequest): Promise<ProbeResult> {
    if (type === "agent") return Promise.resolve(this.#agent());
    if (this.isDead) return Promise.resolve({ ok: false, status: "L4CON", text: "connection refused", durationUs: 1 });
    const daysLeft = this.daysLeft;
    const notAfterMs = Date.UTC(2027, 0, 1);
    const seen = daysLeft === undefined || type !== "tls"
      ? {}
      : { certificate: { notAfterMs, daysLeft, ending: daysLeft < 14 } };
    return Promise.resolve({ ok: true, status: "L7OK", text: "good", durationUs: 1, ...seen });
  }

  #agent(): ProbeResult {
    if (this.line === "") return { ok: false, status: "L4CON", text: "connection refused", durationUs: 1 };
    const agent = parseAgentLine(this.line);
    const text = this.line;
    if (agent === undefined) return { ok: false, status: "L7RSP", text: `no word of an agent: ${text}`, durationUs: 1 };
    return { ok: agent.up !== false, status: "L7OK", text, agent, durationUs: 1 };
  }
}

const AGENT = "AGENT_CHECK: {connect_port: 9000, delay_loop: 2}";
const FIRST = { virtualServer: "tcp 10.0.0.1:80", realServer: "10.0.1.1:80" };
const BY_ALICE = { author: "alice" };

function yaml(checks: readonly string[], more = ""): string {
  return `virtual_server:
  - address: 10.0.0.1
    port: 80
    delay_loop: 6
    lvs_sched: wrr
    lvs_method: NAT
    protocol: TCP
    ${more}
    real_server:
      - address: 10.0.1.1
        port: 80
        weight: 20
${checks.map((check) => `        ${check}\n`).join("")}      - {address: 10.0.1.2, port: 80, weight: 20}
`;
}

interface World extends HealthWorld {
  readonly agents: ToldAgents;
}

function world(checks: readonly string[] = [AGENT], ipvs = new FakeIpvs()): World {
  const agents = new ToldAgents();
  const made = engineWith(serversOf(yaml(checks), "test.yaml"), { probes: agents, ipvs });
  made.engine.run();
  return { ...made, agents };
}

const table = ({ ipvs }: HealthWorld): string => ipvs.text().join().replace("tcp 10.0.0.1:80 wrr: ", "");
const shown = ({ engine }: HealthWorld): RealServerSnapshot | undefined => engine.snapshot()[0]?.realServers[0];
const causes = (now: HealthWorld): readonly string[] => shown(now)?.causes ?? [];

async function says(now: World, line: string): Promise<string> {
  now.agents.line = line;
  await now.time.pass(2000);
  return table(now);
}

const BOTH = "10.0.1.1:80=20 10.0.1.2:80=20";

Deno.test("an agent names a share of the weight; what it does not say holds", async () => {
  const now = world();
  assertEquals(await says(now, "up ready 100%"), BOTH);
  assertEquals(await says(now, "50%"), "10.0.1.1:80=10 10.0.1.2:80=20");
  assertEquals(causes(now), ["its agent wants 50% of its weight: 10; the configuration says 20"]);
  assertEquals(await says(now, "up"), "10.0.1.1:80=10 10.0.1.2:80=20");
  assertEquals(await says(now, "0%"), "10.0.1.1:80=0 10.0.1.2:80=20");
  assertEquals(await says(now, "200%"), "10.0.1.1:80=40 10.0.1.2:80=20");
  assertEquals(await says(now, "100%"), BOTH);
  assertEquals(causes(now), ["all its checks are good"]);
  assertEquals(now.log.at(-1), "Changing weight of service [10.0.1.1]:tcp:80 of VS [10.0.0.1]:tcp:80 to 20");
});

Deno.test("an agent takes its server out and back; one that is silent changes nothing", async () => {
  const now = world(["TCP_CHECK: {retry: 0, delay_loop: 2}", AGENT]);
  assertEquals(await says(now, ""), BOTH);
  assertEquals(causes(now), [
    "all its checks are good",
    "its agent is not heard (connection refused): what it said before holds",
  ]);
  assertEquals(shown(now)?.check?.type, "tcp");
  assertEquals(await says(now, "down # disk full"), "10.0.1.2:80=20");
  assertEquals(causes(now), ["AGENT_CHECK fails: down # disk full"]);
  assertEquals([shown(now)?.state, shown(now)?.check?.type], ["down", "agent"]);
  assertEquals(await says(now, ""), "10.0.1.2:80=20");
  assertEquals(await says(now, "what?"), "10.0.1.2:80=20");
  assertEquals(await says(now, "ready"), "10.0.1.2:80=20", "an administrator's word is no health");
  assertEquals(await says(now, "up"), BOTH);
  now.agents.isDead = true;
  assertEquals(await says(now, "up"), "10.0.1.2:80=20", "up is up only while the other checks are good, too");
  assertEquals(
    now.log.filter((line) => line.startsWith("Agent")),
    [
      "Agent of [10.0.1.1]:tcp:80 is not heard: connection refused. What it said before holds.",
      "Agent of [10.0.1.1]:tcp:80 is heard again.",
      "Agent check of [10.0.1.1]:tcp:9000 failed: down # disk full.",
      "Agent of [10.0.1.1]:tcp:80 is not heard: connection refused. What it said before holds.",
      "Agent of [10.0.1.1]:tcp:80 is heard again.",
      "Agent check of [10.0.1.1]:tcp:9000 success.",
    ],
  );
});

Deno.test("an agent drains its server and puts it into maintenance, until it says ready", async () => {
  const now = world();
  now.ipvs.connect("10.0.1.1", 3);
  assertEquals(await says(now, "drain"), "10.0.1.1:80=0 10.0.1.2:80=20");
  assertEquals(causes(now), ["its agent took it out (drain): it gets nothing new and waits for 3 connections to end"]);
  assertEquals(await says(now, "up 100%"), "10.0.1.1:80=0 10.0.1.2:80=20");
  assertEquals(await says(now, "maint"), "10.0.1.2:80=20");
  assertEquals(causes(now), ["its agent put it into maintenance (maint)"]);
  assertEquals(await says(now, ""), "10.0.1.2:80=20");
  assertEquals(await says(now, "ready"), BOTH);
  assertEquals(now.log.filter((line) => line.includes("says")), [
    "Agent of [10.0.1.1]:tcp:80 says drain",
    "Agent of [10.0.1.1]:tcp:80 says maint",
    "Agent of [10.0.1.1]:tcp:80 says ready",
  ]);
});

Deno.test("an operator's word comes before the agent's, which counts again after it", async () => {
  const now = world();
  now.engine.obey(FIRST, { action: "maint", ...BY_ALICE });
  assertEquals(await says(now, "ready up"), "10.0.1.2:80=20");
  assertEquals(await says(now, "drain"), "10.0.1.2:80=20");
  assertEquals(causes(now), ["an operator put it into maintenance (alice)"]);
  now.engine.obey(FIRST, { action: "ready", ...BY_ALICE });
  assertEquals(table(now), "10.0.1.2:80=20", "the agent still says drain, and there is nothing to wait for");
  assertEquals(await says(now, "ready 50%"), "10.0.1.1:80=10 10.0.1.2:80=20");
  now.engine.obey(FIRST, { action: "weight", weight: 7, ...BY_ALICE });
  assertEquals(await says(now, "30%"), "10.0.1.1:80=7 10.0.1.2:80=20");
});

Deno.test("what an agent said survives a reload that changes its check, and goes with it", async () => {
  const now = world();
  now.ipvs.connect("10.0.1.1", 3);
  await says(now, "up drain");
  await says(now, "50%");
  const reload = (checks: readonly string[]): void => now.engine.reconfigure(serversOf(yaml(checks), "test.yaml"));
  reload([AGENT.replace("2}", "3}")]);
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=20");
  now.agents.line = "";
  await now.time.pass(3000);
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=20");
  reload([]);
  assertEquals(table(now), BOTH);
});

Deno.test("a server that an earlier process had taken out comes back when its agent is silent", async () => {
  const before = world();
  await says(before, "down");
  const after = engineWith(serversOf(yaml([AGENT]), "test.yaml"), { ipvs: before.ipvs, probes: before.agents });
  after.engine.run();
  assertEquals(table(after), "10.0.1.2:80=20");
  before.agents.line = "";
  await after.time.pass(2000);
  assertEquals(table(after), BOTH);
});

Deno.test("a server that its agent had drained stays so in another process until the agent is asked", async () => {
  for (
    const [line, wanted] of [["drain", "10.0.1.1:80=0"], ["", "10.0.1.1:80=20"], ["up", "10.0.1.1:80=20"]] as const
  ) {
    const before = world();
    before.ipvs.connect("10.0.1.1", 3);
    assertEquals(await says(before, "drain"), "10.0.1.1:80=0 10.0.1.2:80=20");
    const { ipvs, agents: probes } = before;
    const after = engineWith(serversOf(yaml([AGENT]), "test.yaml"), { ipvs, probes, random: () => 0.5 });
    after.engine.run();
    assertEquals(table(after), "10.0.1.1:80=0 10.0.1.2:80=20");
    assertEquals(causes(after), ["it had weight 0 before the restart, and its agent has not been heard yet"]);
    assertEquals(shown(after)?.agent, undefined);
    probes.line = line;
    await after.time.pass(2000);
    assertEquals(table(after), `${wanted} 10.0.1.2:80=20`);
  }
});

Deno.test("a certificate that ends soon is logged once a day, a warning, a cause and a number", async () => {
  const now = world(["TLS_CHECK: {warn_days: 14}"]);
  now.agents.daysLeft = 90;
  await now.time.pass(1);
  assertEquals([now.engine.warnings, now.log], [[], ["TLS check of [10.0.1.1]:tcp:80 success."]]);
  assertEquals(shown(now)?.certificate, { notAfterMs: Date.UTC(2027, 0, 1), daysLeft: 90, ending: false });
  now.agents.daysLeft = 9;
  await now.time.pass(30_000);
  assertEquals(now.log.slice(1), ["warning: [10.0.1.1]:tcp:80: its certificate is valid for 9 days (2027-01-01)"]);
  const sinceMs = 1_006_000;
  assertEquals(now.engine.warnings, [{
    code: "certificate-ending",
    message: "certificates end soon: 10.0.1.1:80 of tcp 10.0.0.1:80 (9 days left)",
    sinceMs,
  }]);
  assertEquals(causes(now), ["all its checks are good", "TLS_CHECK: its certificate is valid for 9 days"]);
  now.agents.daysLeft = -1;
  await now.time.pass(6000);
  assertEquals(now.log.at(-1), "warning: [10.0.1.1]:tcp:80: its certificate has expired (2027-01-01)");
  assertEquals(now.engine.warnings[0]?.sinceMs, sinceMs);
  now.agents.isDead = true;
  await now.time.pass(6000);
  assertEquals(now.engine.warnings.length, 1, "a check that sees none takes no warning back");
  now.agents.isDead = false;
  now.agents.daysLeft = 89;
  await now.time.pass(12_000);
  assertEquals(now.engine.warnings, []);
  assertEquals(now.log.includes("[10.0.1.1]:tcp:80: its certificate is valid for 89 days (2027-01-01)"), true);
});
