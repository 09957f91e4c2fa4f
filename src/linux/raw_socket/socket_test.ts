import { Buffer } from "node:buffer";
import { assert, assertEquals, assertThrows } from "../../../test/assert.ts";
import { AF_INET, SOCK_RAW } from "../constants.ts";
import { libc } from "../libc.ts";
import { sharedReactor } from "../reactor.ts";
import { Protocol } from "./names.ts";
import { toSockaddr } from "./sockaddr.ts";
import { createSocket, type Socket } from "./socket.ts";

libc(); // before the tests, so that none is held to close the library

// What is the same in the npm package is tested in test/interop/raw_socket, against it; here is what is not.

const VRRP = 112;
const LOOPBACK = "127.0.0.1";
const IP_HEADER_BYTES = 20;

/** A test that opens raw sockets. Without the right to, it says so, and fails where that must not happen (CI). */
function testWithRawSockets(name: string, body: () => Promise<void> | void): void {
  Deno.test(name, async () => {
    try {
      createSocket({ protocol: VRRP }).close();
    } catch (error) {
      const reason = `SKIPPED: ${name}: cannot open a raw socket (${(error as Error).message}): run as root`;
      if (Deno.env.get("CI") === "true") throw new Error(reason);
      return console.log(reason);
    }
    await body();
    await sharedReactor().stopped();
  });
}

/** The packets of `socket` that carry `token`, as soon as there are `count`. */
function collect(socket: Socket, token: string, count: number): Promise<Buffer[]> {
  return new Promise((resolve) => {
    const packets: Buffer[] = [];
    socket.on("message", (buffer) => {
      if (buffer.includes(token) && packets.push(buffer) === count) resolve(packets);
    });
  });
}

Deno.test("createSocket() names what the system refuses, here a raw socket for protocol 0", () => {
  const error = assertThrows(() => createSocket(), Error);
  assertEquals([error.message, error.constructor], ["Protocol not supported", Error]);
});

testWithRawSockets("Socket gives each message a Buffer of its own", async () => {
  const socket = createSocket({ protocol: VRRP });
  const received = collect(socket, "own-", 2);
  for (const text of ["own-1", "own-2"]) socket.send(Buffer.from(text), 0, 5, LOOPBACK, () => {});
  const texts = (await received).map((packet) => packet.toString("latin1", IP_HEADER_BYTES));
  assertEquals(texts, ["own-1", "own-2"]);
  socket.close();
});

testWithRawSockets("Socket.send() refuses an address of the other family", () => {
  const socket = createSocket({ protocol: VRRP });
  const errors: (string | undefined)[] = [];
  socket.send(Buffer.alloc(8), 0, 8, "::1", (error) => errors.push(error?.message));
  assertEquals(errors, ["Invalid IP address '::1'"]);
  assertEquals(socket.requests.length, 0);
  socket.close();
});

testWithRawSockets("Socket.send() throws without a callback and sends nothing", () => {
  const socket = createSocket({ protocol: VRRP });
  const send = socket.send as (...values: unknown[]) => unknown;
  assertThrows(() => send.call(socket, Buffer.alloc(8), 0, 8, LOOPBACK), TypeError, "Callback argument");
  assertEquals(socket.requests.length, 0);
  socket.close();
});

testWithRawSockets("Socket sends on while messages keep coming", async () => {
  const socket = createSocket({ protocol: VRRP });
  const sender = libc().socket(AF_INET, SOCK_RAW, VRRP);
  const target = toSockaddr(AF_INET, LOOPBACK) ?? null;
  const throwBall = (): void => void libc().sendto(sender, new Uint8Array([0xba, 0x11]), 2, 0, target, 16);
  let balls = 0;
  // Each message causes another at once: the socket is readable all the time.
  socket.on("message", (buffer) => {
    if (buffer.readUInt16BE(IP_HEADER_BYTES) !== 0xba11) return;
    if (++balls < 10_000) throwBall();
  });
  throwBall();
  socket.send(Buffer.from("first"), 0, 5, LOOPBACK, () => {});
  await new Promise((resolve) => {
    socket.send(Buffer.from("other"), 0, 5, LOOPBACK, resolve);
  });
  assert(balls >= 64 && balls < 1_000, `sent after ${balls} messages`);
  socket.close();
  libc().close(sender);
});

testWithRawSockets("Socket emits the reason when the kernel keeps an error for it, then closes", async () => {
  const socket = createSocket({ protocol: Protocol.UDP });
  const IP_RECVERR = 11; // linux/in.h
  socket.setOption(0, IP_RECVERR, 1);
  const events: string[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.on("error", (error) => events.push(error.message));
    socket.on("close", () => resolve(void events.push("close")));
  });
  const toPort1 = Buffer.from("9c40000100080000", "hex"); // nobody listens there
  socket.send(toPort1, 0, toPort1.length, LOOPBACK, () => {});
  await closed;
  assertEquals(events, ["Connection refused", "close"]);
});

testWithRawSockets("Socket stops reading in the middle of a batch when its listener pauses it", async () => {
  const socket = createSocket({ protocol: VRRP }).pauseRecv();
  for (let count = 0; count < 5; count++) socket.send(Buffer.from("batch"), 0, 5, LOOPBACK, () => {});
  while (!socket.sendPaused) await new Promise((resolve) => setTimeout(resolve, 1));
  let seen = 0;
  const first = collect(socket, "batch", 1);
  socket.on("message", (buffer) => {
    if (!buffer.includes("batch")) return;
    seen++;
    socket.pauseRecv();
  });
  socket.resumeRecv();
  await first;
  await sharedReactor().stopped(); // nothing is watched while it is paused
  assertEquals(seen, 1);
  socket.removeAllListeners("message");
  const rest = collect(socket, "batch", 4);
  socket.resumeRecv();
  assertEquals((await rest).length, 4);
  socket.close();
});
