// The kernel's IPVS table as the health engine sees it.
import type { IpvsCommand, IpvsTimeouts, SyncDaemon, VirtualServerRow } from "../core/ipvs/table.ts";

/** A command that the kernel refused. The others of the batch were carried out. */
export interface IpvsFailure {
  readonly command: IpvsCommand;
  /** Name such as ENOENT. */
  readonly errno: string;
  /** One plain sentence: the action, then the state. */
  readonly message: string;
}

/** The kernel's IPVS table. One writer: this process. */
export interface IpvsPort {
  /** The whole table with counters, in no particular order. @throws IpvsUnavailableError */
  read(): readonly VirtualServerRow[];
  /**
   * The same, one virtual server after the other: each is read when it is asked for, so that other things can be done in
   * between. What is deleted meanwhile comes without real servers. @throws IpvsUnavailableError
   */
  readSlowly(): Iterable<VirtualServerRow>;
  /** Carries out commands in order, batched; a failing one does not stop the others. @throws IpvsUnavailableError */
  apply(commands: readonly IpvsCommand[]): readonly IpvsFailure[];
  readonly settings: IpvsSettingsPort;
}

/** What IPVS has beside its table. Every call throws Error with one sentence when the kernel refuses. */
export interface IpvsSettingsPort {
  timeouts(): IpvsTimeouts;
  /** Those that are not given stay. */
  setTimeouts(timeouts: Partial<IpvsTimeouts>): void;
  /** Those that run. */
  syncDaemons(): readonly SyncDaemon[];
  /** A setting below net.ipv4.vs; undefined where the kernel has none of that name. */
  sysctl(name: string): string | undefined;
  setSysctl(name: string, value: string): void;
  startSyncDaemon(daemon: SyncDaemon): void;
  stopSyncDaemon(role: SyncDaemon["role"]): void;
}

/** IPVS cannot be used at all: the module is missing, or CAP_NET_ADMIN is. The message is one clear sentence. */
export class IpvsUnavailableError extends Error {
  override readonly name = "IpvsUnavailableError";
}
