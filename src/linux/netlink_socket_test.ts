import { assert, assertEquals, assertThrows } from "../../test/assert.ts";
import { attributes, attributeText, NetlinkWriter, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST } from "../wire/netlink.ts";
import { F_GETFD, FD_CLOEXEC, SO_RCVBUF, SO_RCVTIMEO, SOL_SOCKET } from "./constants.ts";
import { cInts, libc } from "./libc.ts";
import { NETLINK_ROUTE, NetlinkSocket } from "./netlink_socket.ts";
import { check, SystemError } from "./system_error.ts";

const RTM_GETLINK = 18;
const RTM_UNKNOWN = 999;
const IFLA_IFNAME = 3;
const IFINFOMSG_BYTES = 16;

Deno.test("NetlinkSocket.dump() hands over every message: the links, with the loopback interface", () => {
  withSocket((socket) => {
    const names: string[] = [];
    const { writer, sequence } = linkDump(socket);
    const interrupted = socket.dump(writer, sequence, (message) => {
      const name = attributes(message.body, IFINFOMSG_BYTES).get(IFLA_IFNAME);
      if (name !== undefined) names.push(attributeText(name));
    });
    assertEquals(interrupted, false);
    assert(names.includes("lo"), names.join(" "));
    assertEquals(socket.receive(), undefined);
  });
});

Deno.test("NetlinkSocket.dump() reads to the end when its callback throws, so that the next request is answered", () => {
  withSocket((socket) => {
    const first = linkDump(socket);
    const fail = (): never => {
      throw new RangeError("not this one");
    };
    assertThrows(() => socket.dump(first.writer, first.sequence, fail), RangeError, "not this one");
    const second = linkDump(socket);
    let messages = 0;
    socket.dump(second.writer, second.sequence, () => messages++);
    assert(messages > 0);
  });
});

Deno.test("NetlinkSocket.dump() throws the kernel's refusal", () => {
  withSocket((socket) => {
    const sequence = socket.nextSequence();
    const writer = new NetlinkWriter().begin(RTM_UNKNOWN, NLM_F_REQUEST | NLM_F_ACK, sequence).end();
    const error = assertThrows(() => socket.dump(writer, sequence, () => {}), SystemError, "EOPNOTSUPP");
    assertEquals(error.errno, 95);
  });
});

Deno.test("NetlinkSocket.transact() reports each refused message by its sequence and ends with the last", () => {
  withSocket((socket) => {
    const writer = new NetlinkWriter();
    const sequences = [socket.nextSequence(), socket.nextSequence(), socket.nextSequence()];
    for (const sequence of sequences) writer.begin(RTM_UNKNOWN, NLM_F_REQUEST | NLM_F_ACK, sequence).end();
    const refused: [number, number][] = [];
    socket.transact(writer, 3, (sequence, errno) => refused.push([sequence, errno]));
    assertEquals(refused, [[1, 95], [2, 95], [3, 95]]);
    assertEquals(socket.receive(), undefined);
  });
});

Deno.test("NetlinkSocket.transact() passes over answers to earlier requests", () => {
  withSocket((socket) => {
    const writer = new NetlinkWriter();
    const [first, second] = [socket.nextSequence(), socket.nextSequence()];
    writer.begin(RTM_UNKNOWN, NLM_F_REQUEST, first).end().begin(RTM_UNKNOWN, NLM_F_REQUEST, second).end();
    socket.transact(writer, first, () => {}); // the answer to the second may stay behind
    const third = socket.nextSequence();
    const refused: number[] = [];
    writer.reset().begin(RTM_UNKNOWN, NLM_F_REQUEST, third).end();
    socket.transact(writer, third, (sequence) => refused.push(sequence));
    assertEquals(refused, [3]);
  });
});

Deno.test("NetlinkSocket.transact() throws ENOBUFS when the answers do not fit the receive buffer", () => {
  withSocket((socket) => {
    setOption(socket, SO_RCVBUF, cInts(4096));
    const writer = new NetlinkWriter();
    const sequences = Array.from({ length: 100 }, () => socket.nextSequence());
    for (const sequence of sequences) writer.begin(RTM_UNKNOWN, NLM_F_REQUEST, sequence).end();
    assertThrows(() => socket.transact(writer, 100, () => {}), SystemError, "ENOBUFS");
  });
});

Deno.test("NetlinkSocket.transact() throws EMSGSIZE rather than take a cut datagram for a whole one", () => {
  withSocket((socket) => {
    const sequence = socket.nextSequence();
    // The kernel sends a refused request back with its answer.
    const writer = new NetlinkWriter().begin(RTM_UNKNOWN, NLM_F_REQUEST, sequence).raw(new Uint8Array(70_000)).end();
    assertThrows(
      () => socket.transact(writer, sequence, () => {}),
      SystemError,
      "read a netlink datagram of 70036 bytes",
    );
  });
});

Deno.test("NetlinkSocket.transact() throws ETIMEDOUT when no answer comes", () => {
  withSocket((socket) => {
    setOption(socket, SO_RCVTIMEO, new Uint8Array(new BigInt64Array([0n, 10_000n]).buffer)); // 10 ms instead of 5 s
    const sequence = socket.nextSequence();
    const writer = new NetlinkWriter().begin(RTM_UNKNOWN, 0, sequence).end(); // no NLM_F_REQUEST: the kernel is silent
    assertThrows(() => socket.transact(writer, sequence, () => {}), SystemError, "ETIMEDOUT");
  });
});

Deno.test("NetlinkSocket is not inherited by programs that we start", () => {
  withSocket((socket) => assertEquals(libc().fcntl(socket.fd, F_GETFD, 0), FD_CLOEXEC));
});

Deno.test("NetlinkSocket refuses a protocol that there is not, and closes twice", () => {
  assertThrows(() => new NetlinkSocket(31), SystemError, "EPROTONOSUPPORT");
  const socket = new NetlinkSocket(NETLINK_ROUTE, { groups: 1, nonBlocking: true });
  assertEquals(socket.receive(), undefined);
  socket.close();
  socket.close();
  assertEquals(socket.fd, -1);
});

function linkDump(socket: NetlinkSocket): { writer: NetlinkWriter; sequence: number } {
  const sequence = socket.nextSequence();
  const writer = new NetlinkWriter().begin(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  writer.raw(new Uint8Array(IFINFOMSG_BYTES)).end();
  return { writer, sequence };
}

function setOption(socket: NetlinkSocket, name: number, value: Uint8Array<ArrayBuffer>): void {
  check(libc().setsockopt(socket.fd, SOL_SOCKET, name, value, value.length), "set a socket option");
}

function withSocket(body: (socket: NetlinkSocket) => void): void {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    body(socket);
  } finally {
    socket.close();
  }
}
