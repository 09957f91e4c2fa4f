import { assertEquals } from "../../../test/assert.ts";
import { explain, type ServerFacts } from "./explain.ts";
import { PRESENT } from "./presence.ts";
import type { CheckerState } from "./verdict.ts";

const S = 1_000_000;
const good: CheckerState = { up: true, judged: true, failures: 0, nextCheckUs: 0 };
const facts: ServerFacts = {
  health: { up: true, checkers: [good] },
  checks: [{ name: "TCP_CHECK", fall: 3, text: "connected" }],
  terms: { slowStartUs: 20 * S, drainTimeoutUs: 60 * S },
  presence: PRESENT,
  override: undefined,
  removed: false,
  weight: { configured: 10, wanted: 10, effective: 10 },
  inhibitOnFailure: false,
  quorum: { need: 2, have: 1 },
  sorryServerActive: false,
  suspended: undefined,
  connections: 3,
};
const override = { author: "root", reason: "disk swap", atMs: 0 };

const causes = (more: Partial<ServerFacts>): string[] => explain({ ...facts, ...more }, 10 * S);

Deno.test("explain() says that all is well, or that nothing checks it", () => {
  assertEquals(causes({}), ["all its checks are good"]);
  assertEquals(causes({ checks: [], health: { up: true, checkers: [] } }), ["nothing checks it, so it counts as up"]);
});

Deno.test("explain() names the check that fails, will fail, or has not run", () => {
  const with_ = (checker: Partial<CheckerState>, text: string | undefined, more: Partial<ServerFacts> = {}): string[] =>
    causes({
      health: { up: checker.up ?? true, checkers: [{ ...good, ...checker }] },
      checks: [{ name: "HTTP_GET", fall: 3, text }],
      ...more,
    });
  assertEquals(with_({ up: false, failures: 3 }, "503 Busy"), ["HTTP_GET fails: 503 Busy"]);
  assertEquals(with_({ failures: 1 }, "503 Busy"), ["HTTP_GET failed 1 of 3 times: 503 Busy"]);
  assertEquals(with_({ up: false, judged: false }, undefined), ["HTTP_GET has not succeeded yet"]);
  assertEquals(with_({ up: false, failures: 3 }, "503 Busy", { inhibitOnFailure: true }), [
    "HTTP_GET fails: 503 Busy",
    "it stays in the table at weight 0 (inhibit_on_failure)",
  ]);
});

Deno.test("explain() tells an agent's word from an operator's, and what is wrong although all is good", () => {
  const agent = { up: true, mode: "drain", percent: 50, said: "drain 50%" } as const;
  const draining = { name: "draining", sinceUs: 0 } as const;
  const weight = { configured: 10, wanted: 5, effective: 5 };
  const wait = "it gets nothing new and waits for 3 connections to end, for 50 s more at most";
  assertEquals(causes({ agent, presence: draining }), [`its agent took it out (drain 50%): ${wait}`]);
  assertEquals(causes({ agent, presence: draining, override: { ...override, mode: "drain" } }), [
    `an operator took it out (root: disk swap): ${wait}`,
  ]);
  assertEquals(causes({ agent, presence: { name: "out", drained: "maint" } }), [
    "its agent put it into maintenance (drain 50%)",
  ]);
  assertEquals(causes({ agent, weight }), ["its agent wants 50% of its weight: 5; the configuration says 10"]);
  assertEquals(causes({ agent: { ...agent, silence: "connection refused" } }), [
    "all its checks are good",
    "its agent is not heard (connection refused): what it said before holds",
  ]);
  const checks = [{ name: "TLS_CHECK", fall: 1, text: "good", warning: "its certificate has expired" }];
  assertEquals(causes({ checks }), ["all its checks are good", "TLS_CHECK: its certificate has expired"]);
});

Deno.test("explain() says who drains it, why, and how long that may take", () => {
  const draining = { name: "draining", sinceUs: 0 } as const;
  assertEquals(causes({ presence: draining, override: { ...override, mode: "drain" } }), [
    "an operator took it out (root: disk swap): it gets nothing new and waits for 3 connections to end, for 50 s more at most",
  ]);
  assertEquals(
    causes({
      presence: draining,
      removed: true,
      connections: undefined,
      terms: { slowStartUs: 0, drainTimeoutUs: undefined },
    }),
    ["it has left the configuration: it gets nothing new and waits for its connections to end"],
  );
  assertEquals(causes({ presence: { name: "out", drained: "ended" }, override }), [
    "an operator took it out (root: disk swap), and its connections have ended",
  ]);
  assertEquals(causes({ presence: { name: "out", drained: "deadline" }, removed: true }), [
    "it has left the configuration, and its time to drain is over",
  ]);
  assertEquals(causes({ presence: { name: "out", drained: "maint" }, override: { author: "root", atMs: 0 } }), [
    "an operator put it into maintenance (root)",
  ]);
});

Deno.test("explain() says where the weight comes from", () => {
  const weight = { configured: 10, wanted: 10, effective: 3 };
  assertEquals(causes({ weight, presence: { name: "present", risingSinceUs: 4 * S } }), [
    "slow start: weight 3 of 10, all of it in 14 s",
  ]);
  assertEquals(causes({ weight: { configured: 0, wanted: 0, effective: 0 } }), [
    "its weight is 0 in the configuration: it gets nothing new",
  ]);
  assertEquals(causes({ weight: { configured: 10, wanted: 4, effective: 4 } }), [
    "its checks set its weight to 4; the configuration says 10",
  ]);
  assertEquals(causes({ weight: { configured: 10, wanted: 4, effective: 4 }, override: { ...override, weight: 4 } }), [
    "an operator set its weight to 4 (root: disk swap); the configuration says 10",
  ]);
});

Deno.test("explain() names the sorry server and ha_suspend", () => {
  assertEquals(causes({ sorryServerActive: true, suspended: "10.0.0.1 is not on this host" }), [
    "the sorry server has the traffic: the quorum is 2, the live weight 1",
    "its checks are held back: 10.0.0.1 is not on this host",
  ]);
});
