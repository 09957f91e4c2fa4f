// One virtual server at work: its real servers' health, its quorum, its last results. Decides through the core, acts not.
import { assumeAtStart, type StartAssumption } from "../../core/health/adoption.ts";
import { isMoving, type Override, type PresenceEvent, stepPresence } from "../../core/health/presence.ts";
import type { Duty } from "../../core/health/pool.ts";
import { recordCheck } from "../../core/health/real_server.ts";
import {
  liveWeight,
  poolDuties,
  type QuorumState,
  type QuorumStep,
  reachableQuorum,
  type RealServerStanding,
  startQuorum,
  stepQuorum,
  type VirtualServerPolicy,
  wantedVirtualServers,
} from "../../core/health/virtual_server.ts";
import { canonicalServer } from "../../core/ipvs/diff.ts";
import type { TableModel } from "../../core/ipvs/model.ts";
import type { RealServerEntry, WantedVirtualServer } from "../../core/ipvs/table.ts";
import type { VirtualServer } from "../../config/config.ts";
import {
  type DatedResult,
  type LiveChecker,
  type LiveRealServer,
  type LiveStart,
  reconfigureLiveRealServer,
  retireLiveRealServer,
  startLiveRealServer,
  weightedEntry,
} from "./live_real_server.ts";
import { type AgentStep, assumeAgent, isGood, modeOf, recordAgent } from "./live_agent.ts";
import { type CertificateStep, recordCertificate } from "./live_certificate.ts";
import { isUntold, withWeightOf } from "./untold.ts";
import { anyMoves, connectionsOf, leftDraining, rowsOf, type Settled, standingOf, termsOf } from "./live_presence.ts";
import { policyOf, realServerEntry, timingOf } from "./policy.ts";

/** Changes that one result brought. */
export interface LiveStep {
  /** The checker's verdict changed, or this is its first. */
  readonly verdict?: "up" | "down";
  /** A try failed that does not count yet: there are more. */
  readonly tryFailed?: true;
  /** From now on the check cannot be carried out. */
  readonly untold?: true;
  readonly realServer?: "up" | "down";
  /** A checker named another weight. */
  readonly weight?: number;
  /** The checker is an agent's. */
  readonly agent?: AgentStep;
  /** Its agent wants something else of the server than before. */
  readonly mode?: "ready" | "drain" | "maint";
  /** It saw a certificate. */
  readonly certificate?: CertificateStep;
  readonly quorum?: "gained" | "lost";
}

/** What nearly each of thousands of results brings. */
export const NO_CHANGE: LiveStep = {};

/** What a new configuration of a virtual server brought. */
export interface LiveChange {
  readonly added: readonly LiveRealServer[];
  readonly removed: readonly LiveRealServer[];
  /** Of them, those that stay for their connections. */
  readonly drained: readonly LiveRealServer[];
  /** Real servers that went up or down with their checkers. */
  readonly changed: readonly { readonly server: LiveRealServer; readonly change: "up" | "down" }[];
  /** Checkers that are new and are to be scheduled. */
  readonly started: readonly { readonly server: LiveRealServer; readonly checker: LiveChecker }[];
  readonly quorum?: "gained" | "lost";
}

/** One virtual server at work. */
export class LiveVirtualServer {
  #config: VirtualServer;
  #policy: VirtualServerPolicy;
  #limits: { readonly quorum: number; readonly hysteresis: number };
  #realServers: readonly LiveRealServer[];
  /** Configured no more, but connections are left. */
  #leaving: readonly LiveRealServer[] = [];
  #quorum: QuorumState;
  #disabled: Override | undefined;
  /** Something may have changed the sum of live weights since the quorum was last looked at. */
  #isStale = false;
  /** The last event. */
  #nowUs: number;

  /** `table`: what the kernel has, for adoption; undefined while it cannot be read. */
  constructor(config: VirtualServer, start: LiveStart & { readonly table: TableModel | undefined }) {
    this.#config = config;
    this.#nowUs = start.nowUs;
    this.#policy = policyOf(config);
    const assumed = assumptions(config, this.#policy, start.table);
    this.#realServers = config.realServers.map((server, index) => {
      return startLiveRealServer({ config: server, assumed: assumed[index] ?? "configured", virtual: config }, start);
    });
    for (const server of this.#realServers) {
      if (!server.checkers.some((checker) => checker.config.type === "agent")) continue;
      assumeAgent(server, kernelWeight(this.#policy, server.entry, start.table));
    }
    this.#leaving = leftDraining(config, this.#policy, start.table, start.nowUs);
    this.#limits = this.#reachableLimits();
    this.#quorum = startQuorum(this.#limits, this.liveWeight, start.nowUs);
  }

  /** What it does now. */
  get config(): VirtualServer {
    return this.#config;
  }

  get policy(): VirtualServerPolicy {
    return this.#policy;
  }

  /** Quorum and hysteresis as they can be reached. */
  get limits(): { readonly quorum: number; readonly hysteresis: number } {
    return this.#limits;
  }

  /** In the order of the configuration. */
  get realServers(): readonly LiveRealServer[] {
    return this.#realServers;
  }

  /** Real servers that are configured no more and drain. */
  get leaving(): readonly LiveRealServer[] {
    return this.#leaving;
  }

  /** An operator has taken all of it out of service. */
  get disabled(): Override | undefined {
    return this.#disabled;
  }

  /** Something changes by itself: `advance` is to be called. */
  get moves(): boolean {
    return anyMoves(this.#realServers) || anyMoves(this.#leaving);
  }

  /** Whether quorum is held, and since when. */
  get quorum(): QuorumState {
    return this.#quorum;
  }

  /** Sum of the weights of the real servers that are up. */
  get liveWeight(): number {
    return liveWeight(this.#standings());
  }

  /** The table entries wanted now. */
  get wanted(): WantedVirtualServer[] {
    return wantedVirtualServers(this.#policy, this.#standings(), this.#quorum.up);
  }

  /** It has backups, or `fail_open`: what its real servers do follows from more than their own checks. */
  get hasPool(): boolean {
    return this.#config.failOpen !== undefined || this.#config.realServers.some(({ backup }) => backup);
  }

  /** What each real server does, in their order. */
  get duties(): ReadonlyMap<LiveRealServer, Duty> {
    const standings = this.#realServers.map((server) => this.#standingOf(server));
    const duties = poolDuties(this.#policy, standings);
    return new Map(this.#realServers.map((server, index) => [server, duties[index] ?? "idle"]));
  }

  /** Takes the result of one checker. */
  record(server: LiveRealServer, checker: LiveChecker, dated: DatedResult, nowUs: number): LiveStep {
    const index = server.checkers.indexOf(checker);
    const before = server.health.checkers[index];
    const ok = isUntold(checker, dated.result) ? undefined : isGood(checker, before, dated.result);
    const untold = ok === undefined && checker.result?.result.status !== dated.result.status;
    const { health, change } = recordCheck(server.health, { index, timing: timingOf(checker.config), ok, nowUs });
    const after = health.checkers[index];
    const [weightBefore, modeBefore] = [weightedEntry(server).weight, modeOf(server)];
    server.health = health;
    checker.result = ok === undefined ? withWeightOf(checker.result, dated) : dated;
    const agent = recordAgent(checker, dated.result);
    const certificate = recordCertificate(checker, dated);
    const mode = this.#stepMode(server, modeBefore, nowUs);
    if (change === "up") this.#step(server, { type: "recovered" }, nowUs);
    const { weight } = weightedEntry(server);
    // Thousands of good results change nothing: the quorum, a sum over all real servers, is not looked at for each.
    if (change !== undefined || mode !== undefined || weight !== weightBefore) this.#isStale = true;
    this.#nowUs = nowUs;
    const quorum = this.#isStale ? this.#stepQuorum(nowUs) : undefined;
    // An agent that is not heard has passed no verdict.
    const isHeard = agent?.after.silence === undefined;
    const firstVerdict = isHeard && ok !== undefined && (before?.judged === false || before?.up !== after?.up);
    const tryFailed = ok === false && after?.up === true;
    const news = [change, agent, mode, certificate, quorum];
    if (!firstVerdict && !tryFailed && !untold && weight === weightBefore && news.every((one) => one === undefined)) {
      return NO_CHANGE;
    }
    return {
      ...(tryFailed ? { tryFailed } : {}),
      ...(untold ? { untold } : {}),
      ...(firstVerdict && after !== undefined ? { verdict: after.up ? "up" : "down" } : {}),
      ...(change === undefined ? {} : { realServer: change }),
      ...(weight === weightBefore ? {} : { weight }),
      ...(agent === undefined ? {} : { agent }),
      ...(mode === undefined ? {} : { mode }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(quorum === undefined ? {} : { quorum }),
    };
  }

  /**
   * Does from now on what another configuration of the same key says. Real servers (by address and port) and checkers that
   * are the same keep state, history, timers and running checks; new real servers start as at the first start.
   */
  reconfigure(config: VirtualServer, start: LiveStart): LiveChange {
    const before = Map.groupBy(this.#realServers, (server) => canonicalServer(server.config));
    const earlier = this.#config;
    const added: LiveRealServer[] = [];
    this.#nowUs = start.nowUs;
    const changed: LiveChange["changed"][number][] = [];
    const started: LiveChange["started"][number][] = [];
    this.#config = config;
    this.#policy = policyOf(config);
    this.#realServers = config.realServers.map((wanted) => {
      const server = before.get(canonicalServer(wanted))?.shift();
      if (server === undefined) {
        const made = startLiveRealServer({ config: wanted, assumed: "configured", virtual: config }, start);
        added.push(made);
        this.#step(made, { type: "recovered" }, start.nowUs);
        for (const checker of made.checkers) started.push({ server: made, checker });
        return made;
      }
      const modeBefore = modeOf(server);
      const step = reconfigureLiveRealServer(server, wanted, start);
      this.#stepMode(server, modeBefore, start.nowUs);
      for (const checker of step.started) started.push({ server, checker });
      if (step.change !== undefined) changed.push({ server, change: step.change });
      return server;
    });
    const removed = [...before.values()].flat();
    for (const server of removed) retireLiveRealServer(server);
    const configured = new Set(config.realServers.map(canonicalServer));
    const drained = removed.filter((server) => this.#drains(server, earlier));
    this.#leaving = [...this.#leaving, ...drained].filter((server) => !configured.has(canonicalServer(server.config)));
    this.#limits = this.#reachableLimits();
    const quorum = this.#stepQuorum(start.nowUs);
    return { added, removed, drained, changed, started, ...(quorum === undefined ? {} : { quorum }) };
  }

  /** Takes what an operator said of a real server, or of all of it, or takes it back. */
  obey(
    server: LiveRealServer | undefined,
    override: Override | undefined,
    nowUs: number,
  ): QuorumStep["change"] {
    if (server === undefined) this.#disabled = override;
    else {
      server.override = override;
      this.#step(server, { type: modeOf(server) }, nowUs);
    }
    return this.#stepQuorum(nowUs);
  }

  /**
   * Lets time pass for those that drain or rise. `table`: undefined while it cannot be read.
   *
   * @returns those that do so no more
   */
  advance(table: TableModel | undefined, nowUs: number): Settled[] {
    const settled: Settled[] = [];
    for (const server of [...this.#realServers, ...this.#leaving]) {
      if (!isMoving(server.presence)) continue;
      const connections = connectionsOf(this.#config, this.#policy, server.entry, table);
      this.#step(server, { type: "tick", connections }, nowUs);
      if (!isMoving(server.presence)) settled.push({ server, presence: server.presence });
    }
    this.#nowUs = nowUs;
    this.#leaving = this.#leaving.filter(({ presence }) => presence.name === "draining");
    return settled;
  }

  /** Takes a real server out for good, as `omega` does at the end; no sorry server comes in for it. */
  leave(server: LiveRealServer, nowUs: number): QuorumStep["change"] {
    server.left = true;
    const { sorryServer: _, ...policy } = this.#policy;
    this.#policy = policy;
    return this.#stepQuorum(nowUs);
  }

  /** It is configured no more: results of its running checks count no more. */
  retire(): void {
    for (const server of this.#realServers) retireLiveRealServer(server);
  }

  /** @returns what is wanted of it now, if that is something else */
  #stepMode(server: LiveRealServer, before: LiveStep["mode"], nowUs: number): LiveStep["mode"] {
    const mode = modeOf(server);
    if (mode === before) return undefined;
    this.#step(server, { type: mode }, nowUs);
    return mode;
  }

  #step(server: LiveRealServer, event: PresenceEvent, nowUs: number): void {
    this.#nowUs = nowUs;
    this.#isStale = true;
    server.presence = stepPresence(termsOf(this.#config, server.config), server.presence, event, nowUs);
  }

  /** A server that leaves the configuration drains where that is asked for and it may have connections. */
  #drains(server: LiveRealServer, earlier: VirtualServer): boolean {
    const { drainTimeoutUs = 0 } = termsOf(earlier, server.config);
    if (drainTimeoutUs === 0 || !server.health.up || server.presence.name === "out") return false;
    server.removed = true;
    server.config = { ...server.config, drainTimeoutMs: drainTimeoutUs / 1000 };
    this.#step(server, { type: "drain" }, this.#nowUs);
    return true;
  }

  #reachableLimits(): { readonly quorum: number; readonly hysteresis: number } {
    const total = this.#realServers.reduce((sum, { entry }) => sum + entry.weight, 0);
    return reachableQuorum(this.#policy, total);
  }

  #stepQuorum(nowUs: number): QuorumStep["change"] {
    this.#nowUs = nowUs;
    this.#isStale = false;
    const { state, change } = stepQuorum(this.#limits, this.#quorum, this.liveWeight, nowUs);
    this.#quorum = state;
    return change;
  }

  #standings(): RealServerStanding[] {
    return [...this.#realServers, ...this.#leaving].map((server) => this.#standingOf(server));
  }

  /** Of one that is out of service nothing serves but the sorry server: who is drained or stands by is out, too. */
  #standingOf(server: LiveRealServer): RealServerStanding {
    const standing = standingOf(server, this.#config, this.#nowUs);
    return this.#disabled === undefined ? standing : { entry: standing.entry, inhibitOnFailure: false, up: false };
  }
}

function assumptions(
  config: VirtualServer,
  policy: VirtualServerPolicy,
  table: TableModel | undefined,
): readonly StartAssumption[] {
  const weightOf = (server: RealServerEntry): number | undefined => kernelWeight(policy, server, table);
  const servers = config.realServers.map((server) => {
    return { entry: realServerEntry(server), inhibitOnFailure: server.inhibitOnFailure };
  });
  const sorry = policy.sorryServer;
  return assumeAtStart(servers, servers.map(({ entry }) => weightOf(entry)), {
    sorryServerInKernel: sorry !== undefined && (weightOf(sorry) ?? 0) > 0,
  });
}

/** Its greatest weight behind the entries of the virtual server; undefined where it stands behind none. */
function kernelWeight(
  policy: VirtualServerPolicy,
  server: RealServerEntry,
  table: TableModel | undefined,
): number | undefined {
  const weights = table === undefined ? [] : rowsOf(policy, server, table).map(({ entry }) => entry.weight);
  return weights.length === 0 ? undefined : Math.max(...weights);
}
