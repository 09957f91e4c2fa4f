// The health role: ordinary asynchronous code. Checks the real servers and keeps the kernel's IPVS table in line.
import type { VirtualServer } from "../config/config.ts";
import type { IpvsSettings } from "../config/sync_daemon.ts";
import type { VirtualServerKey } from "../core/ipvs/table.ts";
import type { BfdStates } from "../engine/bfd/bfd_engine.ts";
import type { ServerOverride } from "../engine/health/operator.ts";
import { HealthEngine, type StopOptions } from "../engine/health/health_engine.ts";
import { ipvsSystem, LinuxIpvs } from "../linux/ipvs.ts";
import { openFilesLimit } from "../linux/open_files.ts";
import { SystemClock } from "../linux/monotonic_clock.ts";
import { ProbeSockets } from "../linux/probe_sockets.ts";
import { Reactor } from "../linux/reactor.ts";
import { Prober } from "../probe/prober.ts";
import { ignoreTerminalSignals } from "./child_signals.ts";
import { HealthRehearsals } from "./health_rehearsals.ts";
import { HealthReporter } from "./health_reporter.ts";
import { Link } from "./link.ts";
import { LocalAddresses } from "./local_addresses.ts";
import { tuneMyself } from "./process_tuning.ts";
import type { FromChild, ToHealth } from "./messages.ts";
import { serversTold } from "./told_servers.ts";
import type { OrderAnswer } from "./server_orders.ts";

/** Checks at once, within what open files allow: when a network is cut off, thousands wait for their time limit. */
const [LEAST_CHECKS, MOST_CHECKS] = [256, 4096] as const;
/** How long the supervisor may take to hear the last news. */
const LAST_NEWS_MS = 1000;

/** Runs until the supervisor says so; when it is gone, ends and leaves the table to forward on. */
export async function runHealthRole(linkFd: number): Promise<void> {
  ignoreTerminalSignals();
  const role = new HealthRole(new Link<FromChild>(linkFd));
  await role.run();
  Deno.exit(0); // a check that hangs in the system must not hold the process
}

class HealthRole {
  readonly #link: Link<FromChild>;
  readonly #reactor = new Reactor();
  readonly #addresses = new LocalAddresses(this.#reactor, () => this.#started && this.#engine?.surroundingsChanged());
  readonly #ended = Promise.withResolvers<void>();
  #engine: HealthEngine | undefined;
  /** As the supervisor told them last. */
  #told: readonly VirtualServer[] = [];
  #previousKeys: readonly VirtualServerKey[] = [];
  #sessions: BfdStates = {};
  #masters: ReadonlySet<string> = new Set();
  #tellsInitialStates = false;
  #isRestart = false;
  #namespace: string | undefined;
  #overrides: readonly ServerOverride[] = [];
  #started = false;
  readonly #reporter: HealthReporter;
  readonly #rehearsals = new HealthRehearsals();

  constructor(link: Link<FromChild>) {
    this.#link = link;
    this.#reporter = new HealthReporter(link);
  }

  async run(): Promise<void> {
    this.#reactor.add(this.#link.fd, () => {
      if (!this.#link.receive((message) => this.#obey(message as ToHealth))) this.#stop({ keepTable: true });
    });
    await this.#ended.promise;
  }

  #obey(message: ToHealth): void {
    switch (message.type) {
      case "configure":
        return this.#configure(message);
      case "start":
        return this.#start();
      case "reconfigure":
        return this.#reconfigure(message);
      case "tune":
        return tuneMyself(message.own, (line) => this.#link.send({ type: "log", line }));
      case "restore":
        this.#overrides = message.overrides;
        return;
      case "order":
        return this.#order(message.id, (engine) => {
          const { override, ...name } = engine.obey(message.name, message.order);
          return { ok: true, name, ...(override === undefined ? {} : { override }) };
        });
      case "check-now":
        return this.#order(message.id, (engine) => {
          const { started, ...name } = engine.checkNow(message.name);
          return { ok: true, name, started };
        });
      case "kill-connections":
        return this.#order(message.id, (engine) => ({ ok: true, name: engine.cutConnections(message.name) }));
      case "sync-role":
        return this.#engine?.followSyncRole(message.role);
      case "masters":
        this.#masters = new Set(message.instances);
        if (this.#started) this.#engine?.surroundingsChanged();
        return;
      case "bfd":
        this.#sessions = message.sessions;
        if (this.#started) this.#engine?.bfd(message.sessions);
        return;
      case "stop":
        return this.#stop(message);
      default:
        return message satisfies never;
    }
  }

  #configure(message: ToHealth & { type: "configure" }): void {
    const { virtualServers, settings } = message;
    this.#previousKeys = message.previousKeys;
    this.#tellsInitialStates = message.tellsInitialStates;
    this.#isRestart = message.isRestart;
    this.#namespace = message.namespace;
    this.#told = virtualServers;
    this.#engine = this.#newEngine(virtualServers, settings);
    this.#link.post({ type: "ready" });
  }

  #newEngine(virtualServers: readonly VirtualServer[], settings: IpvsSettings): HealthEngine {
    return new HealthEngine({
      virtualServers,
      settings,
      clock: new SystemClock(),
      openIpvs: () => new LinuxIpvs(ipvsSystem(this.#namespace)),
      probes: new Prober({ sockets: new ProbeSockets(this.#reactor) }),
      random: Math.random,
      log: (line) => this.#link.send({ type: "log", line }),
      tell: (news) => this.#link.post({ type: "servers", news }),
      tellsInitialStates: this.#tellsInitialStates,
      isRestart: this.#isRestart,
      previousKeys: this.#previousKeys,
      maxConcurrentChecks: Math.min(MOST_CHECKS, Math.max(LEAST_CHECKS, openFilesLimit() >> 2)),
      isLocal: (address) => this.#addresses.has(address),
      isMaster: (instance) => this.#masters.has(instance),
      tellQuorums: (words) => this.#link.post({ type: "quorums", words }),
    });
  }

  #start(): void {
    this.#started = true;
    this.#engine?.run(this.#overrides);
    this.#engine?.bfd(this.#sessions);
    this.#report();
    this.#rehearsals.begin(this.#told);
  }

  #order(id: number, carryOut: (engine: HealthEngine) => OrderAnswer): void {
    let answer: OrderAnswer;
    try {
      if (!this.#started || this.#engine === undefined) {
        throw new Error("the health role is still starting");
      }
      answer = carryOut(this.#engine);
    } catch (error) {
      answer = { ok: false, message: error instanceof Error ? error.message : String(error) };
    }
    // First, so that whoever has the answer sees what it brought about.
    if (this.#started) this.#report();
    this.#link.post({ type: "ordered", id, answer });
  }

  #reconfigure({ id, virtualServers, settings }: ToHealth & { type: "reconfigure" }): void {
    let refused: string | undefined;
    try {
      this.#told = serversTold(this.#told, virtualServers);
      if (this.#started) this.#engine?.reconfigure(this.#told, settings);
      else this.#engine = this.#newEngine(this.#told, settings);
    } catch (error) {
      refused = error instanceof Error ? error.message : String(error);
    }
    this.#link.post({ type: "reconfigured", id, ...(refused === undefined ? {} : { refused }) });
    if (!this.#started) return;
    this.#report();
    this.#rehearsals.begin(this.#told);
  }

  #report(): void {
    if (this.#engine !== undefined) this.#reporter.report(this.#engine);
  }

  #stop(options: StopOptions): void {
    this.#reactor.remove(this.#link.fd);
    this.#reporter.stop();
    this.#rehearsals.stop();
    const stopped = this.#engine?.stop(options) ?? Promise.resolve();
    stopped.then(() => this.#saidAll()).finally(() => this.#ended.resolve());
  }

  /** What is still to be told gets a moment. */
  async #saidAll(): Promise<void> {
    for (const end = Date.now() + LAST_NEWS_MS; !this.#link.flush() && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
