// Which instances a vrrp role may resume as master, when its predecessor has died.
import type { VrrpInstance } from "../config/config.ts";
import { instanceKey } from "../engine/vrrp/instance_key.ts";
import type { VrrpInstanceSnapshot } from "../ports/snapshot.ts";

/**
 * Masters of a vrrp role that died, as long as nobody else can have taken over: a peer waits for three advertisements,
 * and the last one was at most one interval old when its sender died.
 *
 * @param reported what the role said last
 * @param diedAtMs wall clock; undefined: there was no predecessor
 * @returns their keys (`instanceKey`)
 */
export function stillMasters(
  instances: readonly VrrpInstance[],
  reported: readonly VrrpInstanceSnapshot[],
  diedAtMs: number | undefined,
): string[] {
  if (diedAtMs === undefined) return [];
  const elapsedUs = (Date.now() - diedAtMs) * 1000;
  const masters = new Set(reported.filter(({ state }) => state === "master").map(instanceKey));
  return instances
    .filter(({ advertisementIntervalUs }) => elapsedUs >= 0 && elapsedUs < 2 * advertisementIntervalUs)
    .map(instanceKey)
    .filter((key) => masters.has(key));
}
