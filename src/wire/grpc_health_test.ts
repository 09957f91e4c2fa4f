import { assert, assertEquals } from "../../test/assert.ts";
import { Prng } from "../base/prng.ts";
import { encodeHealthCheck, type HealthAnswer, HealthAnswerReader } from "./grpc_health.ts";
import { encodeHeaders, type HeaderField } from "./hpack.ts";
import { contentOf, decodeFrame, encodeFrame, FLAG, FRAME, type Frame } from "./http2.ts";

const frame = (type: number, flags: number, payload: readonly number[] | Uint8Array = [], stream = 1): Frame => {
  return { type, flags, stream, payload: Uint8Array.from(payload) };
};
const SETTINGS = frame(FRAME.settings, 0, [], 0);
const headers = (flags: number, ...fields: HeaderField[]): Frame =>
  frame(FRAME.headers, flags | FLAG.endHeaders, encodeHeaders(fields));
const OK = headers(0, [":status", "200"]);

function answerOf(...frames: readonly Frame[]): HealthAnswer | undefined {
  const reader = new HealthAnswerReader();
  for (const next of [SETTINGS, ...frames]) {
    const said = reader.push(next);
    if (said !== undefined && "answer" in said) return said.answer;
  }
  return undefined;
}

const message = (...bytes: number[]): number[] => [0, 0, 0, 0, bytes.length, ...bytes];
const data = (flags: number, bytes: readonly number[]): Frame => frame(FRAME.data, flags, bytes);
const good = headers(FLAG.endStream, ["grpc-status", "0"]);

Deno.test("HealthAnswerReader reads an answer, whole, in pieces, padded", () => {
  assertEquals(answerOf(OK, data(0, message(8, 1)), good), { type: "serving", status: 1 });
  assertEquals(answerOf(OK, data(0, [0, 0]), data(0, [0, 0, 2, 8, 2]), good), { type: "serving", status: 2 });
  assertEquals(answerOf(OK, data(0, message()), good), { type: "serving", status: 0 });
  const padded = data(FLAG.padded, [3, ...message(8, 1), 0, 0, 0]);
  assertEquals(answerOf(OK, padded, good), { type: "serving", status: 1 });
  const block = [...encodeHeaders([["grpc-status", "5"], ["grpc-message", "unknown service"]])];
  const cut = [
    frame(FRAME.headers, FLAG.endStream, block.slice(0, 7)),
    frame(FRAME.continuation, FLAG.endHeaders, block.slice(7)),
  ];
  assertEquals(answerOf(OK, ...cut), { type: "status", code: 5, message: "unknown service" });
});

Deno.test("HealthAnswerReader says what is no answer", () => {
  assertEquals(answerOf(headers(FLAG.endStream, [":status", "404"])), { type: "http", code: 404 });
  assertEquals(answerOf(headers(FLAG.endStream, [":status", "200"], ["grpc-status", "12"])), {
    type: "status",
    code: 12,
    message: "",
  });
  const text = (...frames: Frame[]): string | undefined => {
    const answer = answerOf(...frames);
    return answer?.type === "fault" ? answer.text : undefined;
  };
  assertEquals(text(OK, good), "the call ended without a message");
  assertEquals(text(OK, data(FLAG.endStream, [1, 0, 0, 0, 2, 8, 1])), "the call ended without a message");
  assertEquals(text(OK, data(FLAG.endStream, [0, 255, 255, 255, 255, 8, 1])), "the call ended without a message");
  assertEquals(text(frame(FRAME.resetStream, 0, [0, 0, 0, 7])), "the server ended the call: REFUSED_STREAM");
  assertEquals(text(frame(FRAME.goAway, 0, [0, 0, 0, 0, 0, 0, 0, 11], 0)), "the server went away: ENHANCE_YOUR_CALM");
  assertEquals(text(frame(FRAME.goAway, 0, [0, 0], 0)), "the server went away: error NaN");
  assertEquals(text(frame(FRAME.pushPromise, 0)), "the server pushes what nobody asked for");
  assertEquals(text(data(FLAG.padded, [9, 0])), "a message that cannot be read");
  const flood = Array.from({ length: 10 }, () => data(0, new Array<number>(4000).fill(0)));
  assertEquals(text(...flood), "a message that cannot be read");
  assertEquals(new HealthAnswerReader().push(OK), {
    answer: { type: "fault", text: "no HTTP/2: it does not begin with its settings" },
  });
});

Deno.test("HealthAnswerReader acknowledges settings and pings, and passes other streams over", () => {
  const reader = new HealthAnswerReader();
  assertEquals(reader.push(SETTINGS), { send: encodeFrame(frame(FRAME.settings, FLAG.ack, [], 0)) });
  const ping = frame(FRAME.ping, 0, [1, 2, 3, 4, 5, 6, 7, 8], 0);
  assertEquals(reader.push(ping), { send: encodeFrame({ ...ping, flags: FLAG.ack }) });
  assertEquals(reader.push({ ...ping, flags: FLAG.ack }), undefined);
  assertEquals(reader.push(frame(FRAME.data, FLAG.endStream, message(8, 1), 3)), undefined);
});

Deno.test("decodeFrame() and contentOf() stand what is cut and what is too long", () => {
  const whole = encodeFrame(data(FLAG.endStream, message(8, 1)));
  for (let length = 0; length < whole.length; length++) assertEquals(decodeFrame(whole.subarray(0, length)), undefined);
  assertEquals(decodeFrame(whole), { frame: data(FLAG.endStream, message(8, 1)), length: whole.length });
  assertEquals(decodeFrame(new TextEncoder().encode("HTTP/1.1 400 Bad")), "a frame of 4740180 bytes");
  assertEquals(contentOf(frame(FRAME.headers, FLAG.priority, [1, 2])), undefined);
  assertEquals(contentOf(frame(FRAME.headers, FLAG.padded)), undefined);
});

Deno.test("encodeHealthCheck() names a service only when there is one; random frames end", () => {
  const tail = (service: string): number[] =>
    [...encodeHealthCheck({ service, authority: "a", secure: false })].slice(service === "" ? -5 : -10);
  assertEquals(tail(""), [0, 0, 0, 0, 0]);
  assertEquals(tail("abc"), [0, 0, 0, 0, 5, 10, 3, 97, 98, 99]);
  const random = new Prng(11);
  for (let round = 0; round < 2000; round++) {
    const reader = new HealthAnswerReader();
    reader.push(SETTINGS);
    for (let count = 0; count < 10; count++) {
      const payload = Array.from({ length: random.integer(0, 29) }, () => random.integer(0, 255));
      const said = reader.push(frame(random.integer(0, 10), random.integer(0, 255), payload, random.integer(0, 2)));
      assert(said === undefined || "send" in said || said.answer.type !== undefined);
    }
  }
});
