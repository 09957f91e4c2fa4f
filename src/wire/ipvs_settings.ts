// What IPVS has beside its table, as netlink bytes (linux/ip_vs.h): timeouts of idle connections, connection synchronisation.
import { formatIp, parseIp } from "../base/ip.ts";
import { genetlinkCommand, GENL_HEADER_BYTES, writeRequest } from "./genetlink.ts";
import { IPVS_CMD, IPVS_CMD_ATTR, ipvsRequest, type RequestHeader } from "./ipvs.ts";
import type { IpvsTimeouts, SyncDaemon } from "./ipvs_types.ts";
import { attributeBytes, attributes, attributeText, type NetlinkWriter, NLM_F_ACK, NLM_F_DUMP } from "./netlink.ts";

/** Attributes of a synchronisation daemon. MCAST_PORT is in host order, MCAST_GROUP are the bytes of an IPv4 address. */
const IPVS_DAEMON_ATTR = {
  STATE: 1,
  MCAST_IFN: 2,
  SYNC_ID: 3,
  SYNC_MAXLEN: 4,
  MCAST_GROUP: 5,
  MCAST_GROUP6: 6,
  MCAST_PORT: 7,
  MCAST_TTL: 8,
} as const;

/** IP_VS_STATE_MASTER and _BACKUP. */
const STATES = { master: 1, backup: 2 } as const;

/** Asks for the timeouts. */
export function writeTimeoutsRequest(writer: NetlinkWriter, header: RequestHeader): void {
  writeRequest(writer, ipvsRequest(header, IPVS_CMD.GET_CONFIG, NLM_F_ACK));
}

/** Sets the given timeouts; the kernel takes 0 for "as it is". */
export function writeTimeouts(writer: NetlinkWriter, header: RequestHeader, timeouts: Partial<IpvsTimeouts>): void {
  writeRequest(writer, ipvsRequest(header, IPVS_CMD.SET_CONFIG, NLM_F_ACK), () => {
    writer.u32(IPVS_CMD_ATTR.TIMEOUT_TCP, timeouts.tcp ?? 0);
    writer.u32(IPVS_CMD_ATTR.TIMEOUT_TCP_FIN, timeouts.tcpfin ?? 0);
    writer.u32(IPVS_CMD_ATTR.TIMEOUT_UDP, timeouts.udp ?? 0);
  });
}

/** Reads the answer, seconds; undefined for another message. */
export function decodeTimeouts(body: DataView): IpvsTimeouts | undefined {
  if (genetlinkCommand(body) !== IPVS_CMD.SET_CONFIG) return undefined;
  const row = attributes(body, GENL_HEADER_BYTES);
  const [tcp, tcpfin, udp] = [IPVS_CMD_ATTR.TIMEOUT_TCP, IPVS_CMD_ATTR.TIMEOUT_TCP_FIN, IPVS_CMD_ATTR.TIMEOUT_UDP]
    .map((type) => uint(row.get(type)));
  return tcp === undefined || tcpfin === undefined || udp === undefined ? undefined : { tcp, tcpfin, udp };
}

/** Asks for the synchronisation daemons, of which there is one for each role at most. */
export function writeSyncDaemonDump(writer: NetlinkWriter, header: RequestHeader): void {
  writeRequest(writer, ipvsRequest(header, IPVS_CMD.GET_DAEMON, NLM_F_DUMP));
}

/** Starts one. */
export function writeSyncDaemonStart(writer: NetlinkWriter, header: RequestHeader, daemon: SyncDaemon): void {
  const { role, interface: device, syncId, maxLength, port, ttl, group } = daemon;
  writeRequest(writer, ipvsRequest(header, IPVS_CMD.NEW_DAEMON, NLM_F_ACK), () => {
    writer.nest(IPVS_CMD_ATTR.DAEMON, () => {
      writer.u32(IPVS_DAEMON_ATTR.STATE, STATES[role]).string(IPVS_DAEMON_ATTR.MCAST_IFN, device);
      writer.u32(IPVS_DAEMON_ATTR.SYNC_ID, syncId);
      if (maxLength !== undefined) writer.u16(IPVS_DAEMON_ATTR.SYNC_MAXLEN, maxLength);
      const bytes = group === undefined ? undefined : parseIp(group);
      if (bytes?.length === 4) writer.data(IPVS_DAEMON_ATTR.MCAST_GROUP, bytes);
      if (bytes?.length === 16) writer.data(IPVS_DAEMON_ATTR.MCAST_GROUP6, bytes);
      if (port !== undefined) writer.u16(IPVS_DAEMON_ATTR.MCAST_PORT, port);
      if (ttl !== undefined) writer.u8(IPVS_DAEMON_ATTR.MCAST_TTL, ttl);
    });
  });
}

/** Ends that of one role. */
export function writeSyncDaemonStop(writer: NetlinkWriter, header: RequestHeader, role: SyncDaemon["role"]): void {
  writeRequest(writer, ipvsRequest(header, IPVS_CMD.DEL_DAEMON, NLM_F_ACK), () => {
    writer.nest(IPVS_CMD_ATTR.DAEMON, () => writer.u32(IPVS_DAEMON_ATTR.STATE, STATES[role]));
  });
}

/** Reads one message of the dump; undefined for another. */
export function decodeSyncDaemon(body: DataView): SyncDaemon | undefined {
  if (genetlinkCommand(body) !== IPVS_CMD.NEW_DAEMON) return undefined;
  const nest = attributes(body, GENL_HEADER_BYTES).get(IPVS_CMD_ATTR.DAEMON);
  if (nest === undefined) return undefined;
  const row = attributes(nest);
  const state = uint(row.get(IPVS_DAEMON_ATTR.STATE));
  const role = (["master", "backup"] as const).find((name) => STATES[name] === state);
  const device = row.get(IPVS_DAEMON_ATTR.MCAST_IFN);
  const syncId = uint(row.get(IPVS_DAEMON_ATTR.SYNC_ID));
  if (role === undefined || device === undefined || syncId === undefined) return undefined;
  const [maxLength, port, ttl] = [IPVS_DAEMON_ATTR.SYNC_MAXLEN, IPVS_DAEMON_ATTR.MCAST_PORT, IPVS_DAEMON_ATTR.MCAST_TTL]
    .map((type) => uint(row.get(type)));
  const group = row.get(IPVS_DAEMON_ATTR.MCAST_GROUP) ?? row.get(IPVS_DAEMON_ATTR.MCAST_GROUP6);
  return {
    role,
    interface: attributeText(device),
    syncId,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(port === undefined ? {} : { port }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(group?.byteLength === 4 || group?.byteLength === 16 ? { group: formatIp(attributeBytes(group)) } : {}),
  };
}

/** A number of 8, 16 or 32 bits in host order. */
function uint(value: DataView | undefined): number | undefined {
  switch (value?.byteLength) {
    case 1:
      return value.getUint8(0);
    case 2:
      return value.getUint16(0, true);
    case 4:
      return value.getUint32(0, true);
    default:
      return undefined;
  }
}
