// The other router that an instance heard last. Noted for every advertisement, so it allocates nothing.
import { formatIp } from "../../base/ip.ts";
import type { RouterFact } from "../../core/journal/entry.ts";
import type { RouterEvent, RouterState } from "../../core/vrrp/state.ts";
import type { Clock } from "../../ports/clock.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { familyOfPacket } from "../../wire/ip_packet.ts";
import { sourceAt } from "./senders.ts";

const TIMER = { type: "timer" } as const;

/** One memory for each instance. */
export class HeardPeer {
  readonly #address = new Uint8Array(16);
  #length = 0;
  #priority = 0;
  #atUs = 0;

  /** An advertisement was believed. @param packet the IP packet it came in */
  note(packet: Uint8Array, priority: number, nowUs: number): void {
    const start = sourceAt(packet);
    const length = familyOfPacket(packet) === 6 ? 16 : 4;
    for (let index = 0; index < length; index++) this.#address[index] = packet[start + index] as number;
    this.#length = length;
    this.#priority = priority;
    this.#atUs = nowUs;
  }

  /** Whether anybody was heard at all. */
  get isKnown(): boolean {
    return this.#length > 0;
  }

  /** Whether a router that is master was heard that lately. */
  isMasterWithin(durationUs: number, nowUs: number): boolean {
    return this.#length > 0 && this.#priority > 0 && nowUs - this.#atUs <= durationUs;
  }

  /** A timer is due; a backup, whose Master_Down_Timer it is, is told what was heard of the router before it. */
  timerEvent(state: RouterState, masterDownIntervalUs: number, nowUs: number): RouterEvent & { type: "timer" } {
    const agoUs = nowUs - this.#atUs;
    if (state.name !== "backup" || this.#length === 0) return TIMER;
    if (agoUs > 2 * state.masterAdverIntervalUs || agoUs >= masterDownIntervalUs) return TIMER;
    return { type: "timer", heard: this.#priority > 0 ? "master" : "goodbye" };
  }

  /** Its address; undefined: nobody was heard. */
  get address(): string | undefined {
    return this.#length === 0 ? undefined : formatIp(this.#address.subarray(0, this.#length));
  }

  /** The part of the snapshot; empty before the first. */
  snapshot(clock: Clock): Pick<VrrpInstanceSnapshot, "peer"> {
    if (this.#length === 0) return {};
    const address = formatIp(this.#address.subarray(0, this.#length));
    const heardMs = Math.round(clock.wallMs() - (clock.nowUs() - this.#atUs) / 1000);
    return { peer: { address, priority: this.#priority, heardMs } };
  }

  /** For the journal. @param intervalUs between advertisements of a master */
  fact(intervalUs: number, nowUs: number): Pick<RouterFact & { type: "transition" }, "heard"> {
    if (this.#length === 0) return {};
    const address = formatIp(this.#address.subarray(0, this.#length));
    const agoUs = nowUs - this.#atUs;
    return { heard: { address, priority: this.#priority, agoMs: agoUs / 1000, lately: agoUs <= 2 * intervalUs } };
  }
}
