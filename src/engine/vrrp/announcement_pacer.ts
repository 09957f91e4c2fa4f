// When announcements of addresses leave that do not leave at once: `vrrp_garp_interval`, `vrrp_gna_interval` and `garp_group`
// keep messages apart, `garp_extra_if` repeats them. One for all instances, for they share the interfaces.
import { same } from "../../base/same.ts";
import { AnnouncementQueue, type LaneChoice } from "../../core/vrrp/announcement_queue.ts";
import type { Clock } from "../../ports/clock.ts";

/** Pauses between two messages, microseconds; 0: none. */
interface Pauses {
  /** Gratuitous ARP. */
  readonly arpUs: number;
  /** Unsolicited neighbor advertisements. */
  readonly naUs: number;
}

/** How messages are kept apart: interfaces of a group share its pauses, each other one has those of all. */
export interface AnnouncementPacing extends Pauses {
  readonly groups: readonly (Pauses & { readonly interfaces: readonly string[] })[];
}

/** Everything leaves at once. */
export const NO_PACING: AnnouncementPacing = { arpUs: 0, naUs: 0, groups: [] };

/** Messages of one call to `runDue`, so that the loop gets to its packets whatever is queued. */
const MAX_MESSAGES_PER_ROUND = 256;

/** Something to announce. */
interface Announcement {
  /** Who wants it: `newOwner`. */
  readonly owner: number;
  /** Of the address, for its owner. */
  readonly key: string;
  /** The interface, or the one that its link stands on. */
  readonly base: string;
  readonly kind: "arp" | "na";
  readonly send: () => void;
}

/** Sends what is queued when its time has come. */
export class AnnouncementPacer {
  readonly #clock: Clock;
  readonly #queue = new AnnouncementQueue<Announcement>();
  readonly #repeated = new Map<number, { readonly everyUs: number; dueUs: number; readonly send: () => void }>();
  #pacing = NO_PACING;
  #owners = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on keeps messages apart like this, those that wait already, too. */
  use(pacing: AnnouncementPacing): void {
    if (same(pacing, this.#pacing)) return;
    this.#pacing = pacing;
    this.#queue.rearrange((announcement) => this.#laneOf(announcement));
  }

  /** A number to be known by. */
  newOwner(): number {
    return ++this.#owners;
  }

  /** Whether messages of this kind are kept apart on an interface. */
  paces(announcement: Pick<Announcement, "base" | "kind">): boolean {
    return this.#laneOf(announcement).pauseUs > 0;
  }

  /** A message left at once: the next of its kind waits. */
  passed(announcement: Pick<Announcement, "base" | "kind">): void {
    this.#queue.passed(this.#laneOf(announcement), this.#clock.nowUs());
  }

  /** Queues so many messages. */
  add(announcement: Announcement, times: number): void {
    const { owner, key } = announcement;
    this.#queue.add(this.#laneOf(announcement), `${owner} ${key}`, announcement, times);
  }

  /** Calls an owner again and again, at most one function for each; 0: no more. */
  repeat(owner: number, everyUs: number, send: () => void): void {
    if (everyUs === 0) this.#repeated.delete(owner);
    else if (this.#repeated.get(owner)?.everyUs !== everyUs) {
      this.#repeated.set(owner, { everyUs, dueUs: this.#clock.nowUs() + everyUs, send });
    }
  }

  /** Forgets what an owner has queued: for some addresses, by `key`. */
  drop(owner: number, keys: ReadonlySet<string>): void {
    this.#queue.drop((announcement) => announcement.owner === owner && keys.has(announcement.key));
  }

  /** When `runDue` has something to do next, monotonic microseconds. */
  get deadlineUs(): number | undefined {
    let earliest = this.#queue.deadlineUs;
    for (const { dueUs } of this.#repeated.values()) {
      if (earliest === undefined || dueUs < earliest) earliest = dueUs;
    }
    return earliest;
  }

  /** Sends what may leave now. */
  runDue(): void {
    const nowUs = this.#clock.nowUs();
    for (const entry of this.#repeated.values()) {
      if (entry.dueUs > nowUs) continue;
      entry.dueUs = nowUs + entry.everyUs;
      entry.send();
    }
    for (let count = 0; count < MAX_MESSAGES_PER_ROUND; count++) {
      const announcement = this.#queue.take(nowUs);
      if (announcement === undefined) return;
      announcement.send();
    }
  }

  #laneOf({ base, kind }: Pick<Announcement, "base" | "kind">): LaneChoice {
    const { groups } = this.#pacing;
    const at = groups.findIndex(({ interfaces }) => interfaces.includes(base));
    const { arpUs, naUs } = groups[at] ?? this.#pacing;
    return { name: `${kind} ${at < 0 ? base : `group ${at}`}`, pauseUs: kind === "arp" ? arpUs : naUs };
  }
}
