import { assertEquals } from "../../../test/assert.ts";
import type { RealServerEntry, VirtualServerEntry, VirtualServerKey } from "../ipvs/table.ts";
import {
  liveWeight,
  reachableQuorum,
  type RealServerStanding,
  serverBehind,
  sorryServerActive,
  startQuorum,
  stepQuorum,
  type VirtualServerPolicy,
  wantedVirtualServers,
} from "./virtual_server.ts";

const server = (address: string, weight = 1): RealServerEntry => {
  return { address, port: 80, forwardingMethod: "nat", weight, upperThreshold: 0, lowerThreshold: 0 };
};

const standing = (address: string, up: boolean, weight = 1, inhibitOnFailure = false): RealServerStanding => {
  return { entry: server(address, weight), up, inhibitOnFailure };
};

function entry(key: VirtualServerKey): VirtualServerEntry {
  return { key, scheduler: "rr", flags: 0, persistenceTimeoutSeconds: 0, persistencePrefixLength: 32 };
}

const policy: VirtualServerPolicy = {
  entries: [entry({ kind: "address", protocol: "tcp", address: "192.0.2.1", port: 80 })],
  quorum: 1,
  hysteresis: 0,
};
const withSorry: VirtualServerPolicy = { ...policy, sorryServer: server("10.0.0.9") };

/** Addresses and weights of the wanted real servers. */
function wanted(of: VirtualServerPolicy, standings: RealServerStanding[], quorumUp: boolean): string {
  return wantedVirtualServers(of, standings, quorumUp).flatMap(({ realServers }) => realServers).map((one) =>
    `${one.address}=${one.weight}`
  ).join(
    " ",
  );
}

Deno.test("liveWeight() adds the weights of live servers only", () => {
  assertEquals(liveWeight([standing("a", true, 3), standing("b", false, 5), standing("c", true, 0)]), 3);
});

Deno.test("reachableQuorum() reduces what can never be reached", () => {
  assertEquals(reachableQuorum({ quorum: 5, hysteresis: 0 }, 3), { quorum: 3, hysteresis: 0 });
  assertEquals(reachableQuorum({ quorum: 2, hysteresis: 2 }, 9), { quorum: 2, hysteresis: 1 });
  assertEquals(reachableQuorum({ quorum: 1, hysteresis: 0 }, 0), { quorum: 1, hysteresis: 0 });
});

Deno.test("stepQuorum() is lost below quorum - hysteresis and gained at quorum + hysteresis", () => {
  const limits = { quorum: 3, hysteresis: 1 };
  const up = { up: true, sinceUs: 0, downTransitions: 0 };
  const down = { up: false, sinceUs: 5, downTransitions: 1 };
  assertEquals(stepQuorum(limits, up, 2, 5), { state: up });
  assertEquals(stepQuorum(limits, up, 1, 5), { change: "lost", state: down });
  assertEquals(stepQuorum(limits, down, 3, 9), { state: down });
  assertEquals(stepQuorum(limits, down, 4, 9), {
    change: "gained",
    state: { up: true, sinceUs: 9, downTransitions: 1 },
  });
});

Deno.test("stepQuorum() is lost at a live weight of 0", () => {
  const up = { up: true, sinceUs: 0, downTransitions: 0 };
  assertEquals(stepQuorum({ quorum: 1, hysteresis: 0 }, up, 0, 5).change, "lost");
  assertEquals(stepQuorum({ quorum: 1, hysteresis: 0 }, { ...up, up: false }, 0, 5).change, undefined);
});

Deno.test("startQuorum() holds quorum unless it would be lost, and counts no transition", () => {
  assertEquals(startQuorum({ quorum: 3, hysteresis: 1 }, 2, 7), { up: true, sinceUs: 7, downTransitions: 0 });
  assertEquals(startQuorum({ quorum: 3, hysteresis: 1 }, 1, 7), { up: false, sinceUs: 7, downTransitions: 0 });
});

Deno.test("wantedVirtualServer() keeps the order of the configuration and drops what is down", () => {
  assertEquals(wanted(policy, [standing("c", true), standing("a", false), standing("b", true, 4)], true), "c=1 b=4");
});

Deno.test("wantedVirtualServer() keeps inhibited servers at weight 0", () => {
  assertEquals(wanted(policy, [standing("a", false, 3, true), standing("b", true)], true), "a=0 b=1");
});

Deno.test("wantedVirtualServer() without quorum changes nothing when there is no sorry server", () => {
  assertEquals(wanted(policy, [standing("a", true), standing("b", false)], false), "a=1");
});

Deno.test("wantedVirtualServer() without quorum has the sorry server instead of live servers", () => {
  const standings = [standing("a", true), standing("b", false, 2, true), standing("c", true, 2, true)];
  assertEquals(sorryServerActive(withSorry, false), true);
  assertEquals(wanted(withSorry, standings, false), "b=0 c=0 10.0.0.9=1");
  assertEquals(sorryServerActive(withSorry, true), false);
  assertEquals(wanted(withSorry, standings, true), "a=1 b=0 c=2");
});

Deno.test("serverBehind() forces ports for DR and TUN, keeps those of NAT, and lets families mix in tunnels only", () => {
  const http: VirtualServerKey = { kind: "address", protocol: "tcp", address: "192.0.2.1", port: 81 };
  const http6: VirtualServerKey = { ...http, address: "2001:db8::1" };
  const mark: VirtualServerKey = { kind: "fwmark", family: 4, fwmark: 7 };
  const port = (key: VirtualServerKey, forwardingMethod: RealServerEntry["forwardingMethod"]): number | undefined =>
    serverBehind(key, { ...server("10.0.0.1"), forwardingMethod })?.port;
  assertEquals([port(http, "nat"), port(http, "dr"), port(http, "tun")], [80, 81, 81]);
  assertEquals([port(mark, "nat"), port(mark, "dr"), port(mark, "tun")], [80, 0, 0]);
  assertEquals([port(http6, "nat"), port(http6, "dr"), port(http6, "tun")], [undefined, undefined, 81]);
});

Deno.test("wantedVirtualServers() gives every entry of a group the same real servers", () => {
  const both: VirtualServerPolicy = {
    ...policy,
    entries: [policy.entries[0], entry({ kind: "fwmark", family: 4, fwmark: 7 })],
  };
  const wantedOnes = wantedVirtualServers(both, [standing("10.0.0.1", true, 3), standing("10.0.0.2", false)], true);
  assertEquals(wantedOnes.map(({ realServers }) => realServers.map(({ address, weight }) => `${address}=${weight}`)), [
    ["10.0.0.1=3"],
    ["10.0.0.1=3"],
  ]);
});
