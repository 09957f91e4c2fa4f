// IPVS requests as netlink bytes (linux/ip_vs.h). The kernel's "service" is our virtual server, its "destination" a real server.
// Rows that the kernel sends back are read in ipvs_rows.ts.
import { assert } from "../base/assert.ts";
import { familyOf, parseIp } from "../base/ip.ts";
import { writeRequest } from "./genetlink.ts";
import type {
  ForwardingMethod,
  IpvsCommand,
  Protocol,
  RealServerEntry,
  VirtualServerEntry,
  VirtualServerKey,
} from "./ipvs_types.ts";
import { type NetlinkWriter, NLM_F_ACK, NLM_F_DUMP } from "./netlink.ts";

/** IPVS_GENL_NAME: the family whose number is asked for. */
export const IPVS_FAMILY_NAME = "IPVS";
const IPVS_GENL_VERSION = 1;

/** Commands (enum in linux/ip_vs.h). The kernel answers a dump with the NEW_ command. */
export const IPVS_CMD = {
  NEW_SERVICE: 1,
  SET_SERVICE: 2,
  DEL_SERVICE: 3,
  GET_SERVICE: 4,
  NEW_DEST: 5,
  SET_DEST: 6,
  DEL_DEST: 7,
  GET_DEST: 8,
  NEW_DAEMON: 9,
  DEL_DAEMON: 10,
  GET_DAEMON: 11,
  SET_CONFIG: 12,
  GET_CONFIG: 13,
} as const;

/** Attributes of a message. */
export const IPVS_CMD_ATTR = {
  SERVICE: 1,
  DEST: 2,
  DAEMON: 3,
  TIMEOUT_TCP: 4,
  TIMEOUT_TCP_FIN: 5,
  TIMEOUT_UDP: 6,
} as const;

/** Attributes of a service. PORT is big endian; NETMASK is a big endian mask for IPv4, a prefix length for IPv6. */
export const IPVS_SVC_ATTR = {
  AF: 1,
  PROTOCOL: 2,
  ADDR: 3,
  PORT: 4,
  FWMARK: 5,
  SCHED_NAME: 6,
  FLAGS: 7,
  TIMEOUT: 8,
  NETMASK: 9,
  STATS: 10,
  PE_NAME: 11,
  STATS64: 12,
} as const;

/** Attributes of a destination. PORT and TUN_PORT are big endian. */
export const IPVS_DEST_ATTR = {
  ADDR: 1,
  PORT: 2,
  FWD_METHOD: 3,
  WEIGHT: 4,
  U_THRESH: 5,
  L_THRESH: 6,
  ACTIVE_CONNS: 7,
  INACT_CONNS: 8,
  PERSIST_CONNS: 9,
  STATS: 10,
  ADDR_FAMILY: 11,
  STATS64: 12,
  TUN_TYPE: 13,
  TUN_PORT: 14,
  TUN_FLAGS: 15,
} as const;

/** IP_VS_SVC_F_PERSISTENT. */
export const PERSISTENT_FLAG = 0x1;
/** What `VirtualServerEntry.flags` may hold: ONEPACKET and SCHED1..3. HASHED (2) is the kernel's own. */
export const ENTRY_FLAGS_MASK = 0x3c;
const ALL_FLAGS = 0xffffffff;

/** enum of linux/in.h. */
export const PROTOCOL_NUMBERS: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** IP_VS_CONN_F_MASQ, _TUNNEL and _DROUTE. */
export const FORWARDING_NUMBERS: Readonly<Record<ForwardingMethod, number>> = { nat: 0, tun: 2, dr: 3 };

/** Address families as the kernel counts them. */
export const AF_NUMBERS = { 4: 2, 6: 10 } as const;

/** IP_VS_CONN_F_TUNNEL_TYPE_IPIP, _GUE and _GRE. */
export const TUN_TYPES = { ipip: 0, gue: 1, gre: 2 } as const;

/** IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM, _CSUM and _REMCSUM. */
export const TUN_FLAGS = { none: 0, csum: 1, remcsum: 2 } as const;

/** Which family number and sequence a request gets. */
export interface RequestHeader {
  /** The family's number as the controller gave it; it changes when the module is loaded again. */
  readonly family: number;
  /** nlmsg_seq, by which the answer is known. */
  readonly sequence: number;
}

const COMMAND_NUMBERS: Readonly<Record<IpvsCommand["type"], number>> = {
  "add-virtual-server": IPVS_CMD.NEW_SERVICE,
  "set-virtual-server": IPVS_CMD.SET_SERVICE,
  "delete-virtual-server": IPVS_CMD.DEL_SERVICE,
  "add-real-server": IPVS_CMD.NEW_DEST,
  "set-real-server": IPVS_CMD.SET_DEST,
  "delete-real-server": IPVS_CMD.DEL_DEST,
};

/**
 * Writes one change of the table.
 *
 * @param options `acknowledge`: the kernel answers even on success; it always answers a failure
 */
export function writeIpvsCommand(
  writer: NetlinkWriter,
  header: RequestHeader,
  command: IpvsCommand,
  options: { acknowledge: boolean },
): void {
  const request = ipvsRequest(header, COMMAND_NUMBERS[command.type], options.acknowledge ? NLM_F_ACK : 0);
  writeRequest(writer, request, () => writeCommandBody(writer, command));
}

/** Asks for every virtual server. */
export function writeVirtualServerDump(writer: NetlinkWriter, header: RequestHeader): void {
  writeRequest(writer, ipvsRequest(header, IPVS_CMD.GET_SERVICE, NLM_F_DUMP));
}

/** Asks for the real servers of one virtual server. The kernel sends none, and no error, when it has no such server. */
export function writeRealServerDump(writer: NetlinkWriter, header: RequestHeader, key: VirtualServerKey): void {
  const request = ipvsRequest(header, IPVS_CMD.GET_DEST, NLM_F_DUMP);
  writeRequest(writer, request, () => writer.nest(IPVS_CMD_ATTR.SERVICE, () => writeKey(writer, key)));
}

/** A request of the IPVS family, as `writeRequest()` takes it. */
export function ipvsRequest(header: RequestHeader, command: number, flags: number): Parameters<typeof writeRequest>[1] {
  return { ...header, command, version: IPVS_GENL_VERSION, flags };
}

function writeCommandBody(writer: NetlinkWriter, command: IpvsCommand): void {
  switch (command.type) {
    case "add-virtual-server":
    case "set-virtual-server":
      writer.nest(IPVS_CMD_ATTR.SERVICE, () => writeVirtualServer(writer, command.entry));
      return;
    case "delete-virtual-server":
      writer.nest(IPVS_CMD_ATTR.SERVICE, () => writeKey(writer, command.key));
      return;
    case "add-real-server":
    case "set-real-server":
      writer.nest(IPVS_CMD_ATTR.SERVICE, () => writeKey(writer, command.key));
      writer.nest(IPVS_CMD_ATTR.DEST, () => writeRealServer(writer, command.entry));
      return;
    case "delete-real-server":
      writer.nest(IPVS_CMD_ATTR.SERVICE, () => writeKey(writer, command.key));
      writer.nest(IPVS_CMD_ATTR.DEST, () => writeRealServerKey(writer, command.address, command.port));
      return;
    default:
      command satisfies never;
  }
}

function writeKey(writer: NetlinkWriter, key: VirtualServerKey): void {
  if (key.kind === "fwmark") {
    writer.u16(IPVS_SVC_ATTR.AF, AF_NUMBERS[key.family]).u32(IPVS_SVC_ATTR.FWMARK, key.fwmark);
    return;
  }
  writer.u16(IPVS_SVC_ATTR.AF, AF_NUMBERS[familyOf(key.address)]);
  writer.u16(IPVS_SVC_ATTR.PROTOCOL, PROTOCOL_NUMBERS[key.protocol]);
  writer.data(IPVS_SVC_ATTR.ADDR, addressBytes(key.address));
  writer.u16Be(IPVS_SVC_ATTR.PORT, key.port);
}

/** The kernel wants all of these together (EINVAL otherwise), and SET replaces them all. */
function writeVirtualServer(writer: NetlinkWriter, entry: VirtualServerEntry): void {
  writeKey(writer, entry.key);
  writer.string(IPVS_SVC_ATTR.SCHED_NAME, entry.scheduler);
  const persistent = entry.persistenceTimeoutSeconds > 0;
  const flags = (entry.flags & ENTRY_FLAGS_MASK) | (persistent ? PERSISTENT_FLAG : 0);
  writer.data(IPVS_SVC_ATTR.FLAGS, new Uint8Array(new Uint32Array([flags, ALL_FLAGS]).buffer));
  writer.u32(IPVS_SVC_ATTR.TIMEOUT, entry.persistenceTimeoutSeconds);
  if (entry.persistenceEngine !== undefined) writer.string(IPVS_SVC_ATTR.PE_NAME, entry.persistenceEngine);
  const family = entry.key.kind === "fwmark" ? entry.key.family : familyOf(entry.key.address);
  if (family === 4) writer.u32Be(IPVS_SVC_ATTR.NETMASK, ipv4Mask(persistent ? entry.persistencePrefixLength : 32));
  else writer.u32(IPVS_SVC_ATTR.NETMASK, persistent ? entry.persistencePrefixLength : 128);
}

function writeRealServerKey(writer: NetlinkWriter, address: string, port: number): void {
  // Without the family the kernel takes the service's, and would read an IPv6 address as IPv4 or the other way round.
  writer.u16(IPVS_DEST_ATTR.ADDR_FAMILY, AF_NUMBERS[familyOf(address)]);
  writer.data(IPVS_DEST_ATTR.ADDR, addressBytes(address));
  writer.u16Be(IPVS_DEST_ATTR.PORT, port);
}

/** As with virtual servers: all or EINVAL, and SET replaces them all, the kind of tunnel too. */
function writeRealServer(writer: NetlinkWriter, entry: RealServerEntry): void {
  writeRealServerKey(writer, entry.address, entry.port);
  writer.u32(IPVS_DEST_ATTR.FWD_METHOD, FORWARDING_NUMBERS[entry.forwardingMethod]);
  writer.u32(IPVS_DEST_ATTR.WEIGHT, entry.weight);
  writer.u32(IPVS_DEST_ATTR.U_THRESH, entry.upperThreshold);
  writer.u32(IPVS_DEST_ATTR.L_THRESH, entry.lowerThreshold);
  if (entry.forwardingMethod === "tun") {
    const { type = "ipip", port = 0, checksum = "none" } = entry.tunnel ?? {};
    writer.u8(IPVS_DEST_ATTR.TUN_TYPE, TUN_TYPES[type]).u16Be(IPVS_DEST_ATTR.TUN_PORT, port);
    writer.u16(IPVS_DEST_ATTR.TUN_FLAGS, TUN_FLAGS[checksum]);
  }
}

function addressBytes(text: string): Uint8Array {
  const bytes = parseIp(text);
  assert(bytes !== undefined, `an address in the IPVS table is an IP address: ${text}`);
  return bytes;
}

/** 24 to 0xffffff00. */
function ipv4Mask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}
