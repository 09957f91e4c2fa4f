// How the presence of real servers (draining, slow start, an operator's word) shows in the table. No timers.
import { isMoving, type Presence, type PresenceTerms, risenWeight } from "../../core/health/presence.ts";
import { startRealServer } from "../../core/health/real_server.ts";
import { type RealServerStanding, serverBehind, type VirtualServerPolicy } from "../../core/health/virtual_server.ts";
import { canonicalKey, canonicalServer } from "../../core/ipvs/diff.ts";
import { rowNamed, type TableModel } from "../../core/ipvs/model.ts";
import type { RealServerEntry, RealServerRow } from "../../core/ipvs/table.ts";
import type { RealServer, VirtualServer } from "../../config/config.ts";
import { countsAsUp, type LiveRealServer, weightedEntry } from "./live_real_server.ts";

/** A real server that has stopped moving. */
export interface Settled {
  readonly server: LiveRealServer;
  readonly presence: Presence;
}

/** What the configuration says of draining and slow start; the real server before its virtual server. */
export function termsOf(virtual: VirtualServer, real: RealServer): PresenceTerms {
  const drainTimeoutMs = real.drainTimeoutMs ?? virtual.drainTimeoutMs;
  return {
    slowStartUs: (real.slowStartMs ?? virtual.slowStartMs ?? 0) * 1000,
    drainTimeoutUs: drainTimeoutMs === undefined ? undefined : drainTimeoutMs * 1000,
  };
}

/** One real server as the core judges it. */
export function standingOf(server: LiveRealServer, virtual: VirtualServer, nowUs: number): RealServerStanding {
  const { config, presence, left = false, removed = false } = server;
  const isUp = countsAsUp(server);
  const entry = weightedEntry(server);
  return {
    entry,
    inhibitOnFailure: config.inhibitOnFailure && !left && presence.name !== "out",
    up: isUp && !left && presence.name === "present",
    ...(config.backup ? { backup: true } : {}),
    ...(presence.name === "present" && !left && !removed ? failureOf(server) : {}),
    // A dead server has no connections to wait for; one that has left the configuration is not checked any more.
    draining: presence.name === "draining" && (isUp || removed) && !left,
    tableWeight: risenWeight(termsOf(virtual, config), presence, entry.weight, nowUs),
  };
}

/** What `fail_open` asks: since when its checks find it down, and whether it ever was up. An operator's word is no failure. */
function failureOf({ health, override }: LiveRealServer): Pick<RealServerStanding, "failure"> {
  const wasUp = health.downTransitions > 0;
  // A reload may have brought it checkers that have not said anything yet.
  if (
    override?.health !== undefined || health.up || !(wasUp || health.checkers.some(({ up, judged }) => judged && !up))
  ) return {};
  return { failure: { sinceUs: health.sinceUs, wasUp } };
}

/**
 * Real servers that an earlier process was draining: in the table at weight 0, and configured no more. Their time begins
 * anew. Of a group nobody can say which rows are one server, so that there they leave at once.
 */
export function leftDraining(
  virtual: VirtualServer,
  policy: VirtualServerPolicy,
  table: TableModel | undefined,
  nowUs: number,
): LiveRealServer[] {
  const [{ key }, ...others] = policy.entries;
  const { drainTimeoutMs = 0 } = virtual;
  if (drainTimeoutMs === 0 || others.length > 0) return [];
  const configured = [...virtual.realServers, ...(virtual.sorryServer ? [virtual.sorryServer] : [])];
  const known = new Set(configured.map(canonicalServer));
  const rows = table?.get(canonicalKey(key))?.realServers ?? [];
  return rows.filter(({ entry }) => entry.weight === 0 && !known.has(canonicalServer(entry))).map(({ entry }) => {
    const { tunnel: _, ...terms } = entry;
    const config = { ...terms, inhibitOnFailure: false, checkers: [], drainTimeoutMs, location: virtual.location };
    return {
      config,
      entry,
      health: startRealServer([], nowUs),
      checkers: [],
      presence: { name: "draining", sinceUs: nowUs },
      removed: true,
    };
  });
}

/** Some real server changes by itself. */
export function anyMoves(servers: readonly LiveRealServer[]): boolean {
  return servers.some(({ presence }) => isMoving(presence));
}

/** The rows of a real server behind the entries of its virtual server. */
export function rowsOf(policy: VirtualServerPolicy, server: RealServerEntry, table: TableModel): RealServerRow[] {
  return policy.entries.flatMap(({ key }) => {
    const known = table.get(canonicalKey(key));
    const there = known && serverBehind(key, server);
    const row = there && rowNamed(known.realServers, canonicalServer(there));
    return row === undefined ? [] : [row];
  });
}

/**
 * Connections that a draining server still has, clients with persistence included; undefined while the table cannot be
 * read. Of TCP the established ones count: what the kernel remembers of ended ones is of no use to anybody. UDP knows no
 * end, so that there all count that the kernel remembers.
 */
export function connectionsOf(
  virtual: VirtualServer,
  policy: VirtualServerPolicy,
  server: RealServerEntry,
  table: TableModel | undefined,
): number | undefined {
  if (table === undefined) return undefined;
  const isTcp = virtual.protocol === "tcp" && !policy.entries.some(({ key }) => key.kind === "fwmark");
  return rowsOf(policy, server, table).reduce(
    (sum, row) => sum + row.activeConnections + row.persistentConnections + (isTcp ? 0 : row.inactiveConnections),
    0,
  );
}
