// From the kernel's IPVS table to the wanted one: the commands, in an order that keeps traffic flowing. Pure.
import { formatIp, parseIp } from "../../base/ip.ts";
import {
  type IpvsCommand,
  type RealServerEntry,
  type Tunnel,
  type VirtualServerEntry,
  type VirtualServerKey,
  type VirtualServerRow,
  type WantedVirtualServer,
} from "./table.ts";

/** The commands of a `diff()` in two halves, so that the second can wait for the success of the first. */
export interface Plan {
  /** Adds, raises weights, sets virtual servers. */
  readonly build: readonly IpvsCommand[];
  /** Lowers weights and deletes. */
  readonly remove: readonly IpvsCommand[];
}

/** The flags a configuration decides: IP_VS_SVC_F_ONEPACKET and SCHED1 to 3 (linux/ip_vs.h), not persistent and hashed. */
const CONFIGURED_FLAGS = 0x3c;

/**
 * The commands that make `actual` into `wanted`.
 *
 * Within a virtual server: add it, add real servers, raise weights, set it, lower weights, delete real servers. All
 * adding comes before all deleting, and virtual servers are deleted last: with the last one of a family the kernel
 * drops its hooks and resets established connections. A virtual server that is neither wanted nor owned is foreign and
 * left alone. Real servers wanted twice (a sorry server that is also a real server) become one, the higher weight wins.
 */
export function diff(
  actual: readonly VirtualServerRow[],
  wanted: readonly WantedVirtualServer[],
  owns: (key: VirtualServerKey) => boolean,
): IpvsCommand[] {
  const { build, remove } = plan(actual, wanted, owns);
  return [...build, ...remove];
}

/** The same as `diff()`, in two halves. */
export function plan(
  actual: readonly VirtualServerRow[],
  wanted: readonly WantedVirtualServer[],
  owns: (key: VirtualServerKey) => boolean,
): Plan {
  const rows = new Map(actual.map((row) => [canonicalKey(row.entry.key), row]));
  const build: IpvsCommand[] = [];
  const remove: IpvsCommand[] = [];
  const kept = mergeVirtualServers(wanted);
  for (const [key, target] of kept) planVirtualServer(rows.get(key), target, build, remove);
  for (const [key, row] of rows) {
    if (!kept.has(key) && owns(row.entry.key)) remove.push({ type: "delete-virtual-server", key: row.entry.key });
  }
  return { build, remove };
}

/** A text that is equal for keys that the kernel holds equal, whichever way their addresses are written. */
export function canonicalKey(key: VirtualServerKey): string {
  return key.kind === "fwmark"
    ? `fwmark ${key.family} ${key.fwmark}`
    : `${key.protocol} ${canonicalAddress(key.address)} ${key.port}`;
}

/** The same for a real server within its virtual server. */
export function canonicalServer(server: { readonly address: string; readonly port: number }): string {
  return `${canonicalAddress(server.address)} ${server.port}`;
}

/** The virtual server that a command is about. */
export function commandKey(command: IpvsCommand): VirtualServerKey {
  return "key" in command ? command.key : command.entry.key;
}

function planVirtualServer(
  row: VirtualServerRow | undefined,
  target: WantedVirtualServer,
  build: IpvsCommand[],
  remove: IpvsCommand[],
): void {
  const { entry } = target;
  const have = new Map(row?.realServers.map((server) => [canonicalServer(server.entry), server.entry]));
  const want = mergeRealServers(target.realServers);
  if (row === undefined) build.push({ type: "add-virtual-server", entry });
  const raising: IpvsCommand[] = [];
  for (const [id, server] of want) {
    const old = have.get(id);
    if (old === undefined) build.push({ type: "add-real-server", key: entry.key, entry: server });
    else if (!sameRealServer(old, server)) {
      const lowering = server.weight < old.weight;
      (lowering ? remove : raising).push({ type: "set-real-server", key: entry.key, entry: server });
    }
  }
  build.push(...raising);
  if (row !== undefined && !sameVirtualServer(row.entry, entry)) build.push({ type: "set-virtual-server", entry });
  for (const [id, { address, port }] of have) {
    if (!want.has(id)) remove.push({ type: "delete-real-server", key: entry.key, address, port });
  }
}

function mergeVirtualServers(wanted: readonly WantedVirtualServer[]): Map<string, WantedVirtualServer> {
  const merged = new Map<string, WantedVirtualServer>();
  for (const target of wanted) {
    const key = canonicalKey(target.entry.key);
    const first = merged.get(key);
    const realServers = [...first?.realServers ?? [], ...target.realServers];
    merged.set(key, { entry: first?.entry ?? target.entry, realServers });
  }
  return merged;
}

function mergeRealServers(servers: readonly RealServerEntry[]): Map<string, RealServerEntry> {
  const merged = new Map<string, RealServerEntry>();
  for (const server of servers) {
    const id = canonicalServer(server);
    const first = merged.get(id);
    if (first === undefined || first.weight < server.weight) merged.set(id, server);
  }
  return merged;
}

function sameRealServer(a: RealServerEntry, b: RealServerEntry): boolean {
  return a.weight === b.weight && a.forwardingMethod === b.forwardingMethod &&
    a.upperThreshold === b.upperThreshold && a.lowerThreshold === b.lowerThreshold &&
    sameTunnel(a.tunnel, b.tunnel);
}

function sameTunnel(a: Tunnel | undefined, b: Tunnel | undefined): boolean {
  return a?.type === b?.type && a?.port === b?.port && a?.checksum === b?.checksum;
}

function sameVirtualServer(a: VirtualServerEntry, b: VirtualServerEntry): boolean {
  return a.scheduler === b.scheduler && (a.flags & CONFIGURED_FLAGS) === (b.flags & CONFIGURED_FLAGS) &&
    a.persistenceTimeoutSeconds === b.persistenceTimeoutSeconds && a.persistenceEngine === b.persistenceEngine &&
    // Without persistence the kernel keeps a prefix length that means nothing.
    (a.persistenceTimeoutSeconds === 0 || a.persistencePrefixLength === b.persistencePrefixLength);
}

/** IPv6 addresses that were seen, as they are written: to read one costs more than all else that is done for a row. */
const canonical6 = new Map<string, string>();
const MAX_REMEMBERED = 65_536;

/** An IPv4 address can be written in one way only. */
function canonicalAddress(address: string): string {
  if (!address.includes(":")) return address;
  const known = canonical6.get(address);
  if (known !== undefined) return known;
  const bytes = parseIp(address);
  const text = bytes === undefined ? address : formatIp(bytes);
  if (canonical6.size >= MAX_REMEMBERED) canonical6.clear();
  canonical6.set(address, text);
  return text;
}
