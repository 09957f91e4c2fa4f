import { assertEquals } from "../../test/assert.ts";
import { toHex } from "../base/hex.ts";
import { RuntimeDigests } from "./digests.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

Deno.test("RuntimeDigests agrees with RFC 2202 and RFC 4231, test case 2", () => {
  const digests = new RuntimeDigests();
  const [key, data] = [text("Jefe"), text("what do ya want for nothing?")];
  assertEquals(toHex(digests.md5(key, data)), "750c783e6ab0b503eaa86e310a5db738");
  assertEquals(
    toHex(digests.sha256(key, data)),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
