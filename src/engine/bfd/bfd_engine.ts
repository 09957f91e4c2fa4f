// All BFD sessions of this host: finds the one that a packet is for, runs what is due, tells which are up.
import { formatIp } from "../../base/ip.ts";
import { same } from "../../base/same.ts";
import type { BfdInstance } from "../../config/config_vrrp.ts";
import type { BfdArrival } from "../../ports/bfd.ts";
import { type BfdFlaw, readControlPacket } from "../../wire/bfd.ts";
import { RateLimiter } from "../vrrp/rate_limiter.ts";
import { type BfdPorts, LiveBfdSession } from "./live_session.ts";

/** Which sessions are up, by name; one that has begun only just, and was not up yet, is missing. */
export type BfdStates = Readonly<Record<string, boolean>>;

const LOG_INTERVAL_US = 60_000_000;
const MAX_DISCRIMINATOR = 0xffff_ffff;

/** The BFD sessions of one process. Synchronous throughout; never throws because of a packet. */
export class BfdEngine {
  readonly #ports: BfdPorts;
  readonly #limiter = new RateLimiter(LOG_INTERVAL_US);
  #sessions: readonly LiveBfdSession[] = [];
  #byDiscriminator = new Map<number, LiveBfdSession>();
  readonly #taken = new Set<number>();
  #strays = 0;
  #started = false;

  constructor(instances: readonly BfdInstance[], ports: BfdPorts) {
    this.#ports = ports;
    this.#use(instances.map((instance) => this.#open(instance)));
  }

  start(): void {
    this.#started = true;
    for (const session of this.#sessions) session.start();
  }

  /** Ends every session; neighbors hear that it is meant. */
  stop(): void {
    for (const session of this.#sessions) session.stop();
  }

  /** Goes over to other instances. A session with the same name, neighbor and source goes on. */
  reconfigure(instances: readonly BfdInstance[]): void {
    const before = new Map(this.#sessions.map((session) => [identity(session.config), session]));
    const sessions = instances.map((instance) => {
      const session = before.get(identity(instance));
      before.delete(identity(instance));
      if (session === undefined) {
        const made = this.#open(instance);
        if (this.#started) made.start();
        return made;
      }
      if (!same(session.config, instance, "location")) session.reconfigure(instance);
      return session;
    });
    for (const session of before.values()) session.stop();
    this.#use(sessions);
    this.#ports.changed();
  }

  /** The earliest deadline, monotonic microseconds; Infinity when nothing is due. */
  nextDeadlineUs(): number {
    let earliest = Infinity;
    for (const { deadlineUs } of this.#sessions) if (deadlineUs < earliest) earliest = deadlineUs;
    return earliest;
  }

  /** Lets every session do what is due at this time. */
  runDue(): void {
    const nowUs = this.#ports.clock.nowUs();
    for (const session of this.#sessions) if (session.deadlineUs <= nowUs) session.timer();
  }

  /** A datagram arrived at our port: `bytes[0, length)`, valid during the call only. */
  receive(arrival: BfdArrival, bytes: Uint8Array, length: number): void {
    const read = readControlPacket(bytes, length);
    if (!read.ok) return this.#stray(arrival, FLAW_TEXT[read.reason]);
    const { yourDiscriminator } = read.value;
    // The addresses count in any case: a number can be guessed (RFC 5880 section 6.3 asks for the number only).
    const session = yourDiscriminator === 0
      ? this.#sessions.find((candidate) => candidate.isFor(arrival))
      : this.#byDiscriminator.get(yourDiscriminator);
    if (session === undefined || !session.isFor(arrival)) return this.#stray(arrival, "it belongs to no session");
    session.receive(arrival, read.value);
  }

  /** Datagrams that belonged to no session, or were no packets. */
  get strays(): number {
    return this.#strays;
  }

  /** Which sessions are up. */
  states(): BfdStates {
    return Object.fromEntries(
      this.#sessions.flatMap(({ config, up }) => up === undefined ? [] : [[config.name, up] as const]),
    );
  }

  #stray({ source }: BfdArrival, why: string): void {
    this.#strays++;
    if (!this.#limiter.allows(why, this.#ports.clock.nowUs())) return;
    this.#ports.log(`BFD: discarding a packet from ${formatIp(source)}: ${why}`);
  }

  #open(instance: BfdInstance): LiveBfdSession {
    return new LiveBfdSession(instance, this.#newDiscriminator(), this.#ports);
  }

  /** Hard to guess, and nobody else's. */
  #newDiscriminator(): number {
    for (;;) {
      const number = 1 + Math.floor(this.#ports.random() * MAX_DISCRIMINATOR);
      if (number <= MAX_DISCRIMINATOR && !this.#taken.has(number)) {
        this.#taken.add(number);
        return number;
      }
    }
  }

  #use(sessions: readonly LiveBfdSession[]): void {
    this.#sessions = sessions;
    this.#byDiscriminator = new Map(sessions.map((session) => [session.discriminator, session]));
    this.#taken.clear();
    for (const { discriminator } of sessions) this.#taken.add(discriminator);
  }
}

const FLAW_TEXT: Readonly<Record<BfdFlaw, string>> = {
  length: "it is cut short",
  version: "it is of another BFD version",
  "detect-mult": "its multiplier is 0",
  multipoint: "it has the multipoint flag",
  "my-discriminator": "it has no discriminator of its sender",
  "your-discriminator": "it has no discriminator of ours",
  authentication: "it is authenticated, and we are not",
};

/** What makes a session the same one across configurations. */
function identity({ name, neighbor, source, multihop }: BfdInstance): string {
  return JSON.stringify([name, neighbor, source, multihop]);
}
