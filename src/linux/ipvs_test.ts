import { assertEquals, assertThrows } from "../../test/assert.ts";
import type { IpvsCommand, RealServerEntry, VirtualServerKey } from "../core/ipvs/table.ts";
import { IpvsUnavailableError } from "../ports/ipvs.ts";
import { type NetlinkMessage, netlinkMessages, NetlinkWriter } from "../wire/netlink.ts";
import { LinuxIpvs } from "./ipvs.ts";
import { SystemError } from "./system_error.ts";

const GETFAMILY = 3;
const NEW_SERVICE = 1;
const SET_SERVICE = 2;
const GET_SERVICE = 4;
const NEW_DEST = 5;
const SET_DEST = 6;
const DEL_DEST = 7;

const key: VirtualServerKey = { kind: "address", protocol: "tcp", address: "192.0.2.1", port: 80 };
const addVirtualServer: IpvsCommand = {
  type: "add-virtual-server",
  entry: { key, scheduler: "xyz", flags: 0, persistenceTimeoutSeconds: 0, persistencePrefixLength: 32 },
};

Deno.test("LinuxIpvs.apply() sends batches of at most 256 commands, only the last of each acknowledged", () => {
  const kernel = new FakeKernel();
  const commands = Array.from({ length: 300 }, (_, index) => addRealServer(index));
  assertEquals(new LinuxIpvs(kernel).apply(commands), []);
  assertEquals(kernel.sends.map((send) => send.length), [256, 44]);
  assertEquals(kernel.sends.map((send) => send.filter((request) => request.acknowledged).length), [1, 1]);
  assertEquals(kernel.sends.map((send) => send.at(-1)?.acknowledged), [true, true]);
});

Deno.test("LinuxIpvs.apply() goes on after a failure and reports it in plain words", () => {
  const kernel = new FakeKernel();
  kernel.answer = ({ command }) => command === NEW_SERVICE ? 2 : 0;
  assertEquals(new LinuxIpvs(kernel).apply([addVirtualServer, addRealServer(1)]), [{
    command: addVirtualServer,
    errno: "ENOENT",
    message: "Cannot add virtual server tcp 192.0.2.1:80: scheduler `xyz` is not available in this kernel (ENOENT)",
  }]);
  assertEquals(kernel.commands(), [[NEW_SERVICE, NEW_DEST]]);
});

Deno.test("LinuxIpvs.apply() changes what exists, adds what is missing, and takes gone for deleted", () => {
  const kernel = new FakeKernel();
  const first = [17, 17, 2, 2];
  kernel.answer = () => first.shift() ?? 0;
  const commands = [
    addVirtualServer,
    addRealServer(1),
    { ...addRealServer(2), type: "set-real-server" as const },
    { type: "delete-real-server" as const, key, address: "10.0.0.3", port: 80 },
  ];
  assertEquals(new LinuxIpvs(kernel).apply(commands), []);
  assertEquals(kernel.commands(), [[NEW_SERVICE, NEW_DEST, SET_DEST, DEL_DEST], [SET_SERVICE, SET_DEST, NEW_DEST]]);
});

Deno.test("LinuxIpvs.apply() repeats under the new family number after the module was loaded again", () => {
  const kernel = new FakeKernel();
  const ipvs = new LinuxIpvs(kernel);
  kernel.answer = ({ family }) => family === kernel.family ? 0 : 2;
  assertEquals(ipvs.apply([addVirtualServer]), []);
  kernel.family = 35;
  assertEquals(ipvs.apply([addVirtualServer, addRealServer(1)]), []);
  assertEquals(kernel.sends.map((send) => send.map(({ family }) => family)), [[34], [34, 34], [35, 35]]);
});

Deno.test("LinuxIpvs.apply() reports the whole batch when answers were lost, then opens another socket", () => {
  const kernel = new FakeKernel();
  kernel.loseAnswers = true;
  const ipvs = new LinuxIpvs(kernel);
  const failures = ipvs.apply([addVirtualServer, addRealServer(1)]);
  assertEquals(failures.map(({ errno }) => errno), ["ENOBUFS", "ENOBUFS"]);
  assertEquals(kernel.openSockets, 0);
  kernel.loseAnswers = false;
  assertEquals(ipvs.apply([addVirtualServer]), []);
  assertEquals(kernel.openSockets, 1);
});

Deno.test("LinuxIpvs says CAP_NET_ADMIN when the kernel answers EPERM", () => {
  const kernel = new FakeKernel();
  kernel.answer = () => 1;
  const message = "Cannot use IPVS: the capability CAP_NET_ADMIN is missing (EPERM)";
  assertThrows(() => new LinuxIpvs(kernel).apply([addVirtualServer]), IpvsUnavailableError, message);
  assertThrows(() => new LinuxIpvs(kernel).read(), IpvsUnavailableError, message);
});

Deno.test("LinuxIpvs tries to load the module once, and names it when that does not help", () => {
  const kernel = new FakeKernel();
  kernel.family = 0;
  const ipvs = new LinuxIpvs(kernel);
  const message = "Cannot use IPVS: the kernel module `ip_vs` is missing or cannot be loaded";
  assertThrows(() => ipvs.read(), IpvsUnavailableError, message);
  assertThrows(() => ipvs.apply([addVirtualServer]), IpvsUnavailableError, message);
  assertEquals([kernel.moduleLoads, kernel.openSockets], [1, 0]);
});

Deno.test("LinuxIpvs goes on when loading the module helps", () => {
  const kernel = new FakeKernel();
  kernel.family = 0;
  kernel.loadableFamily = 34;
  assertEquals(new LinuxIpvs(kernel).apply([addVirtualServer]), []);
});

Deno.test("LinuxIpvs.read() asks for the family once more on ENOENT, then gives up", () => {
  const kernel = new FakeKernel();
  const ipvs = new LinuxIpvs(kernel);
  kernel.answer = ({ family }) => family === kernel.family ? 0 : 2;
  assertEquals(ipvs.read(), []);
  kernel.family = 35;
  assertEquals(ipvs.read(), []);
  assertEquals(kernel.sends.map((send) => send.map(({ family, command }) => [family, command])), [
    [[34, GET_SERVICE]],
    [[34, GET_SERVICE]],
    [[35, GET_SERVICE]],
  ]);
  kernel.answer = () => 2;
  assertThrows(() => ipvs.read(), IpvsUnavailableError, "`ip_vs`");
});

interface Request {
  readonly family: number;
  readonly command: number;
  readonly acknowledged: boolean;
}

/** Answers requests with an errno each; its dumps are empty. Knows the controller's GETFAMILY. */
class FakeKernel {
  /** 0: there is no such family. */
  family = 34;
  loadableFamily = 0;
  answer: (request: Request) => number = () => 0;
  loseAnswers = false;
  readonly sends: Request[][] = [];
  moduleLoads = 0;
  openSockets = 0;
  #sequence = 100;

  commands(): number[][] {
    return this.sends.map((send) => send.map(({ command }) => command));
  }

  loadModule(): boolean {
    this.moduleLoads++;
    this.family = this.loadableFamily;
    return this.family !== 0;
  }

  openSocket(): {
    nextSequence: () => number;
    close: () => void;
    transact: (writer: NetlinkWriter, last: number, onError: (sequence: number, errno: number) => void) => void;
    dump: (writer: NetlinkWriter, sequence: number, onMessage: (message: NetlinkMessage) => void) => boolean;
  } {
    this.openSockets++;
    return {
      nextSequence: () => ++this.#sequence,
      close: () => void this.openSockets--,
      transact: (writer, _last, onError) => {
        const messages = this.#receive(writer);
        if (this.loseAnswers) throw new SystemError("read a netlink answer", 105);
        for (const { sequence, request } of messages) {
          const errno = this.answer(request);
          if (errno !== 0) onError(sequence, errno);
        }
      },
      dump: (writer, _sequence, onMessage) => {
        const [message] = [...netlinkMessages(writer.bytes.subarray(0, writer.length))];
        if (message?.type === 16 && message.body.getUint8(0) === GETFAMILY) this.#answerFamily(onMessage);
        else {
          for (const { request } of this.#receive(writer)) {
            const errno = this.answer(request);
            if (errno !== 0) throw new SystemError("carry out a netlink request", errno);
          }
        }
        return false;
      },
    };
  }

  #receive(writer: NetlinkWriter): { sequence: number; request: Request }[] {
    const messages = [...netlinkMessages(writer.bytes.subarray(0, writer.length))].map((message) => ({
      sequence: message.sequence,
      request: {
        family: message.type,
        command: message.body.getUint8(0),
        acknowledged: (message.flags & 4) !== 0,
      },
    }));
    this.sends.push(messages.map(({ request }) => request));
    return messages;
  }

  #answerFamily(onMessage: (message: NetlinkMessage) => void): void {
    if (this.family === 0) throw new SystemError("carry out a netlink request", 2);
    const writer = new NetlinkWriter();
    writer.begin(16, 0, 0).raw([1, 2, 0, 0]).u16(1, this.family).end();
    for (const message of netlinkMessages(writer.bytes.subarray(0, writer.length))) onMessage(message);
  }
}

function addRealServer(index: number): Extract<IpvsCommand, { entry: RealServerEntry }> {
  const entry: RealServerEntry = {
    address: `10.0.${index >> 8}.${index & 255}`,
    port: 80,
    forwardingMethod: "nat",
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
  };
  return { type: "add-real-server", key, entry };
}
