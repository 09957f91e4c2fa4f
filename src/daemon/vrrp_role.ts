// The vrrp role: one synchronous loop over raw sockets, the netlink monitor, a timer and the link to the supervisor.
// Waits in epoll_wait and nowhere else; no promise runs while it serves, except when a signal wants its listener to.
import { castOf, rehearse } from "../engine/vrrp/rehearsal.ts";
import { AnnouncementPacer } from "../engine/vrrp/announcement_pacer.ts";
import { StaticParts } from "../engine/vrrp/static_parts.ts";
import type { VrrpInstance } from "../config/config.ts";
import type { VirtualRouterPorts } from "../engine/vrrp/surroundings.ts";
import { type Listener, listenersOf, VrrpEngine } from "../engine/vrrp/vrrp_engine.ts";
import { RuntimeDigests } from "../linux/digests.ts";
import { OwnLinks } from "../engine/vrrp/own_links.ts";
import { dryRun } from "../linux/dry_run.ts";
import { Epoll } from "../linux/epoll.ts";
import { LinuxNetwork } from "../linux/linux_network.ts";
import { DeadlineTimer, SystemClock } from "../linux/monotonic_clock.ts";
import { isCrowded } from "../linux/scheduling.ts";
import type { AdvertisementSocket } from "../linux/vrrp_socket.ts";
import { OwnAutoPriority } from "./auto_priority.ts";
import { ClaimListener } from "./claim_listener.ts";
import { collectAlone } from "./own_collector.ts";
import type { Link } from "./link.ts";
import { tuneMyself } from "./process_tuning.ts";
import { letListenersRun, refusalOf, runLoop } from "./synchronous_loop.ts";
import type { FromChild, ToVrrp } from "./messages.ts";
import { NO_PART, type VrrpPart } from "./vrrp_part.ts";

/** How often the counters are reported, changed or not. */
const SNAPSHOT_INTERVAL_US = 1_000_000;
/** A report of many instances takes a while to write and read: each hundred of them adds an interval. */
const INSTANCES_PER_INTERVAL = 100;
/** Changes that come in a burst are reported together. */
const SNAPSHOT_SPACING_US = 50_000;
/** Packets read from one socket before others get their turn. */
const MAX_PACKETS_PER_ROUND = 256;
/** A signal that comes between the last look and epoll_wait is noticed this much later at worst. */
const MAX_WAIT_MS = 1000;
/** How long before a take-over it is rehearsed: time enough for it, and to sleep once more. */
const REHEARSED_BEFORE_TAKEOVER_US = 5000;
/** Many instances that take over one after another need one rehearsal. */
const STILL_PREPARED_US = 50_000;
/** How long before a take-over the loop stays awake: the timer's own lateness fits in. */
const AWAKE_BEFORE_TAKEOVER_US = 200;
/** Fail-overs rehearsed before the start: enough for V8 to have compiled the way, some 20 ms. */
const REHEARSALS = 200;

/** Runs until the supervisor says so or is gone. @param linkFd our end of the link */
export async function runVrrpRole(linkFd: number): Promise<void> {
  await runLoop(linkFd, (link) => {
    collectAlone();
    return new VrrpRole(link);
  });
}

class VrrpRole {
  readonly #link: Link<FromChild>;
  readonly #clock = new SystemClock();
  readonly #timer = new DeadlineTimer();
  readonly #epoll = new Epoll();
  readonly #packet = new Uint8Array(2048);
  readonly #sockets = new Map<number, AdvertisementSocket>();
  #network: LinuxNetwork | undefined;
  readonly #claims = new ClaimListener(
    this.#epoll,
    (device) => this.#network?.table.indexOf(device),
    (device, claim) => this.#engine?.claimed(device, claim),
  );
  #engine: VrrpEngine | undefined;
  #links: OwnLinks | undefined;
  #statics: StaticParts | undefined;
  readonly #pacer = new AnnouncementPacer(this.#clock);
  readonly #autoPriority = new OwnAutoPriority((line) => this.#link.send({ type: "log", line }));
  #part: VrrpPart = NO_PART;
  /** What is rehearsed. */
  #cast: readonly VrrpInstance[] = [];
  #started = false;
  /** The order to start, until its time has come. */
  #heldStart: (ToVrrp & { type: "start" }) | undefined;
  #ended = false;
  /** When the last snapshot was sent. */
  #reportedUs = 0;
  /** When the next one is due; brought forward when something changed. */
  #snapshotDueUs = 0;
  /** The take-over, by its time, that was prepared for last. */
  #preparedFor: number | undefined;
  /** When that was. */
  #preparedUs = -Infinity;
  /** No others wanted the CPU then. */
  #isUncrowded = true;

  constructor(link: Link<FromChild>) {
    this.#link = link;
  }

  async run(): Promise<void> {
    this.#epoll.add(this.#link.fd);
    this.#epoll.add(this.#timer.fd);
    while (!this.#ended) {
      const imminent = this.#prepareTakeover();
      if (!imminent) this.#timer.set(this.#nextWakeUs());
      const ready = this.#epoll.wait(imminent ? 0 : MAX_WAIT_MS);
      for (let index = 0; index < ready; index++) this.#handle(this.#epoll.fdAt(index));
      if (this.#heldStart !== undefined && !this.#ended) this.#startLater(this.#heldStart);
      if (this.#started && !this.#ended) this.#work(imminent);
      if (ready === 0 && !imminent) await letListenersRun();
    }
    this.#network?.close();
    this.#link.close();
  }

  abandon(): void {
    this.#engine?.stop();
  }

  /**
   * Shortly before a backup takes over, brings the code and data of a take-over back into the caches, which seconds
   * of sleep have emptied. Then it sleeps once more, until the last moment, in which it does not, so that it is awake in
   * time; it goes on listening, for the master may still be heard.
   *
   * Where others want the CPU, too, it only sleeps: the scheduler lets in at once who has slept, and takes the CPU away from
   * who has just worked.
   *
   * @returns whether a take-over is that near, and awaited
   */
  #prepareTakeover(): boolean {
    const nowUs = this.#clock.nowUs();
    const soonUs = nowUs + REHEARSED_BEFORE_TAKEOVER_US;
    if (!this.#started || (this.#engine?.noTakeoverBeforeUs ?? Infinity) > soonUs) return false;
    const takeoverUs = this.#engine?.nextTakeoverUs(soonUs);
    if (takeoverUs === undefined) return false;
    this.#preparedFor = takeoverUs;
    if (nowUs - this.#preparedUs > STILL_PREPARED_US) {
      this.#preparedUs = nowUs;
      this.#isUncrowded = this.#part.autoPriority.usual > 0 || !isCrowded();
      if (this.#isUncrowded) this.#rehearse(1);
    }
    return this.#isUncrowded && takeoverUs <= this.#clock.nowUs() + AWAKE_BEFORE_TAKEOVER_US;
  }

  /** Again and again what a take-over does, with all that belongs to it except that others notice. */
  #rehearse(rounds: number): void {
    const network = this.#network;
    if (network === undefined) return;
    dryRun(() => {
      for (let round = 0; round < rounds; round++) {
        const clock = new SystemClock();
        const ports = this.#portsOf(network, clock, new AnnouncementPacer(clock), true);
        const advance = (us: number): void => void (clock.aheadUs += us);
        for (const instance of this.#cast) rehearse(instance, { ports, advance });
      }
    });
  }

  /** One place for those of the engine and of its rehearsals: to V8 they are of one kind. */
  #portsOf(
    network: LinuxNetwork,
    clock: SystemClock,
    pacer: AnnouncementPacer,
    isRehearsal: boolean,
  ): VirtualRouterPorts {
    const post = (message: FromChild): void => {
      if (!isRehearsal) this.#link.post(message);
    };
    return {
      clock,
      network,
      digests: new RuntimeDigests(),
      pacer,
      log: (line) => {
        if (!isRehearsal) this.#link.send({ type: "log", line });
      },
      changed: () => {
        if (isRehearsal) return;
        this.#snapshotDueUs = Math.min(this.#snapshotDueUs, this.#reportedUs + SNAPSHOT_SPACING_US);
      },
      transition: (transition) => post({ type: "transition", transition }),
      observe: (fact) => post({ type: "observed", atMs: clock.wallMs(), fact }),
      notice: (notice) => post({ type: "notice", notice }),
      fence: (request) => post({ type: "fence", request }),
    };
  }

  #nextWakeUs(): number | undefined {
    if (!this.#started) return this.#heldStart?.notBeforeUs;
    const takeoverUs = this.#preparationUs();
    const deadlineUs = this.#engine?.wakeUs() ?? Infinity;
    const linksUs = this.#network?.steady.deadlineUs ?? Infinity;
    return Math.min(deadlineUs, takeoverUs, linksUs, this.#snapshotDueUs);
  }

  /** When to be awake because of a take-over. One that is rehearsed and slept through is a deadline like others. */
  #preparationUs(): number {
    const takeoverUs = this.#engine?.noTakeoverBeforeUs ?? Infinity;
    if (takeoverUs !== this.#preparedFor) return takeoverUs - REHEARSED_BEFORE_TAKEOVER_US;
    return this.#isUncrowded ? takeoverUs - AWAKE_BEFORE_TAKEOVER_US : Infinity;
  }

  /** Packets first: an advertisement that waits in the queue must be heard before the timer says that none came. */
  #work(imminent: boolean): void {
    // A driver may take its time to say whether there is a link: not now, when a take-over is due.
    if (!imminent && this.#network?.steady.pass()) this.#engine?.networkChanged();
    this.#autoPriority.late(this.#engine?.runDue() ?? 0);
    const nowUs = this.#clock.nowUs();
    if (imminent || nowUs < this.#snapshotDueUs) return;
    this.#report(nowUs);
  }

  #report(nowUs: number): void {
    this.#reportedUs = nowUs;
    const intervals = Math.max(1, Math.ceil(this.#part.instances.length / INSTANCES_PER_INTERVAL));
    this.#snapshotDueUs = nowUs + intervals * SNAPSHOT_INTERVAL_US;
    this.#link.send({ type: "vrrp", instances: this.#engine?.snapshot() ?? [] });
  }

  #handle(fd: number): void {
    if (fd === this.#timer.fd) return this.#timer.fired();
    if (fd === this.#link.fd) return this.#readLink();
    if (fd === this.#network?.table.fd || fd === this.#network?.routing.fd) return this.#networkChanged();
    const socket = this.#sockets.get(fd);
    if (socket !== undefined) this.#readPackets(socket);
    else this.#claims.read(fd);
  }

  #readPackets(socket: AdvertisementSocket): void {
    for (let count = 0; count < MAX_PACKETS_PER_ROUND; count++) {
      const length = socket.receive(this.#packet);
      if (length < 0) return;
      if (this.#started) this.#engine?.receive(socket.interfaceName, this.#packet, length);
    }
  }

  #networkChanged(): void {
    // Routes first: the kernel takes them away after it has said that an interface went down.
    const routing = this.#network?.routing.update() ?? false;
    if (this.#network?.table.update()) {
      this.#links?.ensure(this.#part.instances);
      this.#openSockets(this.#listeners());
      this.#claims.listen(this.#part.instances);
    } else if (!routing) return;
    if (!this.#started) return;
    this.#statics?.networkChanged();
    this.#engine?.networkChanged();
  }

  /** Interfaces that are missing now are opened when they appear. */
  #openSockets(listeners: readonly Listener[]): void {
    const open = new Set<number>();
    for (const listener of listeners) {
      const socket = this.#network?.openVrrp(listener);
      if (socket === undefined) continue;
      open.add(socket.fd);
      if (this.#sockets.get(socket.fd) === socket) continue;
      this.#sockets.set(socket.fd, socket);
      this.#epoll.add(socket.fd);
    }
    // A closed socket has left the epoll set by itself.
    for (const fd of this.#sockets.keys()) if (!open.has(fd)) this.#sockets.delete(fd);
  }

  #listeners(): readonly Listener[] {
    return this.#engine?.listeners ?? [];
  }

  #readLink(): void {
    const open = this.#link.receive((message) => this.#obey(message as ToVrrp));
    if (open || this.#ended) return;
    // The supervisor is gone, and with it whoever would restart us: hand the addresses over in good order.
    this.#end();
  }

  #obey(message: ToVrrp): void {
    switch (message.type) {
      case "configure":
        return this.#configure(message);
      case "start":
        return this.#startLater(message);
      case "reconfigure":
        return this.#reconfigure(message);
      case "track":
        return this.#engine?.track(message.status);
      case "steer":
        return this.#engine?.steer(new Map(Object.entries(message.orders)));
      case "operate":
        return this.#operate(message);
      case "tune":
        return tuneMyself(message.own, (line) => this.#link.send({ type: "log", line }));
      case "stop":
        this.#end();
        return this.#report(this.#clock.nowUs());
      default:
        return message satisfies never;
    }
  }

  #end(): void {
    if (this.#started) this.#engine?.stop();
    this.#statics?.remove();
    this.#links?.keep([]);
    this.#ended = true;
  }

  #configure({ part, urgent }: ToVrrp & { type: "configure" }): void {
    const { instances, syncGroups, links } = part;
    this.#part = part;
    const network = new LinuxNetwork();
    network.steady.configure(links);
    this.#pacer.use(part.pacing);
    this.#autoPriority.use(part.autoPriority);
    this.#network = network;
    this.#cast = castOf(instances);
    const ports = this.#portsOf(network, this.#clock, this.#pacer, false);
    this.#links = new OwnLinks(network, ports.log);
    this.#links.ensure(instances);
    this.#links.keep(instances);
    this.#engine = new VrrpEngine(instances, ports, syncGroups);
    this.#engine.unknownVrids.logged = part.logsUnknownVrids;
    const { clock, log } = ports;
    const lost = (names: readonly string[], what: string): void => this.#engine?.lose(names, what);
    this.#statics = new StaticParts({ clock, network, log, lost });
    this.#epoll.add(network.table.fd);
    this.#epoll.add(network.routing.fd);
    this.#openSockets(this.#listeners());
    if (!urgent) this.#rehearse(REHEARSALS);
    this.#link.post({ type: "ready" });
  }

  /** `vrrp_startup_delay`, `vrrp_delay_after_boot`: until then advertisements are read and forgotten. */
  #startLater(order: ToVrrp & { type: "start" }): void {
    const waitUs = order.notBeforeUs - this.#clock.nowUs();
    const isNew = this.#heldStart === undefined;
    this.#heldStart = waitUs > 0 ? order : undefined;
    if (waitUs <= 0) return this.#start(new Set(order.resume));
    if (!isNew) return;
    this.#statics?.use(this.#part.statics, this.#part.instances); // they do not wait
    this.#link.send({ type: "log", line: `VRRP starts in ${Math.ceil(waitUs / 1000) / 1000} s, as configured` });
    this.#report(this.#clock.nowUs());
  }

  #start(resume: ReadonlySet<string>): void {
    // What arrived before belongs to a predecessor's time.
    for (const socket of this.#sockets.values()) this.#readPackets(socket);
    this.#started = true;
    this.#claims.listen(this.#part.instances);
    this.#statics?.use(this.#part.statics, this.#part.instances);
    this.#engine?.start(resume);
  }

  #operate({ id, operation }: ToVrrp & { type: "operate" }): void {
    const answer = this.#started ? this.#engine?.operate(operation) : undefined;
    this.#report(this.#clock.nowUs()); // so that who asks for the status next sees it
    this.#link.post({ type: "operated", id, answer: answer ?? { done: false, why: "VRRP is still starting" } });
  }

  /** In place: the sockets of new interfaces come before the instances that need them, those of others go after. */
  #reconfigure({ id, part }: ToVrrp & { type: "reconfigure" }): void {
    const { instances, syncGroups, statics, links } = part;
    const refused = refusalOf(() => {
      this.#links?.ensure(instances);
      this.#openSockets([...this.#listeners(), ...listenersOf(instances)]);
      if (this.#started) this.#statics?.use(statics, instances);
      this.#network?.steady.configure(links);
      this.#pacer.use(part.pacing);
      this.#autoPriority.use(part.autoPriority);
      this.#engine?.reconfigure(instances, syncGroups);
      if (this.#engine !== undefined) this.#engine.unknownVrids.logged = part.logsUnknownVrids;
      if (this.#started) this.#engine?.networkChanged(); // by other delays
      this.#part = part;
      this.#cast = castOf(instances);
    });
    this.#network?.keepVrrp(this.#listeners());
    this.#links?.keep(this.#part.instances);
    this.#openSockets(this.#listeners());
    if (this.#started) this.#claims.listen(this.#part.instances);
    this.#preparedFor = undefined;
    this.#link.post({ type: "reconfigured", id, ...(refused === undefined ? {} : { refused }) });
    if (this.#started) this.#report(this.#clock.nowUs());
  }
}
