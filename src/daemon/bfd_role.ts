// The bfd role: one synchronous loop over the sockets of BFD, a timer and the link to the supervisor. A process of its own:
// packets every few milliseconds, and whoever sends more, must not hold up VRRP.
import { familyOf } from "../base/ip.ts";
import type { BfdInstance } from "../config/config_vrrp.ts";
import { BfdEngine } from "../engine/bfd/bfd_engine.ts";
import { BfdListener, LinuxBfdNetwork } from "../linux/bfd_sockets.ts";
import { Epoll } from "../linux/epoll.ts";
import { DeadlineTimer, SystemClock } from "../linux/monotonic_clock.ts";
import type { Link } from "./link.ts";
import type { FromChild, ToBfd } from "./messages.ts";
import { tuneMyself } from "./process_tuning.ts";
import { letListenersRun, refusalOf, runLoop } from "./synchronous_loop.ts";

/** Packets read from one socket before others, and timers, get their turn. */
const MAX_PACKETS_PER_ROUND = 64;
/** A signal that comes between the last look and epoll_wait is noticed this much later at worst. */
const MAX_WAIT_MS = 1000;
/** Longer datagrams are no packets of BFD. */
const PACKET_BYTES = 512;
/** States are told at most this often, so that a session that flaps wakes nobody a thousand times a second. */
const TELL_INTERVAL_US = 10_000;
const RANDOM_RANGE = 2 ** 32;

/** Runs until the supervisor says so or is gone. @param linkFd our end of the link */
export async function runBfdRole(linkFd: number): Promise<void> {
  await runLoop(linkFd, (link) => new BfdRole(link));
}

class BfdRole {
  readonly #link: Link<FromChild>;
  readonly #clock = new SystemClock();
  readonly #timer = new DeadlineTimer();
  readonly #epoll = new Epoll();
  readonly #packet = new Uint8Array(PACKET_BYTES);
  /** By what they hear. */
  readonly #listeners = new Map<string, BfdListener>();
  #engine: BfdEngine | undefined;
  #started = false;
  #ended = false;
  /** When states are to be told; Infinity: nothing is new. */
  #tellUs = Infinity;
  #toldUs = 0;

  constructor(link: Link<FromChild>) {
    this.#link = link;
  }

  async run(): Promise<void> {
    this.#epoll.add(this.#link.fd);
    this.#epoll.add(this.#timer.fd);
    while (!this.#ended) {
      const dueUs = this.#started ? Math.min(this.#engine?.nextDeadlineUs() ?? Infinity, this.#tellUs) : Infinity;
      this.#timer.set(dueUs === Infinity ? undefined : dueUs);
      const ready = this.#epoll.wait(MAX_WAIT_MS);
      for (let index = 0; index < ready; index++) this.#handle(this.#epoll.fdAt(index));
      if (this.#started && !this.#ended) this.#work();
      if (ready === 0) await letListenersRun();
    }
    this.#link.close();
  }

  /** Packets first: one that waits in the queue shows that its sender was not silent. */
  #work(): void {
    this.#engine?.runDue();
    if (this.#clock.nowUs() >= this.#tellUs) this.#tell();
  }

  #tell(): void {
    this.#toldUs = this.#clock.nowUs();
    this.#tellUs = Infinity;
    this.#link.post({ type: "bfd", sessions: this.#engine?.states() ?? {} });
  }

  #handle(fd: number): void {
    if (fd === this.#timer.fd) return this.#timer.fired();
    if (fd === this.#link.fd) return this.#readLink();
    for (const listener of this.#listeners.values()) if (listener.fd === fd) return this.#readPackets(listener);
  }

  #readPackets(listener: BfdListener): void {
    for (let count = 0; count < MAX_PACKETS_PER_ROUND; count++) {
      const length = listener.receive(this.#packet);
      if (length === undefined) return;
      if (this.#started) this.#engine?.receive(listener.arrival, this.#packet, length);
    }
  }

  #readLink(): void {
    const open = this.#link.receive((message) => this.#obey(message as ToBfd));
    if (open || this.#ended) return;
    this.#engine?.stop();
    this.#ended = true;
  }

  #obey(message: ToBfd): void {
    switch (message.type) {
      case "configure":
        return this.#configure(message.instances);
      case "start":
        this.#started = true;
        return this.#engine?.start();
      case "reconfigure":
        return this.#reconfigure(message);
      case "tune":
        return tuneMyself(message.own, (line) => this.#link.send({ type: "log", line }));
      case "stop":
        if (this.#started) this.#engine?.stop();
        this.#ended = true;
        return;
      default:
        return message satisfies never;
    }
  }

  #configure(instances: readonly BfdInstance[]): void {
    this.#listen(instances);
    this.#engine = new BfdEngine(instances, {
      clock: this.#clock,
      network: new LinuxBfdNetwork(),
      random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / RANDOM_RANGE,
      log: (line) => this.#link.send({ type: "log", line }),
      changed: () => this.#tellUs = Math.min(this.#tellUs, this.#toldUs + TELL_INTERVAL_US),
    });
    this.#link.post({ type: "ready" });
  }

  /** In place: sockets of new kinds come before the sessions that need them, those of others go after. */
  #reconfigure({ id, instances }: ToBfd & { type: "reconfigure" }): void {
    const refused = refusalOf(() => {
      this.#listen(instances);
      this.#engine?.reconfigure(instances);
      this.#keep(instances);
    });
    this.#link.post({ type: "reconfigured", id, ...(refused === undefined ? {} : { refused }) });
  }

  #listen(instances: readonly BfdInstance[]): void {
    for (const instance of instances) {
      if (this.#listeners.has(keyOf(instance))) continue;
      const listener = new BfdListener({ family: familyOf(instance.neighbor), multihop: instance.multihop });
      this.#listeners.set(keyOf(instance), listener);
      this.#epoll.add(listener.fd);
    }
  }

  #keep(instances: readonly BfdInstance[]): void {
    const kept = new Set(instances.map(keyOf));
    for (const [key, listener] of this.#listeners) {
      if (kept.has(key)) continue;
      this.#epoll.remove(listener.fd);
      listener.close();
      this.#listeners.delete(key);
    }
  }
}

function keyOf({ neighbor, multihop }: BfdInstance): string {
  return `${familyOf(neighbor)} ${multihop}`;
}
