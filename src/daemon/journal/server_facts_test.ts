import { assertEquals } from "../../../test/assert.ts";
import { CauseFinder } from "../../core/journal/causes.ts";
import { sentence } from "../../core/journal/story.ts";
import { check, realServer, virtualServer } from "../../http/fixture_snapshot.ts";
import type { RealServerState, VirtualServerSnapshot } from "../../ports/snapshot.ts";
import { serverFacts } from "./server_facts.ts";

function service(state: RealServerState, more: Partial<VirtualServerSnapshot> = {}): VirtualServerSnapshot {
  const first = realServer({ state, check: check({ status: "L4CON", text: "connection refused" }) });
  const second = realServer({ address: "10.0.1.12" });
  return virtualServer({ realServers: [first, second], ...more });
}

Deno.test("serverFacts() tells of real servers that go and come, with what the check said, and of the quorum", () => {
  const lost = { up: false, quorum: { need: 2, have: 1 } };
  const facts = serverFacts([service("going-down")], [service("down", lost)]);
  assertEquals(facts.map(sentence), [
    "10.0.1.11:80 of tcp 10.0.0.100:80 is down: tcp check: connection refused",
    "tcp 10.0.0.100:80 is down: weight 1 of 2 needed",
  ]);
  const finder = new CauseFinder();
  assertEquals(facts.map((fact, index) => finder.next(index + 1, fact)), [undefined, 1]);
  assertEquals(serverFacts([service("down", lost)], [service("up")]).length, 2);
});

Deno.test("serverFacts() is silent about tries, about what is new, and about what is as before", () => {
  assertEquals(serverFacts([service("up")], [service("going-down")]), []);
  assertEquals(serverFacts([service("down")], [service("going-up")]), []);
  assertEquals(serverFacts([], [service("down")]), []);
  const more = service("up", { realServers: [realServer({ address: "10.0.1.99", state: "down" })] });
  assertEquals(serverFacts([service("up")], [more]), []);
  const same = service("down");
  assertEquals(serverFacts([same], [same]), []);
});

Deno.test("serverFacts() tells which failed servers fail_open keeps in the table, and when that ends", () => {
  const open = virtualServer({ up: false, realServers: [realServer({ state: "down", held: true })] });
  const closed = virtualServer({ up: false, realServers: [realServer({ state: "down" })] });
  assertEquals(serverFacts([closed], [open]).map(sentence), [
    "tcp 10.0.0.100:80 is down: no real server is up, fail_open keeps 10.0.1.11:80 in the table",
  ]);
  assertEquals(serverFacts([open], [closed]).map(sentence), ["tcp 10.0.0.100:80 is down: fail_open ends"]);
});

Deno.test("serverFacts() remarks on what an agent wants and on certificates that end soon, once", () => {
  const at = (more: Parameters<typeof realServer>[0]): VirtualServerSnapshot =>
    virtualServer({ realServers: [realServer(more)] });
  const agent = { up: true, mode: "ready", percent: 100 } as const;
  const certificate = { notAfterMs: 0, daysLeft: 90, ending: false };
  const good = at({ agent, certificate });
  const bad = at({ agent: { ...agent, mode: "drain" }, certificate: { ...certificate, daysLeft: 1, ending: true } });
  const facts = serverFacts([good], [bad]);
  assertEquals(facts.map(sentence), [
    "10.0.1.11:80 of tcp 10.0.0.100:80: its agent says drain",
    "10.0.1.11:80 of tcp 10.0.0.100:80: its certificate is valid for 1 day",
  ]);
  assertEquals(new CauseFinder().next(1, facts[0] ?? { type: "lost", count: 0 }), undefined);
  assertEquals(serverFacts([bad], [at({ ...bad.realServers[0], failedChecks: 1 })]), []);
  assertEquals(serverFacts([bad], [good]).map(sentence), [
    "10.0.1.11:80 of tcp 10.0.0.100:80: its agent says ready",
    "10.0.1.11:80 of tcp 10.0.0.100:80: its certificate is valid for 90 days",
  ]);
  assertEquals(serverFacts([at({})], [good]), []);
});
