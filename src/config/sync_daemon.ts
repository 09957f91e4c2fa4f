// `lvs_sync_daemon`: its line to data, and what IPVS is to be set to beside its table.
import { parseIp } from "../base/ip.ts";
import type { Config, SourceLocation } from "./config.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import { definedOnly } from "./fields.ts";
import type { IpvsSysctls } from "./ipvs_config.ts";
import { headOf, type Statement } from "./statement.ts";
import { type Range, reject, rejectMissing, type ValueType } from "./value_type.ts";
import { readNumber } from "./values.ts";

/** Connection synchronisation as it is written. Undefined: keepalived's or the kernel's default. */
export interface SyncDaemonLine {
  readonly interface: string;
  /** Name of the `vrrp_instance` whose state decides: master sends, backup listens. Without one: both. */
  readonly instance?: string;
  readonly syncId?: number;
  readonly maxLength?: number;
  readonly port?: number;
  readonly ttl?: number;
  /** Multicast address. */
  readonly group?: string;
  readonly location?: SourceLocation;
}

const NUMBERS: Readonly<
  Record<string, { readonly name: "syncId" | "maxLength" | "port" | "ttl"; readonly range: Range }>
> = {
  id: { name: "syncId", range: { min: 0, max: 255 } },
  maxlen: { name: "maxLength", range: { min: 1, max: 65_507 } },
  port: { name: "port", range: { min: 1, max: 65_535 } },
  ttl: { name: "ttl", range: { min: 1, max: 255 } },
};
const FORM = "INTERFACE [inst NAME] [id N] [maxlen N] [port N] [ttl N] [group GROUP]";

/** `INTERFACE [inst NAME] [id N] [maxlen N] [port N] [ttl N] [group GROUP]`; of old, instance and id stood without a name. */
export const syncDaemon: ValueType<SyncDaemonLine> = {
  form: FORM,
  schema: { type: "string" },
  splits: true,
  read: (statement, report) => {
    const [device] = statement.args;
    if (device === undefined) return rejectMissing(statement, "an interface", report);
    return {
      interface: device.text,
      ...readOptions(withNames(statement), report),
      location: placeOf(headOf(statement)),
    };
  },
  print: (line) => [
    line.interface,
    ...(line.instance === undefined ? [] : ["inst", line.instance]),
    ...Object.entries(NUMBERS).flatMap(([word, { name }]) =>
      line[name] === undefined ? [] : [word, String(line[name])]
    ),
    ...(line.group === undefined ? [] : ["group", line.group]),
  ],
};

/** `eth1 VI_1 7` as `eth1 inst VI_1 id 7`. */
function withNames(statement: Statement): Statement {
  const [device, instance, id, ...rest] = statement.args;
  const isNamed = instance === undefined || instance.text === "inst" || instance.text === "group" ||
    Object.hasOwn(NUMBERS, instance.text);
  if (device === undefined || isNamed) return statement;
  const hasId = id !== undefined && /^\d/.test(id.text);
  const named = [{ ...instance, text: "inst" }, instance, ...(hasId ? [{ ...id, text: "id" }, id] : id ? [id] : [])];
  return { ...statement, args: [device, ...named, ...rest] };
}

function readOptions(statement: Statement, report: Report): Partial<SyncDaemonLine> {
  const given: Record<string, string | number> = {};
  for (let at = 1; at < statement.args.length; at += 2) {
    const word = statement.args[at]?.text ?? "";
    const value = statement.args[at + 1]?.text ?? "";
    const number = Object.hasOwn(NUMBERS, word) ? NUMBERS[word] : undefined;
    if (number !== undefined) {
      const { name, range } = number;
      const rule = `needs a whole number from ${range.min} to ${range.max} behind \`${word}\``;
      const read = readNumber(statement, value, { ...range, rule, pattern: /^\d{1,10}/, at: at + 1 }, report);
      if (read !== undefined) given[name] = read;
    } else if (word === "inst" && value !== "") given.instance = value;
    else if (word === "group" && isMulticast(value)) given.group = value;
    else if (word === "group") reject(statement, "needs a multicast address behind `group`", report, { at: at + 1 });
    else reject(statement, `takes ${FORM}`, report, { at });
  }
  return given;
}

function isMulticast(text: string): boolean {
  const bytes = parseIp(text);
  const [first = 0] = bytes ?? [];
  return bytes?.length === 4 ? first >> 4 === 0xe : first === 0xff;
}

/** What IPVS is to be set to beside its table. */
export interface IpvsSettings {
  /** `lvs_timeouts`, seconds. */
  readonly timeouts: { readonly tcp?: number; readonly tcpfin?: number; readonly udp?: number };
  /** `lvs_flush`: what the table has and is not configured leaves it at the start. */
  readonly flushesAtStart: boolean;
  /** `lvs_flush_on_stop`: the same at the end. */
  readonly flushesAtStop: boolean;
  /** `ipvs` of holdfast.yaml. */
  readonly sysctls?: IpvsSysctls;
  /** Connection synchronisation. */
  readonly sync?: Omit<SyncDaemonLine, "location" | "syncId"> & { readonly syncId: number };
}

/**
 * The settings of a configuration as it is started. A sync id that is not said is the VRID of the instance, or 0 without
 * one and with `lvs_sync_daemon_interface` (measured on keepalived 2.2.7).
 */
export function ipvsSettingsOf({ global, vrrpInstances, ipvs: sysctls }: Config): IpvsSettings {
  const { ipvsTimeoutsSeconds: timeouts = {}, flushesAtStart = false, flushesAtStop, syncDaemon } = global;
  const old = vrrpInstances.find(({ syncDaemonInterface }) => syncDaemonInterface !== undefined);
  const oldLine = old?.syncDaemonInterface === undefined
    ? undefined
    : { interface: old.syncDaemonInterface, instance: old.name, syncId: 0 };
  const { location: _, ...line } = syncDaemon ?? { ...oldLine, interface: oldLine?.interface ?? "" };
  const instance = vrrpInstances.find(({ name }) => name === line.instance);
  const isBound = line.instance === undefined || instance !== undefined;
  return {
    timeouts,
    flushesAtStart,
    // `VS` deletes our virtual servers only, which is what happens anyway.
    flushesAtStop: flushesAtStop?.length === 0,
    ...(sysctls === undefined ? {} : { sysctls }),
    ...(line.interface !== "" && isBound
      ? { sync: definedOnly({ ...line, syncId: line.syncId ?? instance?.vrid ?? 0 }) }
      : {}),
  };
}

/** Whether there is anything for the health role to do. */
export function usesIpvs(config: Config): boolean {
  const { timeouts, flushesAtStart, flushesAtStop, sync, sysctls } = ipvsSettingsOf(config);
  const hasTimeouts = Object.keys(timeouts).length > 0;
  const isSet = sync !== undefined || sysctls !== undefined;
  return config.virtualServers.length > 0 || hasTimeouts || flushesAtStart || flushesAtStop || isSet;
}

/** Without its instance there is nobody to say when to send: keepalived goes without synchronisation, then. */
export function checkSyncDaemon({ global, vrrpInstances }: Config, report: Report): void {
  const { instance, location } = global.syncDaemon ?? {};
  if (instance === undefined || location === undefined) return;
  if (vrrpInstances.some(({ name }) => name === instance)) return;
  const message = `\`vrrp_instance ${instance}\`, which \`lvs_sync_daemon\` follows, is not there, so it does not run`;
  report.add("unknown-reference", location, message);
}
