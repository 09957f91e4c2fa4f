import { assertEquals } from "../../../test/assert.ts";
import { configOf } from "../../../test/support/config_values.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import { weightedEntry } from "./live_real_server.ts";
import { LiveVirtualServer } from "./live_server.ts";
import { keysOf, limitOf, requestsOf } from "./policy.ts";
import { untoldWarning } from "./untold.ts";

const CONFIG = configOf(`
track_file load {
    file /run/load
    weight 3
}
virtual_server 192.0.2.1 80 {
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    delay_loop 4
    real_server 198.51.100.1 80 {
        weight 10
        MISC_CHECK {
            misc_path "/usr/bin/test 'a b'"
            misc_dynamic
            user nobody
        }
        FILE_CHECK {
            track_file load
        }
    }
    real_server 198.51.100.2 80 {
        SSL_GET {
            url { path /a }
            url {
                path /b
                virtualhost b.example.com
            }
            enable_sni
            virtualhost a.example.com
            http_protocol 1.0C
            bindto 198.51.100.9
        }
        SMTP_CHECK {
            host { connect_port 2525 }
        }
        UDP_CHECK {
            require_reply
        }
        DNS_CHECK {
        }
        PING_CHECK {
        }
    }
}
`);
const [SERVER] = CONFIG.virtualServers;
const GOOD: ProbeResult = { ok: true, status: "PROCOK", text: "", durationUs: 1 };

Deno.test("a command sets the weight and a tracked file adds to it, never below 0", () => {
  if (SERVER === undefined) throw new Error("no server");
  const live = new LiveVirtualServer(SERVER, { nowUs: 0, spreadUs: () => 0, table: undefined });
  const [real] = live.realServers;
  const [misc, file] = real?.checkers ?? [];
  if (real === undefined || misc === undefined || file === undefined) throw new Error("no checkers");
  const weight = (): number | undefined =>
    live.wanted[0]?.realServers.find(({ address }) => address === real.config.address)?.weight;
  assertEquals(weight(), 10);
  assertEquals(live.record(real, misc, { result: { ...GOOD, weight: 20 }, atMs: 0 }, 1).weight, 20);
  assertEquals(live.record(real, file, { result: { ...GOOD, weightChange: -5 }, atMs: 0 }, 2).weight, 15);
  assertEquals(live.record(real, file, { result: { ...GOOD, weightChange: -5 }, atMs: 0 }, 3).weight, undefined);
  assertEquals(weight(), 15);
  live.record(real, file, { result: { ...GOOD, weightChange: -500 }, atMs: 0 }, 4);
  assertEquals(weight(), 0);
});

Deno.test("a check that cannot be carried out changes neither verdict nor weight, and is told of once", () => {
  if (SERVER === undefined) throw new Error("no server");
  const live = new LiveVirtualServer(SERVER, { nowUs: 0, spreadUs: () => 0, table: undefined });
  const [real] = live.realServers;
  const [misc, file] = real?.checkers ?? [];
  if (real === undefined || misc === undefined || file === undefined) throw new Error("no checkers");
  const trouble: ProbeResult = { ok: false, status: "SOCKERR", text: "no such file", durationUs: 1 };
  const standing = (): unknown => [real.health.up, weightedEntry(real).weight, untoldWarning(misc) !== undefined];
  live.record(real, misc, { result: { ...GOOD, weight: 20 }, atMs: 0 }, 1);
  live.record(real, file, { result: { ...GOOD, weightChange: -5 }, atMs: 0 }, 2);
  assertEquals(standing(), [true, 15, false]);
  assertEquals(live.record(real, misc, { result: trouble, atMs: 0 }, 3), { untold: true });
  assertEquals(live.record(real, misc, { result: trouble, atMs: 0 }, 4), {});
  live.record(real, file, { result: trouble, atMs: 0 }, 5);
  assertEquals(standing(), [true, 15, true]);
  const failed: ProbeResult = { ...trouble, status: "PROCERR" };
  for (const nowUs of [6, 7]) live.record(real, misc, { result: failed, atMs: 0 }, nowUs);
  assertEquals(standing(), [false, 5, false]);
  live.record(real, misc, { result: trouble, atMs: 0 }, 8);
  assertEquals(standing(), [false, 5, true]);
  assertEquals(real.health.failedChecks, 2);
});

Deno.test("requestsOf() asks what each kind of checker says", () => {
  const [first, second] = SERVER?.realServers ?? [];
  const target = { address: "198.51.100.1", port: 80, timeoutMs: 5000 };
  assertEquals(first?.checkers.flatMap(requestsOf), [
    {
      type: "misc",
      target: { ...target, timeoutMs: 4000 },
      command: ["/usr/bin/test", "a b"],
      dynamic: true,
      user: { name: "nobody" },
    },
    { type: "file", target, path: "/run/load", weight: 3, reverse: false },
  ]);
  const there = { ...target, address: "198.51.100.2" };
  const secure = { ...there, source: { address: "198.51.100.9" } };
  const url = { statusCodes: [{ from: 200, to: 299 }] };
  assertEquals(second?.checkers.flatMap(requestsOf), [
    {
      type: "http",
      target: secure,
      url: { path: "/a", ...url, virtualHost: "a.example.com" },
      httpVersion: "1.0C",
      tls: { serverName: "a.example.com" },
    },
    {
      type: "http",
      target: secure,
      url: { path: "/b", ...url, virtualHost: "b.example.com" },
      httpVersion: "1.0C",
      tls: { serverName: "b.example.com" },
    },
    { type: "smtp", target: there, heloName: "smtpchecker.keepalived.org" },
    { type: "smtp", target: { ...there, port: 2525 }, heloName: "smtpchecker.keepalived.org" },
    { type: "udp", target: there, reply: { minLength: 0, maxLength: 255 } },
    { type: "dns", target: there, name: ".", queryType: "SOA" },
    { type: "ping", target: there },
  ]);
  assertEquals(second?.checkers.map(limitOf), [31_000_000, 41_000_000, 6_000_000, 6_000_000, 6_000_000]);
  assertEquals(first?.checkers.map(limitOf), [9_000_000, 6_000_000]);
});

Deno.test("keysOf() takes a firewall mark with the family of its real servers, or as it says", () => {
  const mark = (text: string): unknown =>
    configOf(`virtual_server fwmark 7 {\nlvs_sched rr\nlvs_method DR\n${text}\n}`)
      .virtualServers.map((server) => [keysOf(server)[0], server.realServers.map(({ port }) => port)]);
  const key = { kind: "fwmark", fwmark: 7 };
  assertEquals(mark("real_server 192.0.2.1 80 {\n}"), [[{ ...key, family: 4 }, [0]]]);
  assertEquals(mark("real_server 2001:db8::1 {\n}"), [[{ ...key, family: 6 }, [0]]]);
  assertEquals(mark("ip_family inet6\nreal_server 2001:db8::2 {\n}"), [[{ ...key, family: 6 }, [0]]]);
  assertEquals(mark("ip_family inet6\nsorry_server 2001:db8::2"), [], "without real servers keepalived ignores it");
});
