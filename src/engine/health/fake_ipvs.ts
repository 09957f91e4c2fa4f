// An IPVS table in memory that answers as the kernel does (6.1), for tests and simulations. Keeps no connections.
import { canonicalKey, canonicalServer, commandKey } from "../../core/ipvs/diff.ts";
import { applyToModel, modelOf, type TableModel } from "../../core/ipvs/model.ts";
import {
  formatKey,
  type IpvsCommand,
  type IpvsTimeouts,
  type SyncDaemon,
  type VirtualServerRow,
} from "../../core/ipvs/table.ts";
import { type IpvsFailure, type IpvsPort, type IpvsSettingsPort, IpvsUnavailableError } from "../../ports/ipvs.ts";

/** The kernel's table, faked. */
export class FakeIpvs implements IpvsPort {
  /** Every command that came, refused ones too. */
  readonly commands: IpvsCommand[] = [];
  /** Set: every call throws IpvsUnavailableError with it. */
  unavailable: string | undefined;
  /** Gives an errno name for a command that is to fail without being carried out. */
  refuse: (command: IpvsCommand) => string | undefined = () => undefined;
  /** Called after each command that was carried out, with the table as it is then. */
  observe: () => void = () => {};
  reads = 0;
  #table: TableModel;

  constructor(rows: readonly VirtualServerRow[] = []) {
    this.#table = modelOf(rows);
  }

  read(): readonly VirtualServerRow[] {
    this.#check();
    this.reads++;
    return this.rows;
  }

  *readSlowly(): Generator<VirtualServerRow> {
    yield* this.read();
  }

  apply(commands: readonly IpvsCommand[]): readonly IpvsFailure[] {
    this.#check();
    return commands.flatMap((command) => {
      this.commands.push(command);
      const errno = this.refuse(command) ?? this.#kernelErrno(command);
      if (errno !== undefined) {
        const message = `Cannot ${command.type.replaceAll("-", " ")} ${formatKey(commandKey(command))}: ${errno}`;
        return [{ command, errno, message }];
      }
      applyToModel(this.#table, [command]);
      this.observe();
      return [];
    });
  }

  /** The table, without counting as a reading. */
  get rows(): readonly VirtualServerRow[] {
    return [...this.#table.values()];
  }

  /** Timeouts and synchronisation daemons, as they are. */
  readonly settings: FakeIpvsSettings = new FakeIpvsSettings();

  /** What somebody else does with ipvsadm: not recorded, not observed. */
  tamper(command: IpvsCommand): void {
    applyToModel(this.#table, [command]);
  }

  /** Gives a real server established connections, in each virtual server that has it. */
  connect(address: string, activeConnections: number): void {
    for (const [id, row] of this.#table) {
      const realServers = row.realServers.map((server) => {
        return server.entry.address === address ? { ...server, activeConnections } : server;
      });
      this.#table.set(id, { ...row, realServers });
    }
  }

  /** One line for each virtual server: `tcp 192.0.2.1:80 rr: 10.0.0.1:80=1 10.0.0.2:80=0`, sorted. */
  text(): string[] {
    return this.rows.map(({ entry, realServers }) => {
      const servers = realServers.map(({ entry: { address, port, weight } }) => ` ${address}:${port}=${weight}`);
      return `${formatKey(entry.key)} ${entry.scheduler}:${servers.sort().join("")}`;
    }).sort();
  }

  #check(): void {
    if (this.unavailable !== undefined) throw new IpvsUnavailableError(this.unavailable);
  }

  /** What the kernel refuses by itself (net/netfilter/ipvs/ip_vs_ctl.c). */
  #kernelErrno(command: IpvsCommand): string | undefined {
    const row = this.#table.get(canonicalKey(commandKey(command)));
    switch (command.type) {
      case "add-virtual-server":
        return row === undefined ? undefined : "EEXIST";
      case "set-virtual-server":
      case "delete-virtual-server":
        return row === undefined ? "ESRCH" : undefined;
      default: {
        if (row === undefined) return "ESRCH";
        const id = canonicalServer("entry" in command ? command.entry : command);
        const present = row.realServers.some(({ entry }) => canonicalServer(entry) === id);
        if (command.type === "add-real-server") return present ? "EEXIST" : undefined;
        return present ? undefined : "ENOENT";
      }
    }
  }
}

/** What the kernel has beside the table, faked. */
export class FakeIpvsSettings implements IpvsSettingsPort {
  now: IpvsTimeouts = { tcp: 900, tcpfin: 120, udp: 300 };
  daemons: SyncDaemon[] = [];
  /** Every change, in words. */
  readonly changes: string[] = [];
  /** Set: starting a daemon fails with it. */
  refusal: string | undefined;

  timeouts(): IpvsTimeouts {
    return this.now;
  }

  setTimeouts(timeouts: Partial<IpvsTimeouts>): void {
    this.now = { ...this.now, ...timeouts };
    this.changes.push(`timeouts ${this.now.tcp} ${this.now.tcpfin} ${this.now.udp}`);
  }

  /** As a new kernel has them. */
  readonly sysctls = new Map([["expire_nodest_conn", "0"], ["sync_threshold", "3\t50"]]);

  sysctl(name: string): string | undefined {
    return this.sysctls.get(name);
  }

  setSysctl(name: string, value: string): void {
    this.sysctls.set(name, value);
    this.changes.push(`${name} ${value.replaceAll("\t", " ")}`);
  }

  syncDaemons(): readonly SyncDaemon[] {
    return this.daemons;
  }

  startSyncDaemon(daemon: SyncDaemon): void {
    if (this.refusal !== undefined) throw new Error(this.refusal);
    this.daemons = [...this.daemons, { maxLength: 1472, port: 8848, ttl: 1, group: "224.0.0.81", ...daemon }];
    this.changes.push(`start ${daemon.role} ${daemon.interface} ${daemon.syncId}`);
  }

  stopSyncDaemon(role: SyncDaemon["role"]): void {
    this.daemons = this.daemons.filter((daemon) => daemon.role !== role);
    this.changes.push(`stop ${role}`);
  }
}
