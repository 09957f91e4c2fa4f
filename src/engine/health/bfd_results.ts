// Results of BFD_CHECK: nothing is asked, BFD sessions say what they are. Which checkers have something new to hear.
import type { ProbeResult } from "../../ports/probes.ts";
import type { LiveChecker, LiveRealServer } from "./live_real_server.ts";
import type { LiveVirtualServer } from "./live_server.ts";

/** Something that a checker has not heard yet. */
export interface BfdResult {
  readonly server: LiveVirtualServer;
  readonly realServer: LiveRealServer;
  readonly checker: LiveChecker;
  readonly result: ProbeResult;
}

/** @param sessions which are up, by name; one that is missing has said nothing, and nothing changes for its servers */
export function bfdResults(
  servers: readonly LiveVirtualServer[],
  sessions: Readonly<Record<string, boolean>>,
): BfdResult[] {
  const results: BfdResult[] = [];
  for (const server of servers) {
    for (const realServer of server.realServers) {
      for (const checker of realServer.checkers) {
        const { config } = checker;
        const up = config.type === "bfd" ? sessions[config.instance] : undefined;
        if (config.type !== "bfd" || up === undefined || checker.result?.result.ok === up) continue;
        const text = `BFD session ${config.instance} is ${up ? "up" : "down"}`;
        const result: ProbeResult = { ok: up, status: up ? "L4OK" : "L4TOUT", text, durationUs: 0 };
        results.push({ server, realServer, checker, result });
      }
    }
  }
  return results;
}
