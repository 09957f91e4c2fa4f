// Which virtual servers of another configuration are at work already. Looks into none that is the very same object: of thousands,
// a reload changes few.
import { same } from "../../base/same.ts";
import type { VirtualServer } from "../../config/config.ts";
import { canonicalKey } from "../../core/ipvs/diff.ts";
import type { LiveVirtualServer } from "./live_server.ts";
import { identityOf, keysOf } from "./policy.ts";

/** What was found. */
export interface ServerMatch {
  /** Those that say the same, by their new configuration. */
  readonly kept: ReadonlyMap<VirtualServer, LiveVirtualServer>;
  /** The others that are at work, by `identityOf()`. */
  readonly others: Map<string, LiveVirtualServer>;
  /** All that are configured are at work. */
  readonly isKnown: boolean;
}

/** Compares those at work with a configuration. */
export function matchServers(servers: readonly LiveVirtualServer[], configs: readonly VirtualServer[]): ServerMatch {
  const kept = new Map(servers.map((server) => [server.config, server]));
  const wanted = new Set(configs);
  const left = servers.filter(({ config }) => !wanted.has(config));
  const others = new Map(left.map((server) => [identityOf(server.config), server]));
  let isKnown = true;
  for (const config of configs) {
    if (kept.has(config)) continue;
    const id = identityOf(config);
    const server = others.get(id);
    if (server === undefined) isKnown = false;
    if (server === undefined || !same(server.config, config, "location")) continue;
    kept.set(config, server);
    others.delete(id);
  }
  return { kept, others, isKnown };
}

/** Whether both have the same entries in the kernel's table: those that follow an instance have some or none. */
export function haveSameKeys(before: VirtualServer, after: VirtualServer): boolean {
  if (before.followInstance?.withTable || after.followInstance?.withTable) return false;
  return same(keysOf(before).map(canonicalKey), keysOf(after).map(canonicalKey));
}
