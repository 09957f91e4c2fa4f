import { assertEquals } from "../../test/assert.ts";
import { loadConfig } from "./load.ts";

const server = (head: string, method: string, ...real: readonly string[]): string =>
  `virtual_server ${head} {\n  lvs_sched rr\n  lvs_method ${method}\n  protocol TCP\n${
    real.map((address) => `  real_server ${address} 80 {\n  }\n`).join("")
  }}\n`;
const SYNC = "global_defs {\n  lvs_sync_daemon eth0\n}\n";

function messages(text: string): string[] {
  const { diagnostics } = loadConfig({ path: "a.conf", text, hostName: "a" });
  return diagnostics.filter(({ code }) => code === "mixed-families").map(({ message }) => message);
}

Deno.test("a server of the other family, which only a tunnel reaches, is told of beside synchronisation", () => {
  const told = (address: string): string[] => [
    `real server \`${address}\` is of the other family, beside which the kernel does not synchronise`,
  ];
  const mixed = server("10.0.0.1 80", "TUN", "10.0.1.1", "2001:db8::1", "2001:db8::2");
  assertEquals(messages(SYNC + mixed), told("2001:db8::1"));
  assertEquals(messages(mixed), []);
  const group = "virtual_server_group both {\n  10.0.0.1 80\n  2001:db8::80 80\n}\n";
  assertEquals(messages(SYNC + group + server("group both", "TUN", "10.0.1.1")), told("10.0.1.1"));
  const each = server("10.0.0.1 80", "NAT", "10.0.1.1") + server("2001:db8::80 80", "NAT", "2001:db8::1");
  assertEquals(messages(SYNC + each), []);
  assertEquals(messages(SYNC + server("fwmark 5", "TUN", "2001:db8::1", "10.0.1.1")), told("10.0.1.1"));
});
