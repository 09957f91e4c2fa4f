// What surrounds the health engine in its simulation: servers that die, drawn configurations, a table left by others.
import { VIRTUAL_SERVER } from "../support/config_values.ts";
import type { RealServer, VirtualServer } from "../../src/config/config.ts";
import { Prng } from "../../src/base/prng.ts";
import { NO_TRAFFIC } from "../../src/core/ipvs/model.ts";
import type { VirtualServerRow } from "../../src/core/ipvs/table.ts";
import type { FakeTime } from "../../src/engine/health/fake_time.ts";
import { policyOf, realServerEntry } from "../../src/engine/health/policy.ts";
import type { ProbePort, ProbeResult } from "../../src/ports/probes.ts";

/** Addresses of virtual servers in other hands begin so: never configured, never owned. */
export const FOREIGN = "10.9.0.";

const FOREIGN_INDEX = 200;

/** How a server answers; hanging ones never do. */
export type Behaviour = "alive" | "dead" | "hanging";

const location = { file: "simulation.conf", line: 1, column: 1, length: 1 };

/** Servers that answer, refuse or hang, by address; answers take some milliseconds. */
export class FakeServers implements ProbePort {
  /** Where nothing is said, alive. */
  readonly behaviour = new Map<string, Behaviour>();
  readonly #time: FakeTime;
  readonly #random: Prng;

  constructor(time: FakeTime, random: Prng) {
    this.#time = time;
    this.#random = random;
  }

  /** It answers a connection. */
  alive(address: string): boolean {
    return (this.behaviour.get(address) ?? "alive") === "alive";
  }

  /** See `ProbePort`. */
  run({ target }: Parameters<ProbePort["run"]>[0], signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((resolve) => {
      const end = (ok: boolean, status: ProbeResult["status"]): void => {
        resolve({ ok, status, text: status, durationUs: 1 });
      };
      const answer = (): void => {
        const ok = this.alive(target.address);
        end(ok, ok ? "L4OK" : "L4CON");
      };
      const hanging = this.behaviour.get(target.address) === "hanging";
      const cancel = hanging ? undefined : this.#time.after(this.#random.integer(0, 49), answer);
      signal.addEventListener("abort", () => {
        cancel?.();
        end(false, "L4TOUT");
      });
    });
  }
}

function realServer(random: Prng, address: string): RealServer {
  const checker = {
    type: "tcp",
    address,
    port: 80,
    connectTimeoutMs: 500,
    delayLoopMs: 1000 + random.integer(0, 2999),
    retry: random.integer(0, 2),
    delayBeforeRetryMs: 200 + random.integer(0, 799),
    warmupMs: 2000,
  } as const;
  return {
    address,
    port: 80,
    weight: 1 + random.integer(0, 3),
    forwardingMethod: "nat",
    inhibitOnFailure: random.chance(0.3),
    upperThreshold: 0,
    lowerThreshold: 0,
    checkers: random.chance(0.05) ? [] : [checker],
    ...(random.chance(0.2) ? { backup: true } : {}),
    location,
  };
}

/** Real servers that several virtual servers have, checked the same way: what `shared_checks` is for. */
const COMMON = [1, 2, 3].map((at) => realServer(new Prng(at), `10.1.99.${at}`));

/** A drawn virtual server: `10.0.0.(index + 1)` with real servers in `10.1.index`. */
export function virtualServer(random: Prng, index: number): VirtualServer {
  const address = `10.0.0.${index + 1}`;
  const own = Array.from({ length: 1 + random.integer(0, 3) }, (_, at) => {
    return realServer(random, `10.1.${index}.${at + 1}`);
  });
  // Foreign ones have none in common with ours: their connections are theirs.
  const realServers = index < FOREIGN_INDEX && random.chance(0.3)
    ? COMMON.filter(() => random.chance(0.7)).concat(own.slice(0, 1))
    : own;
  // Now and then the sorry server is one of the real servers, as in keepalived's issue 1370.
  const sorryAddress = random.chance(0.2) ? `10.1.${index}.1` : `10.2.${index}.1`;
  const sorryServer = { address: sorryAddress, port: 80, forwardingMethod: "nat", inhibit: false } as const;
  return {
    ...VIRTUAL_SERVER,
    name: `tcp ${address}:80`,
    protocol: "tcp",
    address,
    port: 80,
    scheduler: random.chance(0.5) ? "wrr" : "lc",
    flags: 0,
    forwardingMethod: "nat",
    persistenceTimeoutSeconds: random.chance(0.3) ? 60 : 0,
    persistencePrefixLength: 32,
    quorum: 1 + random.integer(0, 2),
    hysteresis: random.integer(0, 1),
    alpha: random.chance(0.2),
    realServers,
    location,
    ...(random.chance(0.6) ? { sorryServer } : {}),
    ...(random.chance(0.4) ? { drainTimeoutMs: random.integer(0, 30_000) } : {}),
    ...(random.chance(0.4) ? { slowStartMs: random.integer(0, 30_000) } : {}),
    ...(random.chance(0.4) ? { failOpen: random.pick(["last", "all"] as const) } : {}),
    ...(random.chance(0.5) ? { sharesChecks: true } : {}),
    ...(random.chance(0.3) ? { backupBelow: random.integer(1, 3) } : {}),
  };
}

function row(config: VirtualServer, servers: readonly RealServer[]): VirtualServerRow {
  const realServers = servers.map((server) => {
    return {
      entry: realServerEntry(server),
      activeConnections: 0,
      inactiveConnections: 0,
      persistentConnections: 0,
      counters: NO_TRAFFIC,
    };
  });
  return { entry: policyOf(config).entries[0], counters: NO_TRAFFIC, realServers };
}

/** What the table held before this process: a part of ours, and what is foreign. */
export function earlierTable(random: Prng, configs: readonly VirtualServer[]): VirtualServerRow[] {
  const ours = configs.filter(() => random.chance(0.5)).map((config) => {
    return row(config, config.realServers.filter(() => random.chance(0.6)));
  });
  const foreign = Array.from({ length: random.integer(0, 2) }, (_, index) => {
    const config = { ...virtualServer(random, FOREIGN_INDEX + index), address: `${FOREIGN}${index + 1}` };
    return row(config, config.realServers);
  });
  return [...ours, ...foreign];
}
