import { assertEquals } from "../../test/assert.ts";
import { parseIpv6 } from "../base/ip.ts";
import { unsolicitedNeighborAdvertisement } from "./ndp.ts";

const HARDWARE_ADDRESS = new Uint8Array([2, 0, 0, 0, 0, 1]);

// Frames captured from keepalived 2.2.7 on a host that does not forward.
const GLOBAL = "333300000001" + "020000000001" + "86dd" +
  "6000000000203aff" + "20010db8000000000000000000000073" + "ff020000000000000000000000000001" +
  "8800f84620000000" + "20010db8000000000000000000000073" + "0201020000000001";
const LINK_LOCAL = "333300000001" + "020000000001" + "86dd" +
  "6000000000203aff" + "fe800000000000000000000000010071" + "ff020000000000000000000000000001" +
  "880056b920000000" + "fe800000000000000000000000010071" + "0201020000000001";

Deno.test("unsolicitedNeighborAdvertisement() writes the bytes of captured keepalived announcements (RFC 4861 4.4)", () => {
  assertEquals(toHex(announce("2001:db8::73", false)), GLOBAL);
  assertEquals(toHex(announce("fe80::1:71", false)), LINK_LOCAL);
});

Deno.test("unsolicitedNeighborAdvertisement() of a forwarding host sets the Router flag, and the checksum follows", () => {
  const hex = toHex(announce("2001:db8::73", true));
  // One's complement: 8000 more in the sum is 8000 less in the checksum, f846 - 8000.
  assertEquals(hex.slice(108, 124), "88007846a0000000");
  assertEquals(hex.slice(124), GLOBAL.slice(124));
});

function announce(address: string, router: boolean): Uint8Array {
  return unsolicitedNeighborAdvertisement(HARDWARE_ADDRESS, parseIpv6(address) ?? new Uint8Array(16), router);
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
