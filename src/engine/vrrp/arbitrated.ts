// What an arbiter and a peer are told of, and asked about, our instances: from configurations and snapshots to the core's words.
import type { VrrpInstance } from "../../config/config.ts";
import { wantsKey } from "../../core/vrrp/arbiter.ts";
import type { RouterIdentity } from "../../core/vrrp/peer_word.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";

/** Whether an instance should have the arbiter's key now. @param now as it was reported last @param wallMs the time */
export function instanceWantsKey(
  { advertisementIntervalUs }: VrrpInstance,
  now: VrrpInstanceSnapshot | undefined,
  wallMs: number,
): boolean {
  if (now === undefined) return false;
  const { peer } = now;
  const hears = peer !== undefined && peer.priority > 0 && { heardMsAgo: wallMs - peer.heardMs };
  return wantsKey({ state: now.state, intervalMs: advertisementIntervalUs / 1000, ...hears });
}

/** The arbiter's key of an instance: names differ from host to host, the VRID does not. */
export function arbiterKey(prefix: string, { vrid, family }: VrrpInstance): string {
  return `${prefix}/${vrid}/${family === 6 ? "ipv6" : "ipv4"}`;
}

/** What makes a peer's router the same as ours. */
export function identityOf({ vrid, family, virtualAddresses }: VrrpInstance): RouterIdentity {
  return { vrid, family, addresses: virtualAddresses.map(({ address }) => address) };
}
