// One BFD session at work: holds its state, lets the core decide, sends, and tells what it means for those who track it.
import { parseIp } from "../../base/ip.ts";
import type { BfdInstance } from "../../config/config_vrrp.ts";
import { acceptsHops } from "../../core/bfd/hops.ts";
import { nextDeadlineUs, startSession, stepSession } from "../../core/bfd/session.ts";
import type { BfdAction, BfdConfig, BfdEvent, BfdSession } from "../../core/bfd/state.ts";
import { leastIdleTxUs } from "../../core/bfd/timing.ts";
import type { BfdArrival, BfdNetwork, BfdSender } from "../../ports/bfd.ts";
import type { Clock } from "../../ports/clock.ts";
import { BFD_PACKET_BYTES, type ControlPacket, writeControlPacket } from "../../wire/bfd.ts";
import { RateLimiter } from "../vrrp/rate_limiter.ts";

/** What sessions need of their surroundings. */
export interface BfdPorts {
  readonly clock: Clock;
  readonly network: BfdNetwork;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** One line for people, without time stamp. */
  readonly log: (line: string) => void;
  /** A session came up or went down. */
  readonly changed: () => void;
}

const SECOND_US = 1_000_000;
const LOG_INTERVAL_US = 60 * SECOND_US;
/** A session that has not been up since it began is taken for down after three idle intervals and this. */
const PATIENCE_US = 2 * SECOND_US;
/** Packets taken in a second, beyond twice what was asked for: with Polls and news the rest is a flood. */
const SPARE_PACKETS = 50;
/** Changes of state that are logged in a minute; the others are counted. */
const MAX_LOGGED = 20;

/** RFC 5880 section 4.1. */
const DIAGNOSTICS: Readonly<Record<number, string>> = {
  1: "control detection time expired",
  3: "neighbor signaled session down",
  7: "administratively down",
};

/** One session. Made from its configuration; sends nothing until `start`. */
export class LiveBfdSession {
  readonly discriminator: number;
  readonly #ports: BfdPorts;
  readonly #limiter = new RateLimiter(LOG_INTERVAL_US);
  readonly #bytes = new Uint8Array(BFD_PACKET_BYTES);
  #config: BfdInstance;
  #core: BfdConfig;
  #neighbor: Uint8Array;
  #source: Uint8Array | undefined;
  #sender: BfdSender;
  #session: BfdSession;
  #up: boolean | undefined;
  #patienceUs = Infinity;
  #second = { startUs: 0, packets: 0 };
  #minute = { startUs: 0, lines: 0, left: 0 };
  #discarded = 0;

  constructor(config: BfdInstance, discriminator: number, ports: BfdPorts) {
    this.discriminator = discriminator;
    this.#ports = ports;
    this.#config = config;
    this.#core = coreConfig(config, discriminator);
    this.#neighbor = parseIp(config.neighbor) ?? new Uint8Array();
    this.#source = config.source === undefined ? undefined : parseIp(config.source);
    this.#sender = ports.network.open(config);
    this.#session = startSession(this.#core, Infinity);
  }

  /** What it does now. */
  get config(): BfdInstance {
    return this.#config;
  }

  /** Whether it is up; undefined: it has begun only just, and was not up yet. */
  get up(): boolean | undefined {
    return this.#up;
  }

  /** Packets that were not believed. */
  get discarded(): number {
    return this.#discarded;
  }

  /** When `timer` is due next, monotonic microseconds; Infinity: it waits for a packet. */
  get deadlineUs(): number {
    return Math.min(nextDeadlineUs(this.#session), this.#patienceUs);
  }

  start(): void {
    const nowUs = this.#ports.clock.nowUs();
    this.#session = startSession(this.#core, nowUs);
    this.#patienceUs = nowUs + 3 * leastIdleTxUs(this.#core) + PATIENCE_US;
  }

  /** Ends: the neighbor hears that it is meant. */
  stop(): void {
    this.#happens({ type: "disable" });
    this.#sender.close();
  }

  /** Goes over to another configuration of the same neighbor and source; the neighbor is told what is new to it. */
  reconfigure(config: BfdInstance): void {
    if (config.ttl !== this.#config.ttl) {
      this.#sender.close();
      this.#sender = this.#ports.network.open(config);
    }
    this.#config = config;
    this.#core = coreConfig(config, this.discriminator);
    this.#happens({ type: "reconfigured" });
  }

  /** Lets what is due happen. */
  timer(): void {
    const nowUs = this.#ports.clock.nowUs();
    if (nowUs >= this.#patienceUs) {
      this.#patienceUs = Infinity;
      this.#say(this.#session.state === "up");
    }
    if (nowUs >= nextDeadlineUs(this.#session)) this.#happens({ type: "timer" });
  }

  /** Whether a packet comes from the neighbor to us, by its addresses. */
  isFor({ multihop, source, destination }: BfdArrival): boolean {
    return multihop === this.#config.multihop && isSame(source, this.#neighbor) &&
      (this.#source === undefined || isSame(destination, this.#source));
  }

  /** A packet of this session. */
  receive(arrival: BfdArrival, packet: ControlPacket): void {
    if (!acceptsHops(this.#config, arrival.ttl)) return this.#discard(`TTL ${arrival.ttl ?? "unknown"} is too low`);
    const nowUs = this.#ports.clock.nowUs();
    if (nowUs - this.#second.startUs >= SECOND_US) this.#second = { startUs: nowUs, packets: 0 };
    if (++this.#second.packets > SPARE_PACKETS + 2 * SECOND_US / this.#config.minRxUs) {
      return this.#discard("there are too many");
    }
    this.#happens({ type: "packet", packet });
  }

  #discard(why: string): void {
    this.#discarded++;
    if (this.#limiter.allows(why, this.#ports.clock.nowUs())) this.#log(`discarding packets of the neighbor: ${why}`);
  }

  #happens(event: BfdEvent): void {
    const moment = { nowUs: this.#ports.clock.nowUs(), random: this.#ports.random() };
    const { session, actions } = stepSession(this.#core, this.#session, event, moment);
    this.#session = session;
    for (const action of actions) this.#carryOut(action);
  }

  #carryOut(action: BfdAction): void {
    if (action.type === "send") return this.#send(action.packet);
    const { from, to, diagnostic } = action;
    const reason = to === "up" || to === "init" ? undefined : DIAGNOSTICS[diagnostic];
    this.#logTransition(`Entering ${to} state${reason === undefined ? "" : ` (${reason})`}`);
    if (to === "up" || from === "up") this.#say(to === "up");
  }

  #send(packet: ControlPacket): void {
    writeControlPacket(this.#bytes, packet);
    const failure = this.#sender.send(this.#bytes);
    if (failure === undefined) return;
    if (this.#limiter.allows(failure, this.#ports.clock.nowUs())) this.#log(`cannot send: ${failure}`);
  }

  #say(up: boolean): void {
    this.#patienceUs = Infinity;
    if (up === this.#up) return;
    this.#up = up;
    this.#ports.changed();
  }

  /** A session that flaps, or is made to, fills no disk. */
  #logTransition(line: string): void {
    const nowUs = this.#ports.clock.nowUs();
    if (nowUs - this.#minute.startUs >= LOG_INTERVAL_US) {
      if (this.#minute.left > 0) this.#log(`${this.#minute.left} more changes of state were not logged`);
      this.#minute = { startUs: nowUs, lines: 0, left: 0 };
    }
    if (this.#minute.lines++ < MAX_LOGGED) this.#log(line);
    else this.#minute.left++;
  }

  #log(line: string): void {
    this.#ports.log(`BFD_Instance(${this.#config.name}) ${line}`);
  }
}

function coreConfig(config: BfdInstance, localDiscriminator: number): BfdConfig {
  const { minTxUs, minRxUs, idleTxUs, multiplier, passive } = config;
  return { localDiscriminator, minTxUs, minRxUs, idleTxUs, multiplier, passive };
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
