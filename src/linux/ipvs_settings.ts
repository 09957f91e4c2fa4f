// Timeouts and connection synchronisation of IPVS, over the socket of the table. Decides nothing.
import type { IpvsTimeouts, SyncDaemon } from "../core/ipvs/table.ts";
import { type IpvsSettingsPort, IpvsUnavailableError } from "../ports/ipvs.ts";
import type { RequestHeader } from "../wire/ipvs.ts";
import {
  decodeSyncDaemon,
  decodeTimeouts,
  writeSyncDaemonDump,
  writeSyncDaemonStart,
  writeSyncDaemonStop,
  writeTimeouts,
  writeTimeoutsRequest,
} from "../wire/ipvs_settings.ts";
import type { NetlinkWriter } from "../wire/netlink.ts";
import { readSysctl, writeSysctl } from "./sysctl.ts";
import { describeErrno, SystemError } from "./system_error.ts";

/** Writes one request. */
export type Request = (writer: NetlinkWriter, header: RequestHeader) => void;

/** Sends a request and hands over its answers. @throws SystemError, IpvsUnavailableError */
export type Ask = (write: Request, onMessage: (body: DataView) => void) => void;

/** Such a daemon does not run (ESRCH). */
const ESRCH = 3;

/** See `IpvsSettingsPort`. */
export class LinuxIpvsSettings implements IpvsSettingsPort {
  readonly #ask: Ask;

  readonly #inside: <Value>(call: () => Value) => Value;

  /** Asks nothing yet. @param inside calls in the network namespace of the table */
  constructor(ask: Ask, inside: <Value>(call: () => Value) => Value) {
    this.#ask = ask;
    this.#inside = inside;
  }

  timeouts(): IpvsTimeouts {
    let found: IpvsTimeouts | undefined;
    this.#request("read the IPVS timeouts", writeTimeoutsRequest, (body) => found = decodeTimeouts(body) ?? found);
    if (found === undefined) throw new Error("Cannot read the IPVS timeouts: the kernel's answer is not one");
    return found;
  }

  setTimeouts(timeouts: Partial<IpvsTimeouts>): void {
    this.#request("set the IPVS timeouts", (writer, header) => writeTimeouts(writer, header, timeouts));
  }

  syncDaemons(): readonly SyncDaemon[] {
    const daemons: SyncDaemon[] = [];
    this.#request("read the IPVS synchronisation daemons", writeSyncDaemonDump, (body) => {
      const daemon = decodeSyncDaemon(body);
      if (daemon !== undefined) daemons.push(daemon);
    });
    return daemons;
  }

  sysctl(name: string): string | undefined {
    return this.#inside(() => readSysctl(`ipv4/vs/${name}`));
  }

  setSysctl(name: string, value: string): void {
    this.#inside(() => writeSysctl(`ipv4/vs/${name}`, value));
  }

  startSyncDaemon(daemon: SyncDaemon): void {
    const what = `start the IPVS synchronisation daemon (${daemon.role}) on ${daemon.interface}`;
    this.#request(what, (writer, header) => writeSyncDaemonStart(writer, header, daemon));
  }

  stopSyncDaemon(role: SyncDaemon["role"]): void {
    const write: Request = (writer, header) => writeSyncDaemonStop(writer, header, role);
    this.#request(`stop the IPVS synchronisation daemon (${role})`, write, undefined, ESRCH);
  }

  #request(what: string, write: Request, onMessage: (body: DataView) => void = () => {}, harmless = 0): void {
    try {
      this.#ask(write, onMessage);
    } catch (error) {
      if (error instanceof IpvsUnavailableError) throw error;
      if (error instanceof SystemError && error.errno === harmless) return;
      const state = error instanceof SystemError ? describeErrno(error.errno) : String(error);
      throw new Error(`Cannot ${what}: ${state}`);
    }
  }
}
