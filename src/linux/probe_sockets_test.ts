import { assert, assertEquals, assertRejects } from "../../test/assert.ts";
import { freePort } from "../../test/support/free_port.ts";
import { readEchoReply, writeEchoRequest } from "../wire/icmp.ts";
import { libc } from "./libc.ts";
import { ProbeSockets } from "./probe_sockets.ts";
import { sharedReactor } from "./reactor.ts";
import { SystemError } from "./system_error.ts";

libc(); // before the tests, so that none is held to close the library

const sockets = new ProbeSockets();
const never = new AbortController().signal;

/** A test after which nothing is watched any more. */
function test(name: string, body: () => Promise<void>): void {
  Deno.test(name, async () => {
    await body();
    await sharedReactor().stopped();
  });
}

/** What a refused promise says. */
async function code(work: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => work, SystemError)).code;
}

/** A listener of which nobody accepts, and whose queue is full. */
function fullListener(): { readonly port: number; close(): void } {
  const [inet, stream] = [2, 1];
  const address = new Uint8Array(16);
  address[0] = inet;
  address.set([127, 0, 0, 1], 4);
  const fd = libc().socket(inet, stream, 0);
  libc().bind(fd, address, address.length);
  libc().listen(fd, 0);
  libc().getsockname(fd, address, new Uint8Array(new Uint32Array([16]).buffer));
  const clients = [1, 2].map(() => libc().socket(inet, stream | 0o4000, 0));
  for (const client of clients) libc().connect(client, address, address.length);
  const port = new DataView(address.buffer).getUint16(2);
  return { port, close: () => [fd, ...clients].forEach((one) => libc().close(one)) };
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value);

for (const address of ["127.0.0.1", "::1"]) {
  test(`ProbeSockets.connect() talks to ${address}, from a chosen source`, async () => {
    const listener = Deno.listen({ hostname: address, port: 0 });
    const { port } = listener.addr;
    const sourceAddress = address === "::1" ? "::1" : "127.0.0.9";
    const served = (async (): Promise<Deno.NetAddr> => {
      const connection = await listener.accept();
      const buffer = new Uint8Array(16);
      const count = await connection.read(buffer) ?? 0;
      await connection.write(buffer.subarray(0, count));
      connection.close();
      return connection.remoteAddr;
    })();
    const source = { address: sourceAddress, interface: "lo" };
    const socket = await sockets.connect({ address, port, source }, never);
    assertEquals(await socket.write(bytesOf("ping")), 4);
    const buffer = new Uint8Array(16);
    assertEquals(await socket.read(buffer), 4);
    assertEquals(text(buffer.subarray(0, 4)), "ping");
    assertEquals(await socket.read(buffer), null);
    socket.close();
    socket.close();
    assertEquals(await code(socket.read(buffer)), "EBADF");
    assertEquals((await served).hostname, sourceAddress);
    listener.close();
  });
}

test("ProbeSockets.connect() uses a source port again at once", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const own = freePort();
  const { port } = listener.addr;
  for (let round = 0; round < 3; round++) {
    const socket = await sockets.connect({ address: "127.0.0.1", port, source: { port: own } }, never);
    const connection = await listener.accept();
    assertEquals(connection.remoteAddr.port, own);
    socket.close();
    await assertRejects(() => connection.read(new Uint8Array(1)), Error, "reset");
    connection.close();
  }
  listener.close();
});

test("ProbeSockets.connect() rejects with the name of the refusal", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assertEquals(await code(sockets.connect({ address: "127.0.0.1", port }, never)), "ECONNREFUSED");
  const from = (source: { address?: string; interface?: string }): Promise<unknown> =>
    sockets.connect({ address: "127.0.0.1", port, source }, never);
  assertEquals(await code(from({ address: "192.0.2.77" })), "EADDRNOTAVAIL");
  assertEquals(await code(from({ address: "::1" })), "EINVAL");
  assertEquals(await code(from({ interface: "no-such-if" })), "ENODEV");
});

test("ProbeSockets.connect() ends at an abort, and a read at close", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const aborted = AbortSignal.abort();
  assertEquals(await code(sockets.connect({ address: "127.0.0.1", port }, aborted)), "errno 125");
  const socket = await sockets.connect({ address: "127.0.0.1", port }, never);
  const reading = code(socket.read(new Uint8Array(1)));
  socket.close();
  assertEquals(await reading, "EBADF");
  listener.close();
});

/** How `reach` ended, and that it did so once. @param cancelMs ends it early, 0: at once */
async function reached(target: Parameters<ProbeSockets["reach"]>[0], cancelMs?: number): Promise<unknown> {
  const ends: unknown[] = [];
  let isCalling = true;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = sockets.reach(target, (how) => {
    assertEquals(isCalling && how !== "aborted", false, "never from within the call");
    ends.push(how instanceof Error && "code" in how ? how.code : how);
    resolve();
  });
  isCalling = false;
  if (cancelMs === 0) cancel();
  else if (cancelMs !== undefined) setTimeout(cancel, cancelMs);
  await promise;
  cancel();
  await new Promise((resolve) => setTimeout(resolve, 0));
  return ends.length === 1 ? ends[0] : ends;
}

test("ProbeSockets.reach() connects and closes, or says how it ended", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const target = { address: "127.0.0.1", port, timeoutMs: 5000 };
  assertEquals(await reached(target), "connected");
  const connection = await listener.accept();
  assertEquals(await connection.read(new Uint8Array(1)), null);
  connection.close();
  assertEquals(await reached(target, 0), "aborted");
  listener.close();
  assertEquals(await reached(target), "ECONNREFUSED");
  assertEquals(await reached({ ...target, source: { address: "192.0.2.77" } }), "EADDRNOTAVAIL");
  assertEquals(await reached({ ...target, source: { address: "192.0.2.77" } }, 0), "aborted");
});

test("ProbeSockets.reach() ends at its limit, and when it is called off", async () => {
  // A full queue answers nothing: one connection waits to be accepted, the next gets no answer to its SYN.
  const full = fullListener();
  const target = { address: "127.0.0.1", port: full.port, timeoutMs: 5000 };
  const long = reached(target);
  const [short, calledOff] = [reached({ ...target, timeoutMs: 100 }), reached(target, 20)];
  assertEquals(await Promise.all([short, calledOff]), ["timeout", "aborted"]);
  full.close();
  assertEquals(typeof await long, "string");
});

test("StreamSocket.write() waits for a peer that does not read", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const socket = await sockets.connect({ address: "127.0.0.1", port: listener.addr.port }, never);
  const connection = await listener.accept();
  const piece = new Uint8Array(1 << 20);
  let sent = 0;
  let blocked = false;
  const total = 24 << 20;
  const writing = (async (): Promise<void> => {
    while (sent < total) sent += await socket.write(piece.subarray(0, Math.min(piece.length, total - sent)));
  })();
  await new Promise((resolve) => setTimeout(resolve, 50));
  blocked = sent < total;
  let received = 0;
  const buffer = new Uint8Array(1 << 20);
  while (received < total) received += await connection.read(buffer) ?? NaN;
  await writing;
  assertEquals([blocked, received], [true, total]);
  socket.close();
  connection.close();
  listener.close();
});

for (const address of ["127.0.0.1", "::1"]) {
  test(`ProbeSockets.openUdp() hears the ICMP error of ${address}`, async () => {
    const listener = Deno.listen({ hostname: address, port: 0 }); // a TCP port says nothing of UDP
    const socket = sockets.openUdp({ address, port: listener.addr.port });
    socket.send(bytesOf("x"));
    assertEquals(await code(socket.receive()), "ECONNREFUSED");
    socket.close();
    listener.close();
  });
}

test("ProbeSockets.openUdp() exchanges datagrams between two sockets, empty ones too", async () => {
  const ports = [freePort(), freePort()];
  const [a, b] = ports.map((port, index) =>
    sockets.openUdp({
      address: "127.0.0.1",
      port: ports[1 - index] as number,
      source: { address: "127.0.0.1", port },
    })
  );
  assert(a !== undefined && b !== undefined);
  const waiting = b.receive();
  a.send(bytesOf("hello"));
  assertEquals(text(await waiting), "hello");
  b.send(new Uint8Array(0));
  assertEquals((await a.receive()).length, 0);
  const pending = code(a.receive());
  a.close();
  assertEquals(await pending, "EBADF");
  b.close();
});

for (const [address, family] of [["127.0.0.1", 4], ["::1", 6]] as const) {
  test(`ProbeSockets.openEcho() gets an echo reply from ${address}`, async () => {
    let socket;
    try {
      socket = sockets.openEcho({ address });
    } catch (error) {
      const reason = `SKIPPED: echo over ${address}: ${(error as Error).message}: run as root`;
      if (Deno.env.get("CI") === "true") throw new Error(reason);
      return console.log(reason);
    }
    const echo = { identifier: socket.identifier, sequence: 7, data: bytesOf("payload") };
    socket.send(writeEchoRequest(family, echo));
    for (;;) {
      const reply = readEchoReply(family, await socket.receive());
      if (!reply.ok || reply.value.identifier !== echo.identifier) continue;
      assertEquals([reply.value.sequence, text(reply.value.data)], [7, "payload"]);
      break;
    }
    socket.close();
  });
}
