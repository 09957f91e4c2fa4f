// The kernel's IPVS table over generic netlink: read whole, changed in batches. Decides nothing about what the table should be.
import { type Family, familyOf } from "../base/ip.ts";
import type { IpvsCommand, VirtualServerKey, VirtualServerRow } from "../core/ipvs/table.ts";
import { type IpvsFailure, type IpvsPort, IpvsUnavailableError } from "../ports/ipvs.ts";
import { decodeFamilyId, writeFamilyRequest } from "../wire/genetlink.ts";
import { IPVS_FAMILY_NAME, writeIpvsCommand, writeRealServerDump, writeVirtualServerDump } from "../wire/ipvs.ts";
import { type DecodedVirtualServer, decodeRealServer, decodeVirtualServer } from "../wire/ipvs_rows.ts";
import { NetlinkWriter } from "../wire/netlink.ts";
import type { RealServerRow } from "../wire/ipvs_types.ts";
import { describeFailure, ENOENT, EPERM, remedy } from "./ipvs_errors.ts";
import { LinuxIpvsSettings, type Request } from "./ipvs_settings.ts";
import { libc } from "./libc.ts";
import { NETLINK_GENERIC, NetlinkSocket } from "./netlink_socket.ts";
import { inNamespace } from "./network_namespace.ts";
import { describeErrno, errnoName, SystemError } from "./system_error.ts";

/** So many acknowledgements fit the default receive buffer (300 do not), should a larger one be refused. */
const BATCH_COMMANDS = 256;

/** What of a netlink socket is used here. */
export type NetlinkTransport = Pick<NetlinkSocket, "nextSequence" | "transact" | "dump" | "close">;

/** The system around, replaced in tests. */
export interface IpvsSystem {
  /** A socket of NETLINK_GENERIC. @throws SystemError */
  openSocket(): NetlinkTransport;
  /** Calls it in the network namespace of the table; undefined: that of this process. */
  inside?<Value>(call: () => Value): Value;
  /** Loads ip_vs where the kernel did not do so by itself. @returns false when it cannot */
  loadModule(): boolean;
}

/** The real one. @param namespace network namespace whose table is meant; undefined: the present one's */
export function ipvsSystem(namespace?: string): IpvsSystem {
  const openSocket = (): NetlinkTransport => new NetlinkSocket(NETLINK_GENERIC);
  if (namespace === undefined) return { openSocket, loadModule };
  const inside = <Value>(call: () => Value): Value => inNamespace(namespace, call);
  return { openSocket: () => inside(openSocket), inside, loadModule };
}

/** A command that was refused, with the errno. */
interface Refusal {
  readonly command: IpvsCommand;
  readonly errno: number;
}

/**
 * The table of the network namespace that this process is in. Opens its socket on first use and again after a failure,
 * so one object serves for the life of the process. Calls block until the kernel has answered.
 */
export class LinuxIpvs implements IpvsPort {
  readonly #system: IpvsSystem;
  readonly #writer = new NetlinkWriter(64 << 10);
  #connection: { socket: NetlinkTransport; family: number } | undefined;
  #moduleLoadTried = false;

  /** Opens nothing yet. */
  constructor(system: IpvsSystem = ipvsSystem()) {
    this.#system = system;
  }

  /**
   * The whole table with counters, in no particular order. Real servers are read per virtual server, in the kernel's
   * order: the last added first.
   *
   * @throws IpvsUnavailableError
   */
  read(): readonly VirtualServerRow[] {
    try {
      return this.#readOnce();
    } catch (error) {
      this.close();
      // The family's number changes when the module is loaded again: ask for it once more.
      if (!(error instanceof SystemError && error.errno === ENOENT)) throw asUnavailable(error);
    }
    try {
      return this.#readOnce();
    } catch (error) {
      this.close();
      throw asUnavailable(error);
    }
  }

  /** See `IpvsPort`. @throws IpvsUnavailableError */
  *readSlowly(): Generator<VirtualServerRow> {
    try {
      for (const row of this.#readVirtualServers()) yield { ...row, realServers: this.#readRealServers(row.entry.key) };
    } catch (error) {
      this.close();
      throw asUnavailable(error);
    }
  }

  /**
   * Carries out commands in order. What exists already is changed instead of added, what is gone already counts as
   * deleted. A failing command does not stop the others; after ENOBUFS or ETIMEDOUT, reported for a whole batch, the
   * caller must read the table again.
   *
   * @throws IpvsUnavailableError
   */
  apply(commands: readonly IpvsCommand[]): readonly IpvsFailure[] {
    const failures: IpvsFailure[] = [];
    for (let start = 0; start < commands.length; start += BATCH_COMMANDS) {
      const batch = commands.slice(start, start + BATCH_COMMANDS);
      for (const { command, errno } of this.#applyBatch(batch)) {
        failures.push({ command, errno: errnoName(errno), message: describeFailure(command, errno) });
      }
    }
    return failures;
  }

  /** Timeouts and connection synchronisation. */
  readonly settings: LinuxIpvsSettings = new LinuxIpvsSettings(
    (write, onMessage) => this.#ask(write, onMessage),
    (call) => this.#system.inside === undefined ? call() : this.#system.inside(call),
  );

  /** Closes the socket; the next call opens another. The table stays as it is. */
  close(): void {
    this.#connection?.socket.close();
    this.#connection = undefined;
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** One request and its answers; asks for the family once more, since its number may have changed. */
  #ask(write: Request, onMessage: (body: DataView) => void): void {
    for (let attempt = 1;; attempt++) {
      const { socket, family } = this.#connect();
      const sequence = socket.nextSequence();
      write(this.#writer.reset(), { family, sequence });
      try {
        socket.dump(this.#writer, sequence, (message) => onMessage(message.body));
        return;
      } catch (error) {
        this.close();
        const isStale = error instanceof SystemError && error.errno === ENOENT && attempt === 1;
        if (isStale && this.#connect().family !== family) continue;
        if (error instanceof SystemError && error.errno === EPERM) throw new IpvsUnavailableError(NO_CAPABILITY);
        throw error;
      }
    }
  }

  #readOnce(): VirtualServerRow[] {
    return this.#readVirtualServers().map((row) => ({ ...row, realServers: this.#readRealServers(row.entry.key) }));
  }

  #readVirtualServers(): DecodedVirtualServer[] {
    const { socket, family } = this.#connect();
    const virtualServers: DecodedVirtualServer[] = [];
    const sequence = socket.nextSequence();
    writeVirtualServerDump(this.#writer.reset(), { family, sequence });
    socket.dump(this.#writer, sequence, (message) => {
      const row = decodeVirtualServer(message.body);
      if (row !== undefined) virtualServers.push(row);
    });
    return virtualServers;
  }

  #readRealServers(key: VirtualServerKey): RealServerRow[] {
    const { socket, family } = this.#connect();
    const rows: RealServerRow[] = [];
    const sequence = socket.nextSequence();
    writeRealServerDump(this.#writer.reset(), { family, sequence }, key);
    socket.dump(this.#writer, sequence, (message) => {
      const row = decodeRealServer(message.body, keyFamily(key));
      if (row !== undefined) rows.push(row);
    });
    return rows;
  }

  #applyBatch(batch: readonly IpvsCommand[]): Refusal[] {
    let refusals = this.#transact(batch);
    if (refusals.some((refusal) => refusal.errno === ENOENT) && this.#familyChanged()) {
      const stale = refusals.filter((refusal) => refusal.errno === ENOENT);
      const others = refusals.filter((refusal) => refusal.errno !== ENOENT);
      refusals = [...others, ...this.#transact(stale.map((refusal) => refusal.command))];
    }
    const failures: Refusal[] = [];
    const remedies: IpvsCommand[] = [];
    for (const refusal of refusals) {
      const next = remedy(refusal.command, refusal.errno);
      if (next === undefined) failures.push(refusal);
      else if (next !== "done") remedies.push(next);
    }
    return remedies.length === 0 ? failures : [...failures, ...this.#transact(remedies)];
  }

  /** Sends commands at once; only the last is acknowledged, the kernel answers failures by itself. */
  #transact(commands: readonly IpvsCommand[]): Refusal[] {
    const { socket, family } = this.#connect();
    const bySequence = new Map<number, IpvsCommand>();
    let sequence = 0;
    this.#writer.reset();
    for (const [index, command] of commands.entries()) {
      sequence = socket.nextSequence();
      bySequence.set(sequence, command);
      writeIpvsCommand(this.#writer, { family, sequence }, command, { acknowledge: index === commands.length - 1 });
    }
    const refusals: Refusal[] = [];
    try {
      socket.transact(this.#writer, sequence, (refused, errno) => {
        const command = bySequence.get(refused);
        if (command !== undefined) refusals.push({ command, errno });
      });
    } catch (error) {
      this.close();
      if (!(error instanceof SystemError)) throw error;
      return commands.map((command) => ({ command, errno: error.errno }));
    }
    if (refusals.some((refusal) => refusal.errno === EPERM)) throw new IpvsUnavailableError(NO_CAPABILITY);
    return refusals;
  }

  /** Asks for the family's number again. */
  #familyChanged(): boolean {
    const before = this.#connection?.family;
    this.close();
    return this.#connect().family !== before;
  }

  #connect(): { socket: NetlinkTransport; family: number } {
    if (this.#connection === undefined) {
      const socket = this.#openSocket();
      try {
        this.#connection = { socket, family: this.#resolveFamily(socket) };
      } catch (error) {
        socket.close();
        throw error;
      }
    }
    return this.#connection;
  }

  #openSocket(): NetlinkTransport {
    try {
      return this.#system.openSocket();
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** The kernel loads ip_vs when it is asked for the family; where it could not, we try once to. */
  #resolveFamily(socket: NetlinkTransport): number {
    const resolved = this.#askForFamily(socket);
    if (resolved !== undefined) return resolved;
    if (!this.#moduleLoadTried) {
      this.#moduleLoadTried = true;
      const family = this.#system.loadModule() ? this.#askForFamily(socket) : undefined;
      if (family !== undefined) return family;
    }
    throw new IpvsUnavailableError(NO_MODULE);
  }

  /** @returns undefined when the kernel has no such family */
  #askForFamily(socket: NetlinkTransport): number | undefined {
    const sequence = socket.nextSequence();
    writeFamilyRequest(this.#writer.reset(), IPVS_FAMILY_NAME, sequence);
    let family: number | undefined;
    try {
      socket.dump(this.#writer, sequence, (message) => {
        family = decodeFamilyId(message) ?? family;
      });
    } catch (error) {
      if (error instanceof SystemError && error.errno === ENOENT) return undefined;
      throw asUnavailable(error);
    }
    return family;
  }
}

const NO_MODULE = "Cannot use IPVS: the kernel module `ip_vs` is missing or cannot be loaded";
const NO_CAPABILITY = "Cannot use IPVS: the capability CAP_NET_ADMIN is missing (EPERM)";

/** A system error as what it means for IPVS as a whole; anything else, a bug, unchanged. */
function asUnavailable(error: unknown): unknown {
  if (!(error instanceof SystemError)) return error;
  if (error.errno === EPERM) return new IpvsUnavailableError(NO_CAPABILITY);
  if (error.errno === ENOENT) return new IpvsUnavailableError(NO_MODULE);
  return new IpvsUnavailableError(`Cannot use IPVS: ${describeErrno(error.errno)}`);
}

function keyFamily(key: VirtualServerKey): Family {
  return key.kind === "fwmark" ? key.family : familyOf(key.address);
}

/** `modprobe ip_vs`, when we are root and there is a modprobe. */
function loadModule(): boolean {
  if (libc().geteuid() !== 0) return false;
  try {
    return new Deno.Command("modprobe", { args: ["ip_vs"], stdin: "null", stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false; // no modprobe here, or not allowed to run it
  }
}
