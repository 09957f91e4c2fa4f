// Packets on their way, the earliest first: a binary heap. Of packets for the same moment, the one sent first comes first.
import type { SimulatedHost } from "./simulated_host.ts";

/** A packet that will arrive at one interface. */
export interface Delivery {
  atUs: number;
  /** Counts up; breaks ties. */
  readonly order: number;
  readonly to: SimulatedHost;
  readonly device: string;
  readonly packet: Uint8Array;
  /** The VMAC that it was sent by. */
  readonly link: string | undefined;
}

/** Deliveries by time. */
export class DeliveryQueue {
  readonly #heap: Delivery[] = [];

  /** When the first one arrives; undefined when nothing is on its way. */
  get nextUs(): number | undefined {
    return this.#heap[0]?.atUs;
  }

  push(delivery: Delivery): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(delivery);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Delivery;
      if (!isBefore(delivery, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = delivery;
  }

  /** Takes the first one, if it arrives until `untilUs`. */
  take(untilUs: number): Delivery | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.atUs > untilUs) return undefined;
    const last = heap.pop() as Delivery;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(delivery: Delivery): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Delivery, heap[child] as Delivery)) child++;
      const below = heap[child] as Delivery;
      if (!isBefore(below, delivery)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = delivery;
  }
}

function isBefore(left: Delivery, right: Delivery): boolean {
  return left.atUs < right.atUs || (left.atUs === right.atUs && left.order < right.order);
}
