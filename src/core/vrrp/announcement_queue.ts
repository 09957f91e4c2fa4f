// Announcements of addresses that wait for their turn: in lanes, each with a pause between two messages. Pure.

interface Lane<T> {
  readonly pauseUs: number;
  /** When the next message may leave, monotonic microseconds. */
  notBeforeUs: number;
  /** In the order of their turns; who has had one and wants more goes to the end. */
  readonly waiting: Map<string, { readonly item: T; times: number }>;
}

/** Where a message queues up. */
export interface LaneChoice {
  readonly name: string;
  /** Between two messages of the lane, microseconds. */
  readonly pauseUs: number;
}

/**
 * Round-robin queues. An entry stands in its lane once, however often it is asked for: what waits is no more than there
 * are addresses.
 */
export class AnnouncementQueue<T> {
  #lanes = new Map<string, Lane<T>>();

  /** Lets an item have so many turns; one that waits already has the greater number of the two. */
  add(choice: LaneChoice, key: string, item: T, times: number): void {
    if (times <= 0) return;
    const { waiting } = this.#lane(choice);
    const known = waiting.get(key);
    waiting.set(key, { item, times: Math.max(times, known?.times ?? 0) });
  }

  /** A message of the lane left without a turn: the next waits for the pause. */
  passed(choice: LaneChoice, nowUs: number): void {
    this.#lane(choice).notBeforeUs = nowUs + choice.pauseUs;
  }

  /** When the next turn is; undefined while nothing waits. */
  get deadlineUs(): number | undefined {
    let earliest: number | undefined;
    for (const { waiting, notBeforeUs } of this.#lanes.values()) {
      if (waiting.size > 0 && (earliest === undefined || notBeforeUs < earliest)) earliest = notBeforeUs;
    }
    return earliest;
  }

  /** The item whose turn it is, which counts as sent; undefined when none may leave now. */
  take(nowUs: number): T | undefined {
    for (const lane of this.#lanes.values()) {
      const [first] = lane.waiting;
      if (first === undefined || lane.notBeforeUs > nowUs) continue;
      const [key, entry] = first;
      lane.waiting.delete(key);
      if (--entry.times > 0) lane.waiting.set(key, entry);
      lane.notBeforeUs = nowUs + lane.pauseUs;
      return entry.item;
    }
    return undefined;
  }

  /** Forgets the items that are not wanted any more. */
  drop(isUnwanted: (item: T) => boolean): void {
    for (const { waiting } of this.#lanes.values()) {
      for (const [key, { item }] of waiting) if (isUnwanted(item)) waiting.delete(key);
    }
  }

  /** Puts what waits into other lanes, in the order of now. */
  rearrange(choose: (item: T) => LaneChoice): void {
    const before = this.#lanes;
    this.#lanes = new Map();
    for (const { waiting, notBeforeUs } of before.values()) {
      for (const [key, { item, times }] of waiting) {
        const choice = choose(item);
        this.add(choice, key, item, times);
        const lane = this.#lane(choice);
        // No pause that was promised gets shorter, except where there is none any more.
        if (choice.pauseUs > 0) lane.notBeforeUs = Math.max(lane.notBeforeUs, notBeforeUs);
      }
    }
  }

  #lane({ name, pauseUs }: LaneChoice): Lane<T> {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane = { pauseUs, notBeforeUs: 0, waiting: new Map() };
    this.#lanes.set(name, lane);
    return lane;
  }
}
