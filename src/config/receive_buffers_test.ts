// What instances say of their sockets' receive buffers, and what sockets get.
import { assertEquals } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import { listenersOf } from "../engine/vrrp/vrrp_engine.ts";
import { startable } from "./carried_out.ts";

function buffers(global: string, ...inside: string[]): (string | undefined)[] {
  const instances = inside.map((more, at) =>
    `vrrp_instance VI_${at} {
      interface eth0
      virtual_router_id ${at + 1}
      ${more}
      virtual_ipaddress {
        192.0.2.${at + 1}
      }
    }`
  );
  const text = `global_defs {\n${global}\n}\n${instances.join("\n")}`;
  return listenersOf(startable(configOf(text)).config.vrrpInstances).map(({ receiveBuffer: buffer }) =>
    buffer && `${buffer.exact ? "" : ">="}${buffer.bytes}`
  );
}

Deno.test("receive buffers are the sum over the instances of a socket", () => {
  assertEquals(buffers("", "", ""), [undefined]);
  assertEquals(buffers("", "kernel_rx_buf_size 5000", "kernel_rx_buf_size 6000"), ["11000"]);
  assertEquals(buffers("", "kernel_rx_buf_size 5000", ""), [">=5000"], "the other one needs the usual room");
  assertEquals(buffers("vrrp_rx_bufs_policy 4000", "kernel_rx_buf_size 5000", ""), ["9000"]);
  assertEquals(buffers("vrrp_rx_bufs_policy ADVERT", "", ""), [">=240"]);
  assertEquals(buffers("vrrp_rx_bufs_policy MTU\nvrrp_rx_bufs_multiplier 10", ""), [">=92160"]);
});
