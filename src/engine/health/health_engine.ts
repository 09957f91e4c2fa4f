// The health engine: runs the checks of every virtual server and keeps the kernel's table in line with their results.
import type { Override } from "../../core/health/presence.ts";
import type { TableModel } from "../../core/ipvs/model.ts";
import type { VirtualServerKey, WantedVirtualServer } from "../../core/ipvs/table.ts";
import type { Checker, VirtualServer } from "../../config/config.ts";
import type { IpvsSettings } from "../../config/sync_daemon.ts";
import type { IpvsSettingsPort } from "../../ports/ipvs.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import type { HealthStatistics, VirtualServerSnapshot, WarningSnapshot } from "../../ports/snapshot.ts";
import { Agenda, systemTimers } from "./agenda.ts";
import { bfdResults } from "./bfd_results.ts";
import { CheckRunner } from "./check_runner.ts";
import { certificateWarning } from "./live_certificate.ts";
import { ConnectionCutter } from "./connection_cutter.ts";
import { CheckStatistics } from "./check_statistics.ts";
import { CheckTurns } from "./check_turns.ts";
import { EngineLog } from "./engine_log.ts";
import type { HealthEngineOptions, StopOptions } from "./health_engine_options.ts";
import { virtualServerSnapshot } from "./health_snapshot.ts";
import type { LiveStart } from "./live_real_server.ts";
import { type LiveChange, LiveVirtualServer, NO_CHANGE } from "./live_server.ts";
import { formatServer, formatService, orderLine } from "./log_lines.ts";
import {
  findServer,
  findTarget,
  fullName,
  NoSuchServerError,
  overrideAfter,
  type ServerName,
  type ServerOverride,
  type SignedOrder,
} from "./operator.ts";
import { Pace } from "./pace.ts";
import { identityOf, keysOf } from "./policy.ts";
import { PoolWatch } from "./pool_watch.ts";
import { haveSameKeys, matchServers } from "./server_match.ts";
import { Suspension } from "./suspension.ts";
import { QuorumWords } from "./quorum_words.ts";
import { SettingsKeeper, type SyncRole } from "./settings_keeper.ts";
import { type PlacedChecker, SharedChecks } from "./shared_checks.ts";
import type { ServerNews } from "./server_news.ts";
import { endNews, initialNews, leaveNews, newsOfChange, newsOfStep } from "./telling.ts";
import { TableKeeper } from "./table_keeper.ts";

export type { HealthEngineOptions, StopOptions } from "./health_engine_options.ts";

const NO_SETTINGS: IpvsSettings = { timeouts: {}, flushesAtStart: false, flushesAtStop: false };

/** Health checking of all virtual servers. Use: `run()`, then `snapshot()` at will, then `stop()`. */
export class HealthEngine {
  readonly #options: HealthEngineOptions;
  readonly #agenda: Agenda;
  readonly #runner: CheckRunner;
  readonly #keeper: TableKeeper;
  readonly #statistics = new CheckStatistics();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #suspension: Suspension;
  readonly #settingsKeeper: SettingsKeeper;
  readonly #cutter: ConnectionCutter;
  #settings: IpvsSettings;
  readonly #pace: Pace;
  readonly #says: EngineLog;
  readonly #pools: PoolWatch;
  readonly #quorums = new QuorumWords();
  readonly #shared = new SharedChecks();
  readonly #turns: CheckTurns;
  #configs: readonly VirtualServer[];
  #servers: readonly LiveVirtualServer[] = [];
  /** Which BFD sessions are up, by name. */
  #sessions: Readonly<Record<string, boolean>> = {};
  #stopping: Promise<void> | undefined;
  #generation = 0;

  constructor(options: HealthEngineOptions) {
    const { clock, log, openIpvs } = options;
    this.#options = options;
    this.#says = new EngineLog(log);
    this.#pools = new PoolWatch(clock, log);
    this.#configs = options.virtualServers;
    this.#statistics.configure(this.#configs);
    this.#agenda = new Agenda(clock, options.timers ?? systemTimers);
    this.#runner = new CheckRunner(clock, this.#agenda, options.maxConcurrentChecks ?? 256);
    this.#suspension = new Suspension(options, log);
    this.#turns = new CheckTurns({
      clock,
      agenda: this.#agenda,
      runner: this.#runner,
      probes: options.probes,
      shared: this.#shared,
      suspension: this.#suspension,
      record: (check, result) => this.#record(check, result),
    });
    this.#pace = new Pace({
      clock,
      agenda: this.#agenda,
      keeper: () => this.#keeper,
      servers: () => this.#servers,
      wanted: (server) => this.#wantedOf(server),
      log,
    });
    const ownedKeys = [...options.previousKeys ?? [], ...this.keys];
    this.#keeper = new TableKeeper({ openIpvs, clock, log, ownedKeys, agenda: this.#agenda });
    const port = (): IpvsSettingsPort => this.#keeper.settings;
    this.#settingsKeeper = new SettingsKeeper({ port, clock, log, agenda: this.#agenda });
    this.#cutter = new ConnectionCutter({ port, clock, log, agenda: this.#agenda });
    this.#settings = options.settings ?? NO_SETTINGS;
  }

  /** The kernel keys of this configuration: the next engine's `previousKeys` after a reload. */
  get keys(): readonly VirtualServerKey[] {
    return this.#configs.flatMap(keysOf);
  }

  /** The table entries wanted now, whether the kernel has them or not. */
  get wanted(): readonly WantedVirtualServer[] {
    return this.#servers.flatMap((server) => this.#wantedOf(server));
  }

  /** Counts the configurations that it went over to. */
  get generation(): number {
    return this.#generation;
  }

  /** Checks that started more than 0.1 s late, since the start. */
  get lateChecks(): number {
    return this.#runner.lateChecks;
  }

  /** Lasting conditions, such as `ipvs-unavailable`. */
  get warnings(): readonly WarningSnapshot[] {
    const own = [this.#keeper.warning, this.#settingsKeeper.warning, this.#pools.warning];
    return [...own, certificateWarning(this.#servers)].filter((warning) => warning !== undefined);
  }

  /**
   * Adopts the kernel's table, brings it in line, starts checking; all that before it returns. The promise settles when
   * `stop()` is through.
   *
   * @param overrides what operators have said to an earlier process; those of servers that are gone count no more
   */
  run(overrides: readonly ServerOverride[] = []): Promise<void> {
    const start = { table: this.#keeper.open(), ...this.#now() };
    if (this.#settings.flushesAtStart) this.#keeper.ownAll();
    this.#servers = this.#configs.map((config) => new LiveVirtualServer(config, start));
    for (const { name, override } of overrides) this.#restore(name, override);
    this.#suspension.update(this.#servers);
    this.#shared.use(this.#servers);
    for (const server of this.#servers) {
      this.#says.start(server);
      for (const target of this.#wantedOf(server)) this.#keeper.want(target);
    }
    this.#keeper.reconcile(start.table);
    this.#settingsKeeper.use(this.#settings);
    if (this.#options.isRestart !== true) this.#tellStart(this.#servers);
    this.#pools.update(this.#servers);
    this.#sayQuorums(this.#servers);
    this.#pace.arrange();
    for (const server of this.#servers) this.#turns.scheduleAll(server);
    this.bfd(this.#sessions);
    return this.#stopped.promise;
  }

  /** BFD sessions say what they are: BFD_CHECK goes by that at once. One that is missing has said nothing yet. */
  bfd(sessions: Readonly<Record<string, boolean>>): void {
    this.#sessions = sessions;
    for (const { result, ...placed } of bfdResults(this.#servers, sessions)) this.#record(placed, result);
  }

  /**
   * Goes over to another configuration, after `run()`: virtual servers with the same key go on, what is the same in both is
   * not touched, the kernel's entries are edited, not made anew. Done when it returns.
   */
  reconfigure(virtualServers: readonly VirtualServer[], settings: IpvsSettings = this.#settings): void {
    const { kept, others: before, isKnown } = matchServers(this.#servers, virtualServers);
    // What is new may be in the kernel's table already.
    const table = isKnown ? this.#keeper.model : this.#keeper.open();
    const start = this.#now();
    const added: LiveVirtualServer[] = [];
    const changes: (readonly [LiveVirtualServer, LiveChange])[] = [];
    this.#configs = virtualServers;
    this.#generation++;
    let isEdit = isKnown;
    this.#servers = virtualServers.map((config) => {
      const same = kept.get(config);
      if (same !== undefined) return same;
      const id = identityOf(config);
      const server = before.get(id);
      before.delete(id);
      if (server === undefined) {
        const made = new LiveVirtualServer(config, { ...start, table });
        added.push(made);
        return made;
      }
      isEdit &&= haveSameKeys(server.config, config);
      changes.push([server, server.reconfigure(config, start)]);
      return server;
    });
    for (const server of before.values()) {
      server.retire();
      this.#tell(endNews(server, "it was removed"));
    }
    this.#shared.use(this.#servers);
    const movesTable = this.#lookWhoMayBeChecked();
    if (isEdit && !movesTable && before.size === 0 && added.length === 0) {
      this.#keeper.edit(changes.flatMap(([server]) => this.#wantedOf(server)));
    } else this.#keeper.replace(this.wanted);
    this.#statistics.configure(virtualServers);
    this.#settings = settings;
    this.#settingsKeeper.use(settings);
    for (const server of added) {
      this.#says.start(server);
      this.#turns.scheduleAll(server);
    }
    this.#tellStart(added);
    this.#pace.arrange();
    for (const [server, change] of changes) {
      this.#says.change(server, change);
      this.#tell(newsOfChange(server, change));
      for (const started of change.started) {
        this.#turns.schedule({ server, realServer: started.server, checker: started.checker });
      }
    }
    this.#pools.keep(this.#servers);
    this.#pools.update(this.#servers);
    this.#quorums.keep(this.#servers);
    this.#sayQuorums(this.#servers);
    this.bfd(this.#sessions);
  }

  /**
   * Carries an operator's order out.
   *
   * @returns the full names of the server, and what holds for it now
   * @throws NoSuchServerError
   */
  obey(name: ServerName, order: SignedOrder): ServerName & { readonly override: Override | undefined } {
    const { virtual, real } = findTarget(this.#servers, name);
    const before = real === undefined ? virtual.disabled : real.override;
    const override = overrideAfter(before, order, this.#options.clock.wallMs());
    const quorum = virtual.obey(real, override, this.#options.clock.nowUs());
    this.#keeper.apply(this.#wantedOf(virtual));
    this.#sayQuorums([virtual]);
    this.#pace.arrange();
    const server = real && formatServer(real.entry, virtual.config.protocol);
    this.#options.log(orderLine(order, server, formatService(virtual.config)));
    if (quorum !== undefined) this.#says.quorum(virtual, quorum);
    this.#pools.update([virtual]);
    return { ...fullName(virtual, real), override };
  }

  /**
   * Runs the checks of a real server at once, beside the usual ones.
   *
   * @returns the full names, and how many checks begin: those that run already, and those of BFD, do not
   * @throws NoSuchServerError
   */
  checkNow(name: ServerName): ServerName & { readonly started: number } {
    const { virtual, real } = findServer(this.#servers, name);
    return {
      ...fullName(virtual, real),
      started: this.#suspension.holds(virtual) ? 0 : this.#turns.hasten(virtual, real),
    };
  }

  /**
   * Ends the connections that a real server has; see `connection_cutter.ts`.
   *
   * @returns the full names
   * @throws NoSuchServerError, IpvsUnavailableError, Error
   */
  cutConnections(name: ServerName): ServerName {
    const { virtual, real } = findServer(this.#servers, name);
    this.#cutter.cut(real, () => this.#keeper.apply(this.#wantedOf(virtual)));
    return fullName(virtual, real);
  }

  /** The half of connection synchronisation that runs here from now on. */
  followSyncRole(role: SyncRole): void {
    this.#settingsKeeper.follow(role);
  }

  /** Addresses came to this host or left it, or instances became master or ceased to be: what was held back runs at once. */
  surroundingsChanged(): void {
    if (this.#lookWhoMayBeChecked()) this.#keeper.replace(this.wanted);
  }

  /** @returns whether other table entries are wanted than before */
  #lookWhoMayBeChecked(): boolean {
    const { freed, movesTable } = this.#suspension.update(this.#servers);
    for (const server of freed) {
      for (const realServer of server.realServers) this.#turns.hasten(server, realServer);
    }
    return movesTable;
  }

  /** The table entries of one virtual server: none while another host has the instance that it follows with them. */
  #wantedOf(server: LiveVirtualServer): readonly WantedVirtualServer[] {
    if (server.config.followInstance?.withTable && this.#suspension.holds(server)) return [];
    return this.#cutter.without(server.wanted, server.realServers);
  }

  #sayQuorums(servers: readonly LiveVirtualServer[]): void {
    const words = this.#quorums.news(servers);
    if (Object.keys(words).length > 0) this.#options.tellQuorums?.(words);
  }

  /** Cancels the checks, then deletes our virtual servers from the table or leaves them. Calling it again waits too. */
  stop(options: StopOptions): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  /** Every virtual server, now. Reads the kernel's counters, at most once a second. */
  snapshot(): VirtualServerSnapshot[] {
    const table = this.#keeper.rows();
    return this.#servers.map((server) => this.#snapshotOf(server, table));
  }

  /**
   * The same a little at a time, for many servers: the steps read the counters, those with a value are one virtual server
   * each. Whoever takes the steps can let checks run in between.
   */
  *snapshots(): Generator<VirtualServerSnapshot | undefined> {
    yield* this.#keeper.refresh();
    for (const server of this.#servers) yield this.#snapshotOf(server, this.#keeper.model);
  }

  #snapshotOf(server: LiveVirtualServer, table: TableModel | undefined): VirtualServerSnapshot {
    const { clock } = this.#options;
    return virtualServerSnapshot(server, table, {
      clock,
      suspended: this.#suspension.why(server),
      checks: this.#shared,
    });
  }

  /** What was counted since the start. */
  statistics(): HealthStatistics {
    return { ...this.#statistics.snapshot(), ...this.#runner.statistics(), ...this.#keeper.statistics() };
  }

  /** Before the table is brought in line: a drained server must not get connections in between. */
  #restore(name: ServerName, override: Override): void {
    try {
      const { virtual, real } = findTarget(this.#servers, name);
      virtual.obey(real, override, this.#options.clock.nowUs());
    } catch (error) {
      if (!(error instanceof NoSuchServerError)) throw error;
    }
  }

  async #stop({ keepTable, removed = false }: StopOptions): Promise<void> {
    const running = this.#runner.stop();
    if (this.#cutter.end()) this.#keeper.replace(this.wanted);
    this.#agenda.clear();
    await running;
    if (!keepTable) {
      for (const server of this.#servers) {
        if (removed) this.#tell(endNews(server, "it was removed"));
        else this.#leave(server);
      }
      this.#keeper.removeOwned(this.#settings.flushesAtStop);
      this.#settingsKeeper.restore();
    }
    this.#agenda.clear();
    this.#stopped.resolve();
  }

  /** keepalived's `omega`: at the end every server goes down, one after the other, and the quorum with them. */
  #leave(server: LiveVirtualServer): void {
    if (!server.config.omega) return;
    for (const realServer of server.realServers) {
      const wasUp = realServer.health.up;
      const quorum = server.leave(realServer, this.#options.clock.nowUs());
      this.#keeper.apply(this.#wantedOf(server));
      if (wasUp) this.#says.shutDown(server, realServer);
      if (quorum !== undefined) this.#says.quorum(server, quorum);
      this.#tell(leaveNews(server, realServer, wasUp, quorum));
    }
  }

  /** keepalived: the first check comes at a random moment of `warmup`; here never later than a usual one. */
  #spreadUs(checker: Checker): number {
    return Math.floor(this.#options.random() * Math.min(checker.warmupMs, checker.delayLoopMs) * 1000);
  }

  #now(): LiveStart {
    return { nowUs: this.#options.clock.nowUs(), spreadUs: (checker) => this.#spreadUs(checker) };
  }

  #tellStart(servers: readonly LiveVirtualServer[]): void {
    this.#tell(servers.flatMap((server) => initialNews(server, this.#options.tellsInitialStates === true)));
  }

  #tell(news: readonly ServerNews[]): void {
    if (news.length > 0) this.#options.tell?.(news);
  }

  #record({ server, realServer, checker }: PlacedChecker, result: ProbeResult): void {
    const { clock } = this.#options;
    const vs = server.config.name;
    this.#statistics.record(vs, realServer, checker.config.type, result, clock.nowUs());
    const step = server.record(realServer, checker, { result, atMs: clock.wallMs() }, clock.nowUs());
    if (step === NO_CHANGE) return;
    // The first failure of a server that never was up changes nothing but what `fail_open` may hold.
    const isNews = step.verdict !== undefined && server.hasPool;
    const { realServer: change, quorum, weight, mode } = step;
    const movesTable = [change, quorum, weight, mode].some((news) => news !== undefined) || isNews;
    // Before anything is said of it: until then connections go to a dead server.
    if (movesTable) this.#keeper.apply(this.#wantedOf(server));
    this.#says.step(server, realServer, checker.config, result, step);
    this.#tell(newsOfStep(server, realServer, result, step));
    this.#sayQuorums([server]);
    if (!movesTable) return;
    this.#pools.update([server]);
    this.#pace.arrange();
    if (change !== undefined) this.#statistics.reacted(vs, realServer, change, clock.nowUs());
  }
}
