// How a whole virtual server is, at a glance: all of it, some of it, none of it.
import type { VirtualServerSnapshot } from "../ports/snapshot.ts";

/** The worst that has to be said. */
export type RollUp = "up" | "degraded" | "down";

/** Down without quorum; degraded when a real server is not up. */
export function rollUp(server: VirtualServerSnapshot): RollUp {
  if (!server.up) return "down";
  const well = server.realServers.every((entry) => entry.state === "up" || entry.state === "no-check");
  return well ? "up" : "degraded";
}
