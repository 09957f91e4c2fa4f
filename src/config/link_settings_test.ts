import { assertEquals } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import { linkSettingsOf } from "./link_settings.ts";

function settings(root: string, inside = ""): ReturnType<typeof linkSettingsOf> {
  return linkSettingsOf(configOf(`${root}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    advert_int 2
    virtual_ipaddress {
        192.0.2.1
    }
    track_interface {
        eth1
    }
    ${inside}
}
`));
}

Deno.test("linkSettingsOf() cuts delays to what a backup waits for, less one advertisement", () => {
  const { delays } = settings("interface_up_down_delays {\n eth0 1.5\n eth1 200 3\n eth9 1\n}");
  assertEquals(delays, [
    { interface: "eth0", downUs: 1_500_000, upUs: 0 },
    { interface: "eth1", downUs: 4_000_000, upUs: 3_000_000 },
  ]);
});

Deno.test("linkSettingsOf() cuts delays of what a sync group tracks, too", () => {
  const group = "vrrp_sync_group VG_1 {\n group {\n VI_1\n }\n track_interface {\n eth2\n }\n}";
  assertEquals(settings(`${group}\ninterface_up_down_delays {\n eth2 9\n}`).delays, [
    { interface: "eth2", downUs: 4_000_000, upUs: 0 },
  ]);
});

Deno.test("linkSettingsOf() asks the interfaces that are used, tracked or named", () => {
  assertEquals(settings("linkbeat_interfaces {\n eth1 ETHTOOL\n eth9\n}").polled, [
    { interface: "eth1", method: "ETHTOOL" },
  ]);
  assertEquals(settings("", "linkbeat_use_polling").polled, [{ interface: "eth0" }]);
  assertEquals(settings("linkbeat_use_polling").polled, [{ interface: "eth0" }, { interface: "eth1" }]);
  assertEquals(settings("").polled, []);
});
