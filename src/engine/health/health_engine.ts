// The health engine: runs the checks of every virtual server and keeps the kernel's table in line with their results.
import { canonicalKey } from "../../core/ipvs/diff.ts";
import type { VirtualServerKey, WantedVirtualServer } from "../../core/ipvs/table.ts";
import type { Checker, VirtualServer } from "../../config/config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { IpvsPort } from "../../ports/ipvs.ts";
import type { ProbePort, ProbeResult } from "../../ports/probes.ts";
import type { VirtualServerSnapshot, WarningSnapshot } from "../../ports/snapshot.ts";
import { Agenda, systemTimers, type Timers } from "./agenda.ts";
import { CheckRunner } from "./check_runner.ts";
import { virtualServerSnapshot } from "./health_snapshot.ts";
import { type LiveRealServer, type LiveStep, LiveVirtualServer } from "./live_server.ts";
import {
  failureLine,
  formatServer,
  quorumLine,
  serverLine,
  sorryServerLines,
  staysOutLine,
  successLine,
  verdictLine,
} from "./log_lines.ts";
import { keyOf, limitOf, requestsOf } from "./policy.ts";
import { TableKeeper } from "./table_keeper.ts";

/** What the engine works with. */
export interface HealthEngineOptions {
  /** The configured virtual servers, in order. */
  readonly virtualServers: readonly VirtualServer[];
  readonly clock: Clock;
  /** Default: the platform's. */
  readonly timers?: Timers;
  /** Opens the kernel's table; called again every 30 s while it throws IpvsUnavailableError. Checks go on meanwhile. */
  readonly openIpvs: () => IpvsPort;
  readonly probes: ProbePort;
  /** From 0 to below 1, for spreading the first checks. */
  readonly random: () => number;
  /** Takes one line for the log, in keepalived's words, without a line end. */
  readonly log: (line: string) => void;
  /** Virtual servers of the earlier configuration: those that are gone from this one are deleted from the table. */
  readonly previousKeys?: readonly VirtualServerKey[];
  /** Probes at the same time, default 256; the others wait their turn. */
  readonly maxConcurrentChecks?: number;
}

/** How to leave. */
export interface StopOptions {
  /** Leave the virtual servers in the kernel, with their connections; otherwise ours are deleted. */
  readonly keepTable: boolean;
}

/** Health checking of all virtual servers. Use: `run()`, then `snapshot()` at will, then `stop()`. */
export class HealthEngine {
  readonly #options: HealthEngineOptions;
  readonly #agenda: Agenda;
  readonly #runner: CheckRunner;
  readonly #keeper: TableKeeper;
  readonly #stopped = Promise.withResolvers<void>();
  #servers: readonly LiveVirtualServer[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: HealthEngineOptions) {
    const { clock, log, openIpvs } = options;
    this.#options = options;
    this.#agenda = new Agenda(clock, options.timers ?? systemTimers);
    this.#runner = new CheckRunner(clock, this.#agenda, options.maxConcurrentChecks ?? 256);
    const ownedKeys = [...options.previousKeys ?? [], ...this.keys];
    this.#keeper = new TableKeeper({ openIpvs, clock, log, ownedKeys, agenda: this.#agenda });
  }

  /** The kernel keys of this configuration: the next engine's `previousKeys` after a reload. */
  get keys(): readonly VirtualServerKey[] {
    return this.#options.virtualServers.map(keyOf);
  }

  /** The table entries wanted now, whether the kernel has them or not. */
  get wanted(): readonly WantedVirtualServer[] {
    return this.#servers.map((server) => server.wanted);
  }

  /** Checks that started more than 0.1 s late, since the start. */
  get lateChecks(): number {
    return this.#runner.lateChecks;
  }

  /** Lasting conditions, such as `ipvs-unavailable`. */
  get warnings(): readonly WarningSnapshot[] {
    const warning = this.#keeper.warning;
    return warning === undefined ? [] : [warning];
  }

  /**
   * Adopts the kernel's table, brings it in line, starts checking; all that before it returns. The promise settles when
   * `stop()` is through.
   */
  run(): Promise<void> {
    const { clock, virtualServers } = this.#options;
    const table = new Map(this.#keeper.open()?.map((row) => [canonicalKey(row.entry.key), row]));
    const nowUs = clock.nowUs();
    const spreadUs = (checker: Checker): number => this.#spreadUs(checker);
    this.#servers = virtualServers.map((config) => {
      return new LiveVirtualServer(config, { row: table.get(canonicalKey(keyOf(config))), nowUs, spreadUs });
    });
    for (const server of this.#servers) {
      this.#logStart(server);
      this.#keeper.want(server.wanted);
    }
    this.#keeper.reconcile();
    for (const server of this.#servers) this.#scheduleAll(server);
    return this.#stopped.promise;
  }

  /** Cancels the checks, then deletes our virtual servers from the table or leaves them. Calling it again waits too. */
  stop(options: StopOptions): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  /** Every virtual server, now. Reads the kernel's counters, at most once a second. */
  snapshot(): VirtualServerSnapshot[] {
    const table = this.#keeper.rows();
    return this.#servers.map((server) => virtualServerSnapshot(server, table, this.#options.clock));
  }

  async #stop({ keepTable }: StopOptions): Promise<void> {
    const running = this.#runner.stop();
    this.#agenda.clear();
    await running;
    if (!keepTable) this.#keeper.removeOwned();
    this.#agenda.clear();
    this.#stopped.resolve();
  }

  /** keepalived: the first check comes at a random moment of `warmup`; here never later than a usual one. */
  #spreadUs(checker: Checker): number {
    return Math.floor(this.#options.random() * Math.min(checker.warmupMs, checker.delayLoopMs) * 1000);
  }

  #scheduleAll(server: LiveVirtualServer): void {
    for (const realServer of server.realServers) {
      for (const [index, checker] of realServer.config.checkers.entries()) {
        this.#schedule(server, realServer, index, checker);
      }
    }
  }

  #schedule(server: LiveVirtualServer, realServer: LiveRealServer, index: number, checker: Checker): void {
    const state = realServer.health.checkers[index];
    if (state === undefined) return;
    const dueUs = state.nextCheckUs;
    this.#agenda.at(dueUs, () => {
      this.#runner.start({
        dueUs,
        limitUs: limitOf(checker),
        run: (signal) => this.#probe(checker, signal),
        done: (result) => {
          this.#record(server, realServer, index, checker, result);
          this.#schedule(server, realServer, index, checker);
        },
      });
    });
  }

  #logStart(server: LiveVirtualServer): void {
    const { protocol, alpha } = server.config;
    for (const { entry, health } of server.realServers) {
      if (health.up || alpha) continue;
      this.#options.log(staysOutLine(formatServer(entry, protocol), formatServer(server.config, protocol)));
    }
    if (!server.quorum.up) this.#logQuorum(server, "lost");
  }

  /** Asks everything a checker asks; the first wrong answer is the result. */
  async #probe(checker: Checker, signal: AbortSignal): Promise<ProbeResult> {
    let result: ProbeResult = { ok: true, status: "L7OK", text: "nothing to ask", durationUs: 0 };
    let durationUs = 0;
    for (const request of requestsOf(checker)) {
      result = await this.#options.probes.run(request, signal);
      durationUs += result.durationUs;
      if (result.ok) continue;
      const severalUrls = checker.type === "http" && checker.urls.length > 1;
      const text = severalUrls && request.type === "http" ? `${request.url.path}: ${result.text}` : result.text;
      return { ...result, text, durationUs };
    }
    return { ...result, durationUs };
  }

  #record(
    server: LiveVirtualServer,
    realServer: LiveRealServer,
    index: number,
    checker: Checker,
    result: ProbeResult,
  ): void {
    const { clock } = this.#options;
    const step = server.record(realServer, index, checker, { result, atMs: clock.wallMs() }, clock.nowUs());
    this.#logStep(server, realServer, checker, result, step);
    if (step.realServer === undefined && step.quorum === undefined) return;
    this.#keeper.want(server.wanted);
    this.#keeper.apply(server.policy.entry.key);
  }

  #logStep(
    server: LiveVirtualServer,
    realServer: LiveRealServer,
    checker: Checker,
    result: ProbeResult,
    step: LiveStep,
  ): void {
    const { log } = this.#options;
    const { protocol } = server.config;
    const name = formatServer(realServer.entry, protocol);
    if (step.verdict === "up") log(successLine(checker, formatServer(checker, protocol)));
    if (step.verdict === "down") {
      log(failureLine(checker, formatServer(checker, protocol), result));
      log(verdictLine(name, checker.retry));
    }
    // While the sorry server is in, live servers are not in the table: coming up alone adds nothing.
    const pooled = server.policy.sorryServer === undefined || server.quorum.up || step.quorum === "lost";
    if (step.realServer !== undefined && pooled && step.quorum !== "gained") this.#logServer(server, realServer, step);
    if (step.quorum !== undefined) this.#logQuorum(server, step.quorum);
    if (step.realServer !== undefined && step.quorum === "gained") this.#logServer(server, realServer, step);
  }

  #logServer(server: LiveVirtualServer, realServer: LiveRealServer, step: LiveStep): void {
    const { log } = this.#options;
    const { protocol } = server.config;
    const { inhibitOnFailure } = realServer.config;
    const name = formatServer(realServer.entry, protocol);
    log(serverLine(step.realServer ?? "up", inhibitOnFailure, name, formatServer(server.config, protocol)));
  }

  #logQuorum(server: LiveVirtualServer, change: "gained" | "lost"): void {
    const { log } = this.#options;
    const { protocol } = server.config;
    const name = formatServer(server.config, protocol);
    log(quorumLine(change, server.limits, server.liveWeight, name));
    const sorry = server.policy.sorryServer;
    if (sorry === undefined) return;
    for (const line of sorryServerLines(change === "lost", formatServer(sorry, protocol), name)) log(line);
  }
}
