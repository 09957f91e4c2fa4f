// The supervisor: keeps the roles running, hands configurations over, ends everything in an order that drops nothing.
import type { Config } from "../config/config.ts";
import { ipvsSettingsOf, usesIpvs } from "../config/sync_daemon.ts";
import { withKnownServers } from "../config/known_servers.ts";
import { differenceOf, saysTheSame, summaryOf } from "../config/plan.ts";
import type { TrackStatus } from "../engine/vrrp/tracked_items.ts";
import { ProbeSockets } from "../linux/probe_sockets.ts";
import { Reactor } from "../linux/reactor.ts";
import type { NodeSnapshot, RoleSnapshot, Snapshot, VrrpInstanceSnapshot, WarningSnapshot } from "../ports/snapshot.ts";
import { ApiKeeper, tellApi } from "./api_keeper.ts";
import type { ConfigInUse } from "./running_config.ts";
import { BfdKeeper } from "./bfd_keeper.ts";
import { HaproxyKeeper } from "./haproxy/keeper.ts";
import { removeVirtualAddresses } from "./left_overs.ts";
import { CommandDesk } from "./command_desk.ts";
import type { Origin, ReadResult } from "./config_changes.ts";
import { HealthReports } from "./health_reports.ts";
import type { FromChild, ToApi, ToHealth, ToVrrp } from "./messages.ts";
import { carryOver, logChanges, type ReloadOutcome, type ReloadStep } from "./reload.ts";
import { readForReload } from "./reload_reading.ts";
import { refusal, ReloadRecord } from "./reload_record.ts";
import { TimedReload } from "./timed_reload.ts";
import { type DumpKind, Dumps } from "./dump/dumps.ts";
import { LifeScript } from "./life_script.ts";
import { Notifier } from "./notifier.ts";
import { endMsOf, OwnProcess } from "./own_process.ts";
import { linuxProcesses } from "./linux_processes.ts";
import { Operations } from "./operations.ts";
import { RoleTunings } from "./process_tuning.ts";
import { notStartedWarnings, splitBrainWarnings } from "./node_warnings.ts";
import { stillMasters } from "./resume.ts";
import { processUsage, USAGE_INTERVAL_MS } from "./process_usage.ts";
import { RoleKeeper } from "./role_keeper.ts";
import type { RoleProcess } from "./role_process.ts";
import { ServerOrders } from "./server_orders.ts";
import type { SupervisorOptions } from "./supervisor_options.ts";
import { SyncRoles } from "./sync_role.ts";
import { TakeoverGuards } from "./takeover_guards.ts";
import { ToldServers } from "./told_servers.ts";
import { Tracker } from "./tracker.ts";
import { needsVrrp, vrrpPartOf } from "./vrrp_part.ts";
import { vrrpStart, waitMsUntil } from "./vrrp_start.ts";

/** Longest time for a role to end. */
const END_MS = 5000;
/** Changes of the node's own part of the snapshot are told to the api at most this often. */
const NODE_SNAPSHOT_MS = 100;

/** Runs the roles. Use: `run()`; `reload()` and `stop()` when signals say so. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #reactor = new Reactor();
  readonly #startedAtMs = Date.now();
  readonly #ended = Promise.withResolvers<void>();
  readonly #vrrp: RoleKeeper<ToVrrp>;
  readonly #health: RoleKeeper<ToHealth>;
  readonly #api: RoleKeeper<ToApi>;
  readonly #apiKeeper: ApiKeeper;
  readonly #bfd: BfdKeeper;
  readonly #haproxy: HaproxyKeeper;
  readonly #tracker: Tracker;
  readonly #notifier: Notifier;
  readonly #operations: Operations;
  readonly #guards: TakeoverGuards;
  readonly #serverOrders: ServerOrders;
  readonly #desk: CommandDesk;
  readonly #syncRoles = new SyncRoles();
  readonly #dumps: Dumps;
  readonly #tunings: RoleTunings;
  readonly #ownProcess: OwnProcess;
  readonly #timedReload: TimedReload;
  readonly #startupScript: LifeScript;
  #config: Config;
  readonly #vrrpNotBeforeUs: number;
  #generation = 1;
  #stopping = false;
  #reloading: Promise<unknown> = Promise.resolve();
  /** A reload that has not begun yet. */
  #nextReload: Promise<ReloadOutcome> | undefined;
  #vrrpInstances: readonly VrrpInstanceSnapshot[] = [];
  readonly #healthReports = new HealthReports();
  readonly #told = new ToldServers();
  #healthWarnings: readonly WarningSnapshot[] = [];
  readonly #reloads = new ReloadRecord(this.#startedAtMs);
  #leftOut: readonly WarningSnapshot[];
  #nodeTimer: ReturnType<typeof setTimeout> | undefined;
  #usageTimer: ReturnType<typeof setInterval> | undefined;

  constructor(config: Config, options: SupervisorOptions) {
    this.#config = config;
    this.#options = options;
    this.#leftOut = notStartedWarnings(options.leftOut);
    this.#vrrpNotBeforeUs = vrrpStart(config.global);
    this.#startupScript = new LifeScript("startup_script", options.log);
    this.#notifier = new Notifier({ reactor: this.#reactor, log: options.log, changed: () => this.#nodeChanged() });
    const inUse = (): Config => this.#config;
    const [instances, changed] = [() => this.#vrrpInstances, () => this.#operations.steer()] as const;
    this.#operations = new Operations({
      ...options,
      instances,
      told: () => this.#nodeChanged(),
      config: inUse,
      vrrp: () => this.#vrrp.process,
      guards: () => this.#guards.orders,
    });
    this.#serverOrders = new ServerOrders({ ...options, config: inUse, health: () => this.#health.process });
    this.#desk = new CommandDesk({
      ...options,
      reactor: this.#reactor,
      operations: this.#operations,
      serverOrders: this.#serverOrders,
      haproxyOrders: () => this.#haproxy.orders,
      reload: () => this.reload(),
      snapshot: () => this.#snapshot(),
      tellApi: (message) => tellApi(this.#api.process, message),
      running: () => this.#inUse,
      takeOver: (read, origin) => this.#next(() => this.#takeOver(read, origin)),
    });
    const sockets = new ProbeSockets(this.#reactor);
    this.#guards = new TakeoverGuards({ log: options.log, sockets, instances, changed });
    this.#dumps = new Dumps(() => {
      return { config: this.#config, instances: this.#vrrpInstances, track: this.#trackStatus, nowMs: Date.now() };
    }, options.log);
    const judged = (): void => this.#tellTracked();
    this.#tracker = new Tracker({ log: options.log, changed: judged, processes: linuxProcesses(this.#reactor) });
    this.#bfd = new BfdKeeper({
      reactor: this.#reactor,
      log: options.log,
      changed: () => this.#rolesChanged(),
      said: () => {
        this.#tellTracked();
        this.#health.process?.post({ type: "bfd", sessions: this.#bfd.forCheckers });
      },
    });
    this.#haproxy = new HaproxyKeeper({
      log: options.log,
      judged,
      said: (report) => {
        this.#api.send(report);
        this.#nodeChanged();
      },
      journal: options.journal,
    });
    const common = {
      reactor: this.#reactor,
      log: options.log,
      hear: (message: FromChild) => this.#hear(message),
      changed: () => this.#rolesChanged(),
      died: (name: string, text: string) => options.journal?.record({ type: "role", name, text }),
    };
    this.#tunings = new RoleTunings(options.log);
    this.#ownProcess = new OwnProcess(options.log);
    this.#timedReload = new TimedReload({ log: options.log, reload: () => void this.reload() });
    this.#vrrp = new RoleKeeper<ToVrrp>({
      ...common,
      role: "vrrp",
      configure: (process, restarted) => {
        process.post({ type: "configure", part: vrrpPartOf(this.#config), urgent: restarted });
        this.#tunings.apply(this.#config.global, this.#vrrp.process, this.#health.process);
        process.post({ type: "track", status: this.#trackStatus });
        process.post({ type: "steer", orders: this.#operations.orders });
      },
      begin: (process, diedAtMs) => {
        const resume = stillMasters(this.#config.vrrpInstances, this.#vrrpInstances, diedAtMs);
        process.post({ type: "start", resume, notBeforeUs: this.#vrrpNotBeforeUs });
      },
      // Nobody advertises for a while and a peer will take over: two hosts must not answer for one address.
      paused: () => {
        this.#syncRoles.forget();
        this.#syncRoles.tell(this.#health.process, this.#config);
        removeVirtualAddresses(this.#config.vrrpInstances, options.log);
      },
    });
    this.#health = new RoleKeeper<ToHealth>({
      ...common,
      role: "health",
      configure: (process, restarted) => {
        this.#configureHealth(process, restarted);
        this.#tunings.apply(this.#config.global, this.#vrrp.process, this.#health.process);
      },
      begin: (process) => process.post({ type: "start" }),
    });
    this.#apiKeeper = new ApiKeeper({ ...options, loopback: options.api, source: options.source ?? "" });
    this.#api = new RoleKeeper<ToApi>({
      ...common,
      role: "api",
      configure: (process) => {
        process.post(this.#apiKeeper.configure(this.#inUse));
        process.send({ type: "vrrp", instances: this.#vrrpInstances });
        process.send(this.#healthReports.whole);
        process.send(this.#haproxy.report);
        this.#desk.begin(process);
      },
      begin: (process) => void this.#apiKeeper.begin(process, () => this.#inUse, this.#nodeSnapshot()),
    });
  }

  /** Starts what the configuration needs, after `startup_script`. Resolves once everything has ended. */
  run(): Promise<void> {
    const { global } = this.#config;
    if (global.startupScript === undefined) this.#begin();
    else this.#reloading = this.#startupScript.run(global).then(() => this.#begin());
    return this.#ended.promise;
  }

  #begin(): void {
    if (this.#stopping) return;
    this.#ownProcess.apply(this.#config.global);
    this.#timedReload.use(this.#config.global);
    this.#options.journal?.record({ type: "daemon", text: `Holdfast ${this.#options.version} starts` });
    this.#notifier.use(this.#config);
    this.#tracker.configure(this.#config);
    this.#operations.maintenance.begin();
    this.#guards.configure(this.#config);
    this.#bfd.start(this.#config);
    this.#haproxy.start(this.#config);
    // Who waits before it looks after its addresses must not keep any from an earlier life.
    if (waitMsUntil(this.#vrrpNotBeforeUs) > 0) removeVirtualAddresses(this.#config.vrrpInstances, this.#options.log);
    if (needsVrrp(this.#config)) this.#vrrp.start();
    if (usesIpvs(this.#config)) this.#health.start();
    this.#desk.open(this.#options);
    this.#usageTimer = setInterval(() => this.#nodeChanged(), USAGE_INTERVAL_MS);
    this.#rolesChanged();
  }

  /** Takes the configuration in again, in place. Requests during a reload become one more reload. */
  reload(): Promise<ReloadOutcome> {
    this.#nextReload ??= this.#next(() => {
      this.#nextReload = undefined;
      return this.#takeOver(readForReload(this.#config.global, this.#options.readConfig, this.#options.log));
    });
    return this.#nextReload;
  }

  /** One configuration after the other. */
  #next(change: () => Promise<ReloadOutcome>): Promise<ReloadOutcome> {
    const done = this.#reloading.then(change)
      .catch((error) => this.#refuse("", `the reload failed (${error instanceof Error ? error.message : error})`));
    this.#reloading = done;
    return done;
  }

  /** Writes what keepalived writes at a signal. */
  dump(kind: DumpKind): void {
    this.#dumps.write(kind);
  }

  /** Dumps count from zero from now on. */
  clearStats(): void {
    this.#dumps.clear();
  }

  /** Ends in order: first the addresses move to a peer, then the table goes, which forwarded until then. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const endMs = endMsOf(this.#config.global);
    this.#options.journal?.record({ type: "daemon", text: "Holdfast is ending" });
    this.#startupScript.abort();
    this.#timedReload.stop();
    await this.#reloading;
    this.#desk.close();
    this.#tracker.stop();
    this.#guards.stop();
    this.#notifier.ending();
    await this.#vrrp.stop({ type: "stop" }, endMs);
    await Promise.all([
      this.#health.stop({ type: "stop", keepTable: this.#options.keepIpvs, removed: false }, endMs),
      this.#bfd.stop(endMs),
      this.#haproxy.stop(endMs),
      this.#api.stop({ type: "stop" }, endMs),
    ]);
    await this.#notifier.close();
    await new LifeScript("shutdown_script", this.#options.log).run(this.#config.global);
    clearTimeout(this.#nodeTimer);
    this.#options.journal?.record({ type: "daemon", text: "Holdfast has ended" });
    this.#options.journal?.close();
    clearInterval(this.#usageTimer);
    this.#reactor.close();
    this.#ended.resolve();
  }

  #configureHealth(process: RoleProcess<ToHealth>, isRestart: boolean): void {
    const { virtualServers, global } = this.#config;
    const settings = ipvsSettingsOf(this.#config);
    const tells = { tellsInitialStates: global.notifiesInitialStates === true, isRestart };
    const place = global.ipvsNetworkNamespace !== undefined && { namespace: global.ipvsNetworkNamespace };
    const all = { previousKeys: this.#told.previousKeys, virtualServers: this.#told.whole(virtualServers) };
    process.post({ type: "configure", settings, ...all, ...tells, ...place });
    this.#syncRoles.tell(process, this.#config);
    this.#tracker.healthStarts();
    process.post({ type: "bfd", sessions: this.#bfd.forCheckers });
    process.post({ type: "restore", overrides: this.#serverOrders.overrides });
  }

  get #trackStatus(): TrackStatus {
    const { processes, ...status } = this.#tracker.status;
    return { ...status, processes: { ...processes, ...this.#haproxy.tracked }, bfd: this.#bfd.forVrrp };
  }

  #tellTracked(): void {
    this.#options.journal?.tracked(this.#trackStatus);
    this.#vrrp.process?.post({ type: "track", status: this.#trackStatus });
  }

  // --- what the roles say ---

  #hear(message: FromChild): void {
    switch (message.type) {
      case "vrrp":
        this.#takeInstances(this.#operations.show(message.instances));
        this.#api.send({ type: "vrrp", instances: this.#vrrpInstances });
        return;
      case "transition":
        this.#syncRoles.hear(message.transition);
        this.#syncRoles.tell(this.#health.process, this.#config);
        return this.#notifier.tell(message.transition);
      case "notice":
        return this.#notifier.note(message.notice);
      case "fence":
        return this.#guards.fence(message.request);
      case "quorums":
        return this.#tracker.hearServers(message.words);
      case "servers":
        return this.#notifier.tellServers(message.news);
      case "health":
        this.#api.send(message);
        return this.#healthReports.take(message, (before, after) => this.#options.journal?.servers(before, after));
      case "command":
        return this.#desk.hear(message);
      case "warnings":
        this.#healthWarnings = message.warnings;
        for (const warning of message.warnings) this.#options.log(`warning: ${warning.message}`);
        return this.#nodeChanged();
      case "observed":
        return this.#options.journal?.record(message.fact, message.atMs);
      case "ready":
      case "reconfigured":
      case "operated":
      case "bfd":
      case "mailed":
      case "ordered":
      case "log":
      case "failed":
        return; // taken where they are waited for
      default:
        return message satisfies never;
    }
  }

  #takeInstances(instances: readonly VrrpInstanceSnapshot[]): void {
    const [before, after] = [this.#vrrpInstances, instances].map((list) => splitBrainWarnings(list).length);
    this.#vrrpInstances = instances;
    if (before !== after) this.#nodeChanged();
  }

  #roles(): RoleSnapshot[] {
    return [this.#vrrp.snapshot(), this.#health.snapshot(), ...this.#bfd.snapshot(), this.#api.snapshot()];
  }

  #rolesChanged(): void {
    this.#nodeChanged();
    if (this.#stopping) return;
    this.#options.rolesChanged?.(this.#roles());
    if (this.#usageTimer !== undefined) this.#apiKeeper.start(this.#api, this.#roles());
  }

  #nodeChanged(): void {
    if (this.#nodeTimer !== undefined || this.#stopping) return;
    this.#nodeTimer = setTimeout(() => {
      this.#nodeTimer = undefined;
      this.#api.send({ type: "node", node: this.#nodeSnapshot() });
    }, NODE_SNAPSHOT_MS);
  }

  get #inUse(): ConfigInUse {
    return { config: this.#config, generation: this.#generation, appliedAtMs: this.#reloads.counters.lastAcceptedAtMs };
  }

  #nodeSnapshot(): NodeSnapshot {
    const roles = this.#roles();
    const { maintenance } = this.#operations;
    return {
      routerId: this.#config.routerId,
      version: this.#options.version,
      startedAtMs: this.#startedAtMs,
      generation: this.#generation,
      roles,
      processes: processUsage(roles),
      scripts: this.#tracker.scripts,
      reloads: this.#reloads.counters,
      warnings: [maintenance.warnings, splitBrainWarnings(this.#vrrpInstances), this.#healthWarnings, this.#leftOut]
        .concat([this.#tracker.warnings, this.#notifier.warnings, this.#reloads.warnings, this.#haproxy.warnings])
        .flat(),
      ...(maintenance.state && { maintenance: maintenance.state }),
    };
  }

  // --- reload ---

  async #takeOver(read: ReadResult, origin: Origin = { origin: "reload" }): Promise<ReloadOutcome> {
    const { leftOut, report } = read;
    const config = read.config && withKnownServers(this.#config, read.config);
    if (report !== "") this.#options.log(`\n${report.trimEnd()}`);
    if (this.#stopping) return refusal(this.#generation, report, "Holdfast is ending");
    if (config === undefined) return this.#refuse(report, "the configuration on disk is wrong and was not taken over");
    const before = this.#config;
    const changes = differenceOf(before, config);
    const by = origin.actor === undefined ? "" : ` by ${origin.actor}`;
    const text = `${origin.origin}${by}: ${summaryOf(changes)}`;
    this.#options.journal?.record({ type: "reload", accepted: true, text });
    const problem = await carryOver(before, config, this.#reloadSteps(), (current) => {
      this.#config = current;
      this.#notifier.use(current);
      this.#guards.configure(current);
    });
    if (problem !== undefined) {
      return this.#refuse(report, `the new configuration could not be taken over (${problem})`);
    }
    this.#generation++;
    this.#serverOrders.forgetAllBut(config);
    this.#reloads.accepted();
    this.#tracker.configure(config);
    this.#ownProcess.apply(this.#config.global);
    this.#timedReload.use(this.#config.global);
    this.#tunings.apply(this.#config.global, this.#vrrp.process, this.#health.process);
    this.#notifier.reloaded();
    this.#leftOut = notStartedWarnings(leftOut);
    this.#options.log(`configuration ${this.#generation} is in use: ${summaryOf(changes)}`);
    if (!this.#stopping) await this.#apiKeeper.renew(() => this.#inUse, this.#api, END_MS);
    logChanges(changes, this.#options.log);
    this.#desk.changes.used(read, changes, origin);
    this.#nodeChanged();
    return { accepted: true, generation: this.#generation, report, changes };
  }

  #refuse(report: string, what: string): ReloadOutcome {
    const message = `${what}; the running one goes on`;
    this.#reloads.refused(message);
    this.#options.log(`warning: ${message}`);
    this.#options.journal?.record({ type: "reload", accepted: false, text: message });
    this.#nodeChanged();
    return refusal(this.#generation, report, message);
  }

  /** The table before the addresses: a new address is announced when what it leads to is there. */
  #reloadSteps(): ReloadStep[] {
    return [
      this.#bfd.reloadStep,
      this.#haproxy.reloadStep,
      {
        differs: (before, after) =>
          !saysTheSame(
            [before.virtualServers, ipvsSettingsOf(before)],
            [after.virtualServers, ipvsSettingsOf(after)],
          ),
        use: (config) => this.#useVirtualServers(config),
      },
      {
        differs: (before, after) => !saysTheSame(vrrpPartOf(before), vrrpPartOf(after)),
        use: (config) => this.#useInstances(config),
      },
    ];
  }

  async #useInstances(config: Config): Promise<string | undefined> {
    if (!needsVrrp(config)) {
      await this.#vrrp.stop({ type: "stop" }, END_MS);
      this.#vrrpInstances = [];
      this.#api.send({ type: "vrrp", instances: [] });
      return undefined;
    }
    if (this.#vrrp.stopped) return await this.#vrrp.startReady() ? undefined : "the vrrp role did not start";
    return await this.#vrrp.reconfigure((id) => ({ type: "reconfigure", id, part: vrrpPartOf(config) }));
  }

  async #useVirtualServers(config: Config): Promise<string | undefined> {
    const { virtualServers } = config;
    const settings = ipvsSettingsOf(config);
    if (!usesIpvs(config)) {
      await this.#health.stop({ type: "stop", keepTable: false, removed: true }, END_MS);
      this.#healthReports.clear();
      this.#healthWarnings = [];
      this.#api.send(this.#healthReports.whole);
      return undefined;
    }
    if (this.#health.stopped) return await this.#health.startReady() ? undefined : "the health role did not start";
    const problem = await this.#health.reconfigure((id) => this.#told.reconfigure(id, virtualServers, settings));
    this.#syncRoles.tell(this.#health.process, config);
    return problem;
  }

  #snapshot(): Snapshot {
    const vrrpInstances = this.#operations.show(this.#vrrpInstances);
    const { virtualServers } = this.#healthReports.whole;
    return { node: this.#nodeSnapshot(), vrrpInstances, virtualServers, ...this.#haproxy.shown };
  }
}
