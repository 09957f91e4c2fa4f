// The keys of one etcd witness, one for each instance, and what follows from who holds them.
import type { VrrpInstance } from "../config/config.ts";
import type { Witness } from "../config/witness_config.ts";
import { arbiterWord } from "../core/vrrp/arbiter.ts";
import type { WitnessWord } from "../core/vrrp/peer_word.ts";
import { arbiterKey, instanceWantsKey } from "../engine/vrrp/arbitrated.ts";
import type { VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import { EtcdKey } from "../probe/etcd.ts";

/** What a witness said, with more for the log. */
export type Word = WitnessWord & { readonly detail?: string };

/** Longest error of the system that the log shows, in characters. */
const MAX_DETAIL = 300;

/** The word of one that could not be asked. Why, the system says in many ways, some with changing numbers: for the log only. */
export function silence(error: unknown): Word {
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, MAX_DETAIL);
  return { answer: "none", reason: "cannot be asked", detail };
}

/** All keys of one witness. */
export class EtcdKeys {
  readonly #settings: Witness["asks"] & { kind: "etcd" };
  readonly #holder: string;
  readonly #keys = new Map<string, EtcdKey>();

  constructor(settings: Witness["asks"] & { kind: "etcd" }) {
    this.#settings = settings;
    this.#holder = settings.holder ?? hostIdentity();
  }

  /** Takes, keeps or leaves the key of each instance. Never rejects. @returns what follows, by its name */
  async ask(
    instances: readonly VrrpInstance[],
    reported: readonly VrrpInstanceSnapshot[],
    limitMs: number,
    ended: AbortSignal,
  ): Promise<Map<string, Word>> {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(limitMs)]);
    const words = await Promise.all(instances.map(async (instance) => {
      try {
        const key = this.#keyOf(instance);
        const now = reported.find(({ name }) => name === instance.name);
        const holder = instanceWantsKey(instance, now, Date.now()) ? await key.hold(signal) : await key.leave(signal);
        return [instance.name, arbiterWord(holder, this.#holder)] as const;
      } catch (error) {
        return [instance.name, silence(error)] as const;
      }
    }));
    return new Map<string, Word>(words);
  }

  #keyOf(instance: VrrpInstance): EtcdKey {
    const path = arbiterKey(this.#settings.prefix, instance);
    let key = this.#keys.get(path);
    if (key === undefined) this.#keys.set(path, key = new EtcdKey(this.#settings, path, this.#holder));
    return key;
  }
}

/** Host names are not always different, machines are. */
function hostIdentity(): string {
  try {
    return `${Deno.hostname()} ${Deno.readTextFileSync("/etc/machine-id").trim()}`;
  } catch {
    return Deno.hostname();
  }
}
