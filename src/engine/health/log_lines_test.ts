import { assertEquals } from "../../../test/assert.ts";
import type { Checker } from "../../config/config.ts";
import type { CheckStatus } from "../../ports/probes.ts";
import { failureLine, formatServer, quorumLine, serverLine, sorryServerLines, verdictLine } from "./log_lines.ts";

const common = {
  address: "10.0.1.11",
  port: 80,
  connectTimeoutMs: 5000,
  delayLoopMs: 6000,
  retry: 1,
  delayBeforeRetryMs: 1000,
  warmupMs: 6000,
};
const tcp: Checker = { ...common, type: "tcp" };
const url = { path: "/", statusCodes: [{ from: 200, to: 299 }] };
const http: Checker = { ...common, type: "http", urls: [url], httpVersion: "1.0" };
const server = formatServer(common, "tcp");

function failure(checker: Checker, status: CheckStatus, text = "no route to host"): string {
  return failureLine(checker, server, { ok: false, status, code: 503, text, durationUs: 1 });
}

Deno.test("formatServer() writes keepalived's FMT_RS", () => {
  assertEquals(formatServer({ address: "2001:db8::1", port: 53 }, "udp"), "[2001:db8::1]:udp:53");
});

Deno.test("failureLine() says what failed", () => {
  assertEquals(failure(tcp, "L4CON"), "TCP connection to [10.0.1.11]:tcp:80 failed.");
  assertEquals(failure(tcp, "L4TOUT"), "TCP connection to [10.0.1.11]:tcp:80 timeout.");
  assertEquals(failure(http, "L7STS"), "HTTP status code error to [10.0.1.11]:tcp:80 url(/), status_code [503].");
  assertEquals(failure(http, "L4CON"), "Error connecting server [10.0.1.11]:tcp:80: no route to host.");
  assertEquals(failure(http, "L4TOUT"), "Timeout connecting server [10.0.1.11]:tcp:80.");
  assertEquals(failure(http, "L7TOUT"), "Timeout reading data from remote web server [10.0.1.11]:tcp:80.");
  assertEquals(
    failure(http, "L7RSP", "not HTTP: SSH-2.0"),
    "Error reading data from remote web server [10.0.1.11]:tcp:80: not HTTP: SSH-2.0.",
  );
  const several: Checker = { ...http, urls: [url, { ...url, path: "/b" }] };
  assertEquals(
    failure(several, "L7STS", "/b: 503 Service Unavailable, wanted 200 to 299"),
    "HTTP status code error to [10.0.1.11]:tcp:80 url(/b), status_code [503].",
  );
});

Deno.test("verdictLine() counts the retries", () => {
  assertEquals(verdictLine(server, 0), "Check on service [10.0.1.11]:tcp:80 failed.");
  assertEquals(verdictLine(server, 1), "Check on service [10.0.1.11]:tcp:80 failed after 1 retry.");
  assertEquals(verdictLine(server, 3), "Check on service [10.0.1.11]:tcp:80 failed after 3 retries.");
});

Deno.test("serverLine(), quorumLine() and sorryServerLines() use keepalived's words", () => {
  const virtual = "[10.0.0.100]:tcp:80";
  assertEquals(serverLine("up", false, server, virtual), `Adding service ${server} to VS ${virtual}`);
  assertEquals(serverLine("down", false, server, virtual), `Removing service ${server} from VS ${virtual}`);
  assertEquals(serverLine("up", true, server, virtual), `Enabling service ${server} to VS ${virtual}`);
  assertEquals(serverLine("down", true, server, virtual), `Disabling service ${server} from VS ${virtual}`);
  const limits = { quorum: 3, hysteresis: 1 };
  assertEquals(quorumLine("lost", limits, 1, virtual), `Lost quorum 3-1=2 > 1 for VS ${virtual}`);
  assertEquals(quorumLine("gained", limits, 5, virtual), `Gained quorum 3+1=4 <= 5 for VS ${virtual}`);
  assertEquals(sorryServerLines(true, server, virtual), [
    `Adding sorry server ${server} to VS ${virtual}`,
    `Removing alive servers from the pool for VS ${virtual}`,
  ]);
  assertEquals(sorryServerLines(false, server, virtual), [
    `Adding alive servers to the pool for VS ${virtual}`,
    `Removing sorry server ${server} from VS ${virtual}`,
  ]);
});
