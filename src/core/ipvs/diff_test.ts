import { assertEquals } from "../../../test/assert.ts";
import { canonicalKey, diff } from "./diff.ts";
import { applyToModel, modelOf, NO_TRAFFIC } from "./model.ts";
import {
  formatKey,
  type IpvsCommand,
  type RealServerEntry,
  type VirtualServerEntry,
  type VirtualServerKey,
  type VirtualServerRow,
  type WantedVirtualServer,
} from "./table.ts";

const key = (address: string): VirtualServerKey => ({ kind: "address", protocol: "tcp", address, port: 80 });

const service = (address: string, more: Partial<VirtualServerEntry> = {}): VirtualServerEntry => {
  const defaults = { scheduler: "rr", flags: 0, persistenceTimeoutSeconds: 0, persistencePrefixLength: 32 };
  return { key: key(address), ...defaults, ...more };
};

const server = (address: string, weight = 1, more: Partial<RealServerEntry> = {}): RealServerEntry => {
  return { address, port: 80, forwardingMethod: "nat", weight, upperThreshold: 0, lowerThreshold: 0, ...more };
};

const row = (entry: VirtualServerEntry, ...servers: RealServerEntry[]): VirtualServerRow => {
  const realServers = servers.map((one) => {
    return {
      entry: one,
      activeConnections: 5,
      inactiveConnections: 0,
      persistentConnections: 0,
      counters: NO_TRAFFIC,
    };
  });
  return { entry, counters: NO_TRAFFIC, realServers };
};

const want = (entry: VirtualServerEntry, ...realServers: RealServerEntry[]): WantedVirtualServer => {
  return { entry, realServers };
};

const all = (): boolean => true;
const none = (): boolean => false;

/** Commands in short: `add-real-server 192.0.2.1 10.0.0.1=1`. */
function short(commands: readonly IpvsCommand[]): string[] {
  return commands.map((command) => {
    switch (command.type) {
      case "add-virtual-server":
      case "set-virtual-server":
        return `${command.type} ${formatKey(command.entry.key)} ${command.entry.scheduler}`;
      case "delete-virtual-server":
        return `${command.type} ${formatKey(command.key)}`;
      case "delete-real-server":
        return `${command.type} ${formatKey(command.key)} ${command.address}`;
      default:
        return `${command.type} ${formatKey(command.key)} ${command.entry.address}=${command.entry.weight}`;
    }
  });
}

Deno.test("diff() fills an empty table in the order of the configuration", () => {
  const wanted = [want(service("192.0.2.2"), server("b"), server("a")), want(service("192.0.2.1"))];
  assertEquals(short(diff([], wanted, all)), [
    "add-virtual-server tcp 192.0.2.2:80 rr",
    "add-real-server tcp 192.0.2.2:80 b=1",
    "add-real-server tcp 192.0.2.2:80 a=1",
    "add-virtual-server tcp 192.0.2.1:80 rr",
  ]);
});

Deno.test("diff() of equal tables is empty, however it is written", () => {
  const entry = service("2001:DB8::1", { flags: 4 });
  const actual = row(service("2001:db8:0::1", { flags: 4 | 2 | 1, persistencePrefixLength: 128 }), server("FE80::1"));
  assertEquals(diff([actual], [want(entry, server("fe80:0::1"))], all), []);
});

Deno.test("diff() within a virtual server adds, raises, sets, lowers, deletes", () => {
  const actual = [row(service("192.0.2.1"), server("old"), server("less", 5), server("more", 1))];
  const target = want(service("192.0.2.1", { scheduler: "wrr" }), server("less", 2), server("more", 3), server("new"));
  assertEquals(short(diff(actual, [target], none)), [
    "add-real-server tcp 192.0.2.1:80 new=1",
    "set-real-server tcp 192.0.2.1:80 more=3",
    "set-virtual-server tcp 192.0.2.1:80 wrr",
    "set-real-server tcp 192.0.2.1:80 less=2",
    "delete-real-server tcp 192.0.2.1:80 old",
  ]);
});

Deno.test("diff() deletes owned virtual servers last and leaves foreign ones alone", () => {
  const actual = [row(service("192.0.2.8"), server("a")), row(service("192.0.2.9"), server("a"))];
  const owns = (of: VirtualServerKey): boolean => formatKey(of) === "tcp 192.0.2.8:80";
  assertEquals(short(diff(actual, [want(service("192.0.2.1"), server("a"))], owns)), [
    "add-virtual-server tcp 192.0.2.1:80 rr",
    "add-real-server tcp 192.0.2.1:80 a=1",
    "delete-virtual-server tcp 192.0.2.8:80",
  ]);
});

Deno.test("diff() makes one server of a sorry server that is also a real server", () => {
  const target = want(service("192.0.2.1"), server("a", 0), server("b", 0), server("a", 1));
  assertEquals(short(diff([], [target], all)), [
    "add-virtual-server tcp 192.0.2.1:80 rr",
    "add-real-server tcp 192.0.2.1:80 a=1",
    "add-real-server tcp 192.0.2.1:80 b=0",
  ]);
});

Deno.test("diff() merges a virtual server that is wanted twice", () => {
  const wanted = [
    want(service("192.0.2.1"), server("a")),
    want(service("192.0.2.1", { scheduler: "lc" }), server("b")),
  ];
  assertEquals(short(diff([], wanted, all)), [
    "add-virtual-server tcp 192.0.2.1:80 rr",
    "add-real-server tcp 192.0.2.1:80 a=1",
    "add-real-server tcp 192.0.2.1:80 b=1",
  ]);
});

Deno.test("diff() sees every attribute of a virtual server", () => {
  const actual = [row(service("192.0.2.1", { persistenceTimeoutSeconds: 60 }))];
  const cases: [Partial<VirtualServerEntry>, number][] = [
    [{ persistenceTimeoutSeconds: 60 }, 0],
    [{ persistenceTimeoutSeconds: 61 }, 1],
    [{ persistenceTimeoutSeconds: 60, persistencePrefixLength: 24 }, 1],
    [{ persistenceTimeoutSeconds: 60, flags: 8 }, 1],
    [{ persistenceTimeoutSeconds: 60, scheduler: "sh" }, 1],
    [{ persistenceTimeoutSeconds: 0, persistencePrefixLength: 24 }, 1],
  ];
  for (const [more, expected] of cases) {
    assertEquals(diff(actual, [want(service("192.0.2.1", more))], all).length, expected, JSON.stringify(more));
  }
});

Deno.test("diff() sees every attribute of a real server, and sets it without deleting", () => {
  const actual = [row(service("192.0.2.1"), server("a"))];
  for (const more of [{ forwardingMethod: "dr" }, { upperThreshold: 9 }, { lowerThreshold: 3 }] as const) {
    assertEquals(short(diff(actual, [want(service("192.0.2.1"), server("a", 1, more))], all)), [
      "set-real-server tcp 192.0.2.1:80 a=1",
    ]);
  }
  const moved = want(service("192.0.2.1"), server("a", 1, { port: 8080 }));
  assertEquals(short(diff(actual, [moved], all)), [
    "add-real-server tcp 192.0.2.1:80 a=1",
    "delete-real-server tcp 192.0.2.1:80 a",
  ]);
});

Deno.test("canonicalKey() keeps protocols, families and marks apart", () => {
  const keys: VirtualServerKey[] = [
    { kind: "fwmark", family: 4, fwmark: 7 },
    { kind: "fwmark", family: 6, fwmark: 7 },
    { kind: "address", protocol: "udp", address: "192.0.2.1", port: 80 },
    key("192.0.2.1"),
  ];
  assertEquals(keys.map(canonicalKey), ["fwmark 4 7", "fwmark 6 7", "udp 192.0.2.1 80", "tcp 192.0.2.1 80"]);
});

Deno.test("applyToModel() follows a diff to the wanted table", () => {
  const actual = [row(service("192.0.2.1"), server("old"), server("keep", 5)), row(service("192.0.2.8"), server("x"))];
  const wanted = [want(service("192.0.2.1", { scheduler: "lc" }), server("keep", 2), server("new"))];
  const model = modelOf(actual);
  applyToModel(model, diff(actual, wanted, all));
  assertEquals(diff([...model.values()], wanted, all), []);
  const rows = [...model.values()].map(({ entry, realServers }) => [
    entry.scheduler,
    ...realServers.map((one) => `${one.entry.address}=${one.entry.weight} active ${one.activeConnections}`),
  ]);
  assertEquals(rows, [["lc", "keep=2 active 5", "new=1 active 0"]]);
});
