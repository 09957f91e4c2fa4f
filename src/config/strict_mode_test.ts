import { assertEquals } from "../../test/assert.ts";
import { loadConfig } from "./load.ts";

function load(lines: string): ReturnType<typeof loadConfig> {
  const text = `vrrp_instance A {\nstrict_mode\ninterface eth0\nvirtual_router_id 1\n${lines}\n}`;
  return loadConfig({ path: "/etc/f.conf", text, hostName: "host" });
}

Deno.test("strict mode takes out what the RFC does not have, and says so at each keyword", () => {
  const { config, diagnostics } = load(`virtual_ipaddress { 192.0.2.1 }
    preempt_delay 5
    down_timer_adverts 4
    accept
    lower_prio_no_advert off
    higher_prio_send_advert
    garp_lower_prio_repeat 3
    vmac_xmit_base
    unicast_peer { 192.0.2.9 }`);
  const lines = diagnostics.filter(({ code }) => code.endsWith("ignored") || code === "not-strict").map((
    { location },
  ) => location.line);
  assertEquals(lines, [6, 7, 8, 9, 10, 11, 13]);
  const [instance] = config?.vrrpInstances ?? [];
  assertEquals([instance?.preemptDelayUs, instance?.downTimerAdverts, instance?.acceptMode], [0, 3, false]);
  assertEquals([instance?.silentTowardsLower, instance?.advertisesBeforeGivingWay], [true, false]);
  assertEquals([instance?.gratuitousArp.lowerPriorityRepeat, instance?.unicastPeers.length], [0, 1]);
});

Deno.test("strict mode lets version 3 accept packets, and an owner ignore everybody", () => {
  const [accepting] = load("version 3\naccept\nvirtual_ipaddress { 192.0.2.1 }").config?.vrrpInstances ?? [];
  assertEquals(accepting?.acceptMode, true);
  const { config, diagnostics } = load("priority 255\nowner_ignore_adverts off\nvirtual_ipaddress { 192.0.2.1 }");
  assertEquals(config?.vrrpInstances[0]?.ownerIgnoresAdverts, true);
  assertEquals(diagnostics.map(({ code }) => code), ["value-ignored"]);
});

Deno.test("strict mode asks for a link-local address first over IPv6", () => {
  const { diagnostics } = load("virtual_ipaddress { 2001:db8::1 }");
  assertEquals(diagnostics.map(({ code, location }) => [code, location.line]), [["not-strict", 5]]);
  assertEquals(load("virtual_ipaddress {\nfe80::1\n2001:db8::1\n}").diagnostics, []);
});

Deno.test("timer_expired_backup is ignored without nopreempt, as keepalived has it", () => {
  const lines = "virtual_ipaddress { 192.0.2.1 }\ntimer_expired_backup 150";
  const { config, diagnostics } = load(lines);
  assertEquals([config?.vrrpInstances[0]?.timerExpiredBackup, diagnostics.length], [undefined, 1]);
  assertEquals(load(`${lines}\nnopreempt`).config?.vrrpInstances[0]?.timerExpiredBackup, 150);
});
