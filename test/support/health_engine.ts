// A health engine with a table, probes and time that a test controls, from the text of a configuration.
import { startable } from "../../src/config/carried_out.ts";
import type { VirtualServer } from "../../src/config/config.ts";
import { FakeIpvs } from "../../src/engine/health/fake_ipvs.ts";
import { FakeTime } from "../../src/engine/health/fake_time.ts";
import { HealthEngine, type HealthEngineOptions } from "../../src/engine/health/health_engine.ts";
import type { ProbePort } from "../../src/ports/probes.ts";
import { configOf } from "./config_values.ts";

/** The virtual servers of a text that has to be right, as they are started. `path` decides the syntax. */
export function serversOf(text: string, path?: string): readonly VirtualServer[] {
  return startable(configOf(text, path)).config.virtualServers;
}

/** Probes that answer at once: servers in `dead` refuse. */
export class ToldProbes implements ProbePort {
  readonly dead = new Set<string>();
  /** `address:port` of each probe, in order. */
  readonly asked: string[] = [];

  run({ target }: Parameters<ProbePort["run"]>[0]): ReturnType<ProbePort["run"]> {
    this.asked.push(`${target.address}:${target.port}`);
    const ok = !this.dead.has(target.address);
    const text = ok ? "connected" : "connection refused";
    return Promise.resolve({ ok, status: ok ? "L4OK" : "L4CON", text, durationUs: 1 });
  }
}

/** What a test works with. */
export interface HealthWorld {
  readonly time: FakeTime;
  readonly ipvs: FakeIpvs;
  readonly probes: ToldProbes;
  readonly log: string[];
  readonly engine: HealthEngine;
}

/** An engine that is not running yet; first checks come at once. */
export function engineWith(
  virtualServers: readonly VirtualServer[],
  more: Partial<HealthEngineOptions> & { readonly ipvs?: FakeIpvs } = {},
): HealthWorld {
  const { ipvs = new FakeIpvs(), ...options } = more;
  const time = new FakeTime();
  const probes = new ToldProbes();
  const log: string[] = [];
  const engine = new HealthEngine({
    virtualServers,
    clock: time,
    timers: time,
    openIpvs: () => ipvs,
    probes,
    random: () => 0,
    log: (line) => log.push(line),
    ...options,
  });
  return { time, ipvs, probes, log, engine };
}
