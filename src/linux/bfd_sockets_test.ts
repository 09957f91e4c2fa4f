import { assert, assertEquals } from "../../test/assert.ts";
import { until } from "../../test/support/command.ts";
import { formatIp } from "../base/ip.ts";
import { BFD_LOWEST_SOURCE_PORT } from "../wire/bfd.ts";
import { BfdListener, LinuxBfdNetwork } from "./bfd_sockets.ts";
import { SystemError } from "./system_error.ts";

for (const [family, loopback] of [[4, "127.0.0.1"], [6, "::1"]] as const) {
  Deno.test(`a BFD packet over IPv${family} arrives with its addresses and its TTL, from a port of the range`, async () => {
    const listener = new BfdListener({ family, multihop: true });
    const sender = new LinuxBfdNetwork().open({ neighbor: loopback, source: loopback, ttl: 200, multihop: true });
    try {
      assertEquals(sender.send(new Uint8Array(24).fill(7)), undefined);
      const buffer = new Uint8Array(128);
      let length: number | undefined;
      await until("it arrives", () => (length = listener.receive(buffer)) !== undefined, 5000);
      const { source, destination, ttl, multihop } = listener.arrival;
      assertEquals([length, ttl, multihop, buffer[23]], [24, 200, true, 7]);
      assertEquals([formatIp(source), formatIp(destination)], [loopback, loopback]);
      assertEquals(listener.receive(buffer), undefined);
    } finally {
      listener.close();
      sender.close();
    }
  });
}

Deno.test("a second BFD on one host is refused by name", () => {
  const first = new BfdListener({ family: 4, multihop: true });
  try {
    new BfdListener({ family: 4, multihop: true }).close();
    assert(false, "it was opened");
  } catch (error) {
    assert(error instanceof SystemError && error.code === "EADDRINUSE", String(error));
  } finally {
    first.close();
  }
});

Deno.test("a sender whose address is missing says so at each packet, and leaves nothing open", () => {
  const sender = new LinuxBfdNetwork().open({ neighbor: "127.0.0.1", source: "192.0.2.77", ttl: 255, multihop: false });
  const open = (): number => [...Deno.readDirSync("/proc/self/fd")].length;
  const before = open();
  for (let round = 0; round < 3; round++) {
    assertEquals(
      sender.send(new Uint8Array(24)),
      "Cannot bind to 192.0.2.77: Cannot assign requested address (EADDRNOTAVAIL)",
    );
  }
  assertEquals(open(), before);
  assertEquals(BFD_LOWEST_SOURCE_PORT, 49152);
});
