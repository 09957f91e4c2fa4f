import { assertEquals } from "../../test/assert.ts";
import { nameLookup } from "../core/routing/names.ts";
import { startable } from "./carried_out.ts";
import { loadConfig } from "./load.ts";
import { trackedInterfaces } from "./routing_parts.ts";

const TEXT = `
static_routes {
  10.60.0.0/16 dev eth5 table inside
  10.61.0.0/16 dev eth5 table outside
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  track_interface {
    eth1 weight 5
  }
  virtual_ipaddress {
    10.9.0.100/24
    10.8.0.100/24 dev eth1
    10.7.0.100/24 dev eth2
    10.6.0.100/24 dev eth6 no_track
  }
  virtual_routes {
    10.50.0.0/16 dev eth3
    10.51.0.0/16 dev eth6 no_track
    10.52.0.0/16 dev eth0 vrf red
  }
  virtual_rules {
    iif eth4 oif eth3 table inside preference 10
    iif lo table 5 preference 11
    iif eth6 table 5 preference 12 no_track
  }
}
`;

function load(): NonNullable<ReturnType<typeof loadConfig>["config"]> {
  const { config } = loadConfig({ path: "test.conf", text: TEXT, hostName: "host" });
  if (config === undefined) throw new Error("the configuration is wrong");
  return config;
}

Deno.test("startable() knows tables by the system's names, and leaves out routes that it can't set", () => {
  const { config, leftOut } = startable(load(), nameLookup({ rt_tables: [["inside", 7]] }));
  assertEquals(config.staticRoutes.map(({ destination, request }) => [destination, request?.table]), [[
    "10.60.0.0/16",
    7,
  ]]);
  const [instance] = config.vrrpInstances;
  assertEquals(instance?.routes.length, 2);
  assertEquals(instance?.rules.map(({ request }) => request?.table), [7, 5, 5]);
  assertEquals(leftOut.map(({ what, why }) => `${what}: ${why}`), [
    "route 10.61.0.0/16 dev eth5 table outside: `table outside`: no number is called so in iproute2's `rt_tables`",
    "route 10.52.0.0/16 dev eth0 vrf red of vrrp_instance VI_1: `vrf` of a route is not carried out yet",
  ]);
});

Deno.test("trackedInterfaces() adds those of tracked addresses, routes and rules, but not its own nor lo", () => {
  const [instance] = load().vrrpInstances;
  const tracked = instance === undefined ? [] : trackedInterfaces(instance);
  assertEquals(tracked.map(({ name, weight }) => [name, weight]), [["eth1", 5], ["eth2", 0], ["eth3", 0], ["eth4", 0]]);
});
