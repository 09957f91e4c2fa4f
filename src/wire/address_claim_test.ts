import { assert, assertEquals } from "../../test/assert.ts";
import { parseIp } from "../base/ip.ts";
import { addressClaimFilter, readAddressClaim } from "./address_claim.ts";
import { gratuitousArp } from "./arp.ts";
import { unsolicitedNeighborAdvertisement } from "./ndp.ts";

const HARDWARE = Uint8Array.of(2, 0, 0, 0, 0, 9);
const bytes = (address: string): Uint8Array<ArrayBuffer> => Uint8Array.from(parseIp(address) ?? []);
const claims = (address: string): Uint8Array =>
  address.includes(":")
    ? unsolicitedNeighborAdvertisement(HARDWARE, bytes(address), false)
    : gratuitousArp(HARDWARE, bytes(address));

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

Deno.test("readAddressClaim() reads who claims which address, and nothing from a cut or another frame", () => {
  for (const address of ["192.0.2.1", "2001:db8::1"]) {
    const frame = claims(address);
    assertEquals(readAddressClaim(frame, frame.length), { address, hardwareAddress: "02:00:00:00:00:09" });
    assertEquals(readAddressClaim(frame, address.includes(":") ? 77 : 41), undefined);
  }
  assertEquals(readAddressClaim(new Uint8Array(128), 128), undefined);
});

Deno.test("addressClaimFilter() lets pass what claims one of the addresses, and nothing else", () => {
  const ours = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "fe80::1"];
  const program = addressClaimFilter(ours.map(bytes));
  for (const address of ours) assert(passes(program, claims(address)), address);
  for (const address of ["192.0.2.3", "2001:db8::3", "2001:db8:0:0:1::1", "fe80::2"]) {
    assert(!passes(program, claims(address)), address);
  }
  const echo = claims("fe80::1").slice();
  echo[54] = 128;
  assert(!passes(program, echo));
  assert(!passes(program, new Uint8Array(60)));
  const none = addressClaimFilter([]);
  assert(!passes(none, claims("192.0.2.1")) && !passes(none, claims("fe80::1")));
  const many = addressClaimFilter(Array.from({ length: 300 }, (_, at) => Uint8Array.of(10, 0, at >> 8, at & 255)));
  assert(passes(many, claims("192.0.2.1")) && passes(many, claims("fe80::1")));
});
