// What the kernel's table tells about real servers when health checking starts over an existing table. Pure.
import type { RealServerStanding } from "./virtual_server.ts";

/** What a real server is assumed to be until its first check; `configured`: down with `alpha`, else up. */
export type StartAssumption = "up" | "down" | "configured";

/**
 * Judges the real servers of one virtual server before their first check.
 *
 * The table outlives us, so it is believed: a server that the kernel sends traffic to stays until it is checked, and
 * one that an earlier process took out stays out. Unlike keepalived, which puts every server without `alpha` back in
 * and so sends connections to dead ones until the first failed check. Without a table in use, the configuration says.
 *
 * @param kernelWeights weight of each server in the kernel, undefined where it is absent; same order as `servers`
 * @param sorryServerInKernel the sorry server is in the table with a weight above 0
 */
export function assumeAtStart(
  servers: readonly Pick<RealServerStanding, "entry" | "inhibitOnFailure">[],
  kernelWeights: readonly (number | undefined)[],
  options: { readonly sorryServerInKernel: boolean },
): StartAssumption[] {
  const inUse = options.sorryServerInKernel || kernelWeights.some((weight) => weight !== undefined && weight > 0);
  return servers.map(({ entry, inhibitOnFailure }, index) => {
    const weight = kernelWeights[index];
    if (weight === undefined) return inUse ? "down" : "configured";
    if (weight > 0 || entry.weight === 0) return "up";
    return inhibitOnFailure ? "down" : "configured";
  });
}
