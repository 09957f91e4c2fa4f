import { assertEquals } from "../../test/assert.ts";
import { fromHex } from "../base/hex.ts";
import { Prng } from "../base/prng.ts";
import { decodeHeaders, decodeHuffman, encodeHeaders } from "./hpack.ts";

const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(" ", "")) ?? new Uint8Array();

Deno.test("decodeHeaders() reads the examples of RFC 7541, appendix C", () => {
  assertEquals(decodeHeaders(bytes("040c 2f73 616d 706c 652f 7061 7468")), [[":path", "/sample/path"]]);
  assertEquals(decodeHeaders(bytes("1008 7061 7373 776f 7264 0673 6563 7265 74")), [["password", "secret"]]);
  assertEquals(decodeHeaders(bytes("82")), [[":method", "GET"]]);
  assertEquals(decodeHeaders(bytes("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")), [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
  ]);
  const response =
    "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad " +
    "1718 63c7 8f0b 97c8 e9ae 82ae 43d3";
  assertEquals(decodeHeaders(bytes(response)), [
    [":status", "302"],
    ["cache-control", "private"],
    ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
    ["location", "https://www.example.com"],
  ]);
});

Deno.test("decodeHeaders() refuses what is cut, too long, or of a table that was not allowed", () => {
  assertEquals(decodeHeaders(new Uint8Array()), []);
  assertEquals(decodeHeaders(bytes("20")), []); // a table of size 0
  for (const hex of ["80", "be", "040c2f73", "7f", "ffffffffffffffffff7f", "0003616263", "0085ffffffffff00"]) {
    assertEquals(decodeHeaders(bytes(hex)), undefined, hex);
  }
});

Deno.test("decodeHuffman() refuses the end symbol and long padding", () => {
  assertEquals(decodeHuffman(bytes("f1e3c2e5f23a6ba0ab90f4ff")), "www.example.com");
  assertEquals(decodeHuffman(bytes("1fff")), undefined); // a, then 11 bits of padding
  assertEquals(decodeHuffman(bytes("fffffffc")), undefined);
  assertEquals(decodeHuffman(bytes("00")), undefined); // 0, then padding of zeros
});

Deno.test("what encodeHeaders() writes is read again, long values too; hostile blocks end", () => {
  const fields = [[":path", "/"], ["x", "y".repeat(5000)], ["empty", ""]] as const;
  assertEquals(decodeHeaders(encodeHeaders(fields)), fields.map((entry) => [...entry]));
  const random = new Prng(7);
  for (let round = 0; round < 5000; round++) {
    decodeHeaders(Uint8Array.from({ length: random.integer(0, 39) }, () => random.integer(0, 255)));
  }
});
