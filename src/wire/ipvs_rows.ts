// Rows of the kernel's IPVS table, from netlink bytes. A row that is cut off, or of a kind that we have no words for, is undefined.
import { type Family, formatIp } from "../base/ip.ts";
import { AttributeTable } from "./attribute_table.ts";
import { genetlinkCommand, GENL_HEADER_BYTES } from "./genetlink.ts";
import {
  AF_NUMBERS,
  ENTRY_FLAGS_MASK,
  FORWARDING_NUMBERS,
  IPVS_CMD,
  IPVS_CMD_ATTR,
  IPVS_DEST_ATTR,
  IPVS_SVC_ATTR,
  PERSISTENT_FLAG,
  PROTOCOL_NUMBERS,
  TUN_FLAGS,
  TUN_TYPES,
} from "./ipvs.ts";
import type {
  ForwardingMethod,
  Protocol,
  RealServerRow,
  TrafficCounters,
  Tunnel,
  VirtualServerEntry,
  VirtualServerKey,
} from "./ipvs_types.ts";
import { attributeBytes, attributeText } from "./netlink.ts";

/** A virtual server as the kernel has it; its real servers come from a dump of their own. */
export interface DecodedVirtualServer {
  /** Its key and options. */
  readonly entry: VirtualServerEntry;
  /** The sums over its real servers, those deleted since included. */
  readonly counters: TrafficCounters;
}

/**
 * Reads one message of a dump of virtual servers. What the kernel ignores is brought to its default, so that equal
 * servers compare equal: without persistence the timeout is 0 and the prefix 32 or 128.
 *
 * @param body after the netlink header
 * @returns undefined for another message, a malformed one, or a protocol other than TCP, UDP and SCTP
 */
export function decodeVirtualServer(body: DataView): DecodedVirtualServer | undefined {
  const row = nested(body, IPVS_CMD.NEW_SERVICE, IPVS_CMD_ATTR.SERVICE);
  if (row === undefined) return undefined;
  const family = familyFromNumber(row.u16(IPVS_SVC_ATTR.AF));
  const key = family === undefined ? undefined : decodeKey(row, family);
  const scheduler = row.value(IPVS_SVC_ATTR.SCHED_NAME);
  const flags = row.u32(IPVS_SVC_ATTR.FLAGS);
  if (family === undefined || key === undefined || scheduler === undefined || flags === undefined) return undefined;
  const persistent = (flags & PERSISTENT_FLAG) !== 0;
  const engine = row.value(IPVS_SVC_ATTR.PE_NAME);
  const entry = {
    key,
    scheduler: attributeText(scheduler),
    flags: flags & ENTRY_FLAGS_MASK,
    persistenceTimeoutSeconds: persistent ? row.u32(IPVS_SVC_ATTR.TIMEOUT) ?? 0 : 0,
    ...(engine === undefined ? {} : { persistenceEngine: attributeText(engine) }),
    persistencePrefixLength: decodePrefixLength(persistent ? row : undefined, family),
  };
  return {
    entry,
    counters: decodeCounters(row, row.has(IPVS_SVC_ATTR.STATS64) ? IPVS_SVC_ATTR.STATS64 : IPVS_SVC_ATTR.STATS),
  };
}

/**
 * Reads one message of a dump of real servers.
 *
 * @param body after the netlink header
 * @param virtualServerFamily the real server's family on kernels that do not send it (before 3.18)
 * @returns undefined for another message, a malformed one, or a forwarding method other than masquerading, direct
 *   routing and tunneling
 */
export function decodeRealServer(body: DataView, virtualServerFamily: Family): RealServerRow | undefined {
  const row = nested(body, IPVS_CMD.NEW_DEST, IPVS_CMD_ATTR.DEST);
  if (row === undefined) return undefined;
  const familyNumber = row.u16(IPVS_DEST_ATTR.ADDR_FAMILY);
  const family = familyNumber === undefined ? virtualServerFamily : familyFromNumber(familyNumber);
  const address = family === undefined ? undefined : decodeAddress(row.value(IPVS_DEST_ATTR.ADDR), family);
  const port = row.u16Be(IPVS_DEST_ATTR.PORT);
  const forwardingMethod = decodeForwardingMethod(row.u32(IPVS_DEST_ATTR.FWD_METHOD));
  const weight = row.u32(IPVS_DEST_ATTR.WEIGHT);
  const tunnel = forwardingMethod === "tun" ? decodeTunnel(row) : undefined;
  if (address === undefined || port === undefined || forwardingMethod === undefined || weight === undefined) {
    return undefined;
  }
  return {
    entry: {
      address,
      port,
      forwardingMethod,
      ...(tunnel === undefined ? {} : { tunnel }),
      weight,
      upperThreshold: row.u32(IPVS_DEST_ATTR.U_THRESH) ?? 0,
      lowerThreshold: row.u32(IPVS_DEST_ATTR.L_THRESH) ?? 0,
    },
    activeConnections: row.u32(IPVS_DEST_ATTR.ACTIVE_CONNS) ?? 0,
    inactiveConnections: row.u32(IPVS_DEST_ATTR.INACT_CONNS) ?? 0,
    persistentConnections: row.u32(IPVS_DEST_ATTR.PERSIST_CONNS) ?? 0,
    counters: decodeCounters(row, row.has(IPVS_DEST_ATTR.STATS64) ? IPVS_DEST_ATTR.STATS64 : IPVS_DEST_ATTR.STATS),
  };
}

type Attributes = AttributeTable;

const message = new AttributeTable();
const rowTable = new AttributeTable();
const statsTable = new AttributeTable();

/** The attributes inside the one nested attribute of a message, until the next is decoded. */
function nested(body: DataView, command: number, attribute: number): Attributes | undefined {
  if (genetlinkCommand(body) !== command) return undefined;
  message.read(body, GENL_HEADER_BYTES, body.byteLength);
  return message.has(attribute) ? rowTable.readNest(message, attribute) : undefined;
}

function decodeKey(row: Attributes, family: Family): VirtualServerKey | undefined {
  const fwmark = row.u32(IPVS_SVC_ATTR.FWMARK);
  if (fwmark !== undefined) return { kind: "fwmark", family, fwmark };
  const protocolNumber = row.u16(IPVS_SVC_ATTR.PROTOCOL);
  const protocol = PROTOCOLS.find((name) => PROTOCOL_NUMBERS[name] === protocolNumber);
  const address = decodeAddress(row.value(IPVS_SVC_ATTR.ADDR), family);
  const port = row.u16Be(IPVS_SVC_ATTR.PORT);
  if (protocol === undefined || address === undefined || port === undefined) return undefined;
  return { kind: "address", protocol, address, port };
}

const PROTOCOLS: readonly Protocol[] = ["tcp", "udp", "sctp"];
const FORWARDING_METHODS: readonly ForwardingMethod[] = ["nat", "dr", "tun"];

/** IP_VS_CONN_F_LOCALNODE: direct routing to an address of the director, which ipvsadm shows as Local. */
const FORWARDING_LOCAL = 1;

function decodeForwardingMethod(number: number | undefined): ForwardingMethod | undefined {
  return number === FORWARDING_LOCAL ? "dr" : FORWARDING_METHODS.find((name) => FORWARDING_NUMBERS[name] === number);
}

/** Undefined for IP in IP; a port counts with gue only, and kernels before 5.3 send none of this. */
function decodeTunnel(row: Attributes): Tunnel | undefined {
  const number = row.u8(IPVS_DEST_ATTR.TUN_TYPE);
  if (number !== TUN_TYPES.gue && number !== TUN_TYPES.gre) return undefined;
  const flags = row.u16(IPVS_DEST_ATTR.TUN_FLAGS) ?? 0;
  const checksum = (["csum", "remcsum"] as const).find((name) => TUN_FLAGS[name] === flags);
  const port = row.u16Be(IPVS_DEST_ATTR.TUN_PORT) ?? 0;
  return {
    type: number === TUN_TYPES.gue ? "gue" : "gre",
    ...(number === TUN_TYPES.gue ? { port } : {}),
    ...(checksum === undefined ? {} : { checksum }),
  };
}

function familyFromNumber(number: number | undefined): Family | undefined {
  return number === AF_NUMBERS[4] ? 4 : number === AF_NUMBERS[6] ? 6 : undefined;
}

/** The kernel sends 16 bytes for IPv4 too; the first four count. */
function decodeAddress(value: DataView | undefined, family: Family): string | undefined {
  const bytes = family === 4 ? 4 : 16;
  return value === undefined || value.byteLength < bytes ? undefined : formatIp(attributeBytes(value).slice(0, bytes));
}

function decodePrefixLength(row: Attributes | undefined, family: Family): number {
  const netmask = row?.u32(IPVS_SVC_ATTR.NETMASK);
  if (row === undefined || netmask === undefined) return family === 4 ? 32 : 128;
  return family === 4 ? Math.clz32(~(row.u32Be(IPVS_SVC_ATTR.NETMASK) ?? 0)) : netmask;
}

/** enum ipvs_stats attributes: the same numbers in STATS (32 bits apart from the bytes) and STATS64. */
const IPVS_STATS_ATTR = {
  CONNS: 1,
  INPKTS: 2,
  OUTPKTS: 3,
  INBYTES: 4,
  OUTBYTES: 5,
  CPS: 6,
  INPPS: 7,
  OUTPPS: 8,
  INBPS: 9,
  OUTBPS: 10,
} as const;

function decodeCounters(row: Attributes, type: number): TrafficCounters {
  const stats = statsTable.readNest(row, type);
  return {
    connections: stats.counter(IPVS_STATS_ATTR.CONNS),
    packetsIn: stats.counter(IPVS_STATS_ATTR.INPKTS),
    packetsOut: stats.counter(IPVS_STATS_ATTR.OUTPKTS),
    bytesIn: stats.counter(IPVS_STATS_ATTR.INBYTES),
    bytesOut: stats.counter(IPVS_STATS_ATTR.OUTBYTES),
    connectionsPerSecond: stats.counter(IPVS_STATS_ATTR.CPS),
    packetsInPerSecond: stats.counter(IPVS_STATS_ATTR.INPPS),
    packetsOutPerSecond: stats.counter(IPVS_STATS_ATTR.OUTPPS),
    bytesInPerSecond: stats.counter(IPVS_STATS_ATTR.INBPS),
    bytesOutPerSecond: stats.counter(IPVS_STATS_ATTR.OUTBPS),
  };
}
