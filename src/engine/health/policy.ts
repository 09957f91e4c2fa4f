// From the configuration to the terms of the core: table entries, checker timings, time limits. No state.
import { familyOf } from "../../base/ip.ts";
import type { CheckerTiming } from "../../core/health/verdict.ts";
import type { VirtualServerPolicy } from "../../core/health/virtual_server.ts";
import type { RealServerEntry, VirtualServerKey } from "../../core/ipvs/table.ts";
import type { Checker, RealServer, VirtualServer } from "../../config/config.ts";
import type { ProbeRequest } from "../../ports/probes.ts";

/** The key that a virtual server has in the kernel. */
export function keyOf(server: VirtualServer): VirtualServerKey {
  return { kind: "address", protocol: server.protocol, address: server.address, port: server.port };
}

/** What decides about a virtual server. */
export function policyOf(server: VirtualServer): VirtualServerPolicy {
  const entry = {
    key: keyOf(server),
    scheduler: server.scheduler,
    flags: server.flags,
    persistenceTimeoutSeconds: server.persistenceTimeoutSeconds,
    persistencePrefixLength: server.persistenceTimeoutSeconds > 0
      ? server.persistencePrefixLength
      : familyOf(server.address) === 4
      ? 32
      : 128,
  };
  const { quorum, hysteresis, sorryServer } = server;
  if (sorryServer === undefined) return { entry, quorum, hysteresis };
  const sorry = { ...sorryServer, weight: 1, upperThreshold: 0, lowerThreshold: 0 };
  return { entry, quorum, hysteresis, sorryServer: sorry };
}

/** A real server as it stands in the table while it is up. */
export function realServerEntry(server: RealServer): RealServerEntry {
  const { address, port, forwardingMethod, weight, upperThreshold, lowerThreshold } = server;
  return { address, port, forwardingMethod, weight, upperThreshold, lowerThreshold };
}

/** The patience of a checker. */
export function timingOf(checker: Checker): CheckerTiming {
  return {
    delayLoopUs: checker.delayLoopMs * 1000,
    retry: checker.retry,
    delayBeforeRetryUs: checker.delayBeforeRetryMs * 1000,
  };
}

/** What one check asks, in order; all of it must be right. */
export function requestsOf(checker: Checker): ProbeRequest[] {
  const target = { address: checker.address, port: checker.port, timeoutMs: checker.connectTimeoutMs };
  if (checker.type === "tcp") return [{ type: "tcp", target }];
  if (checker.type !== "http") return []; // such a checker is not started: see config/carried_out.ts
  const { httpVersion, virtualHost } = checker;
  return checker.urls.map((url) => {
    const host = url.virtualHost ?? virtualHost;
    return { type: "http", target, url: host === undefined ? url : { ...url, virtualHost: host }, httpVersion };
  });
}

/**
 * When a whole check is given up, microseconds: each request may take its time to connect and its time to answer; the
 * extra second lets the probe notice its own timeout first, with the better text.
 */
export function limitOf(checker: Checker): number {
  const phases = checker.type === "http" ? 2 * Math.max(1, checker.urls.length) : 1;
  return (phases * checker.connectTimeoutMs + 1000) * 1000;
}
