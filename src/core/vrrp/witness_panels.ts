// The witnesses of all instances: from what each of them is taken to say to which instances must not become master. Remembers
// the last decisions. Asks nobody, and knows no clock.
import {
  type Ban,
  banOf,
  joinBans,
  judgePanel,
  nextPanelUs,
  type PanelConfig,
  type PanelState,
  startPanel,
  UNASKED,
  type WitnessView,
} from "./witness.ts";

/** A witness with what it is taken to say. */
export interface HeardWitness {
  readonly name: string;
  /** It speaks of a master that is not heard. */
  readonly inSilenceOnly: boolean;
  /** Names of the instances that it counts for; undefined: all. */
  readonly instances?: readonly string[] | undefined;
  /** By the name of the instance. */
  readonly views: ReadonlyMap<string, WitnessView>;
}

/** Who is judged. */
export interface Judged {
  /** Undefined: there are no witnesses. */
  readonly panel: PanelConfig | undefined;
  readonly instances: readonly string[];
  /** Names of the members of each sync group: they move together. */
  readonly groups: readonly (readonly string[])[];
}

/** The decisions. */
export interface Judgement {
  /** By the names of instances that must not become master now. */
  readonly bans: ReadonlyMap<string, Ban>;
  /** When silence has lasted long enough for another decision. */
  readonly nextUs?: number;
}

/** All panels. */
export class WitnessPanels {
  readonly #states = new Map<string, PanelState>();

  /** Decides anew, after an answer, with another configuration, and when `nextUs` has come. */
  judge({ panel, instances, groups }: Judged, witnesses: readonly HeardWitness[], nowUs: number): Judgement {
    const judged = panel === undefined ? [] : instances;
    for (const name of this.#states.keys()) if (!judged.includes(name)) this.#states.delete(name);
    if (panel === undefined) return { bans: new Map() };
    let nextUs = Infinity;
    const own = new Map<string, Ban | undefined>();
    for (const name of judged) {
      const state = judgePanel(panel, this.#states.get(name) ?? startPanel(nowUs), membersOf(witnesses, name), nowUs);
      this.#states.set(name, state);
      own.set(name, banOf(state));
      nextUs = Math.min(nextUs, nextPanelUs(panel, state, nowUs) ?? Infinity);
    }
    const bans = new Map<string, Ban>();
    for (const name of judged) {
      const together = groups.find((members) => members.includes(name)) ?? [name];
      const ban = joinBans(together.map((member) => own.get(member)));
      if (ban !== undefined) bans.set(name, ban);
    }
    return { bans, ...(nextUs < Infinity && { nextUs }) };
  }
}

/** Whether a witness has something to say of an instance. */
export function speaksOf({ instances }: Pick<HeardWitness, "instances">, instance: string): boolean {
  return instances === undefined || instances.includes(instance);
}

function membersOf(witnesses: readonly HeardWitness[], instance: string): Parameters<typeof judgePanel>[2] {
  return witnesses.filter((witness) => speaksOf(witness, instance)).map(({ name, inSilenceOnly, views }) => {
    return { name, inSilenceOnly, view: views.get(instance) ?? UNASKED };
  });
}
