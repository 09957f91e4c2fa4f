// Two hosts whose fencing really switches the other one off, or fails to: with an instance on one link, or a sync group over
// several.
import { assert, assertEquals } from "../assert.ts";
import { address, instance, syncGroup } from "../support/vrrp_world.ts";
import { Prng } from "../../src/base/prng.ts";
import { SimulatedHost } from "../../src/engine/simulation/simulated_host.ts";
import { SimulatedNetwork } from "../../src/engine/simulation/simulated_network.ts";
import type { FenceRequest } from "../../src/engine/vrrp/surroundings.ts";

/** Lives of a simulation. */
export const SEEDS = Number(Deno.env.get("HOLDFAST_SIMULATION_SEEDS") ?? "200");
/** Microseconds. */
export const SECOND = 1_000_000;
/** How long a script may take, and how long two masters that hear each other may take to settle it. */
const TIMEOUT_US = 5 * SECOND;
const SETTLE_US = 5 * SECOND;
const STEP_US = SECOND / 10;

interface Attempt {
  readonly host: SimulatedHost;
  readonly request: FenceRequest;
  readonly atUs: number;
  readonly succeeds: boolean;
}

/** The hosts, and what their scripts do. */
export class FencingWorld {
  readonly network: SimulatedNetwork;
  readonly story: string[] = [];
  /** How often a script was run. */
  asked = 0;
  fenced = 0;
  refused = 0;
  /** How often fencing fails, 0 to 1. */
  failure = 0.3;
  #attempts: Attempt[] = [];
  #mastersSinceUs: number | undefined;

  constructor(readonly prng: Prng, readonly links: readonly string[]) {
    this.network = new SimulatedNetwork(prng);
    for (let index = 1; index <= 2; index++) {
      const instances = links.map((device, at) => {
        const virtualAddresses = [{ ...address(`192.0.${at}.100`), device }];
        return instance({ name: `VI_${at}`, interface: device, vrid: 51 + at, priority: 50 * index, virtualAddresses });
      });
      const syncGroups = links.length > 1 ? [syncGroup(instances.map(({ name }) => name))] : [];
      const host = new SimulatedHost(`host${index}`, index, { instances, syncGroups }, this.network, {
        fence: (_, request) => this.#attempt(host, request),
        log: (_, line) => this.#log(host, line),
      });
      links.forEach((device, at) => host.addInterface(device, [`192.0.${at}.${index}`]));
      this.network.hosts.push(host);
    }
    this.network.happened = (host) => this.#areTogether(host);
  }

  get masters(): SimulatedHost[] {
    return this.network.hosts.filter((host) => host.snapshot().some(({ state }) => state === "master"));
  }

  start(host: SimulatedHost): void {
    if (host.runs) return;
    host.start(new Set(), this.#orders());
  }

  pass(durationUs: number): void {
    for (const endUs = this.network.nowUs + durationUs; this.network.nowUs < endUs;) {
      this.network.run(Math.min(this.network.nowUs + STEP_US, endUs));
      const due = this.#attempts.filter(({ atUs }) => atUs <= this.network.nowUs);
      this.#attempts = this.#attempts.filter(({ atUs }) => atUs > this.network.nowUs);
      for (const attempt of due) this.#end(attempt);
      this.#check();
    }
  }

  #attempt(host: SimulatedHost, request: FenceRequest): void {
    this.asked++;
    assertEquals(request.name, this.links.length > 1 ? "VG_1" : "VI_0");
    assertEquals(this.#attempts.filter((attempt) => attempt.host === host && attempt.request.id === request.id), []);
    const atUs = this.network.nowUs + this.prng.integer(1, TIMEOUT_US + SECOND);
    this.#attempts.push({ host, request, atUs, succeeds: !this.prng.chance(this.failure) });
  }

  /** A host that was switched off meanwhile has no script any more. */
  #end({ host, request: { id }, succeeds }: Attempt): void {
    if (!host.runs) return;
    this.story.push(`${this.network.nowUs / SECOND} ${host.name} fencing ${succeeds ? "succeeds" : "fails"}`);
    if (succeeds) { for (const other of this.network.hosts) if (other !== host) other.crash(); }
    this.fenced += succeeds ? 1 : 0;
    this.refused += succeeds ? 0 : 1;
    host.steerEach(this.#orders({ id, allowed: succeeds, reason: "the script failed" }));
    this.#areTogether(host);
  }

  #orders(fenced?: { id: number; allowed: boolean; reason: string }): Parameters<SimulatedHost["steerEach"]>[0] {
    const orders = { held: false, fencing: { timeoutUs: TIMEOUT_US }, ...(fenced && { fenced }) };
    return new Map(this.links.map((_, at) => [`VI_${at}`, orders]));
  }

  #check(): void {
    if (this.masters.length < 2) this.#mastersSinceUs = undefined;
    else this.#mastersSinceUs ??= this.network.nowUs;
    if (this.#mastersSinceUs === undefined || this.network.nowUs - this.#mastersSinceUs <= SETTLE_US) return;
    this.fail("two masters");
  }

  #areTogether(host: SimulatedHost): void {
    const states = new Set(host.snapshot().map(({ state }) => state));
    if (states.size > 1) this.fail(`${host.name} is ${[...states].join(" and ")}`);
  }

  fail(what: string): never {
    throw new Error(`${what}\n${this.story.slice(-40).join("\n")}`);
  }

  #log(host: SimulatedHost, line: string): void {
    this.story.push(`${this.network.nowUs / SECOND} ${host.name} ${line}`);
  }
}

function makeTrouble(prng: Prng, world: FencingWorld): void {
  const host = prng.pick(world.network.hosts);
  const [one, other] = world.network.hosts;
  assert(one !== undefined && other !== undefined);
  switch (prng.integer(0, 4)) {
    case 0:
      // One that preempts a master that it hears does not fence it: a cut at that very moment is what VRRP leaves to luck.
      world.pass(3 * SETTLE_US);
      world.network.cut(one, other);
      return world.network.cut(other, one);
    case 1:
      return world.network.mend();
    case 2:
      return host.crash();
    case 3:
      return host.runs ? host.stop() : world.start(host);
    default:
      return world.start(host);
  }
}

/**
 * Many lives in trouble, each healed in the end: whatever came, the best is master then, and fences nobody any more.
 *
 * @returns how often fencing succeeded, and how often it was refused
 */
export function liveThrough(links: readonly string[]): { readonly fenced: number; readonly refused: number } {
  const seen = { fenced: 0, refused: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const prng = new Prng(seed);
    const world = new FencingWorld(prng, links);
    const endUs = world.network.nowUs + 120 * SECOND;
    while (world.network.nowUs < endUs) {
      makeTrouble(prng, world);
      world.pass(prng.integer(1, 10 * SECOND));
    }
    world.network.mend();
    world.failure = 0;
    // What was begun before may still switch one of them off, once.
    for (let round = 0; round < 3; round++) {
      for (const host of world.network.hosts) world.start(host);
      world.pass(2 * (TIMEOUT_US + SETTLE_US));
    }
    const { fenced } = world;
    world.pass(60 * SECOND);
    const names = world.masters.map(({ name }) => name);
    assertEquals(names, ["host2"], `seed ${seed}\n${world.story.slice(-30).join("\n")}`);
    assertEquals(world.fenced, fenced, `seed ${seed}: nobody who is heard is fenced`);
    seen.fenced += fenced;
    seen.refused += world.refused;
  }
  return seen;
}
