// Runs through a fail-over before the real one counts: code that runs for the first time takes three times as long, and a
// backup's first take-over is the one that matters.
//
// What is rehearsed must be what is played. V8 compiles for the kinds of objects that it has seen: with other ones, even
// with small numbers for the time, the code that was compiled is thrown away in the middle of the first take-over.
import type { VirtualAddress, VrrpInstance } from "../../config/config.ts";
import type { VirtualRouterPorts } from "./surroundings.ts";
import { VrrpEngine } from "./vrrp_engine.ts";

/** From the start to the last announcement of a master. */
const TURNS = 4;

/** Where a rehearsal takes place. */
export interface Stage {
  /** The real ones, of which nothing gets out. */
  readonly ports: VirtualRouterPorts;
  /** Lets time pass at once. */
  readonly advance: (us: number) => void;
}

/**
 * The instances to rehearse: the first of each family, whose addresses are replaced by some that no host can have, and
 * which does not wait for anybody.
 */
export function castOf(instances: readonly VrrpInstance[]): VrrpInstance[] {
  const families = new Set(instances.map(({ family }) => family));
  return [...families].flatMap((family) => {
    const instance = instances.find((each) => each.family === family);
    return instance === undefined ? [] : [understudyOf(instance)];
  });
}

/** Lets an engine of its own become master and stop. @returns whether it got that far: without a link it cannot */
export function rehearse(instance: VrrpInstance, { ports, advance }: Stage): boolean {
  const engine = new VrrpEngine([instance], ports);
  engine.start(new Set());
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      const nowUs = ports.clock.nowUs();
      const deadlineUs = engine.nextDeadlineUs();
      if (deadlineUs === undefined) return false;
      advance(Math.max(0, deadlineUs - nowUs));
      engine.runDue();
    }
    return engine.snapshot()[0]?.state === "master";
  } finally {
    engine.stop();
  }
}

function understudyOf(instance: VrrpInstance): VrrpInstance {
  const { tracking, virtualAddresses, family } = instance;
  const silent = Object.fromEntries(Object.keys(tracking).map((key) => [key, []]));
  const changed = {
    ...instance,
    tracking: { ...tracking, ...silent }, // nobody would say how tracked things are
    preemptDelayUs: 0,
    routes: [],
    rules: [],
    virtualAddresses: virtualAddresses.slice(0, 1).map((entry) => unusable(entry, family)),
    excludedAddresses: [],
  };
  // Through the same gate as the real ones: the same order of the same keys makes the same kind of object to V8.
  return JSON.parse(JSON.stringify(changed));
}

/** "This network" (RFC 1122) and the discard prefix (RFC 6666). */
function unusable(entry: VirtualAddress, family: 4 | 6): VirtualAddress {
  return { ...entry, address: family === 4 ? "0.0.0.1" : "100::1", prefixLength: family === 4 ? 32 : 128 };
}
