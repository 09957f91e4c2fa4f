import { assert, assertEquals } from "../../test/assert.ts";
import type { ProbeRequest, ProbeResult } from "../ports/probes.ts";
import type { DatagramSocket, EchoSocket, SocketPort } from "../ports/sockets.ts";
import { Prober } from "./prober.ts";
import { parseHexPattern } from "./udp.ts";

// UDP, DNS and ping over a scripted socket; the real sockets are tested in linux/probe_sockets_test.ts.

/** Answers `sent` with the datagrams of `answer`, then keeps quiet; `error`: rejects instead. */
class ScriptedSocket implements EchoSocket {
  readonly identifier = 0x4242;
  readonly sent: Uint8Array[] = [];
  closed = 0;
  readonly #answer: (sent: Uint8Array) => Iterator<Uint8Array>;
  #answers: Iterator<Uint8Array> | undefined;
  readonly #error: string | undefined;

  constructor(answer: (sent: Uint8Array) => Iterable<Uint8Array>, error?: string) {
    this.#answer = (sent): Iterator<Uint8Array> => answer(sent)[Symbol.iterator]();
    this.#error = error;
  }

  send(datagram: Uint8Array): void {
    this.sent.push(datagram);
    this.#answers = this.#answer(datagram);
  }

  receive(): Promise<Uint8Array> {
    if (this.#error !== undefined) return Promise.reject(Object.assign(new Error(this.#error), { code: this.#error }));
    const next = this.#answers?.next();
    return next === undefined || next.done === true ? new Promise(() => {}) : Promise.resolve(next.value);
  }

  close(): void {
    this.closed++;
  }
}

const target = { address: "192.0.2.1", port: 53, timeoutMs: 30 };
const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** The result of a probe over `socket`, which must be closed once. */
async function over(socket: ScriptedSocket, request: ProbeRequest): Promise<Omit<ProbeResult, "durationUs">> {
  const open = (): DatagramSocket & EchoSocket => socket;
  const refuse = (): Promise<never> => Promise.reject(new Error());
  const sockets: SocketPort = { connect: refuse, reach: () => () => {}, openUdp: open, openEcho: open };
  const { durationUs, ...rest } = await new Prober({ sockets }).run(request, new AbortController().signal);
  assert(durationUs < 2_000_000);
  assertEquals(socket.closed, 1);
  return rest;
}

const dns: ProbeRequest = { type: "dns", target, name: "example.com", queryType: "A" };

/** A response to a query: its id, then `rest`. */
const respond = (rest: string) => (query: Uint8Array): Uint8Array[] => [
  Uint8Array.from([...query.subarray(0, 2), ...bytes(rest)]),
];

Deno.test("probeDns() takes any response without an error code", async () => {
  const socket = new ScriptedSocket(respond("81800001000200000000"));
  assertEquals(await over(socket, dns), { ok: true, status: "L7OK", code: 0, text: "NOERROR, 2 answers" });
  assertEquals(socket.sent[0]?.subarray(2), bytes("01000001000000000000" + "076578616d706c6503636f6d00" + "00010001"));
  assertEquals(await over(new ScriptedSocket(respond("82000001000000000000")), dns), {
    ok: true,
    status: "L7OK",
    code: 0,
    text: "NOERROR, 0 answers, truncated",
  });
});

Deno.test("probeDns() names the error code", async () => {
  assertEquals(await over(new ScriptedSocket(respond("81820001000000000000")), dns), {
    ok: false,
    status: "L7STS",
    code: 2,
    text: "SERVFAIL",
  });
});

Deno.test("probeDns() passes over what is no answer to its query", async () => {
  const socket = new ScriptedSocket(function* (query): Generator<Uint8Array> {
    yield bytes("");
    yield bytes("00");
    yield query; // our own question
    yield Uint8Array.from([(query[0] ?? 0) ^ 1, query[1] ?? 0, ...bytes("81800001000200000000")]);
    yield* respond("81830001000000000000")(query);
  });
  assertEquals(await over(socket, dns), { ok: false, status: "L7STS", code: 3, text: "NXDOMAIN" });
});

Deno.test("probeDns() without an answer, with an ICMP error, with a flood", async () => {
  const silent = new ScriptedSocket(() => []);
  assertEquals(await over(silent, dns), { ok: false, status: "L7TOUT", text: "no answer within 30 ms" });
  assertEquals(await over(new ScriptedSocket(() => [], "ECONNREFUSED"), dns), {
    ok: false,
    status: "L4CON",
    text: "connection refused",
  });
  const flood = new ScriptedSocket(function* (): Generator<Uint8Array> {
    for (;;) yield bytes("ffff");
  });
  assertEquals(await over(flood, dns), {
    ok: false,
    status: "L7RSP",
    text: "1000 datagrams came, none is the answer",
  });
});

Deno.test("probeDns() refuses what is no name, without a socket", async () => {
  const { ok, status, text } = await new Prober().run({ ...dns, name: "a..b" }, new AbortController().signal);
  assertEquals({ ok, status, text }, { ok: false, status: "SOCKERR", text: "the name to ask for is no domain name" });
});

Deno.test("probeUdp() takes silence for success unless a reply is required", async () => {
  const udp: ProbeRequest = { type: "udp", target, payload: "0a0B" };
  const socket = new ScriptedSocket(() => []);
  assertEquals(await over(socket, udp), { ok: true, status: "L4OK", text: "no error within 30 ms" });
  assertEquals(socket.sent, [bytes("0a0b")]);
  assertEquals(await over(new ScriptedSocket(() => [bytes("00")]), udp), {
    ok: true,
    status: "L4OK",
    text: "a datagram came back",
  });
  assertEquals(await over(new ScriptedSocket(() => [], "ECONNREFUSED"), udp), {
    ok: false,
    status: "L4CON",
    text: "connection refused",
  });
  const required = { ...udp, reply: { minLength: 0, maxLength: 255 } };
  assertEquals(await over(new ScriptedSocket(() => []), required), {
    ok: false,
    status: "L7TOUT",
    text: "no reply within 30 ms",
  });
});

Deno.test("probeUdp() sends 16 random bytes when it has no payload", async () => {
  const [first, second] = [new ScriptedSocket(() => []), new ScriptedSocket(() => [])];
  for (const socket of [first, second]) await over(socket, { type: "udp", target });
  assertEquals([first.sent[0]?.length, second.sent[0]?.length], [16, 16]);
  assert(first.sent[0]?.join() !== second.sent[0]?.join());
});

Deno.test("probeUdp() compares length and bytes of the reply", async () => {
  const cases: [string, string | undefined, number, number, boolean, string][] = [
    ["0102", "0102", 0, 255, true, "reply of 2 bytes"],
    ["0102", "01", 0, 255, true, "reply of 2 bytes"],
    ["01", "0102", 0, 255, true, "reply of 1 bytes"],
    ["01f2", "01x2", 0, 255, true, "reply of 2 bytes"],
    ["01f3", "01X2", 0, 255, false, "reply differs in byte 1: 0xf3"],
    ["0102", undefined, 3, 255, false, "reply of 2 bytes, wanted 3 to 255"],
    ["0102", undefined, 0, 1, false, "reply of 2 bytes, wanted 0 to 1"],
    ["", undefined, 0, 0, true, "reply of 0 bytes"],
  ];
  for (const [sent, pattern, minLength, maxLength, ok, text] of cases) {
    const reply = { minLength, maxLength, ...(pattern === undefined ? {} : { pattern }) };
    const result = await over(new ScriptedSocket(() => [bytes(sent)]), { type: "udp", target, payload: "00", reply });
    assertEquals(result, { ok, status: ok ? "L7OK" : "L7RSP", text }, sent);
  }
});

Deno.test("parseHexPattern() reads hex digits with wildcards", () => {
  assertEquals(parseHexPattern("0a xF Xx"), { bytes: bytes("0a0f00"), mask: bytes("ff0f00") });
  for (const text of ["", "0", "0g", "0 0 0", "0x0a1"]) assertEquals(parseHexPattern(text), undefined, text);
});

Deno.test("probePing() wants its own identifier, sequence and data back", async () => {
  const ping: ProbeRequest = { type: "ping", target };
  const reply = (request: Uint8Array, change: (bytes: Uint8Array) => void = (): void => {}): Uint8Array => {
    const answer = request.slice();
    answer[0] = 0;
    change(answer);
    return answer;
  };
  const good = new ScriptedSocket((request) => [
    request,
    reply(request, (answer) => answer[5] = 0),
    reply(request, (answer) => answer[6] = (answer[6] ?? 0) ^ 1),
    reply(request, (answer) => answer[60] = (answer[60] ?? 0) ^ 1),
    reply(request).subarray(0, 20),
    reply(request),
  ]);
  assertEquals(await over(good, ping), { ok: true, status: "L4OK", text: "echo reply" });
  assertEquals([good.sent[0]?.length, good.sent[0]?.[0], good.sent[0]?.[4], good.sent[0]?.[5]], [64, 8, 0x42, 0x42]);
  assertEquals(await over(new ScriptedSocket(() => []), ping), {
    ok: false,
    status: "L4TOUT",
    text: "no echo reply within 30 ms",
  });
  assertEquals(await over(new ScriptedSocket(() => [], "EHOSTUNREACH"), ping), {
    ok: false,
    status: "L4CON",
    text: "no route to host",
  });
});
