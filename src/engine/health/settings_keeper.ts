// Keeps the timeouts and the connection synchronisation of IPVS as wanted. What already is so is not touched: a restart of
// ours does not interrupt the synchronisation.
import type { IpvsSysctls } from "../../config/ipvs_config.ts";
import type { IpvsSettings } from "../../config/sync_daemon.ts";
import type { IpvsTimeouts, SyncDaemon } from "../../core/ipvs/table.ts";
import type { IpvsSettingsPort } from "../../ports/ipvs.ts";
import type { WarningSnapshot } from "../../ports/snapshot.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Agenda, Appointment } from "./agenda.ts";

/** What the keeper works with. */
export interface SettingsKeeperOptions {
  /** The settings of the table that is open; @throws IpvsUnavailableError */
  readonly port: () => IpvsSettingsPort;
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly log: (line: string) => void;
}

/** Which halves of the synchronisation run: `both` without a VRRP instance that decides. */
export type SyncRole = "master" | "backup" | "both";

/** An interface may come later, and others may change things: looked at this often, microseconds. */
const INTERVAL_US = 30_000_000;
/** After a failure, sooner. */
const RETRY_US = 2_000_000;
const ROLES: readonly SyncDaemon["role"][] = ["master", "backup"];

/** The single writer of what IPVS has beside its table. */
export class SettingsKeeper {
  readonly #options: SettingsKeeperOptions;
  #settings: IpvsSettings | undefined;
  #role: SyncRole = "both";
  /** The kernel's timeouts as they were before ours. */
  #earlier: IpvsTimeouts | undefined;
  /** Values of kernel settings as they were before ours. */
  readonly #earlierSysctls = new Map<string, string>();
  /** Roles that we have started, or found as wanted. */
  readonly #ours = new Set<SyncDaemon["role"]>();
  #next: Appointment | undefined;
  #warning: WarningSnapshot | undefined;

  constructor(options: SettingsKeeperOptions) {
    this.#options = options;
  }

  /** What cannot be set, if anything. */
  get warning(): WarningSnapshot | undefined {
    return this.#warning;
  }

  /** Wants these from now on, and makes them so. */
  use(settings: IpvsSettings): void {
    this.#settings = settings;
    this.#apply();
  }

  /** The VRRP instance that the synchronisation follows changed its state. */
  follow(role: SyncRole): void {
    this.#role = role;
    if (this.#settings?.sync !== undefined) this.#apply();
  }

  /** At the end: timeouts and kernel settings are as they were before, our daemons end. */
  restore(): void {
    this.#next?.cancel();
    this.#try(() => {
      const port = this.#options.port();
      if (this.#earlier !== undefined) port.setTimeouts(this.#earlier);
      for (const role of this.#ours) port.stopSyncDaemon(role);
      this.#setSysctls(port, {});
    });
    this.#earlier = undefined;
    this.#ours.clear();
  }

  /** Nothing is asked of the kernel when nothing is wanted and nothing is ours. */
  #apply(): void {
    this.#next?.cancel();
    const settings = this.#settings;
    if (settings === undefined) return;
    const hasTimeouts = Object.keys(settings.timeouts).length > 0;
    const { sysctls = {} } = settings;
    const isWanted = hasTimeouts || settings.sync !== undefined || Object.keys(sysctls).length > 0;
    if (!isWanted && this.#earlier === undefined && this.#ours.size + this.#earlierSysctls.size === 0) return;
    const isDone = this.#try(() => {
      const port = this.#options.port();
      if (hasTimeouts || this.#earlier !== undefined) this.#setTimeouts(port, settings);
      this.#setSysctls(port, sysctls);
      if (settings.sync !== undefined || this.#ours.size > 0) this.#setSync(port, settings.sync);
    });
    const delayUs = isDone ? INTERVAL_US : RETRY_US;
    this.#next = this.#options.agenda.at(this.#options.clock.nowUs() + delayUs, () => this.#apply());
  }

  #setTimeouts(port: IpvsSettingsPort, { timeouts }: IpvsSettings): void {
    const now = port.timeouts();
    this.#earlier ??= now;
    // The kernel takes 0 for "as it is", and so does keepalived.
    const given = Object.fromEntries(Object.entries(timeouts).filter(([, seconds]) => seconds > 0));
    const wanted: IpvsTimeouts = { ...this.#earlier, ...given };
    if (wanted.tcp !== now.tcp || wanted.tcpfin !== now.tcpfin || wanted.udp !== now.udp) port.setTimeouts(wanted);
  }

  /** What is wanted no more becomes what it was. */
  #setSysctls(port: IpvsSettingsPort, wanted: IpvsSysctls): void {
    for (const [name, value] of this.#earlierSysctls) {
      if (name in wanted) continue;
      port.setSysctl(name, value);
      this.#earlierSysctls.delete(name);
    }
    for (const [name, value] of Object.entries(wanted)) {
      const now = port.sysctl(name);
      if (now === value) continue;
      if (now === undefined) throw new Error(`Cannot set net.ipv4.vs.${name}: this kernel has no such setting`);
      port.setSysctl(name, value);
      if (!this.#earlierSysctls.has(name)) this.#earlierSysctls.set(name, now);
      const [to, from] = [value, now].map((text) => text.replaceAll("\t", " "));
      this.#options.log(`net.ipv4.vs.${name} is set to ${to}, it was ${from}`);
    }
  }

  #setSync(port: IpvsSettingsPort, sync: IpvsSettings["sync"]): void {
    const running = port.syncDaemons();
    for (const role of ROLES) {
      const isWanted = sync !== undefined && (this.#role === "both" || this.#role === role);
      const now = running.find((daemon) => daemon.role === role);
      const wanted = isWanted ? daemonOf(role, sync) : undefined;
      const fits = now !== undefined && wanted !== undefined && isAs(now, wanted);
      if (now !== undefined && !fits && (sync !== undefined || this.#ours.has(role))) {
        port.stopSyncDaemon(role);
        this.#options.log(`IPVS synchronisation (${role}) on ${now.interface} is stopped`);
      }
      if (!isWanted) this.#ours.delete(role);
    }
    for (const role of ROLES) {
      if (sync === undefined || (this.#role !== "both" && this.#role !== role)) continue;
      const wanted = daemonOf(role, sync);
      const now = running.find((daemon) => daemon.role === role);
      if (now === undefined || !isAs(now, wanted)) {
        port.startSyncDaemon(wanted);
        this.#options.log(`IPVS synchronisation (${role}) runs on ${wanted.interface}, id ${wanted.syncId}`);
      }
      this.#ours.add(role);
    }
  }

  #try(body: () => void): boolean {
    try {
      body();
      if (this.#warning !== undefined) this.#options.log("IPVS settings are as wanted again");
      this.#warning = undefined;
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (this.#warning?.message === message) return false;
      this.#options.log(message);
      this.#warning = { code: "ipvs-settings", message, sinceMs: this.#options.clock.wallMs() };
      return false;
    }
  }
}

function daemonOf(role: SyncDaemon["role"], sync: NonNullable<IpvsSettings["sync"]>): SyncDaemon {
  const { instance: _, ...daemon } = sync;
  return { role, ...daemon };
}

/** What is not said may be anything. */
function isAs(now: SyncDaemon, wanted: SyncDaemon): boolean {
  const names = Object.keys(wanted) as (keyof SyncDaemon)[];
  return names.every((name) => now[name] === wanted[name]);
}
