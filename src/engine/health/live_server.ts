// One virtual server at work: its real servers' health, its quorum, its last results. Decides through the core, acts not.
import { assumeAtStart } from "../../core/health/adoption.ts";
import { type RealServerHealth, recordCheck, startRealServer } from "../../core/health/real_server.ts";
import { startChecker } from "../../core/health/verdict.ts";
import {
  liveWeight,
  type QuorumState,
  type QuorumStep,
  reachableQuorum,
  type RealServerStanding,
  startQuorum,
  stepQuorum,
  type VirtualServerPolicy,
  wantedVirtualServer,
} from "../../core/health/virtual_server.ts";
import { canonicalServer } from "../../core/ipvs/diff.ts";
import type { RealServerEntry, VirtualServerRow, WantedVirtualServer } from "../../core/ipvs/table.ts";
import type { Checker, RealServer, VirtualServer } from "../../config/config.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import { policyOf, realServerEntry, timingOf } from "./policy.ts";

/** A result with the wall clock of its arrival. */
export interface DatedResult {
  readonly result: ProbeResult;
  readonly atMs: number;
}

/** One real server at work. */
export interface LiveRealServer {
  readonly config: RealServer;
  readonly entry: RealServerEntry;
  health: RealServerHealth;
  /** Newest result of each checker. */
  readonly results: (DatedResult | undefined)[];
}

/** Changes that one result brought. */
export interface LiveStep {
  /** The checker's verdict changed, or this is its first. */
  readonly verdict?: "up" | "down";
  readonly realServer?: "up" | "down";
  readonly quorum?: "gained" | "lost";
}

/** One virtual server at work. */
export class LiveVirtualServer {
  readonly config: VirtualServer;
  readonly policy: VirtualServerPolicy;
  readonly limits: { readonly quorum: number; readonly hysteresis: number };
  readonly realServers: readonly LiveRealServer[];
  #quorum: QuorumState;

  /** `row`: what the kernel has of it, for adoption. `spreadUs` gives the delay of each checker's first check. */
  constructor(
    config: VirtualServer,
    start: {
      readonly row: VirtualServerRow | undefined;
      readonly nowUs: number;
      readonly spreadUs: (checker: Checker) => number;
    },
  ) {
    this.config = config;
    this.policy = policyOf(config);
    const assumed = assumptions(config, this.policy, start.row);
    this.realServers = config.realServers.map((server, index) => ({
      config: server,
      entry: realServerEntry(server),
      health: startRealServer(
        server.checkers.map((checker) =>
          startChecker({ up: assumed[index] === "up", firstCheckUs: start.nowUs + start.spreadUs(checker) })
        ),
        start.nowUs,
      ),
      results: server.checkers.map(() => undefined),
    }));
    const total = this.realServers.reduce((sum, { entry }) => sum + entry.weight, 0);
    this.limits = reachableQuorum(this.policy, total);
    this.#quorum = startQuorum(this.limits, this.liveWeight, start.nowUs);
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
  get wanted(): WantedVirtualServer {
    return wantedVirtualServer(this.policy, this.#standings(), this.#quorum.up);
  }

  /** Takes the result of one checker. */
  record(server: LiveRealServer, index: number, checker: Checker, dated: DatedResult, nowUs: number): LiveStep {
    const before = server.health.checkers[index];
    const { ok } = dated.result;
    const { health, change } = recordCheck(server.health, { index, timing: timingOf(checker), ok, nowUs });
    const after = health.checkers[index];
    server.health = health;
    server.results[index] = dated;
    const quorum = this.#stepQuorum(nowUs);
    const firstVerdict = before?.judged === false || before?.up !== after?.up;
    return {
      ...(firstVerdict && after !== undefined ? { verdict: after.up ? "up" : "down" } : {}),
      ...(change === undefined ? {} : { realServer: change }),
      ...(quorum === undefined ? {} : { quorum }),
    };
  }

  #stepQuorum(nowUs: number): QuorumStep["change"] {
    const { state, change } = stepQuorum(this.limits, this.#quorum, this.liveWeight, nowUs);
    this.#quorum = state;
    return change;
  }

  #standings(): RealServerStanding[] {
    return this.realServers.map(({ config, entry, health }) => {
      return { entry, inhibitOnFailure: config.inhibitOnFailure, up: health.up };
    });
  }
}

function assumptions(
  config: VirtualServer,
  policy: VirtualServerPolicy,
  row: VirtualServerRow | undefined,
): readonly ("up" | "down")[] {
  const weights = new Map(row?.realServers.map(({ entry }) => [canonicalServer(entry), entry.weight]));
  const servers = config.realServers.map((server) => {
    return { entry: realServerEntry(server), inhibitOnFailure: server.inhibitOnFailure };
  });
  const sorry = policy.sorryServer;
  return assumeAtStart(servers, servers.map(({ entry }) => weights.get(canonicalServer(entry))), {
    sorryServerInKernel: sorry !== undefined && (weights.get(canonicalServer(sorry)) ?? 0) > 0,
    alpha: config.alpha,
  });
}
