// The witnesses of one simulated host: asked in virtual time by the rules of the real ones. Gateways and etcd answer until they
// are told to be lost; a peer's API says what that host's engine says. An answer takes no time.
import type { Config, VrrpInstance } from "../../config/config.ts";
import type { Witness } from "../../config/witness_config.ts";
import { arbiterWord } from "../../core/vrrp/arbiter.ts";
import { peerWord, type WitnessWord } from "../../core/vrrp/peer_word.ts";
import { type Ban, hearWitness, UNASKED, type WitnessView } from "../../core/vrrp/witness.ts";
import { speaksOf, WitnessPanels } from "../../core/vrrp/witness_panels.ts";
import { arbiterKey, identityOf, instanceWantsKey } from "../vrrp/arbitrated.ts";
import type { SimulatedHost } from "./simulated_host.ts";

/** Keys of the one etcd that all nodes reach, by their path. */
export type SimulatedKeys = Map<string, { readonly holder: string; readonly untilUs: number }>;

/** What a host's witnesses can reach. */
export interface WitnessSurroundings {
  /** The host with the API of that URL; undefined: none of the nodes. */
  readonly hostOf: (url: string) => SimulatedHost | undefined;
  readonly keys: SimulatedKeys;
}

interface Asked {
  readonly witness: Witness;
  readonly views: Map<string, WitnessView>;
  nextUs: number;
}

const SILENT: WitnessWord = { answer: "none", reason: "cannot be asked" };

/** Use: `start()` with each configuration, `runDue()` when `nextUs` has come. */
export class SimulatedWitnesses {
  readonly #host: SimulatedHost;
  readonly #surroundings: WitnessSurroundings;
  readonly #asked = new Map<string, Asked>();
  readonly #lost = new Set<string>();
  #panels = new WitnessPanels();
  #config: Config | undefined;
  #judgeUs = Infinity;
  #bans: ReadonlyMap<string, Ban> = new Map();

  constructor(host: SimulatedHost, surroundings: WitnessSurroundings) {
    this.#host = host;
    this.#surroundings = surroundings;
  }

  /** By the names of instances that must not become master now. */
  get bans(): ReadonlyMap<string, Ban> {
    return this.#bans;
  }

  /** Starts asking, or goes over to what a reload brings. */
  start(config: Config, nowUs: number): void {
    this.#config = config;
    const witnesses = config.witness?.witnesses ?? [];
    for (const name of this.#asked.keys()) {
      if (!witnesses.some((witness) => witness.name === name)) this.#asked.delete(name);
    }
    for (const witness of witnesses) {
      const { views = new Map(), nextUs = nowUs } = this.#asked.get(witness.name) ?? {};
      this.#asked.set(witness.name, { witness, views, nextUs });
    }
    this.#judge(nowUs);
  }

  /** The daemon is gone; an etcd keeps its keys until their leases end. */
  stop(): void {
    this.#asked.clear();
    this.#panels = new WitnessPanels();
    this.#bans = new Map();
    this.#judgeUs = Infinity;
  }

  /** From now on it does not answer, or does again. */
  set(name: string, lost: boolean): void {
    if (lost) this.#lost.add(name);
    else this.#lost.delete(name);
  }

  get nextUs(): number {
    return Math.min(this.#judgeUs, ...[...this.#asked.values()].map(({ nextUs }) => nextUs));
  }

  /** Asks who is due, and decides. @returns what witnesses have changed their minds about, as lines of the log */
  runDue(nowUs: number): string[] {
    const lines: string[] = [];
    for (const asked of this.#asked.values()) {
      if (asked.nextUs > nowUs) continue;
      asked.nextUs = Math.max(nowUs + asked.witness.intervalMs * 1000, this.#host.stalledUntilUs);
      if (this.#host.stalledUntilUs <= nowUs) lines.push(...this.#ask(asked, nowUs));
    }
    this.#judge(nowUs);
    return lines;
  }

  #ask({ witness, views }: Asked, nowUs: number): string[] {
    return (this.#config?.vrrpInstances ?? []).filter(({ name }) => speaksOf(witness, name)).flatMap((instance) => {
      const before = views.get(instance.name) ?? UNASKED;
      const { answer, reason } = this.#lost.has(witness.name)
        ? lostWord(witness)
        : this.#word(witness, instance, nowUs);
      const after = hearWitness(witness, before, answer, reason);
      views.set(instance.name, after);
      // That nothing stands against it at the start goes without saying.
      if (after.says === before.says || (before === UNASKED && answer === "yes")) return [];
      const verdict = { yes: "nothing against", no: "speaks against", none: "is silent on" }[answer];
      return [`witness ${witness.name} ${reason}: ${verdict} ${instance.name} becoming master`];
    });
  }

  #word(witness: Witness, instance: VrrpInstance, nowUs: number): WitnessWord {
    const { asks } = witness;
    switch (asks.kind) {
      case "gateway":
        return asks.interface === undefined || this.#host.interface(asks.interface)?.up !== false
          ? { answer: "yes", reason: "answers" }
          : lostWord(witness);
      case "peer_api": {
        const peer = this.#surroundings.hostOf(asks.url);
        if (peer === undefined || !peer.runs || peer.stalledUntilUs > nowUs) return SILENT;
        return peerWord(statusOf(peer), identityOf(instance));
      }
      case "etcd":
        return arbiterWord(this.#holder(asks, instance, nowUs), this.#host.name);
      default:
        return asks satisfies never;
    }
  }

  /** Takes, keeps or leaves the key of an instance. @returns who has it then */
  #holder(asks: Witness["asks"] & { kind: "etcd" }, instance: VrrpInstance, nowUs: number): string | undefined {
    const { keys } = this.#surroundings;
    const path = arbiterKey(asks.prefix, instance);
    const found = keys.get(path);
    const holder = found !== undefined && found.untilUs > nowUs ? found.holder : undefined;
    const own = this.#host.name;
    const snapshot = this.#host.snapshot().find(({ name }) => name === instance.name);
    if (!instanceWantsKey(instance, snapshot, nowUs / 1000 + this.#host.wallOffsetMs)) {
      if (holder === own) keys.delete(path);
      return holder === own ? undefined : holder;
    }
    if (holder !== undefined && holder !== own) return holder;
    keys.set(path, { holder: own, untilUs: nowUs + asks.ttlSeconds * 1_000_000 });
    return own;
  }

  #judge(nowUs: number): void {
    const { witness: config, vrrpInstances = [], syncGroups = [] } = this.#config ?? {};
    const panel = config && { need: config.need, timeoutUs: config.timeoutMs * 1000, whenSilent: config.whenSilent };
    const instances = vrrpInstances.map(({ name }) => name);
    const heard = [...this.#asked.values()].map(({ witness: { name, asks, instances }, views }) => {
      return { name, instances, views, inSilenceOnly: asks.kind !== "gateway" };
    });
    const judged = { panel, instances, groups: syncGroups.map(({ members }) => members) };
    const { bans, nextUs = Infinity } = this.#panels.judge(judged, heard, nowUs);
    this.#bans = bans;
    this.#judgeUs = nextUs;
  }
}

/** A gateway that does not answer says something by that; who cannot be asked does not. */
function lostWord({ asks }: Witness): WitnessWord {
  return asks.kind === "gateway" ? { answer: "no", reason: "does not answer" } : SILENT;
}

/** What a host's API would answer, as far as it matters here. */
function statusOf(host: SimulatedHost): unknown {
  const vrrpInstances = host.snapshot().map(({ vrid, family, state, faults, virtualAddresses }) => {
    return { vrid, family, state, faults, vips: virtualAddresses };
  });
  return { roles: [{ name: "vrrp", state: "running" }], vrrpInstances };
}
