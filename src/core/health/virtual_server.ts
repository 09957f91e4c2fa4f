// A virtual server's quorum, and from it the table entries it wants. Pure; which real server is up is an input.
import { familyOf } from "../../base/ip.ts";
import type { RealServerEntry, VirtualServerEntry, VirtualServerKey, WantedVirtualServer } from "../ipvs/table.ts";
import { dutiesOf, type Duty, type FailOpen } from "./pool.ts";

/** A virtual server as its configuration says. */
export interface VirtualServerPolicy {
  /** Its entries in the table: one, or one for each address and firewall mark of its `virtual_server_group`. */
  readonly entries: readonly [VirtualServerEntry, ...VirtualServerEntry[]];
  /** Sum of live weights needed, at least 1. */
  readonly quorum: number;
  /** Distance from `quorum` at which it is gained (above) and lost (below). */
  readonly hysteresis: number;
  /** Takes the traffic while quorum is lost; its weight is 1. */
  readonly sorryServer?: RealServerEntry;
  /** It stays in the table at weight 0 while it is not active (keepalived: `sorry_server_inhibit`). */
  readonly inhibitSorryServer?: boolean;
  /** What stays when all have failed; a sorry server comes before it. */
  readonly failOpen?: FailOpen;
  /** Backups serve while fewer others are up, default 1. */
  readonly backupBelow?: number;
}

/** A real server with the part of its configuration that matters here, and its verdict. */
export interface RealServerStanding {
  /** With the configured weight. */
  readonly entry: RealServerEntry;
  /** Stays in the table at weight 0 when it is out (keepalived: `inhibit_on_failure`). */
  readonly inhibitOnFailure: boolean;
  readonly up: boolean;
  /** Its weight in the table while it is up, where that is not the one that counts for the quorum (slow start). */
  readonly tableWeight?: number;
  /** It drains: it counts for nothing, but stays at weight 0 for its connections, whatever else happens. */
  readonly draining?: boolean;
  /** It is for when others fail. */
  readonly backup?: boolean;
  /** A check has found it down, and nothing else keeps it out. */
  readonly failure?: { readonly sinceUs: number; readonly wasUp: boolean };
}

/** Whether enough real servers are live. Times are monotonic microseconds. */
export interface QuorumState {
  readonly up: boolean;
  readonly sinceUs: number;
  readonly downTransitions: number;
}

/** The change that a new sum of live weights brought. */
export interface QuorumStep {
  readonly state: QuorumState;
  readonly change?: "gained" | "lost";
}

/** Sum of the configured weights of the real servers that are up, those that stand by too: they could serve. */
export function liveWeight(standings: readonly RealServerStanding[]): number {
  return standings.reduce((sum, { up, draining, entry }) => sum + (up && !draining ? entry.weight : 0), 0);
}

/**
 * Quorum and hysteresis that can be reached, as keepalived reduces them: a quorum above the sum of all weights becomes
 * that sum, a hysteresis of quorum or more becomes quorum - 1.
 */
export function reachableQuorum(
  policy: Pick<VirtualServerPolicy, "quorum" | "hysteresis">,
  totalWeight: number,
): { readonly quorum: number; readonly hysteresis: number } {
  const quorum = Math.max(1, Math.min(policy.quorum, totalWeight));
  return { quorum, hysteresis: Math.min(policy.hysteresis, quorum - 1) };
}

/** Quorum at start: held unless the live weights would lose it. Starting without it counts as no transition. */
export function startQuorum(
  limits: { readonly quorum: number; readonly hysteresis: number },
  have: number,
  nowUs: number,
): QuorumState {
  return { up: have > 0 && have >= limits.quorum - limits.hysteresis, sinceUs: nowUs, downTransitions: 0 };
}

/**
 * Quorum after the live weights became `have` (keepalived: check/ipwrapper.c): gained at quorum + hysteresis, lost
 * below quorum - hysteresis or at 0.
 */
export function stepQuorum(
  limits: { readonly quorum: number; readonly hysteresis: number },
  state: QuorumState,
  have: number,
  nowUs: number,
): QuorumStep {
  const { quorum, hysteresis } = limits;
  if (state.up && (have === 0 || have < quorum - hysteresis)) {
    return { change: "lost", state: { up: false, sinceUs: nowUs, downTransitions: state.downTransitions + 1 } };
  }
  if (!state.up && have > 0 && have >= quorum + hysteresis) {
    return { change: "gained", state: { ...state, up: true, sinceUs: nowUs } };
  }
  return { state };
}

/** What each real server does; a sorry server, whether it is needed or not, comes before `fail_open`. */
export function poolDuties(policy: VirtualServerPolicy, standings: readonly RealServerStanding[]): Duty[] {
  const { failOpen, sorryServer, backupBelow = 1 } = policy;
  const isOpen = failOpen !== undefined && sorryServer === undefined;
  return dutiesOf({ backupBelow, ...(isOpen ? { failOpen } : {}) }, standings);
}

/** The sorry server takes the traffic: there is one, and quorum is lost. */
export function sorryServerActive(policy: VirtualServerPolicy, quorumUp: boolean): boolean {
  return policy.sorryServer !== undefined && !quorumUp;
}

/**
 * A real server as it stands behind one entry (measured on keepalived 2.2.7): only NAT changes ports, so the others have
 * that of the entry, none for a firewall mark. The kernel takes a server of the other family in tunnels only.
 *
 * @returns undefined where it cannot stand
 */
export function serverBehind(key: VirtualServerKey, server: RealServerEntry): RealServerEntry | undefined {
  const family = key.kind === "fwmark" ? key.family : familyOf(key.address);
  if (server.forwardingMethod !== "tun" && familyOf(server.address) !== family) return undefined;
  const port = server.forwardingMethod === "nat" ? server.port : key.kind === "fwmark" ? 0 : key.port;
  return port === server.port ? server : { ...server, port };
}

/**
 * The entries wanted, real servers in the order of the configuration. While the sorry server is active every real
 * server is out, live or not, as in keepalived; without a sorry server a lost quorum changes nothing.
 */
export function wantedVirtualServers(
  policy: VirtualServerPolicy,
  standings: readonly RealServerStanding[],
  quorumUp: boolean,
): WantedVirtualServer[] {
  const sorry = sorryServerActive(policy, quorumUp) ? policy.sorryServer : undefined;
  const duties = poolDuties(policy, standings);
  const realServers = standings.flatMap(({ entry, inhibitOnFailure, draining, tableWeight = entry.weight }, index) => {
    const duty = duties[index];
    if (draining) return [{ ...entry, weight: 0 }];
    if (sorry === undefined) {
      if (duty === "serves") return [tableWeight === entry.weight ? entry : { ...entry, weight: tableWeight }];
      if (duty === "held") return [entry];
      // With the connections that it has from when it served.
      if (duty === "stands-by") return [{ ...entry, weight: 0 }];
    }
    return inhibitOnFailure ? [{ ...entry, weight: 0 }] : [];
  });
  const { sorryServer, inhibitSorryServer } = policy;
  const idle = inhibitSorryServer && sorryServer !== undefined ? [{ ...sorryServer, weight: 0 }] : [];
  const all = [...realServers, ...(sorry === undefined ? idle : [sorry])];
  return policy.entries.map((entry) => ({
    entry,
    realServers: all.map((server) => serverBehind(entry.key, server)).filter((server) => server !== undefined),
  }));
}
