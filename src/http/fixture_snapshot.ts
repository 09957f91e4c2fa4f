// A snapshot for the tests of this folder: every state that a page or a metric has to tell apart, with literal numbers.
import type { HistogramSnapshot } from "../base/histogram.ts";
import type { TrafficCounters } from "../core/ipvs/table.ts";
import type {
  CheckSnapshot,
  HealthStatistics,
  RealServerSnapshot,
  Snapshot,
  VirtualServerSnapshot,
  VrrpInstanceSnapshot,
} from "../ports/snapshot.ts";

/** Now, in the fixtures: 2026-01-02 03:04:05 UTC. */
export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

const minutesAgo = (minutes: number): number => NOW_MS - minutes * 60_000;

/** Counters of which each is a different number. */
export function counters(base: number): TrafficCounters {
  return {
    connections: base + 1,
    packetsIn: base + 2,
    packetsOut: base + 3,
    bytesIn: base + 4,
    bytesOut: base + 5,
    connectionsPerSecond: 6,
    packetsInPerSecond: 7,
    packetsOutPerSecond: 8,
    bytesInPerSecond: 9,
    bytesOutPerSecond: 10,
  };
}

/** A histogram of four observations. */
export const HISTOGRAM: HistogramSnapshot = { bounds: [0.01, 0.1], counts: [1, 2, 1], sum: 0.42 };

/** A VRRP instance that is master, changed as given. */
export function vrrpInstance(changes: Partial<VrrpInstanceSnapshot> = {}): VrrpInstanceSnapshot {
  return {
    name: "VI_1",
    vrid: 51,
    interface: "eth0",
    version: 2,
    family: 4,
    state: "master",
    sinceMs: minutesAgo(90),
    basePriority: 150,
    effectivePriority: 150,
    advertisementIntervalUs: 1_000_000,
    masterDownIntervalUs: 3_414_063,
    preemptMode: true,
    master: { address: "10.0.0.1", priority: 150 },
    virtualAddresses: [
      { address: "10.0.0.100", prefixLength: 24, device: "eth0", present: true },
      { address: "10.0.1.254", prefixLength: 24, device: "eth1", present: false, excluded: true },
    ],
    faults: [],
    garpDelaySeconds: 5,
    syncGroup: "VG_1",
    tracked: [
      { kind: "interface", name: "eth1", weight: 0, up: true },
      { kind: "script", name: "chk_proxy", weight: -20, up: false },
    ],
    timings: {
      advertIntervalIn: HISTOGRAM,
      advertIntervalOut: HISTOGRAM,
      sendDelay: HISTOGRAM,
      detection: { timeout: HISTOGRAM },
      takeover: { vip_add: HISTOGRAM, garp: HISTOGRAM, total: HISTOGRAM },
      duplicateMasters: 1,
      transitions: [{ from: "backup", to: "master", reason: "timeout", count: 2 }],
    },
    lastTransition: {
      from: "backup",
      to: "master",
      atMs: minutesAgo(90),
      reason: "no advertisement within the master down interval",
    },
    counters: {
      advertisementsReceived: 11,
      advertisementsSent: 5400,
      becameMaster: 2,
      releasedMaster: 1,
      priorityZeroReceived: 1,
      priorityZeroSent: 3,
      gratuitousArpSent: 40,
      transitions: 4,
      rivalSigns: 0,
      discarded: { checksum: 2, "auth-fail": 1 },
    },
    ...changes,
  };
}

/** An instance whose interface is down: nobody is known to be master. */
function faultyInstance(): VrrpInstanceSnapshot {
  const { master: _master, ...instance } = vrrpInstance({ name: "VI_2", vrid: 52, version: 3, state: "fault" });
  return { ...instance, faults: ["interface eth0 is down"] };
}

/** A good TCP check, changed as given. */
export function check(changes: Partial<CheckSnapshot> = {}): CheckSnapshot {
  return {
    type: "tcp",
    status: "L4OK",
    text: "connected",
    durationUs: 1200,
    atMs: NOW_MS - 500,
    fall: 2,
    rise: 1,
    consecutiveFailures: 0,
    ...changes,
  };
}

/** A real server that is up, changed as given. */
export function realServer(changes: Partial<RealServerSnapshot> = {}): RealServerSnapshot {
  return {
    address: "10.0.1.11",
    port: 80,
    forwardingMethod: "nat",
    state: "up",
    sinceMs: minutesAgo(60),
    weight: { configured: 1, effective: 1, kernel: 1 },
    inKernel: true,
    activeConnections: 3,
    inactiveConnections: 4,
    persistentConnections: 0,
    counters: counters(1000),
    check: check(),
    failedChecks: 0,
    downTransitions: 0,
    downtimeMs: 0,
    ...changes,
  };
}

/** A virtual server with one real server of each state, changed as given. */
export function virtualServer(changes: Partial<VirtualServerSnapshot> = {}): VirtualServerSnapshot {
  return {
    name: "tcp 10.0.0.100:80",
    protocol: "tcp",
    address: "10.0.0.100",
    port: 80,
    scheduler: "rr",
    forwardingMethod: "nat",
    persistenceTimeoutSeconds: 0,
    up: true,
    sinceMs: minutesAgo(60),
    quorum: { need: 1, have: 3 },
    inKernel: true,
    counters: counters(5000),
    downTransitions: 1,
    realServers: [
      realServer(),
      realServer({
        address: "10.0.1.12",
        state: "going-down",
        check: check({ type: "http", status: "L7STS", code: 503, text: "answered 503", consecutiveFailures: 1 }),
        failedChecks: 1,
      }),
      realServer({
        address: "10.0.1.13",
        state: "down",
        weight: { configured: 1, effective: 0 },
        inKernel: false,
        check: check({ status: "L4CON", text: "Connection refused", consecutiveFailures: 2 }),
        failedChecks: 2,
        downTransitions: 1,
        downtimeMs: 65_000,
        activeConnections: 0,
        inactiveConnections: 0,
      }),
      realServer({
        address: "10.0.1.14",
        state: "no-check",
        weight: { configured: 2, effective: 2, kernel: 2 },
        thresholds: { upper: 100, lower: 80 },
      }),
      realServer({
        address: "10.0.1.15",
        weight: { configured: 0, effective: 0, kernel: 0 },
        certificate: { notAfterMs: NOW_MS + 90 * 86_400_000, daysLeft: 90, ending: false },
        agent: { up: true, mode: "ready", percent: 50, said: "ready 50%" },
      }),
      realServer({
        address: "10.0.1.16",
        weight: { configured: 1, effective: 0 },
        inKernel: false,
        presence: "out",
        override: { mode: "maint", author: "alice", reason: "new disk", atMs: minutesAgo(3) },
        causes: ["taken out by alice"],
      }),
    ],
    ...changes,
  };
}

function healthStatistics(): HealthStatistics {
  return {
    checks: [{
      vs: "tcp 10.0.0.100:80",
      rs: "10.0.1.11:80",
      type: "tcp",
      results: { L4OK: 20, L4TOUT: 1 },
      durations: { ok: HISTOGRAM, timeout: HISTOGRAM },
    }],
    reactions: [{ vs: "tcp 10.0.0.100:80", to: "down", histogram: HISTOGRAM }],
    scheduleDelay: HISTOGRAM,
    inFlight: 2,
    overruns: 1,
    table: { read: HISTOGRAM, apply: HISTOGRAM },
    drifts: 1,
  };
}

/** A whole snapshot: two instances, a NAT and a DR service, a warning. */
export function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    node: {
      routerId: "dir1",
      version: "0.1.0",
      startedAtMs: minutesAgo(100),
      generation: 3,
      roles: [
        { name: "vrrp", state: "running", pid: 101, restarts: 0 },
        { name: "health", state: "running", pid: 102, restarts: 1 },
        { name: "api", state: "running", pid: 103, restarts: 0 },
      ],
      processes: [{ component: "vrrp", cpuSeconds: 1.5, residentBytes: 50_000_000, openFiles: 20 }],
      scripts: [{ name: "chk_proxy", verdict: "down", running: false }],
      reloads: { accepted: 2, rejected: 1, lastAcceptedAtMs: minutesAgo(20) },
      warnings: [{ code: "reload-rejected", message: "the running configuration goes on", sinceMs: minutesAgo(5) }],
    },
    vrrpInstances: [
      vrrpInstance(),
      faultyInstance(),
    ],
    virtualServers: [
      virtualServer(),
      virtualServer({
        name: "tcp 10.0.0.101:80",
        address: "10.0.0.101",
        forwardingMethod: "dr",
        scheduler: "wrr",
        up: false,
        quorum: { need: 1, have: 0 },
        sorryServer: {
          address: "10.0.1.99",
          port: 80,
          active: true,
          activeConnections: 1,
          inactiveConnections: 2,
          counters: counters(100),
        },
        realServers: [
          realServer({
            address: "10.0.0.11",
            forwardingMethod: "dr",
            state: "down",
            weight: { configured: 1, effective: 0 },
            inKernel: false,
            check: check({ status: "L4TOUT", text: "no connection within 1 s", consecutiveFailures: 2 }),
          }),
        ],
      }),
    ],
    healthStatistics: healthStatistics(),
    ...changes,
  };
}
