import { assert, assertEquals } from "../../test/assert.ts";
import { parseIp } from "../base/ip.ts";
import { arpClaimFilter, neighborClaimFilter, readArpClaim, readNeighborClaim } from "./address_claim.ts";
import { gratuitousArp } from "./arp.ts";
import { unsolicitedNeighborAdvertisement } from "./ndp.ts";

const HARDWARE = Uint8Array.of(2, 0, 0, 0, 0, 9);
const bytes = (address: string): Uint8Array<ArrayBuffer> => Uint8Array.from(parseIp(address) ?? []);
const arp = (address: string): Uint8Array => gratuitousArp(HARDWARE, bytes(address));
/** Without Ethernet and IPv6 header. */
const neighbor = (address: string): Uint8Array =>
  unsolicitedNeighborAdvertisement(HARDWARE, bytes(address), false).slice(54);

/** Runs a classic packet filter, as the kernel does. @returns whether the frame passes */
function passes(program: Uint8Array, frame: Uint8Array): boolean {
  const code = new DataView(program.buffer);
  const data = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at++) {
    const [operation, value] = [code.getUint16(at * 8, true), code.getUint32(at * 8 + 4, true)];
    if (operation === 0x06) return value > 0;
    if (operation === 0x05) at += value;
    else if (operation === 0x15) at += accumulator === value ? code.getUint8(at * 8 + 2) : code.getUint8(at * 8 + 3);
    else if (value + 4 > frame.length) return false; // a load beyond the end refuses the frame
    else if (operation === 0x20) accumulator = data.getUint32(value);
    else if (operation === 0x28) accumulator = data.getUint16(value);
    else accumulator = data.getUint8(value);
  }
  throw new Error("ran off the end");
}

Deno.test("readArpClaim() and readNeighborClaim() read who claims which address, and nothing from a cut or another message", () => {
  const hardwareAddress = "02:00:00:00:00:09";
  assertEquals(readArpClaim(arp("192.0.2.1"), 42), { address: "192.0.2.1", hardwareAddress });
  assertEquals(readArpClaim(arp("192.0.2.1"), 41), undefined);
  const message = neighbor("2001:db8::1");
  assertEquals(readNeighborClaim(message, message.length), { address: "2001:db8::1", hardwareAddress });
  assertEquals(readNeighborClaim(message, 24), { address: "2001:db8::1", hardwareAddress: "" });
  assertEquals(readNeighborClaim(message, 23), undefined);
  assertEquals(readNeighborClaim(new Uint8Array(128), 128), undefined);
});

Deno.test("the filters let pass what claims one of the addresses, and nothing else", () => {
  const [ours, ours6] = [["192.0.2.1", "192.0.2.2"], ["2001:db8::1", "2001:db8::2", "fe80::1"]];
  const [program, program6] = [arpClaimFilter(ours.map(bytes)), neighborClaimFilter(ours6.map(bytes))];
  for (const address of ours) assert(passes(program, arp(address)), address);
  for (const address of ours6) assert(passes(program6, neighbor(address)), address);
  assert(!passes(program, arp("192.0.2.3")) && !passes(program, new Uint8Array(60)));
  for (const address of ["2001:db8::3", "2001:db8:0:0:1::1", "fe80::2"]) {
    assert(!passes(program6, neighbor(address)), address);
  }
  const echo = neighbor("fe80::1");
  echo[0] = 128;
  assert(!passes(program6, echo));
  const many = arpClaimFilter(Array.from({ length: 300 }, (_, at) => Uint8Array.of(10, 0, at >> 8, at & 255)));
  assert(passes(many, arp("192.0.2.1")));
});
