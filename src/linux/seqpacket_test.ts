import { assert, assertEquals, assertThrows } from "../../test/assert.ts";
import { F_GETFD, F_GETFL, FD_CLOEXEC, SOCK_NONBLOCK } from "./constants.ts";
import { libc } from "./libc.ts";
import { MAX_MESSAGE_BYTES, SeqpacketChannel, seqpacketPair } from "./seqpacket.ts";

libc(); // before the tests, so that none is held to close the library

function channels(): [SeqpacketChannel, SeqpacketChannel] {
  const [a, b] = seqpacketPair();
  return [new SeqpacketChannel(a), new SeqpacketChannel(b)];
}

/** Bytes in which a missing, doubled or swapped part shows. */
function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at * 7 + (at >> 8) + (at >> 16);
  return bytes;
}

Deno.test("seqpacketPair() closes the first end on exec and not the second; neither blocks", () => {
  const [own, inheritable] = seqpacketPair();
  assertEquals(libc().fcntl(own, F_GETFD, 0), FD_CLOEXEC);
  assertEquals(libc().fcntl(inheritable, F_GETFD, 0), 0);
  for (const fd of [own, inheritable]) {
    assertEquals(libc().fcntl(fd, F_GETFL, 0) & SOCK_NONBLOCK, SOCK_NONBLOCK);
    libc().close(fd);
  }
});

Deno.test("SeqpacketChannel keeps messages whole and in order, both ways", () => {
  const [a, b] = channels();
  assertEquals(b.receive(), undefined);
  for (const message of [[1, 2, 3], [], [4]]) assertEquals(a.send(new Uint8Array(message)), true);
  assertEquals(b.send(new Uint8Array([9])), true);
  assertEquals(b.receive(), new Uint8Array([1, 2, 3]));
  assertEquals(b.receive(), new Uint8Array([]));
  assertEquals(b.receive(), new Uint8Array([4]));
  assertEquals(b.receive(), undefined);
  assertEquals(a.receive(), new Uint8Array([9]));
  a.close();
  b.close();
});

Deno.test("SeqpacketChannel passes messages of any length around its part size", () => {
  const [a, b] = channels();
  for (const length of [65_534, 65_535, 65_536, 131_070, 131_071, 1_000_000]) {
    const message = pattern(length);
    assertEquals(a.send(message), true);
    assert(!a.pending);
    assertEquals(b.receive(), message);
    assertEquals(b.receive(), undefined);
  }
  a.close();
  b.close();
});

Deno.test("SeqpacketChannel.flush() finishes a long message as the other end reads", () => {
  const [a, b] = channels();
  const message = pattern(16 << 20);
  const expected = message.slice();
  assertEquals(a.send(message), true);
  assertEquals(a.pending, true);
  message.fill(0); // the caller may reuse its bytes
  assertEquals(a.send(new Uint8Array([1])), false);
  let received = b.receive();
  for (let rounds = 0; received === undefined && rounds < 1000; rounds++) {
    a.flush();
    received = b.receive();
  }
  assertEquals(a.pending, false);
  assert(received instanceof Uint8Array);
  assertEquals(received.length, expected.length);
  assert(received.every((byte, at) => byte === expected[at]));
  assertEquals(a.send(new Uint8Array([1])), true);
  assertEquals(b.receive(), new Uint8Array([1]));
  a.close();
  b.close();
});

Deno.test("SeqpacketChannel.receive() takes no longer message than it was told to", () => {
  const [own, other] = seqpacketPair();
  const [a, b] = [new SeqpacketChannel(own), new SeqpacketChannel(other, 100_000)];
  assertEquals(a.send(pattern(100_000)), true);
  assertEquals(b.receive(), pattern(100_000));
  assertEquals(a.send(pattern(100_001)), true);
  assertEquals(b.receive(), "closed");
  a.close();
  b.close();
});

Deno.test("SeqpacketChannel.send() refuses a message beyond the limit", () => {
  const [a, b] = channels();
  const error = assertThrows(() => a.send(new Uint8Array(MAX_MESSAGE_BYTES + 1)), RangeError);
  assertEquals(error.message, "Cannot send a message of 268435457 bytes: the limit is 268435456");
  a.close();
  b.close();
});

Deno.test("SeqpacketChannel.send() is false when full and true again once the other end has read", () => {
  const [a, b] = channels();
  const message = new Uint8Array(1000);
  let sent = 0;
  while (sent < 100_000 && a.send(message)) sent++;
  assert(sent > 0 && sent < 100_000);
  assertEquals([a.pending, a.closed], [false, false]);
  let received = 0;
  while (b.receive() instanceof Uint8Array) received++;
  assertEquals(received, sent);
  assertEquals(a.send(message), true);
  a.close();
  b.close();
});

Deno.test("SeqpacketChannel.receive() gives what was sent before the other end closed, then closed", () => {
  const [a, b] = channels();
  b.send(new Uint8Array([1]));
  a.send(new Uint8Array([2])); // never read: makes the kernel report ECONNRESET first
  b.close();
  assertEquals(a.receive(), new Uint8Array([1]));
  assertEquals(a.receive(), "closed");
  assertEquals(a.receive(), "closed");
  assertEquals(a.closed, true);
});

Deno.test("SeqpacketChannel.send() finds the other end gone: EPIPE and ECONNRESET are closed, not errors", () => {
  for (const unread of [false, true]) {
    const [a, b] = channels();
    if (unread) a.send(new Uint8Array([2]));
    b.close();
    assertEquals(a.send(new Uint8Array([1])), false);
    assertEquals([a.closed, a.pending], [true, false]);
    assertEquals(a.receive(), "closed");
  }
});

Deno.test("SeqpacketChannel.receive() takes a breach of the framing for closed", () => {
  const longPart = new Uint8Array((64 << 10) + 1).fill(1, 0, 1);
  for (const part of [new Uint8Array([2, 0]), new Uint8Array([0, 1, 2]), longPart]) {
    const [fd, other] = seqpacketPair();
    const channel = new SeqpacketChannel(other);
    assertEquals(libc().send(fd, part, part.length, 0), part.length);
    assertEquals(channel.receive(), "closed");
    assertEquals([channel.closed, channel.receive()], [true, "closed"]);
    assertEquals(channel.fd, other); // still open, so that a reactor can stop watching it
    channel.close();
    assertEquals(channel.fd, -1);
    libc().close(fd);
  }
});

Deno.test("SeqpacketChannel.receive() takes a message beyond the limit for closed", () => {
  const [fd, other] = seqpacketPair();
  const channel = new SeqpacketChannel(other, 16 << 20);
  const part = new Uint8Array(64 << 10);
  let parts = 0;
  while (channel.receive() === undefined && parts < 1000) {
    libc().send(fd, part, part.length, 0);
    parts++;
  }
  assertEquals(parts, 257); // 256 x 65 535 is below 16 MiB, 257 x 65 535 beyond it
  channel.close();
  libc().close(fd);
});

Deno.test("seqpacketPair() gives a child process its end by number", async () => {
  const moduleUrl = new URL("./seqpacket.ts", import.meta.url).href;
  const [own, inheritable] = seqpacketPair();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--allow-ffi", "-", String(inheritable)],
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  libc().close(inheritable);
  const script = child.stdin.getWriter();
  await script.write(new TextEncoder().encode(`
    const { SeqpacketChannel } = await import(${JSON.stringify(moduleUrl)});
    const channel = new SeqpacketChannel(Number(Deno.args[0]));
    for (;;) {
      const message = channel.receive();
      if (message === "closed") break;
      if (message === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
      else channel.send(message.toReversed());
    }
  `));
  await script.close();
  const channel = new SeqpacketChannel(own);
  channel.send(new Uint8Array([1, 2, 3]));
  let answer = channel.receive();
  for (const limit = Date.now() + 20_000; answer === undefined && Date.now() < limit;) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    answer = channel.receive();
  }
  assertEquals(answer, new Uint8Array([3, 2, 1]));
  channel.close(); // makes the child see "closed" and end
  assertEquals((await child.status).code, 0);
});
