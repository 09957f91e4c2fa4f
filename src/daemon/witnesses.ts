// Asks the witnesses of `witness` in holdfast.yaml and keeps what follows for each instance. Runs in the supervisor, which may
// wait; the vrrp role is told, as it is told what operators say.
import { same } from "../base/same.ts";
import type { Config, VrrpInstance } from "../config/config.ts";
import type { Witness, WitnessConfig } from "../config/witness_config.ts";
import { peerWord } from "../core/vrrp/peer_word.ts";
import { type Ban, hearWitness, type PanelConfig, UNASKED, type WitnessView } from "../core/vrrp/witness.ts";
import { speaksOf, WitnessPanels } from "../core/vrrp/witness_panels.ts";
import { identityOf } from "../engine/vrrp/arbitrated.ts";
import type { VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import type { SocketPort } from "../ports/sockets.ts";
import { fetchPeerStatus } from "../probe/peer_status.ts";
import { probePing } from "../probe/ping.ts";
import { EtcdKeys, silence, type Word } from "./etcd_keys.ts";

/** What is needed of the surroundings. */
export interface WitnessesOptions {
  readonly log: (line: string) => void;
  readonly sockets: SocketPort;
  /** Our instances as they were reported last. */
  readonly instances: () => readonly VrrpInstanceSnapshot[];
  /** `bans` are others than before. */
  readonly changed: () => void;
}

/** A witness at work. */
interface LiveWitness {
  readonly witness: Witness;
  /** By the name of the instance. */
  readonly views: Map<string, WitnessView>;
  /** Of etcd, by the name of the instance. */
  readonly keys: EtcdKeys | undefined;
  readonly ended: AbortController;
  timer?: ReturnType<typeof setTimeout>;
}

/** All witnesses. Use: `configure()` with each configuration, before the vrrp role has it; `stop()` at the end. */
export class Witnesses {
  readonly #options: WitnessesOptions;
  readonly #live = new Map<string, LiveWitness>();
  readonly #panels = new WitnessPanels();
  #config: Pick<Config, "vrrpInstances" | "syncGroups" | "witness"> = { vrrpInstances: [], syncGroups: [] };
  #bans: ReadonlyMap<string, Ban> = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WitnessesOptions) {
    this.#options = options;
  }

  /** By the names of instances that must not become master now. */
  get bans(): ReadonlyMap<string, Ban> {
    return this.#bans;
  }

  /** Goes over to a configuration: what a witness has said counts on as long as it is the same witness. */
  configure(config: Config): void {
    this.#config = config;
    const witnesses = config.witness?.witnesses ?? [];
    for (const [name, live] of this.#live) {
      if (!witnesses.some((witness) => same(witness, live.witness))) this.#end(name, live);
    }
    for (const witness of witnesses) {
      if (!this.#live.has(witness.name)) this.#begin(witness);
    }
    const names = new Set(config.vrrpInstances.map(({ name }) => name));
    for (const { views } of this.#live.values()) {
      for (const name of views.keys()) if (!names.has(name)) views.delete(name);
    }
    this.#judge();
  }

  /** Asks nobody any more. */
  stop(): void {
    for (const [name, live] of this.#live) this.#end(name, live);
    clearTimeout(this.#timer);
  }

  #begin(witness: Witness): void {
    const { asks } = witness;
    const keys = asks.kind === "etcd" ? new EtcdKeys(asks) : undefined;
    const live: LiveWitness = { witness, views: new Map(), keys, ended: new AbortController() };
    this.#live.set(witness.name, live);
    this.#ask(live);
  }

  #end(name: string, live: LiveWitness): void {
    clearTimeout(live.timer);
    live.ended.abort();
    this.#live.delete(name);
  }

  async #ask(live: LiveWitness): Promise<void> {
    const { witness, ended } = live;
    const startMs = performance.now();
    const word = await this.#question(live, ended.signal);
    if (ended.signal.aborted) return;
    for (const instance of this.#config.vrrpInstances) {
      if (speaksOf(witness, instance.name)) this.#hear(live, instance.name, word(instance));
    }
    this.#judge();
    const waitMs = Math.max(0, startMs + witness.intervalMs - performance.now());
    live.timer = setTimeout(() => this.#ask(live), waitMs);
  }

  /** Never rejects. */
  async #question({ witness, keys }: LiveWitness, ended: AbortSignal): Promise<(instance: VrrpInstance) => Word> {
    const { asks, intervalMs } = witness;
    if (asks.kind === "etcd") {
      const concerned = this.#config.vrrpInstances.filter(({ name }) => speaksOf(witness, name));
      const words = await keys?.ask(concerned, this.#options.instances(), intervalMs, ended);
      return ({ name }) => words?.get(name) ?? { answer: "none", reason: "has not been asked yet" };
    }
    if (asks.kind === "gateway") {
      const { address, interface: device } = asks;
      const source = device === undefined ? {} : { source: { interface: device } };
      const { ok } = await probePing(
        this.#options.sockets,
        { address, port: 0, timeoutMs: intervalMs, ...source },
        ended,
      );
      return () => ok ? { answer: "yes", reason: "answers" } : { answer: "no", reason: "does not answer" };
    }
    try {
      const status = await fetchPeerStatus(asks, AbortSignal.any([ended, AbortSignal.timeout(intervalMs)]));
      return (instance) => peerWord(status, identityOf(instance));
    } catch (error) {
      const word = silence(error);
      return () => word;
    }
  }

  #hear({ witness, views }: LiveWitness, instance: string, { answer, reason, detail }: Word): void {
    const before = views.get(instance) ?? UNASKED;
    const after = hearWitness(witness, before, answer, reason);
    views.set(instance, after);
    if (after.says === before.says) return;
    const verdict = { yes: "nothing against", no: "speaks against", none: "is silent on" }[answer];
    const why = detail === undefined ? reason : `${reason} (${detail})`;
    this.#options.log(`witness ${witness.name} ${why}: ${verdict} ${instance} becoming master`);
  }

  #judge(): void {
    const { witness: config, vrrpInstances, syncGroups } = this.#config;
    clearTimeout(this.#timer);
    const nowUs = monotonicUs();
    const judged = {
      panel: config && panelOf(config),
      instances: vrrpInstances.map(({ name }) => name),
      groups: syncGroups.map(({ members }) => members),
    };
    const heard = [...this.#live.values()].map(({ witness: { name, asks, instances }, views }) => {
      return { name, instances, views, inSilenceOnly: asks.kind !== "gateway" };
    });
    const { bans, nextUs } = this.#panels.judge(judged, heard, nowUs);
    if (nextUs !== undefined) this.#timer = setTimeout(() => this.#judge(), Math.ceil((nextUs - nowUs) / 1000));
    if (same([...bans], [...this.#bans])) return;
    this.#bans = bans;
    this.#options.changed();
  }
}

function panelOf({ need, timeoutMs, whenSilent }: WitnessConfig): PanelConfig {
  return { need, timeoutUs: timeoutMs * 1000, whenSilent };
}

function monotonicUs(): number {
  return Math.round(performance.now() * 1000);
}
