import { assertEquals } from "../../test/assert.ts";
import { HttpResponseReader, MAX_BODY_BYTES, type Progress } from "./http_response.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The outcome of a whole text followed by the end of the connection. */
function read(text: string): Progress {
  const reader = new HttpResponseReader();
  const progress = reader.push(bytes(text));
  return progress.state === "more" ? reader.end() : progress;
}

const complete = (code: number, reason: string): Progress => ({ state: "complete", code, reason, cut: false });

Deno.test("HttpResponseReader gives code and reason of a whole response", () => {
  const cases: [string, Progress][] = [
    ["HTTP/1.0 200 OK\r\n\r\n", complete(200, "OK")],
    ["HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\nbody", complete(404, "Not Found")],
    ["HTTP/1.0 200\r\n\r\n", complete(200, "")],
    ["HTTP/1.0 200 OK\n\nbody", complete(200, "OK")],
    ["HTTP/2 200 \r\n\r\n", complete(200, "")],
    ["HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", complete(204, "No Content")],
    ["HTTP/1.1 200 OK\r\ncontent-LENGTH:  3 \r\n\r\nabc", complete(200, "OK")],
    ["HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc", complete(200, "OK")],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n0\r\n\r\n", complete(200, "OK")],
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 Oh\r\n\r\n", complete(500, "Oh")],
    ["HTTP/1.1 101 Switching Protocols\r\n\r\n", complete(101, "Switching Protocols")],
    ["HTTP/1.0 200 \x07b\xe9ll\r\n\r\n", complete(200, "b ll")],
  ];
  for (const [text, expected] of cases) assertEquals(read(text), expected, JSON.stringify(text));
});

Deno.test("HttpResponseReader refuses what is not HTTP", () => {
  const cases: [string, string][] = [
    ["", "connection closed without an answer"],
    ["HT", "connection closed within the headers"],
    ["HTTP/1.0 200 OK\r\nServer: x\r\n", "connection closed within the headers"],
    ["220 mail.example.com ESMTP\r\n", "not HTTP: 220 mail.example.com ESMTP"],
    ["http/1.0 200 OK\r\n\r\n", "not HTTP: http/1.0 200 OK"],
    ["\r\nHTTP/1.0 200 OK\r\n\r\n", "not HTTP: HTTP/1.0 200 OK"],
    ["HTTP/1.0 OK\r\n\r\n", "bad status line: HTTP/1.0 OK"],
    ["HTTP/1.0 2000 OK\r\n\r\n", "bad status line: HTTP/1.0 2000 OK"],
    ["HTTP/1.0 099 OK\r\n\r\n", "bad status line: HTTP/1.0 099 OK"],
    ["HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nabc", "connection closed after 3 of 4 bytes of the body"],
    ["HTTP/1.1 100 Continue\r\n\r\n", "connection closed within the headers"],
  ];
  for (const [text, expected] of cases) {
    assertEquals(read(text), { state: "malformed", text: expected }, JSON.stringify(text));
  }
});

Deno.test("HttpResponseReader sees the same byte by byte", () => {
  const text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
  const reader = new HttpResponseReader();
  const states = [...text].map((character) => reader.push(bytes(character)));
  assertEquals(states.at(-1), complete(200, "OK"));
  assertEquals(states.slice(0, -1).every(({ state }) => state === "more"), true);
});

Deno.test("HttpResponseReader stops an endless head and an endless body", () => {
  const head = new HttpResponseReader();
  assertEquals(head.push(bytes("HTTP/1.0 200 OK\r\n" + "a".repeat(32 * 1024 - 17))), { state: "more" });
  assertEquals(head.push(bytes("a")), { state: "malformed", text: "headers are longer than 32768 bytes" });

  const body = new HttpResponseReader();
  assertEquals(body.push(bytes("HTTP/1.0 200 OK\r\n\r\n")), { state: "more" });
  assertEquals(body.push(new Uint8Array(MAX_BODY_BYTES - 1)), { state: "more" });
  assertEquals(body.push(new Uint8Array(1)), { state: "complete", code: 200, reason: "OK", cut: true });
});

Deno.test("HttpResponseReader bounds interim responses too", () => {
  const reader = new HttpResponseReader();
  const interim = bytes("HTTP/1.1 100 Continue\r\n\r\n".repeat(1000));
  assertEquals(reader.push(interim), { state: "more" });
  assertEquals(reader.push(interim), { state: "malformed", text: "headers are longer than 32768 bytes" });
});

Deno.test("HttpResponseReader hands on the body, to its declared length and no further than its limit", () => {
  const pieces: number[] = [];
  let text = "";
  const take = (piece: Uint8Array): void => {
    pieces.push(piece.length);
    if (text.length < 100) text += String.fromCharCode(...piece.subarray(0, 100));
  };
  const whole = new HttpResponseReader(take);
  assertEquals(whole.push(bytes("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab\xff")), { state: "more" });
  assertEquals(whole.push(bytes("defgh")), complete(200, "OK"));
  assertEquals([text, pieces], ["ab\xffdef", [3, 3]]);

  pieces.length = 0;
  const endless = new HttpResponseReader(take);
  endless.push(bytes("HTTP/1.0 200 OK\r\n\r\n"));
  const piece = new Uint8Array(3 << 20);
  assertEquals([endless.push(piece).state, endless.push(piece).state], ["more", "more"]);
  assertEquals(endless.push(piece), { state: "complete", code: 200, reason: "OK", cut: true });
  assertEquals(pieces.filter((length) => length > 0), [3 << 20, 3 << 20, 2 << 20]);

  const declared = new HttpResponseReader(take);
  assertEquals(declared.push(bytes("HTTP/1.0 200 OK\r\nContent-Length: 9000000\r\n\r\n")), { state: "more" });
  assertEquals(declared.push(new Uint8Array(9_000_000)), { state: "complete", code: 200, reason: "OK", cut: true });
});
