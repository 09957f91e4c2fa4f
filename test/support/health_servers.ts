// Virtual and real servers for tests of the health engine, as plain values.
import type { Checker, RealServer, VirtualServer } from "../../src/config/config.ts";
import { VIRTUAL_SERVER } from "./config_values.ts";

const location = { file: "test.conf", line: 1, column: 1, length: 1 };

/** A check of port 80, every 6 s. */
export function tcpChecker(address: string, more: Partial<Checker> = {}): Checker {
  const timing = { connectTimeoutMs: 1000, delayLoopMs: 6000, retry: 1, delayBeforeRetryMs: 1000, warmupMs: 6000 };
  return { type: "tcp", address, port: 80, ...timing, ...more } as Checker;
}

/** A real server with that one check. */
export function realServer(address: string, more: Partial<RealServer> = {}): RealServer {
  return {
    address,
    port: 80,
    weight: 1,
    forwardingMethod: "nat",
    inhibitOnFailure: false,
    upperThreshold: 0,
    lowerThreshold: 0,
    checkers: [tcpChecker(address)],
    location,
    ...more,
  };
}

/** A virtual server with two of them. */
export function virtualServer(more: Partial<VirtualServer> = {}): VirtualServer {
  return {
    ...VIRTUAL_SERVER,
    name: "tcp 10.0.0.100:80",
    protocol: "tcp",
    address: "10.0.0.100",
    port: 80,
    scheduler: "rr",
    flags: 0,
    forwardingMethod: "nat",
    persistenceTimeoutSeconds: 0,
    persistencePrefixLength: 32,
    quorum: 1,
    hysteresis: 0,
    alpha: false,
    realServers: [realServer("10.0.1.11"), realServer("10.0.1.12")],
    location,
    ...more,
  };
}
