import { createSocket, type Socket } from "node:dgram";
import { assert, assertEquals } from "../../test/assert.ts";
import { freePort } from "../../test/support/free_port.ts";
import { libc } from "../linux/libc.ts";
import { ProbeSockets } from "../linux/probe_sockets.ts";
import { sharedReactor } from "../linux/reactor.ts";
import type { ProbeRequest, ProbeResult } from "../ports/probes.ts";
import { Prober } from "./prober.ts";

// The probes with the real sockets, against servers on loopback that misbehave.

libc(); // before the tests, so that none is held to close the library

const TIMEOUT_MS = 3000;

type Outcome = Omit<ProbeResult, "durationUs">;

async function run(request: ProbeRequest): Promise<Outcome> {
  const prober = new Prober({ sockets: new ProbeSockets() });
  const { durationUs, ...outcome } = await prober.run(request, new AbortController().signal);
  assert(durationUs < 30_000_000, `took ${durationUs} us`);
  return outcome;
}

/** A UDP server on loopback for the time of `body`; `answer` gets what comes and may send at will. */
async function besideUdp(
  address: "127.0.0.1" | "::1",
  answer: (datagram: Uint8Array, send: (bytes: Uint8Array) => void) => void,
  body: (port: number) => Promise<void>,
): Promise<void> {
  const socket: Socket = createSocket(address === "::1" ? "udp6" : "udp4");
  socket.on("message", (datagram, from) => {
    answer(datagram, (bytes) => socket.send(bytes, from.port, from.address, () => {}));
  });
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  await body(socket.address().port);
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

function test(name: string, body: () => Promise<void>): void {
  Deno.test(name, async () => {
    await body();
    await sharedReactor().stopped();
  });
}

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

for (const address of ["127.0.0.1", "::1"] as const) {
  const dns = (port: number): ProbeRequest => {
    return { type: "dns", target: { address, port, timeoutMs: TIMEOUT_MS }, name: "example.com.", queryType: "SOA" };
  };
  const respond = (flags: string) => (query: Uint8Array, send: (bytes: Uint8Array) => void): void =>
    send(Uint8Array.from([...query.subarray(0, 2), ...hex(flags), ...hex("0001000100000000"), ...query.subarray(12)]));

  test(`DNS_CHECK over ${address}: an answer, an error, silence, a closed port`, async () => {
    await besideUdp(address, respond("8180"), async (port) => {
      assertEquals(await run(dns(port)), { ok: true, status: "L7OK", code: 0, text: "NOERROR, 1 answer" });
    });
    await besideUdp(address, respond("8185"), async (port) => {
      assertEquals(await run(dns(port)), { ok: false, status: "L7STS", code: 5, text: "REFUSED" });
    });
    await besideUdp(address, () => {}, async (port) => {
      assertEquals(await run(dns(port)), { ok: false, status: "L7TOUT", text: "no answer within 3000 ms" });
    });
    assertEquals(await run(dns(freePort())), { ok: false, status: "L4CON", text: "connection refused" });
  });

  test(`PING_CHECK of ${address}`, async () => {
    const target = { address, port: 0, timeoutMs: TIMEOUT_MS, source: { address, interface: "lo" } };
    const outcome = await run({ type: "ping", target });
    if (outcome.status === "SOCKERR" && Deno.env.get("CI") !== "true") return console.log(`SKIPPED: ${outcome.text}`);
    assertEquals(outcome, { ok: true, status: "L4OK", text: "echo reply" });
  });
}

test("DNS_CHECK against garbage without end is over at its limit", async () => {
  const flood = (_: Uint8Array, send: (bytes: Uint8Array) => void): void => {
    for (let count = 0; count < 300; count++) send(new Uint8Array(1 + count * 4));
  };
  await besideUdp("127.0.0.1", flood, async (port) => {
    const target = { address: "127.0.0.1", port, timeoutMs: TIMEOUT_MS };
    const outcome = await run({ type: "dns", target, name: ".", queryType: "NS" });
    assertEquals(outcome, { ok: false, status: "L7TOUT", text: "no answer within 3000 ms" });
  });
});

test("UDP_CHECK: the payload arrives, the reply is compared", async () => {
  const echoTwice = (datagram: Uint8Array, send: (bytes: Uint8Array) => void): void =>
    send(Uint8Array.from([...datagram, ...datagram]));
  await besideUdp("127.0.0.1", echoTwice, async (port) => {
    const target = { address: "127.0.0.1", port, timeoutMs: TIMEOUT_MS };
    const request = { type: "udp", target, payload: "cafe" } as const;
    const reply = { minLength: 0, maxLength: 255 };
    assertEquals(await run(request), { ok: true, status: "L4OK", text: "a datagram came back" });
    const good = await run({ ...request, reply: { ...reply, pattern: "cafecafx" } });
    assertEquals(good, { ok: true, status: "L7OK", text: "reply of 4 bytes" });
    const bad = await run({ ...request, reply: { ...reply, pattern: "cafecaff" } });
    assertEquals(bad, { ok: false, status: "L7RSP", text: "reply differs in byte 3: 0xfe" });
    const long = await run({ ...request, reply: { ...reply, maxLength: 3 } });
    assertEquals(long, { ok: false, status: "L7RSP", text: "reply of 4 bytes, wanted 0 to 3" });
  });
});

test("UDP_CHECK: silence is success, an ICMP error is not", async () => {
  const request = (port: number): ProbeRequest => {
    return { type: "udp", target: { address: "127.0.0.1", port, timeoutMs: TIMEOUT_MS } };
  };
  await besideUdp("127.0.0.1", () => {}, async (port) => {
    assertEquals(await run(request(port)), { ok: true, status: "L4OK", text: "no error within 3000 ms" });
  });
  assertEquals(await run(request(freePort())), { ok: false, status: "L4CON", text: "connection refused" });
});

test("Prober asks from the chosen source", async () => {
  const peers: string[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const serving = (async (): Promise<void> => {
    for await (const connection of listener) {
      peers.push(connection.remoteAddr.hostname);
      await connection.read(new Uint8Array(1024));
      await connection.write(new TextEncoder().encode("HTTP/1.0 200 OK\r\n\r\n")).catch(() => {});
      connection.close();
    }
  })();
  const target = { address: "127.0.0.1", port, timeoutMs: TIMEOUT_MS, source: { address: "127.0.0.77" } };
  assertEquals(await run({ type: "tcp", target }), { ok: true, status: "L4OK", text: "connected" });
  const url = { path: "/", statusCodes: [{ from: 200, to: 299 }] };
  const outcome = await run({ type: "http", target, url, httpVersion: "1.0" });
  assertEquals(outcome, { ok: true, status: "L7OK", code: 200, text: "200 OK" });
  assertEquals(peers, ["127.0.0.77", "127.0.0.77"]);
  const { ok, status, text } = await run({ type: "tcp", target: { ...target, source: { address: "192.0.2.9" } } });
  assertEquals([ok, status], [false, "SOCKERR"]);
  assert(text.includes("bind a probe to 192.0.2.9"), text);
  listener.close();
  await serving;
});

test("Prober: a thousand checks leave no descriptor behind", async () => {
  const descriptors = (): number => [...Deno.readDirSync("/proc/self/fd")].length;
  const target = { address: "127.0.0.1", port: 9, timeoutMs: 20, source: { address: "127.0.0.1" } };
  const requests: ProbeRequest[] = [
    { type: "tcp", target },
    { type: "udp", target, payload: "00" },
    { type: "dns", target, name: ".", queryType: "A" },
    { type: "ping", target },
    { type: "smtp", target, heloName: "x" },
  ];
  await Promise.all(requests.map(run));
  const before = descriptors();
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 20 }, () => requests).flat().map(run));
  }
  assertEquals(descriptors(), before);
});
