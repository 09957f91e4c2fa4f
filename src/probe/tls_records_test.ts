import { assertEquals } from "../../test/assert.ts";
import { TlsRecords } from "./tls_records.ts";

function after(...pieces: readonly (readonly number[])[]): boolean {
  const records = new TlsRecords();
  for (const piece of pieces) records.push(Uint8Array.from(piece));
  return records.saidGoodbye;
}

const data = (length: number): number[] => [23, 3, 3, length >> 8, length & 255, ...new Array(length).fill(7)];
const alert = [21, 3, 3, 0, 2, 1, 0];

Deno.test("TlsRecords sees an alert at the end, by its type or as TLS 1.3 hides it", () => {
  assertEquals(after(), false);
  assertEquals(after(data(300)), false);
  assertEquals(after(data(300), alert), true);
  assertEquals(after([...data(300), ...alert]), true);
  assertEquals(after(data(300), data(19)), true);
  assertEquals(after(data(19), data(300)), false);
});

Deno.test("TlsRecords takes bytes in any pieces, and a cut record for no goodbye", () => {
  const stream = [...data(40), ...alert];
  assertEquals(after(...stream.map((byte) => [byte])), true);
  assertEquals(after(stream.slice(0, -1)), false);
  assertEquals(after(stream, [23, 3]), false);
  assertEquals(after(stream, [23, 3, 3, 0, 0]), false);
});

Deno.test("TlsRecords knows that a handshake has begun by its first whole record", () => {
  const records = new TlsRecords();
  records.push(Uint8Array.from([...alert, 22, 3, 3, 0, 2, 2]));
  assertEquals(records.greeted, false);
  records.push(Uint8Array.from([0]));
  assertEquals(records.greeted, true);
});
