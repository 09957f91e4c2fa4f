import { assert, assertEquals } from "../../test/assert.ts";
import { EXPIRED_CERTIFICATE } from "../../test/support/expired_certificate.ts";
import { fromHex } from "../base/hex.ts";
import { Prng } from "../base/prng.ts";
import {
  alertName,
  decodeRecord,
  encodeClientHello,
  encodeHandshakeRecord,
  HandshakeMessages,
  readCertificate,
  readServerHello,
} from "./tls_hello.ts";
import { notAfterMs } from "./x509.ts";

const der = Uint8Array.from(
  atob(EXPIRED_CERTIFICATE.replace(/-----[^-]+-----|\s/g, "")),
  (character) => character.charCodeAt(0),
);

Deno.test("notAfterMs() reads the end of a certificate, and of nothing else", () => {
  assertEquals(notAfterMs(der), Date.UTC(2020, 1, 1));
  for (let length = 0; length < der.length; length += 7) assertEquals(notAfterMs(der.subarray(0, length)), undefined);
  const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
  for (const text of ["", "30", "3080", "30ff", "3084ffffffff", "3003020101", "300b3009020101020101020101"]) {
    assertEquals(notAfterMs(hex(text)), undefined, text);
  }
});

/** A certificate that has nothing but its validity. */
function certificate(tag: number, end: string): Uint8Array {
  const element = (kind: number, content: readonly number[]): number[] => [kind, content.length, ...content];
  const text = (words: string): number[] => Array.from(words, (character) => character.charCodeAt(0));
  const number = element(2, [1]);
  const validity = element(0x30, [...element(0x17, text("200101000000Z")), ...element(tag, text(end))]);
  return Uint8Array.from(
    element(0x30, element(0x30, [...number, ...element(0x30, []), ...element(0x30, []), ...validity])),
  );
}

Deno.test("notAfterMs() knows both kinds of time, and leap years", () => {
  assertEquals(notAfterMs(certificate(0x17, "240229235959Z")), Date.UTC(2024, 1, 29, 23, 59, 59));
  assertEquals(notAfterMs(certificate(0x17, "500101000000Z")), Date.UTC(1950, 0, 1));
  assertEquals(notAfterMs(certificate(0x18, "99991231235959Z")), Date.UTC(9999, 11, 31, 23, 59, 59));
  assertEquals(notAfterMs(certificate(0x18, "21000301000000Z")), Date.UTC(2100, 2, 1));
  for (const [tag, end] of [[0x17, "2401Z"], [0x18, "240229235959Z"], [0x0c, "240229235959Z"], [0x17, ""]] as const) {
    assertEquals(notAfterMs(certificate(tag, end)), undefined, end);
  }
});

const share = { group: 0x1d, key: new Uint8Array(32).fill(7) };
const hello = (serverName?: string): Uint8Array =>
  encodeClientHello({ random: new Uint8Array(32), sessionId: new Uint8Array(32), shares: [share], serverName });

Deno.test("decodeRecord() waits for whole records and refuses what is none", () => {
  const whole = encodeHandshakeRecord(hello("www.example.net"));
  for (let length = 0; length < whole.length; length += 11) {
    assertEquals(decodeRecord(whole.subarray(0, length)), undefined, String(length));
  }
  const decoded = decodeRecord(Uint8Array.from([...whole, 1, 2]));
  assert(typeof decoded === "object");
  assertEquals([decoded.length, decoded.record.type, decoded.record.payload], [
    whole.length,
    22,
    hello("www.example.net"),
  ]);
  for (const text of ["SSH-2.0-x", "HTTP/1.1 400", "\x16\x02\0\0\0"]) {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    assertEquals(decodeRecord(bytes), "what comes is no record of TLS", text);
  }
  assertEquals(decodeRecord(Uint8Array.of(22, 3, 3, 255, 255)), "a record of 65535 bytes");
  assert(!new TextDecoder().decode(hello()).includes("www"));
  assert(new TextDecoder().decode(hello("www.example.net")).includes("www.example.net"));
});

Deno.test("HandshakeMessages puts messages together, and takes no more than it should", () => {
  const messages = new HandshakeMessages();
  assertEquals(messages.push(Uint8Array.of(2, 0, 0, 3, 9)), true);
  assertEquals(messages.next(), undefined);
  messages.push(Uint8Array.of(8, 7, 11, 0, 0, 0));
  assertEquals(messages.next(), { type: 2, body: Uint8Array.of(9, 8, 7), whole: Uint8Array.of(2, 0, 0, 3, 9, 8, 7) });
  assertEquals(messages.next()?.type, 11);
  assertEquals(messages.next(), undefined);
  const flood = Array.from({ length: 9 }, () => messages.push(new Uint8Array(16_384).fill(255)));
  assertEquals(flood.at(-1), false);
});

Deno.test("readServerHello() and readCertificate(): versions, a retry, what makes no sense", () => {
  const server = (random: number[], extensions: number[]): Uint8Array =>
    Uint8Array.from([3, 3, ...random, ...new Array<number>(32 - random.length).fill(0), 0, 0x13, 1, 0, ...extensions]);
  assertEquals(readServerHello(server([], [])), { isTls13: false, suite: 0x1301, retries: false });
  const tls13 = [0, 16, 0, 43, 0, 2, 3, 4, 0, 51, 0, 6, 0, 29, 0, 2, 5, 6];
  assertEquals(readServerHello(server([0xcf, 0x21, 0xad, 0x74], tls13)), {
    isTls13: true,
    suite: 0x1301,
    retries: true,
    share: { group: 29, key: Uint8Array.of(5, 6) },
  });
  assertEquals(readServerHello(server([], [0, 9, 0])), undefined);
  assertEquals(readServerHello(new Uint8Array(5)), undefined);
  const list = [0, 0, 5, 0, 0, 2, 48, 49];
  assertEquals(readCertificate(Uint8Array.from(list), false), Uint8Array.of(48, 49));
  assertEquals(readCertificate(Uint8Array.from([0, ...list]), true), Uint8Array.of(48, 49));
  for (const bytes of [[], [0, 0, 0], [0, 0, 5, 0, 0, 9, 48, 49], [255, 255, 255]]) {
    assertEquals(readCertificate(Uint8Array.from(bytes), false), undefined);
  }
  assertEquals([alertName(Uint8Array.of(2, 40)), alertName(Uint8Array.of(2, 1))], ["handshake_failure", "alert 1"]);
});

Deno.test("none of them throws, whatever comes", () => {
  const random = new Prng(3);
  const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.integer(0, 255));
  for (let round = 0; round < 5000; round++) {
    const bytes = noise(random.integer(0, 80));
    decodeRecord(bytes);
    readServerHello(bytes);
    readCertificate(bytes, random.chance(0.5));
    const broken = Uint8Array.from(der);
    for (let count = 0; count < 4; count++) broken[random.integer(0, 60)] = random.integer(0, 255);
    const end = notAfterMs(broken);
    assert(end === undefined || !Number.isNaN(new Date(end).getTime()), String(end));
  }
});
