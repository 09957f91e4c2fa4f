// Uses every part of raw-socket's interface and prints what it sees: run by Node with the npm package, by Deno with ours.
// Prints nothing that differs from run to run. Needs CAP_NET_RAW; sends to loopback addresses only.
// deno-lint-ignore-file explicit-function-return-type -- JavaScript, so that Node runs it as it is
import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import raw from "raw-socket";

const VRRP = 112;
const LOOPBACK = "127.0.0.1";
const ANSWER_WITHIN_MS = 5_000;

function print(label, ...values) {
  console.log(
    `${label}:`,
    ...values.map((value) => typeof value === "string" ? value : JSON.stringify(value) ?? "undefined"),
  );
}

/** What `body` returns, or the class and text of what it throws. */
function outcome(body) {
  try {
    return body();
  } catch (error) {
    return describe(error);
  }
}

function describe(error) {
  return error instanceof Error ? `${error.constructor.name} "${error.message}"` : error;
}

/** Resolves with what `start` hands to its argument, or "nothing" after a while. */
function within(limitMs, start) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("nothing"), limitMs);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** Waits until `condition` holds, but not for ever. */
async function until(condition) {
  for (const limit = Date.now() + ANSWER_WITHIN_MS; !condition() && Date.now() < limit;) await sleep(5);
}

/** The next message of `socket` that contains `token`: others may use the protocol meanwhile. */
function messageWith(socket, token, limitMs = ANSWER_WITHIN_MS) {
  let listener;
  return within(limitMs, (done) => {
    listener = (buffer, source) => {
      if (buffer.includes(token)) done({ buffer, source });
    };
    socket.on("message", listener);
  }).finally(() => socket.off("message", listener));
}

function send(socket, buffer, address, beforeCallback) {
  return within(ANSWER_WITHIN_MS, (done) => {
    const after = (error, bytes) => done(error ? `${describe(error)}, ${bytes}` : bytes);
    if (beforeCallback) socket.send(buffer, 0, buffer.length, address, beforeCallback, after);
    else socket.send(buffer, 0, buffer.length, address, after);
  });
}

/** An IPv4 packet without the fields that the kernel counts up. */
function describeIpv4(message) {
  if (message === "nothing") return message;
  const { buffer, source } = message;
  const address = (at) => buffer.subarray(at, at + 4).join(".");
  return [
    `${Buffer.isBuffer(buffer)} length ${buffer.length} of ${buffer.readUInt16BE(2)} from ${source}:`,
    `${address(12)} -> ${address(16)} protocol ${buffer[9]} ttl ${buffer[8]} ${buffer.subarray(20).toString("hex")}`,
  ].join(" ");
}

function names() {
  print("exports", Object.keys(raw).filter((name) => name !== "default").sort());
  for (const name of ["AddressFamily", "Protocol", "SocketLevel", "SocketOption"]) print(name, raw[name]);
  const methods = ["close", "getOption", "generateChecksums", "on", "once", "pauseRecv", "pauseSend", "resumeRecv"];
  for (const name of [...methods, "resumeSend", "send", "setOption"]) print(name, typeof raw.Socket.prototype[name]);
}

function byteOrder() {
  for (const name of ["htonl", "ntohl"]) {
    for (const value of [0, 1, 0x01020304, 0x80000000, 0xfffffffe]) print(name, outcome(() => raw[name](value)));
  }
  for (const name of ["htons", "ntohs"]) {
    for (const value of [0, 1, 0x0102, 0xfffe, 0x10000]) print(name, outcome(() => raw[name](value)));
  }
  for (const name of ["htonl", "htons", "ntohl", "ntohs"]) {
    print(name, outcome(() => raw[name]()));
    for (const value of [-1, 1.5, -0, NaN, 2 ** 32, "1", null, undefined]) print(name, outcome(() => raw[name](value)));
  }
}

function checksums() {
  const bytes = Buffer.from("0001f203f4f5f6f7", "hex"); // RFC 1071 section 3
  const range = (buffer, offset, length) => ({ buffer, offset, length });
  const inputs = [
    [],
    [bytes],
    [bytes.subarray(0, 7)],
    [bytes.subarray(0, 3), bytes.subarray(3)],
    [bytes.subarray(0, 4), range(bytes, 4, 4)],
    [range(bytes, 2, 5)],
    [range(bytes, 0, 0)],
    [Buffer.from("ffff", "hex")],
    [Buffer.from("ffff", "hex"), Buffer.from("0000", "hex")],
    [Buffer.alloc(2)],
    [Buffer.alloc(70_001, 0xfe)],
    [Buffer.alloc(0)],
    [range(bytes, 8, 0)],
    [range(bytes, 0, 9)],
    [range(bytes, -1, 2)],
    [range(bytes, 0, "2")],
    [range(bytes)],
    [range("text", 0, 1)],
    [new Uint8Array([1, 2])],
    [range(new Uint8Array([1, 2]), 0, 2)],
    [{}],
  ];
  for (const [index, input] of inputs.entries()) {
    print(
      `checksum ${index}`,
      outcome(() => raw.createChecksum(...input)),
    );
  }
  const packet = Buffer.alloc(4);
  print("writeChecksum", raw.writeChecksum(packet, 1, 0x1234) === packet, packet.toString("hex"));
  for (const offset of [2, 3, 4, -1]) print("writeChecksum", outcome(() => raw.writeChecksum(packet, offset, 0xabcd)));
  print("written", packet.toString("hex"));
}

function creation() {
  for (const protocol of [undefined, 0, -1, 1.5, "1", 100_000]) {
    print(`protocol ${protocol}`, outcome(() => raw.createSocket({ protocol }).close() && "opened"));
  }
  for (const addressFamily of [undefined, 0, 1, 3, -1, "IPv4"]) {
    print(
      `family ${addressFamily}`,
      outcome(() => raw.createSocket({ addressFamily, protocol: VRRP }).close() && "opened"),
    );
  }
  print("no options", outcome(() => raw.createSocket()));
  const socket = raw.createSocket({ protocol: VRRP, bufferSize: 100, generateChecksums: true, checksumOffset: 2 });
  print("state", socket.recvPaused, socket.sendPaused, socket.buffer.length, socket.requests.length);
  print("class", socket instanceof raw.Socket, socket.constructor.name);
  socket.close();
  print("default buffer", raw.createSocket({ protocol: VRRP }).close().buffer.length);
}

function options() {
  const { SOL_SOCKET, IPPROTO_IP } = raw.SocketLevel;
  const { SO_RCVBUF, SO_BINDTODEVICE, SO_RCVTIMEO, IP_TTL, IP_TOS, IP_HDRINCL } = raw.SocketOption;
  const socket = raw.createSocket({ protocol: VRRP });
  const get = (level, option, size) => {
    const buffer = Buffer.alloc(size);
    return outcome(() => `${socket.getOption(level, option, buffer, size)} ${buffer.toString("hex")}`);
  };
  const set = (...values) => outcome(() => socket.setOption(...values));
  print("IP_TTL", get(IPPROTO_IP, IP_TTL, 4), set(IPPROTO_IP, IP_TTL, 7), get(IPPROTO_IP, IP_TTL, 4));
  print("IP_TTL by buffer", set(IPPROTO_IP, IP_TTL, Buffer.from([9, 0, 0, 0]), 4), get(IPPROTO_IP, IP_TTL, 8));
  print("IP_TOS by byte", set(IPPROTO_IP, IP_TOS, Buffer.from([0xc0, 1]), 1), get(IPPROTO_IP, IP_TOS, 4));
  print("IP_TOS cut", get(IPPROTO_IP, IP_TOS, 1), get(IPPROTO_IP, IP_TOS, 0));
  print("IP_HDRINCL", set(IPPROTO_IP, IP_HDRINCL, 1), get(IPPROTO_IP, IP_HDRINCL, 4));
  print("SO_RCVBUF", set(SOL_SOCKET, SO_RCVBUF, 65_536), get(SOL_SOCKET, SO_RCVBUF, 4));
  print("SO_RCVTIMEO", get(SOL_SOCKET, SO_RCVTIMEO, 16));
  print(
    "SO_BINDTODEVICE",
    set(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from("lo\0"), 3),
    get(SOL_SOCKET, SO_BINDTODEVICE, 16),
  );
  print("no such device", set(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from("none\0"), 5));
  print("shorter length", outcome(() => socket.getOption(IPPROTO_IP, IP_TTL, Buffer.alloc(4), 1)));
  print("no such option", set(SOL_SOCKET, 9_999, 1), get(SOL_SOCKET, 9_999, 4));
  print("no such level", set(9_999, IP_TTL, 1), get(9_999, IP_TTL, 4));
  print("bad value", set(IPPROTO_IP, IP_TTL, 256), set(IPPROTO_IP, IP_TTL, -1), set(IPPROTO_IP, IP_TTL, "1"));
  print("no value", set(IPPROTO_IP, IP_TTL), set(IPPROTO_IP), set());
  print("bad level", set("0", IP_TTL, 1), set(0, "2", 1));
  for (const length of [5, -1, "4", undefined, 1.5]) print("length", set(IPPROTO_IP, IP_TTL, Buffer.alloc(4), length));
  print("number with length", set(IPPROTO_IP, IP_TTL, 4, 4));
  print("get", outcome(() => socket.getOption("0", IP_TTL, Buffer.alloc(4), 4)));
  print("get", outcome(() => socket.getOption(0, undefined, Buffer.alloc(4), 4)));
  print("get", outcome(() => socket.getOption(0, IP_TTL, 4, 4)));
  print("get", outcome(() => socket.getOption(0, IP_TTL, Buffer.alloc(4))));
  socket.close();
  print("closed", set(IPPROTO_IP, IP_TTL, 1), get(IPPROTO_IP, IP_TTL, 4));
}

async function echo() {
  const socket = raw.createSocket({ protocol: raw.Protocol.ICMP });
  const token = Buffer.from("raw-socket-icmp");
  const request = Buffer.concat([Buffer.from("080000004a4b0001", "hex"), token]);
  raw.writeChecksum(request, 2, raw.createChecksum(request));
  const answer = within(ANSWER_WITHIN_MS, (done) => {
    socket.on("message", (buffer, source) => {
      if (buffer[20] === 0 && buffer.includes(token)) done({ buffer, source }); // the reply, not our request
    });
  });
  print("sent", await send(socket, request, LOOPBACK));
  print("reply", describeIpv4(await answer));
  socket.close();
}

async function echoIpv6() {
  const socket = outcome(() =>
    raw.createSocket({ addressFamily: raw.AddressFamily.IPv6, protocol: raw.Protocol.ICMPv6 })
  );
  if (typeof socket === "string") return print("no IPv6 socket", socket);
  const token = Buffer.from("raw-socket-icmp6");
  const request = Buffer.concat([Buffer.from("800000004a4b0001", "hex"), token]); // the kernel fills in the checksum
  const answer = within(ANSWER_WITHIN_MS, (done) => {
    socket.on("message", (buffer, source) => {
      if (buffer[0] === 129 && buffer.includes(token)) done(`${source} ${buffer.toString("hex")}`);
    });
  });
  const { IPPROTO_IPV6 } = raw.SocketLevel;
  print("hops", outcome(() => socket.setOption(IPPROTO_IPV6, raw.SocketOption.IPV6_UNICAST_HOPS, 3)));
  print("sent", await send(socket, request, "::1"), "with a zone", await send(socket, Buffer.alloc(8), "::1%lo"));
  print("reply", await answer);
  print("bad address", await send(socket, request, "::1::"));
  socket.close();
}

async function vrrp() {
  const [socket, other] = [raw.createSocket({ protocol: VRRP }), raw.createSocket({ protocol: VRRP, bufferSize: 24 })];
  const token = Buffer.from("31335acc5a33", "hex");
  const packet = Buffer.concat([token, Buffer.from("-payload")]);
  const [first, second] = [messageWith(socket, token), messageWith(other, token.subarray(0, 4))];
  const setTtl = () => socket.setOption(raw.SocketLevel.IPPROTO_IP, raw.SocketOption.IP_TTL, 255);
  print("sent", await send(socket, packet, "127.0.0.2", setTtl));
  print("message", describeIpv4(await first));
  print("cut message", describeIpv4(await second));
  other.close();

  const part = messageWith(socket, "load");
  const order = [];
  const bytes = await within(ANSWER_WITHIN_MS, (done) => {
    const result = socket.send(packet, 10, 4, LOOPBACK, () => order.push("before"), function (error, count) {
      order.push("after");
      done([error, count, this === socket]);
    });
    order.push(result === socket ? "returned" : "not this");
  });
  print("part", bytes, order);
  print("message", describeIpv4(await part));

  const texts = [];
  const all = within(ANSWER_WITHIN_MS, (done) => {
    socket.on("message", (buffer) => {
      const text = buffer.subarray(20).toString();
      if (text.startsWith("queue-")) texts.push(text);
      if (texts.length === 200) done(new Set(texts).size);
    });
  });
  const sent = [];
  for (let index = 0; index < 200; index++) sent.push(send(socket, Buffer.from(`queue-${index}`), LOOPBACK));
  print("queued", socket.requests.length, socket.sendPaused);
  print("sent", (await Promise.all(sent)).reduce((sum, count) => sum + count, 0), "received", await all);
  print("in order", texts.every((text, index) => text === `queue-${index}`));
  socket.close();
}

async function pausing() {
  const socket = raw.createSocket({ protocol: VRRP });
  const state = () =>
    `recvPaused ${socket.recvPaused} sendPaused ${socket.sendPaused} queued ${socket.requests.length}`;
  print("new", state());
  print("pauseRecv", socket.pauseRecv() === socket, state());
  const silent = messageWith(socket, "pause-1", 100);
  print("sent", await send(socket, Buffer.from("pause-1"), LOOPBACK));
  print("while paused", describeIpv4(await silent));
  const late = messageWith(socket, "pause-1");
  print("resumeRecv", socket.resumeRecv() === socket, state());
  print("after", describeIpv4(await late));
  await until(() => socket.sendPaused);
  print("idle", state());

  const sent = send(socket, Buffer.from("pause-2"), LOOPBACK);
  print("pauseSend", socket.pauseSend() === socket, state());
  print("while paused", await Promise.race([sent, sleep(100, "not sent")]), state());
  print("resumeSend", socket.resumeSend() === socket, state());
  print("after", await sent);
  await until(() => socket.sendPaused);
  print("idle", state());
  socket.resumeSend();
  await until(() => socket.sendPaused);
  print("nothing to send", state());
  socket.close();
}

async function refusals() {
  const socket = raw.createSocket({ protocol: VRRP });
  const refused = (...values) =>
    within(ANSWER_WITHIN_MS, (done) => {
      let now = true;
      socket.send(...values, function (error, bytes) {
        done(`${describe(error)} ${bytes} ${this === socket} ${now ? "at once" : "later"} ${arguments.length}`);
      });
      now = false;
    });
  const packet = Buffer.alloc(8);
  for (const address of ["", "localhost", "127.0.0.256", "127.1", "0127.0.0.1", "::1::", undefined, 5]) {
    print(`address ${address}`, await refused(packet, 0, 8, address));
  }
  for (const [offset, length] of [[0, 9], [8, 1], [1, 8]]) {
    print(`${offset} ${length}`, await refused(packet, offset, length, LOOPBACK));
  }
  for (const [offset, length] of [[-1, 8], [0, -1], [0.5, 1], ["0", 1], [undefined, 1], [0, undefined], [NaN, NaN]]) {
    print(`${offset} ${length}`, await refused(packet, offset, length, LOOPBACK));
  }
  print("no Buffer", await refused("packet", 0, 6, LOOPBACK));
  print("Uint8Array", await refused(new Uint8Array(8), 0, 8, LOOPBACK));
  print("undefined", outcome(() => socket.send(undefined, 0, 6, LOOPBACK, () => {})));
  print("empty", await send(socket, Buffer.alloc(0), LOOPBACK));
  print("too long", await refused(Buffer.alloc(65_536), 0, 65_536, LOOPBACK));
  socket.setOption(raw.SocketLevel.IPPROTO_IP, raw.SocketOption.IP_HDRINCL, 1);
  print("too short a header", await refused(Buffer.alloc(8), 0, 8, LOOPBACK));
  socket.close();
}

async function throwing() {
  const socket = raw.createSocket({ protocol: VRRP });
  const packet = Buffer.from("throwing");
  print(
    "before",
    await send(socket, packet, LOOPBACK, () => {
      throw new Error("from before");
    }),
  );
  const calls = [];
  print(
    "after",
    await within(ANSWER_WITHIN_MS, (done) => {
      socket.send(packet, 0, packet.length, LOOPBACK, (error, bytes) => {
        calls.push([describe(error), bytes]);
        if (calls.length === 2) done(calls);
        else throw new Error("from after");
      });
    }),
  );
  print(
    "listener",
    await within(ANSWER_WITHIN_MS, (done) => {
      socket.on("error", (error) => done(describe(error)));
      socket.on("message", (buffer) => {
        if (buffer.includes("listener")) throw new Error("from listener");
      });
      socket.send(Buffer.from("listener"), 0, 8, LOOPBACK, () => {});
    }),
  );
  const usable = messageWith(socket, "still here");
  print("sent", await send(socket, Buffer.from("still here"), LOOPBACK));
  print("message", describeIpv4(await usable));
  socket.close();
}

/** A socket that keeps ICMP errors (IP_RECVERR), to which one comes: nobody listens on the port. */
async function socketError() {
  const socket = raw.createSocket({ protocol: raw.Protocol.UDP });
  socket.setOption(raw.SocketLevel.IPPROTO_IP, 11, 1);
  const events = [];
  socket.on("error", () => events.push("error"));
  socket.on("close", () => events.push("close"));
  const closed = within(ANSWER_WITHIN_MS, (done) => socket.on("close", done));
  await send(socket, Buffer.from("9c40000100080000", "hex"), LOOPBACK); // to port 1
  await closed;
  print("events", events);
}

async function closing() {
  const socket = raw.createSocket({ protocol: VRRP });
  const events = [];
  socket.on("close", (...values) => events.push(`close ${values.length}`));
  socket.on("message", () => events.push("message"));
  const queue = (text) => socket.send(Buffer.from(text), 0, text.length, LOOPBACK, () => events.push(`${text} sent`));
  queue("before");
  print("close", socket.close() === socket, events);
  print("again", socket.close() === socket, events);
  print("pause", outcome(() => socket.pauseRecv().resumeRecv().pauseSend().resumeSend() === socket));
  print("send", queue("after") === socket, socket.requests.length);
  await sleep(50);
  print("events", events);

  const own = raw.createSocket({ protocol: VRRP });
  const order = [];
  await within(ANSWER_WITHIN_MS, (done) => {
    own.on("message", (buffer) => {
      if (!buffer.includes("closing")) return;
      order.push("message");
      own.close();
    });
    own.on("close", () => {
      order.push("close");
      done();
    });
    for (let count = 0; count < 3; count++) own.send(Buffer.from("closing"), 0, 7, LOOPBACK, () => {});
  });
  await sleep(50);
  print("closed by its listener", order);
}

const parts = { names, byteOrder, checksums, creation, options, echo, echoIpv6, vrrp, pausing, refusals, throwing };
for (const [name, part] of Object.entries({ ...parts, socketError, closing })) {
  console.log(`== ${name}`);
  await part();
}

// Open but paused both ways: it must not keep the process alive.
raw.createSocket({ protocol: VRRP }).pauseRecv();
console.log("== end");
