import { assertEquals, assertThrows } from "../../../test/assert.ts";
import { htonl, htons, ntohl, ntohs } from "./byte_order.ts";

Deno.test("htonl() and ntohl() turn four bytes round on a little-endian machine", () => {
  assertEquals(htonl(0x01020384), 0x84030201);
  assertEquals(ntohl(0x84030201), 0x01020384);
  assertEquals(htonl(0xffffff00), 0x00ffffff);
});

Deno.test("htons() and ntohs() turn two bytes round on a little-endian machine", () => {
  assertEquals(htons(0x0184), 0x8401);
  assertEquals(ntohs(0x8401), 0x0184);
});

Deno.test("htonl() and htons() refuse what is no unsigned integer of their size", () => {
  for (const value of [-1, 0.5, NaN, 2 ** 32]) assertThrows(() => htonl(value), TypeError);
  assertThrows(() => htons(-1), TypeError);
  assertThrows(() => htons(65_536), RangeError);
});
