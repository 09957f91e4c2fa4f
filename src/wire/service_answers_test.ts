import { assert, assertEquals } from "../../test/assert.ts";
import { Prng } from "../base/prng.ts";
import { decodeMysqlPacket, encodeLogin, encodeMysqlPacket, readGreeting, readLoginAnswer } from "./mysql.ts";
import { encodeSslRequest, encodeStartup, readSslAnswer, readStartupAnswer } from "./postgresql.ts";
import { encodeRedisCommand, readRedisReply } from "./redis.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("decodeMysqlPacket() waits for whole packets and refuses what is too long", () => {
  const packet = { sequence: 3, payload: bytes("hello") };
  const whole = encodeMysqlPacket(packet);
  for (let length = 0; length < whole.length; length++) {
    assertEquals(decodeMysqlPacket(whole.subarray(0, length)), undefined);
  }
  assertEquals(decodeMysqlPacket(Uint8Array.from([...whole, 1, 2])), { packet, length: whole.length });
  assertEquals(decodeMysqlPacket(bytes("HTTP/1.1 400")), "a packet of 5526600 bytes");
  assertEquals(decodeMysqlPacket(bytes("\0\0\0\0")), "a packet of 0 bytes");
});

Deno.test("readGreeting() and readLoginAnswer() know greetings, errors with and without SQLSTATE, and nonsense", () => {
  assertEquals(readGreeting(bytes("\x0a8.0.36\0rest")), { type: "greeting", version: "8.0.36" });
  assertEquals(readGreeting(bytes("\xff\x10\x04Too many connections")), {
    type: "error",
    code: 1040,
    text: "Too many connections",
  });
  assertEquals(readLoginAnswer(bytes("\xff\x15\x04#28000Access denied")), {
    type: "error",
    code: 1045,
    text: "Access denied",
  });
  assertEquals(readLoginAnswer(bytes("\0\0\0")), { type: "ok" });
  assertEquals(readLoginAnswer(bytes("\xfecaching_sha2_password\0salt")), {
    type: "switch",
    plugin: "caching_sha2_password",
  });
  for (const text of ["", "\x0a", "\x0aendless", "\x09old\0"]) assertEquals(readGreeting(bytes(text)).type, "unknown");
  assertEquals(readLoginAnswer(bytes("\x01")), { type: "unknown" });
  assertEquals(encodeLogin("probe").length, 32 + 6 + 1 + "mysql_native_password".length + 1);
});

Deno.test("PostgreSQL's answers: TLS, authentication, errors of both protocols, nonsense", () => {
  assertEquals([...encodeSslRequest()], [0, 0, 0, 8, 4, 210, 22, 47]);
  assertEquals(new DataView(encodeStartup("me").buffer).getUint32(0), encodeStartup("me").length);
  assertEquals(readSslAnswer(bytes("S")), { type: "tls", spoken: true });
  assertEquals(readSslAnswer(bytes("N")), { type: "tls", spoken: false });
  assertEquals(readSslAnswer(bytes("")), undefined);
  for (const text of ["HTTP/1.1", "SSH-2.0", "NOTICE"]) assertEquals(readSslAnswer(bytes(text)), { type: "unknown" });
  assertEquals(readStartupAnswer(bytes("R\0\0\0\x08\0\0\0\x05salt")), { type: "authentication", method: 5 });
  const fields = "SFATAL\0C57P03\0Mthe database system is starting up\0\0";
  const error = bytes(`E\0\0\0${String.fromCharCode(fields.length + 4)}${fields}`);
  for (let length = 0; length < error.length; length++) {
    assertEquals(readStartupAnswer(error.subarray(0, length)), undefined);
  }
  assertEquals(readStartupAnswer(error), { type: "error", state: "57P03", text: "the database system is starting up" });
  assertEquals(readStartupAnswer(bytes("Ecould not fork\n\0")), { type: "error", state: "", text: "could not fork\n" });
  assertEquals(readStartupAnswer(bytes(`E${"x".repeat(9000)}`)), { type: "unknown" });
  assertEquals(readStartupAnswer(bytes("R\xff\xff\xff\xff")), { type: "unknown" });
  assertEquals(readStartupAnswer(bytes("R\0\0\0\0")), { type: "unknown" });
});

Deno.test("readRedisReply() knows texts, errors, strings and the first of an array", () => {
  assertEquals(new TextDecoder().decode(encodeRedisCommand("AUTH", "ä b")), "*2\r\n$4\r\nAUTH\r\n$4\r\nä b\r\n");
  assertEquals(readRedisReply(bytes("+PONG\r\n")), { type: "text", text: "PONG" });
  assertEquals(readRedisReply(bytes("-NOAUTH no\r\n")), { type: "error", text: "NOAUTH no" });
  const role = "*3\r\n$6\r\nmaster\r\n:0\r\n";
  assertEquals(readRedisReply(bytes(role)), { type: "text", text: "master" });
  for (let length = 0; length < 16; length++) {
    assertEquals(readRedisReply(bytes(role.slice(0, length))), undefined, String(length));
  }
  for (
    const text of [
      "HTTP/1.1",
      "$-1\r\n",
      "*-1\r\n",
      "*0\r\n",
      ":5\r\n",
      "$99999\r\n",
      `+${"x".repeat(600)}`,
      "*2\r\n*1\r\n",
    ]
  ) {
    assertEquals(readRedisReply(bytes(text)), { type: "unknown" }, text);
  }
});

Deno.test("none of them throws, whatever comes", () => {
  const random = new Prng(5);
  for (let round = 0; round < 5000; round++) {
    const head = random.pick(["", "E\0\0\0", "R\0\0", "*", "$", "\xff", "\x0a", "+"]);
    const noise = String.fromCharCode(...Array.from({ length: random.integer(0, 40) }, () => random.integer(0, 255)));
    const hostile = bytes(head + noise);
    for (
      const read of [decodeMysqlPacket, readGreeting, readLoginAnswer, readSslAnswer, readStartupAnswer, readRedisReply]
    ) {
      assert(["object", "string", "undefined"].includes(typeof read(hostile)));
    }
  }
});
