import { assertEquals } from "../../test/assert.ts";
import { encodeBase64 } from "./base64.ts";

Deno.test("encodeBase64() writes what RFC 4648, section 10, has, and longer things whole", () => {
  const of = (text: string): string => encodeBase64(new TextEncoder().encode(text));
  assertEquals(["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(of), [
    "",
    "Zg==",
    "Zm8=",
    "Zm9v",
    "Zm9vYg==",
    "Zm9vYmE=",
    "Zm9vYmFy",
  ]);
  const long = new Uint8Array(200_000).map((_, index) => index * 7);
  assertEquals(Uint8Array.from(atob(encodeBase64(long)), (character) => character.charCodeAt(0)), long);
});
