import { assertEquals } from "../../test/assert.ts";
import { dnsRcodeName, readDnsHeader, writeDnsQuery } from "./dns.ts";

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function query(name: string, type: Parameters<typeof writeDnsQuery>[2]): string {
  const written = writeDnsQuery(0x1234, name, type);
  return written.ok ? hex(written.value) : written.reason;
}

Deno.test("writeDnsQuery() writes header, name, type and class (RFC 1035 section 4.1)", () => {
  const header = "1234" + "0100" + "0001" + "0000" + "0000" + "0000";
  assertEquals(query("example.com", "A"), header + "076578616d706c65" + "03636f6d" + "00" + "0001" + "0001");
  assertEquals(query("example.com.", "AAAA"), header + "076578616d706c65" + "03636f6d" + "00" + "001c" + "0001");
  assertEquals(query(".", "SOA"), header + "00" + "0006" + "0001");
  assertEquals(query("", "DNSKEY"), header + "00" + "0030" + "0001");
});

Deno.test("writeDnsQuery() refuses what is no name", () => {
  const label = "a".repeat(63);
  for (const name of ["..", "a..b", ".a", "a b", "\u00e4.de", `${label}a`, `${label}.${label}.${label}.${label}`]) {
    assertEquals(query(name, "A"), "name", name);
  }
  // 3 x 64 + 62 + 1 = 255 bytes, the most there may be
  assertEquals(query(`${label}.${label}.${label}.${"a".repeat(61)}`, "A").length, 2 * (12 + 255 + 4));
});

Deno.test("readDnsHeader() reads id, flags and counts", () => {
  const header = { id: 0xabcd, isResponse: true, truncated: false, rcode: 3, answerCount: 2 };
  assertEquals(readDnsHeader(bytes("abcd81830001000200000000")), { ok: true, value: header });
  const question = { id: 1, isResponse: false, truncated: true, rcode: 0, answerCount: 0 };
  assertEquals(readDnsHeader(bytes("000103000001000000000000ff")), { ok: true, value: question });
  assertEquals(readDnsHeader(bytes("abcd818300010002000000")), { ok: false, reason: "short" });
});

Deno.test("dnsRcodeName() names what is known", () => {
  assertEquals([0, 3, 5, 15].map(dnsRcodeName), ["NOERROR", "NXDOMAIN", "REFUSED", "RCODE 15"]);
});
