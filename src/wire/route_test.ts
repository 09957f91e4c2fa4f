// The bytes are those that `ip route` of iproute2 6.1 sends for the same words, as strace shows them; but for the zero byte
// that ends the name of a congestion control here, and for padding, which is zero here.
import { assert, assertEquals } from "../../test/assert.ts";
import { netlinkMessages, NetlinkWriter } from "./netlink.ts";
import {
  identityOf,
  readOwnRoute,
  routeKey,
  type RouteRequest,
  writeAddRoute,
  writeRemoveRoute,
  writeReplaceRoute,
} from "./route.ts";

const indexOf = (): number => 3;

/** What `ip route add 192.0.2.0/24` asks for. */
const PLAIN: RouteRequest = {
  family: 4,
  type: 1,
  destination: "192.0.2.0",
  prefixLength: 24,
  tos: 0,
  table: 254,
  protocol: 18,
  scope: 0,
  metrics: [],
  locks: 0,
  hops: [],
  position: "add",
};

function bytes(route: RouteRequest, write = writeAddRoute): string {
  const writer = new NetlinkWriter();
  write(writer, route, indexOf, 1);
  return [...writer.bytes.subarray(0, writer.length)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const hex = (text: string): string => text.replaceAll(/\s/g, "");

Deno.test("writeAddRoute() writes gateway, realms, metric, table, device and metrics", () => {
  // ip route add 198.51.106.0/24 via 10.9.0.254 dev eth0 onlink mtu lock 1400 hoplimit 20 initcwnd 12 realms 1/2 congctl
  // cubic metric 15 table 6909 proto 18
  const route: RouteRequest = {
    ...PLAIN,
    destination: "198.51.106.0",
    gateway: "10.9.0.254",
    device: "eth0",
    onlink: true,
    realms: 0x10002,
    metric: 15,
    table: 6909,
    metrics: [[2, 1400], [10, 20], [11, 12]],
    congestionControl: "cubic",
    locks: 1 << 2,
  };
  assertEquals(
    bytes(route),
    hex(`7c000000 18000506 01000000 00000000 02180000 00120001 04000000 08000100 c6336a00 08000500 0a0900fe 08000b00
      02000100 08000600 0f000000 08000f00 fd1a0000 08000400 03000000 30000800 08000200 78050000 08000a00 14000000
      08000b00 0c000000 0a001000 63756269 63000000 08000100 04000000`),
  );
});

Deno.test("writeAddRoute() writes a stack of MPLS labels", () => {
  // ip route add 198.51.107.0/24 encap mpls 100/200 via 10.9.0.254 dev eth0, but for the protocol (boot)
  const route: RouteRequest = {
    ...PLAIN,
    destination: "198.51.107.0",
    gateway: "10.9.0.254",
    device: "eth0",
    encapsulation: { type: "mpls", labels: [100, 200] },
  };
  assertEquals(
    bytes({ ...route, protocol: 3 }),
    hex(`4c000000 18000506 01000000 00000000 02180000 fe030001 00000000 08000100 c6336b00 10001680 0c000100 00064000
      000c8100 06001500 01000000 08000500 0a0900fe 08000400 03000000`),
  );
});

Deno.test("writeAddRoute() says where among others by its flags", () => {
  const flags = (route: RouteRequest, write = writeAddRoute): string => bytes(route, write).slice(12, 16);
  assertEquals(flags({ ...PLAIN, position: "prepend" }), "0504");
  assertEquals(flags({ ...PLAIN, position: "append" }), "050c");
  assertEquals(flags(PLAIN), "0506");
  assertEquals(flags(PLAIN, writeReplaceRoute), "0505");
  assertEquals(flags(PLAIN, writeRemoveRoute), "0500");
});

Deno.test("readOwnRoute() finds in the kernel's words what was asked for, and nothing of other protocols", () => {
  const routes: RouteRequest[] = [
    { ...PLAIN, device: "eth0" },
    { ...PLAIN, device: "eth0", gateway: "192.0.2.9", tos: 4, table: 6909, metric: 5 },
    { ...PLAIN, destination: "0.0.0.0", prefixLength: 0, gateway: "2001:db8::1", device: "eth0" },
    { ...PLAIN, family: 6, destination: "2001:db8:1::", prefixLength: 48, device: "eth0", metric: 1024 },
    { ...PLAIN, hops: [{ gateway: "192.0.2.9", device: "eth0", weight: 2 }, { device: "eth0", weight: 1 }] },
  ];
  for (const route of routes) {
    const writer = new NetlinkWriter();
    writeAddRoute(writer, route, indexOf, 1);
    const [message] = [...netlinkMessages(writer.bytes.subarray(0, writer.length))];
    assert(message !== undefined);
    const read = readOwnRoute(message);
    assert(read !== undefined);
    assertEquals(routeKey(read), routeKey(identityOf(route, indexOf)));
    message.body.setUint8(5, 4);
    assertEquals(readOwnRoute(message), undefined);
  }
  const short = { type: 24, flags: 0, sequence: 0, body: new DataView(new ArrayBuffer(11)) };
  assertEquals(readOwnRoute(short), undefined);
});

Deno.test("identityOf() knows what the kernel makes of an IPv6 route: no host bits, metric 1024", () => {
  const route: RouteRequest = { ...PLAIN, family: 6, destination: "2001:db8:1:2::3", prefixLength: 44, device: "eth0" };
  const { destination, metric } = identityOf(route, indexOf);
  assertEquals([destination, metric], ["2001:db8::", 1024]);
});
