import { assertEquals } from "../../../test/assert.ts";
import { configOf, VIRTUAL_SERVER } from "../../../test/support/config_values.ts";
import { engineWith, serversOf } from "../../../test/support/health_engine.ts";
import { startable } from "../../config/carried_out.ts";
import { requestsOf } from "./policy.ts";

/** A virtual server of 10.0.0.1:80 with the given lines and real servers, each `address: lines; checker lines`. */
function service(
  lines: string,
  ...servers: readonly (readonly [address: string, lines: string, check: string])[]
): string {
  const blocks = servers.map(([address, own, check]) =>
    `real_server ${address} 80 {\n${own}\n${check === "none" ? "" : `TCP_CHECK {\n${check}\n}`}\n}`
  );
  return `virtual_server 10.0.0.1 80 {\ndelay_loop 6\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n${lines}\n${
    blocks.join("\n")
  }\n}\n`;
}

Deno.test("alpha of the checker decides, else that of the real server, else that of the virtual server", () => {
  const { ipvs, log, engine } = engineWith(serversOf(service(
    "alpha",
    ["10.0.1.1", "", ""],
    ["10.0.1.2", "alpha off", ""],
    ["10.0.1.3", "", "alpha off"],
    ["10.0.1.4", "alpha", "alpha off"],
    ["10.0.1.5", "alpha off", "alpha"],
    ["10.0.1.6", "alpha", "none"],
  )));
  engine.run();
  assertEquals(ipvs.text(), ["tcp 10.0.0.1:80 rr: 10.0.1.2:80=1 10.0.1.3:80=1 10.0.1.4:80=1 10.0.1.6:80=1"]);
  assertEquals(log, []);
});

Deno.test("a server with alpha and inhibit_on_failure is in the table at weight 0 until its first good check", async () => {
  const text = service("", ["10.0.1.1", "weight 3\nalpha\ninhibit_on_failure", ""], ["10.0.1.2", "", "none"]);
  const { ipvs, time, engine } = engineWith(serversOf(text));
  engine.run();
  assertEquals(ipvs.text(), ["tcp 10.0.0.1:80 rr: 10.0.1.1:80=0 10.0.1.2:80=1"]);
  await time.pass(1);
  assertEquals(ipvs.text(), ["tcp 10.0.0.1:80 rr: 10.0.1.1:80=3 10.0.1.2:80=1"]);
  await engine.stop({ keepTable: true });
});

Deno.test("sorry_server_inhibit keeps the sorry server in the table at weight 0", async () => {
  const text = service("sorry_server 10.0.1.9 80\nsorry_server_inhibit", ["10.0.1.1", "", ""]);
  const { ipvs, time, probes, engine } = engineWith(serversOf(text));
  engine.run();
  assertEquals(ipvs.text(), ["tcp 10.0.0.1:80 rr: 10.0.1.1:80=1 10.0.1.9:80=0"]);
  probes.dead.add("10.0.1.1");
  await time.pass(1);
  assertEquals(ipvs.text(), ["tcp 10.0.0.1:80 rr: 10.0.1.9:80=1"]);
  await engine.stop({ keepTable: true });
});

Deno.test("omega takes the servers out one after the other at the end, and no sorry server comes in", async () => {
  const lines = "omega\nquorum 2\nsorry_server 10.0.1.9 80";
  const text = service(lines, ["10.0.1.1", "", "none"], ["10.0.1.2", "inhibit_on_failure", "none"]);
  const { ipvs, log, engine } = engineWith(serversOf(text));
  engine.run();
  const tables: string[] = [];
  ipvs.observe = () => tables.push(ipvs.text().join());
  await engine.stop({ keepTable: false });
  assertEquals(tables, ["tcp 10.0.0.1:80 rr: 10.0.1.2:80=1", "tcp 10.0.0.1:80 rr:", ""]);
  assertEquals(log, [
    "Shutting down service [10.0.1.1]:tcp:80 from VS [10.0.0.1]:tcp:80",
    "Lost quorum 2-0=2 > 1 for VS [10.0.0.1]:tcp:80",
    "Shutting down service [10.0.1.2]:tcp:80 from VS [10.0.0.1]:tcp:80",
  ]);
});

Deno.test("ha_suspend checks only while the address is here; when it comes, at once", async () => {
  let isHere = false;
  const { ipvs, time, probes, log, engine } = engineWith(serversOf(service("ha_suspend", ["10.0.1.1", "", ""])), {
    isLocal: (address) => isHere && address === "10.0.0.1",
  });
  engine.run();
  probes.dead.add("10.0.1.1");
  await time.pass(15_000);
  assertEquals(probes.asked, []);
  assertEquals(ipvs.text(), ["tcp 10.0.0.1:80 rr: 10.0.1.1:80=1"]);
  isHere = true;
  engine.surroundingsChanged();
  await time.pass(1);
  assertEquals(probes.asked.length, 1);
  assertEquals(ipvs.text(), ["tcp 10.0.0.1:80 rr:"]);
  await time.pass(6000);
  assertEquals(probes.asked.length, 2);
  isHere = false;
  engine.surroundingsChanged();
  await time.pass(15_000);
  assertEquals(probes.asked.length, 2);
  assertEquals(log.filter((line) => line.includes("healthcheckers")), [
    "Suspending healthcheckers of VS [10.0.0.1]:tcp:80: 10.0.0.1 is not on this host",
    "Activating healthcheckers of VS [10.0.0.1]:tcp:80: 10.0.0.1 is on this host",
    "Suspending healthcheckers of VS [10.0.0.1]:tcp:80: 10.0.0.1 is not on this host",
  ]);
  await engine.stop({ keepTable: true });
});

Deno.test("log_all_failures says each try that failed, checker_log_all_failures for all of them", async () => {
  const failures = async (text: string): Promise<number> => {
    const { time, probes, log, engine } = engineWith(serversOf(text));
    engine.run();
    await time.pass(1);
    probes.dead.add("10.0.1.1");
    await time.pass(10_000);
    await engine.stop({ keepTable: true });
    return log.filter((line) => line === "TCP connection to [10.0.1.1]:tcp:80 failed.").length;
  };
  const text = (own: string): string => service("retry 2", ["10.0.1.1", "", own]);
  assertEquals(await failures(text("")), 1);
  assertEquals(await failures(text("log_all_failures")), 3);
  assertEquals(await failures(`global_defs {\nchecker_log_all_failures\n}\n${text("")}`), 3);
  assertEquals(await failures(`global_defs {\nchecker_log_all_failures\n}\n${text("log_all_failures off")}`), 1);
});

Deno.test("requestsOf() takes along what block SSL and tls_compliant say", () => {
  const tlsOf = (ssl: string): unknown[] => {
    const check = "SSL_GET {\ntls_compliant\nurl {\npath /a\n}\nurl {\npath /b\ntls_compliant off\n}\n}";
    const { config } = startable(configOf(
      `${ssl}virtual_server 10.0.0.1 443 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 10.0.1.1 443 {\n${check}\n}\n}`,
    ));
    const checker = config.virtualServers[0]?.realServers[0]?.checkers[0];
    return checker === undefined
      ? []
      : requestsOf(checker).map((request) => request.type === "http" ? request.tls : {});
  };
  assertEquals(tlsOf(""), [{ compliant: true }, {}]);
  const clientFiles = { certificate: "/c.pem", key: "/k.pem", password: "secret" };
  assertEquals(tlsOf("SSL {\npassword secret\ncertificate /c.pem\nkey /k.pem\nca /ca.pem\n}\n"), [
    { clientFiles, compliant: true },
    { clientFiles },
  ]);
  const own = { certificate: "/k.pem", key: "/k.pem" };
  assertEquals(tlsOf("SSL {\nkey /k.pem\n}\n"), [{ clientFiles: own, compliant: true }, { clientFiles: own }]);
});

Deno.test("a persistence engine is part of the table's entry", () => {
  const { ipvs, engine } = engineWith([{
    ...VIRTUAL_SERVER,
    protocol: "udp",
    persistenceTimeoutSeconds: 60,
    persistenceEngine: "sip",
  }]);
  engine.run();
  assertEquals(ipvs.rows[0]?.entry.persistenceEngine, "sip");
});
