import { assertEquals } from "../../test/assert.ts";
import { addressesBetween, formatEndpoint, formatIp, ipv4ToNumber, parseIp, parseIpv4, rangeSize } from "./ip.ts";

Deno.test("parseIpv4() accepts four decimal bytes and nothing else", () => {
  assertEquals(parseIpv4("192.0.2.1"), new Uint8Array([192, 0, 2, 1]));
  for (const bad of ["192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1.1", "", "a.b.c.d", "1.2.3.-4", " 1.2.3.4"]) {
    assertEquals(parseIpv4(bad), undefined, bad);
  }
});

Deno.test("parseIp() and formatIp() keep IPv6 in the form of RFC 5952", () => {
  const cases: [string, string | undefined][] = [
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:DB8::1", "2001:db8::1"],
    ["::", "::"],
    ["::1", "::1"],
    ["fe80::", "fe80::"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["1:2:3:4:5:6:7", undefined],
    ["1::2::3", undefined],
    ["12345::", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    [":1", undefined],
  ];
  for (const [text, expected] of cases) {
    const bytes = parseIp(text);
    assertEquals(bytes && formatIp(bytes), expected, text);
  }
});

Deno.test("ipv4ToNumber() stays positive above 127.255.255.255", () => {
  assertEquals(ipv4ToNumber(new Uint8Array([255, 255, 255, 254])), 4294967294);
});

Deno.test("formatEndpoint() puts IPv6 in brackets", () => {
  assertEquals(formatEndpoint("192.0.2.1", 80), "192.0.2.1:80");
  assertEquals(formatEndpoint("2001:db8::1", 80), "[2001:db8::1]:80");
});

Deno.test("addressesBetween() counts through a range of either family, up to a limit", () => {
  assertEquals(addressesBetween("10.0.0.254", "10.0.1.1"), ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]);
  assertEquals(addressesBetween("2001:db8::fffe", "2001:db8::1:0"), [
    "2001:db8::fffe",
    "2001:db8::ffff",
    "2001:db8::1:0",
  ]);
  assertEquals(addressesBetween("10.0.0.1", "10.0.0.1"), ["10.0.0.1"]);
  assertEquals(addressesBetween("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", 2), ["2001:db8::", "2001:db8::1"]);
  assertEquals(addressesBetween("10.0.0.1", "2001:db8::1"), []);
});

Deno.test("rangeSize() counts addresses without making them", () => {
  assertEquals(rangeSize("10.0.0.254", "10.0.1.1"), 4);
  assertEquals(rangeSize("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"), 2 ** 64);
});
