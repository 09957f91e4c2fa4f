// One VRRP instance at work: holds its state, lets the core decide, carries the actions out, counts.
import type { VirtualAddress, VrrpInstance } from "../../config/config.ts";
import { groupEvent, whileAsking } from "../../core/vrrp/membership.ts";
import { nextDeadlineUs, step } from "../../core/vrrp/router.ts";
import type { RouterAction, RouterConfig, RouterEvent, RouterState, Step } from "../../core/vrrp/state.ts";
import { NO_ORDERS, obeying, type RouterOrders, type SteeredInstance } from "../../core/vrrp/steering.ts";
import type { SplitBrainSign } from "../../core/vrrp/split_brain.ts";
import type { Tracking } from "../../core/tracking/effective_priority.ts";
import { masterDownIntervalUs } from "../../core/vrrp/timing.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { compareAddress, type IpPacket } from "../../wire/ip_packet.ts";
import type { AddressClaim } from "../../wire/address_claim.ts";
import type { Advertisement } from "../../wire/vrrp.ts";
import { advertiserConfig, coreConfig } from "./terms.ts";
import { Advertiser } from "./advertiser.ts";
import type { Message } from "./packet_auth.ts";
import { Reception } from "./reception.ts";
import type { DiscardReason } from "../../core/vrrp/acceptance.ts";
import { faultsOf, hasCauses } from "./faults.ts";
import { ForbiddenTakeovers } from "./forbidden_takeovers.ts";
import { senderOf as senderDevice } from "./own_links.ts";
import { newCounters } from "./counters.ts";
import { HeardPeer } from "./heard_peer.ts";
import type { MovedAddresses } from "./moved_addresses.ts";
import { MovedParts } from "./moved_parts.ts";
import { SplitBrainWatch } from "./split_brain_watch.ts";
import { NO_STATUS, trackedSnapshot, type TrackStatus } from "./tracked_items.ts";
import { FaultCauses } from "./fault_causes.ts";
import { checkInterface } from "./interface_check.ts";
import { Punctuality } from "./punctuality.ts";
import type { DueRouters } from "./due_routers.ts";
import { TrackedPriority } from "./tracked_priority.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { type InstanceNotice, type Membership, NOTICE_INTERVAL_US, type VirtualRouterPorts } from "./surroundings.ts";
import { senderOf, sourceAt, withBytes } from "./senders.ts";

/** A VRRP instance. Made from its configuration; does nothing until `start`. */
export class VirtualRouter {
  readonly #ports: VirtualRouterPorts;
  readonly #due: DueRouters<VirtualRouter>;
  readonly #advertiser: Advertiser;
  readonly #moved: MovedParts;
  readonly #addresses: MovedAddresses;
  readonly #punctuality = new Punctuality();
  readonly #limiter = new RateLimiter();
  readonly #counters = newCounters();
  readonly #notices = new RateLimiter(NOTICE_INTERVAL_US);
  readonly #splitBrain = new SplitBrainWatch((line) => this.#log(line));
  readonly #forbidden: ForbiddenTakeovers;
  readonly #tracked: TrackedPriority;
  readonly #reception: Reception;
  #config: VrrpInstance;
  /** With the effective priority. */
  #core: RouterConfig;
  #status: TrackStatus = NO_STATUS;
  #orders: RouterOrders = NO_ORDERS;
  /** Messages sent before what happens now. */
  #announcedBefore = 0;
  readonly #heard = new HeardPeer();
  /** Causes of fault that tracked things are. */
  readonly #trackedFaults = new FaultCauses((cause, present) => this.#fault(cause, present));
  readonly #interfaceFaults = new FaultCauses((cause, present) => this.#fault(cause, present));
  #state: RouterState = { name: "init" };
  #group: Membership | undefined;
  /** While the group is asked: what the router would do without it. */
  #alone: Step | undefined;
  #sinceMs: number;
  /** It was started and has not begun. */
  #isWaiting = false;
  /** What it waits for, in words. */
  #waitsFor: readonly string[] = [];
  #lastTransition: VrrpInstanceSnapshot["lastTransition"];
  #source: { text: string; bytes: Uint8Array } | undefined;

  constructor(config: VrrpInstance, ports: VirtualRouterPorts, due: DueRouters<VirtualRouter>) {
    this.#ports = ports;
    this.#due = due;
    this.#config = config;
    this.#core = coreConfig(config);
    this.#tracked = new TrackedPriority(ports);
    this.#forbidden = new ForbiddenTakeovers(ports, (line) => this.#log(line));
    this.#reception = new Reception(config, ports.digests, this.#counters, {
      log: (line) => this.#log(line),
      note: (key, line) => this.#note(key, line),
      misconfigured: (sign) => this.#noteRival(sign),
      answerIn: (form) => this.#advertiser.useChecksumForm(form),
      changed: ports.changed,
    });
    this.#moved = new MovedParts(ports.network, config, {
      log: (line) => this.#log(line),
      note: (key, line) => this.#note(key, line),
      announced: () => this.#counters.gratuitousArpSent++,
    }, ports.pacer);
    this.#addresses = this.#moved.addresses;
    this.#advertiser = new Advertiser(advertiserConfig(config, this.#reception.auth));
    this.#sinceMs = ports.clock.wallMs();
  }

  /** What it does now. */
  get config(): VrrpInstance {
    return this.#config;
  }

  /** What an operator has said of it. */
  get orders(): RouterOrders {
    return this.#orders;
  }

  /** What operators' requests are judged by. */
  get steered(): SteeredInstance {
    const { name, priority } = this.#config;
    const group = this.#group && { group: this.#group.config.name };
    return { name, priority, state: this.#state.name, hasPeer: this.#heard.isKnown, ...group };
  }

  /** Its virtual addresses, advertised or not. */
  get addressCount(): number {
    return this.#addresses.all.length;
  }

  /** The state's name now. */
  get stateName(): RouterState["name"] {
    return this.#state.name;
  }

  /** When `timer` is due next, monotonic microseconds. */
  get deadlineUs(): number | undefined {
    return nextDeadlineUs(this.#state);
  }

  /** Begins: as a backup that waits, or where a predecessor left off as master. Addresses left over are removed. */
  start(resumeAsMaster: boolean): void {
    if (!resumeAsMaster) this.#moved.removeLeftOvers();
    this.#isWaiting = !resumeAsMaster;
    this.#checkInterface();
    if (resumeAsMaster && !hasCauses(this.#state)) this.#dispatch({ type: "resume" });
    if (resumeAsMaster && this.stateName !== "master") this.#moved.remove();
  }

  /** From now on a member of a sync group, or of none. One that only the group kept in fault is free then. */
  join(group: Membership | undefined): void {
    this.#group = group;
    if (group !== undefined || this.#state.name !== "fault" || hasCauses(this.#state)) return;
    this.obey({ type: "order", become: "backup", sayGoodbye: false, reason: "not in a sync group any more" });
  }

  /** Tells the sync group of faults that it may not know of. */
  restate(): void {
    if (this.#state.name !== "fault") return;
    for (const cause of this.#state.causes) {
      this.#group?.tell({ type: "fault", member: this.#config.name, reason: cause });
    }
  }

  /** The sync group's word: an order, or that it can't follow. */
  obey(event: RouterEvent & { type: "order" | "held" }): void {
    const alone = this.#alone;
    // What it wanted anyway it does in its own way, with its own reason.
    if (event.type === "order" && alone?.state.name === event.become) this.#apply(alone);
    else this.#apply(step(this.#core, this.#state, event, this.#ports.clock.nowUs()));
  }

  /** Ends: a master says so with priority 0 and removes its addresses. */
  stop(): void {
    this.#isWaiting = false;
    this.#dispatch({ type: "shutdown" });
  }

  /**
   * First half of a change of configuration: a master removes the addresses that it will not have any more.
   *
   * @param next the configuration that `reconfigure` will be given
   * @param wantedElsewhere whether another master has an address from now on: such a one is left where it is
   */
  withdraw(next: VrrpInstance, wantedElsewhere: (entry: VirtualAddress) => boolean): void {
    if (this.#state.name === "master") this.#moved.withdraw(next, wantedElsewhere);
  }

  /**
   * Second half: does from now on what another configuration of the same VRID, interface and version says. State, counters
   * and the master that was heard stay; a master says at once what is new.
   */
  reconfigure(config: VrrpInstance): void {
    const previous = this.#core;
    this.#config = config;
    this.#core = obeying({ ...coreConfig(config), priority: this.#trackNow().effectivePriority }, this.#orders);
    this.#reception.reconfigure(config);
    this.#addresses.accept(config.acceptMode, this.#state.name === "master");
    this.#moved.replace(config);
    this.#advertiser.reconfigure(advertiserConfig(config, this.#reception.auth));
    if (this.#state.name !== "init" || this.#isWaiting) {
      this.#checkInterface();
      if (this.#state.name !== "master") this.#moved.removeNewLeftOvers();
      this.#dispatch({ type: "reconfigure", previous, addressesAdded: this.#addresses.added.length > 0 });
      if (this.stateName === "master") this.#moved.settle();
    }
    this.#ports.changed();
  }

  /** What others found out about tracked things. */
  track(status: TrackStatus): void {
    this.#status = status;
    if (this.#state.name === "init" && !this.#isWaiting) {
      this.#core = { ...this.#core, priority: this.#trackNow().effectivePriority };
    } else this.#checkTracking();
  }

  /** From now on as an operator says. A master that is being preempted may stay, if it still is there. */
  steer(orders: RouterOrders): void {
    const isNewlyHeld = orders.held && !this.#orders.held;
    this.#orders = orders;
    this.#core = obeying({ ...coreConfig(this.#config), priority: this.#core.priority }, orders);
    if (orders.fenced !== undefined) this.#dispatch({ type: "fenced", ...orders.fenced });
    const nowUs = this.#ports.clock.nowUs();
    const patienceUs = masterDownIntervalUs(this.#core, this.#core.advertisementIntervalUs);
    if (isNewlyHeld && this.#heard.isMasterWithin(patienceUs, nowUs)) this.#dispatch({ type: "held" });
    this.track(this.#status);
  }

  /** A master leaves to another router; a sync group goes with it. */
  resign(reason: string): void {
    this.#dispatch({ type: "resign", reason });
  }

  /** A master tells the neighbors again where its addresses are. @returns messages sent, or about to be */
  announce(): number {
    if (this.#state.name !== "master") return 0;
    const before = this.#counters.gratuitousArpSent;
    const later = this.#addresses.announce(Math.max(1, this.#config.gratuitousArp.repeat));
    return this.#counters.gratuitousArpSent - before + later;
  }

  /** Where packets for it are unwrapped and judged. */
  get reception(): Reception {
    return this.#reception;
  }

  /** Finds the advertisement in a packet, once what wraps it is believed; otherwise why it is not. */
  unwrap(packet: Uint8Array, ip: IpPacket): Message | DiscardReason {
    return this.#reception.unwrap(packet, ip, this.stateName === "master", this.#ports.clock.wallMs());
  }

  /** Lets what is due happen. */
  timer(): void {
    this.#punctuality.timer(this.#state);
    this.#dispatch(this.#heard.timerEvent(this.#state, this.#masterDownIntervalUs, this.#ports.clock.nowUs()));
    if (this.#splitBrain.settles(this.#ports.clock.nowUs())) this.announce();
  }

  /**
   * An advertisement for our VRID arrived on our interface.
   *
   * @param packet the IP packet it came in; valid during the call only
   */
  receive(packet: Uint8Array, ttl: number, advertisement: Advertisement): void {
    if (!this.#reception.admits(packet, ttl, advertisement)) return;
    const senderOrder = this.#source === undefined ? 1 : compareAddress(packet, sourceAt(packet), this.#source.bytes);
    const { priority, advertisementIntervalUs } = advertisement;
    const before = this.#state.name;
    this.#heard.note(packet, priority, this.#ports.clock.nowUs());
    this.#punctuality.heard(priority, before, this.#ports.clock.nowUs());
    this.#dispatch({ type: "advertisement", advertisement: { priority, advertisementIntervalUs, senderOrder } });
    const now = this.#state.name;
    if (now === "backup" && (before === "backup" || before === "master")) this.#reception.remember(packet, priority);
    if (before !== "master" || now !== "master" || priority === 0 || senderOrder === 0) return;
    this.#noteRival({ kind: "advertisement", who: senderOf(packet) });
    const isLower = (priority - this.#core.priority || senderOrder) < 0;
    if (isLower && this.#notices.allows("lower", this.#ports.clock.nowUs())) this.#tell("lower-heard");
  }

  /** A host on the device says that an address is its own. */
  claimed(device: string, { address, hardwareAddress: who }: AddressClaim): void {
    const isOurs = this.#addresses.all.some((entry) => entry.device === device && entry.address === address);
    if (isOurs) this.#noteRival({ kind: "address", who, address });
  }

  get #masterDownIntervalUs(): number {
    const learned = this.#state.name === "backup"
      ? this.#state.masterAdverIntervalUs
      : this.#config.advertisementIntervalUs;
    return masterDownIntervalUs(this.#core, learned);
  }

  #noteRival(sign: SplitBrainSign): void {
    if (this.#state.name !== "master") return;
    this.#counters.rivalSigns++;
    this.#splitBrain.note(sign, this.#ports.clock.nowUs(), this.#masterDownIntervalUs);
  }

  /** Interface or its addresses changed: look again whether we can serve. */
  networkChanged(): void {
    if (this.#state.name === "init" && !this.#isWaiting) return;
    this.#checkInterface();
    this.#moved.retry(this.#state.name === "master", this.#ports.clock.nowUs());
    if (this.#state.name !== "master") return;
    const lost = this.#moved.firstLost();
    if (lost !== undefined) this.lose(lost);
  }

  /** Somebody else removed something that the instance has, or tracks. */
  lose(what: string): void {
    this.#dispatch({ type: "address-lost", what });
  }

  /** What the outside may see. */
  snapshot(): VrrpInstanceSnapshot {
    const config = this.#config;
    const state = this.#state;
    const ourselves = state.name === "master" && this.#source !== undefined
      ? { address: this.#source.text, priority: this.#core.priority }
      : undefined;
    const master = ourselves ?? (state.name === "backup" ? this.#reception.master : undefined);
    const { clock } = this.#ports;
    const splitBrain = this.#splitBrain.evidence(clock.nowUs(), this.#masterDownIntervalUs, clock.wallMs());
    return {
      name: config.name,
      vrid: config.vrid,
      interface: config.interface,
      version: config.version,
      family: config.family,
      state: state.name,
      sinceMs: this.#sinceMs,
      basePriority: config.priority,
      effectivePriority: this.#core.priority,
      advertisementIntervalUs: config.advertisementIntervalUs,
      masterDownIntervalUs: this.#masterDownIntervalUs,
      preemptMode: config.preemptMode,
      garpDelaySeconds: this.#core.announcements.delayUs / 1_000_000,
      ...(master && { master }),
      ...this.#heard.snapshot(this.#ports.clock),
      virtualAddresses: this.#addresses.snapshot(config.virtualAddresses.length),
      faults: this.#isWaiting ? this.#waitsFor : faultsOf(state),
      ...this.#forbidden.snapshot(state, this.#orders.ban),
      ...(splitBrain.length > 0 && { splitBrain }),
      ...(this.#group && { syncGroup: this.#group.config.name }),
      ...(this.#lastTransition && { lastTransition: this.#lastTransition }),
      tracked: trackedSnapshot([config.tracking, this.#group?.config.tracking], this.#status, this.#ports.network),
      counters: { ...this.#counters, discarded: { ...this.#counters.discarded } },
      timings: this.#punctuality.snapshot(),
    };
  }

  #dispatch(event: RouterEvent): void {
    const before = this.#state;
    const alone = step(this.#core, before, event, this.#ports.clock.nowUs());
    const told = this.#group === undefined ? undefined : groupEvent(this.#config.name, before, event, alone);
    if (told === undefined) this.#apply(alone);
    else {
      this.#enter(whileAsking(before, event, alone));
      this.#alone = alone;
      this.#group?.tell(told);
      this.#alone = undefined;
    }
    this.#moved.retry(this.#state.name === "master", this.#ports.clock.nowUs());
  }

  #enter(state: RouterState): void {
    this.#state = state;
    this.#due.note(this, state);
  }

  #apply(result: Step): void {
    const isTakeover = this.#state.name !== "master" && result.state.name === "master";
    const startUs = this.#ports.clock.nowUs();
    this.#enter(result.state);
    this.#announcedBefore = this.#counters.gratuitousArpSent;
    for (const action of result.actions) {
      this.#carryOut(action);
      if (isTakeover) this.#punctuality.tookOver(action, startUs, this.#ports.clock.nowUs());
    }
  }

  #carryOut(action: RouterAction): void {
    switch (action.type) {
      case "send-advertisement":
        return this.#advertise(action.priority);
      case "add-addresses":
        return this.#moved.add();
      case "remove-addresses":
        return this.#moved.remove();
      case "announce-addresses":
        return void this.#addresses.announce(action.repeat);
      case "add-new-addresses":
        this.#addresses.add(this.#addresses.added);
        return void this.#addresses.announce(action.repeat, this.#addresses.added);
      case "transition":
        return this.#transition(action);
      case "forbidden":
      case "fence":
        return this.#forbidden.carryOut(this.#config.name, action, this.#heard.address);
      case "note":
        return this.#note(action.text.replace(/\d+/g, "N"), `received ${action.text}`);
      default:
        return action satisfies never;
    }
  }

  #advertise(priority: number): void {
    if (this.#source === undefined) return; // without an address of our own nobody could answer: fault says so
    const sender = senderDevice(this.#config);
    for (const packet of this.#advertiser.next(this.#source.bytes, priority, this.#ports.clock.wallMs())) {
      const failure = this.#ports.network.sendAdvertisement(sender, packet);
      if (failure !== undefined) this.#note("send", `cannot send advertisement: ${failure}`);
    }
    this.#counters.advertisementsSent++;
    this.#punctuality.sent(this.#ports.clock.nowUs());
    if (priority === 0) this.#counters.priorityZeroSent++;
  }

  #transition(action: RouterAction & { type: "transition" }): void {
    const { from, to, reason } = action;
    this.#counters.transitions++;
    this.#punctuality.transition(action, this.#core.priority, this.#ports.clock.nowUs());
    if (to === "master") this.#counters.becameMaster++;
    if (from === "master") {
      this.#counters.releasedMaster++;
      this.#splitBrain.forget();
    }
    this.#sinceMs = this.#ports.clock.wallMs();
    this.#lastTransition = { from, to, atMs: this.#sinceMs, reason };
    this.#log(to === "init" ? "Stopped" : `Entering ${to.toUpperCase()} STATE (${reason})`);
    this.#ports.changed();
    const transition = { kind: "instance", name: this.#config.name, from, to, priority: this.#core.priority } as const;
    const isMove = from === "master" || to === "master";
    this.#ports.observe?.({
      type: "transition",
      ...transition,
      reason,
      ...this.#heard.fact(this.#core.advertisementIntervalUs, this.#ports.clock.nowUs()),
      ...(isMove && { ...this.#addresses.moved, announced: this.#counters.gratuitousArpSent - this.#announcedBefore }),
    });
    this.#ports.transition?.(transition);
  }

  /** Feeds the core with what is wrong with, or right again about, our interface. */
  #checkInterface(): void {
    const isMoved = (address: string): boolean => this.#addresses.all.some((entry) => entry.address === address);
    const { source, faults } = checkInterface(this.#config, this.#ports.network, isMoved, this.#state.name);
    if (source !== this.#source?.text) this.#source = source === undefined ? undefined : withBytes(source);
    this.#interfaceFaults.replace(faults);
    this.#checkTracking();
  }

  #trackNow(): Tracking {
    const sources = { config: this.#config, group: this.#group?.config, orders: this.#orders, status: this.#status };
    return this.#tracked.compute(sources, this.#core.priority);
  }

  /** Feeds the core with the effective priority, and with tracked things that are bad or not known yet. */
  #checkTracking(): void {
    const { effectivePriority, faults, waitingFor } = this.#trackNow();
    if (effectivePriority !== this.#core.priority) {
      const previous = this.#core;
      this.#core = { ...previous, priority: effectivePriority };
      this.#log(`Changing effective priority from ${previous.priority} to ${effectivePriority}`);
      if (this.#state.name !== "init") this.#dispatch({ type: "reconfigure", previous, addressesAdded: false });
      this.#tell("priority");
      this.#ports.changed();
    }
    // A script that a reload brought must not take a running instance down before it has said anything.
    const silent = waitingFor.map((name) => `script ${name} has no result yet`);
    const causes = [...faults, ...(this.#state.name === "fault" ? silent : [])];
    this.#trackedFaults.replace(causes);
    this.#beginIfReady(silent);
  }

  /** One that starts stays in INIT until every script that it tracks has said something (keepalived). */
  #beginIfReady(silent: readonly string[]): void {
    if (!this.#isWaiting) return;
    if (this.#state.name === "init" && silent.length > 0) {
      if (this.#waitsFor.length === 0) this.#log(`waiting: ${silent.join(", ")}`);
      this.#waitsFor = silent;
      return;
    }
    this.#isWaiting = false;
    this.#waitsFor = [];
    if (!hasCauses(this.#state)) this.#dispatch({ type: "startup" }); // a sync group in fault hears that this member is ready
  }

  #fault(cause: string, present: boolean): void {
    const known = this.#state.name === "fault" && this.#state.causes.includes(cause);
    if (present === known) return;
    this.#ports.observe?.({ type: "fault", name: this.#config.name, cause, present });
    this.#dispatch({ type: present ? "fault" : "fault-cleared", cause });
  }

  #tell(event: InstanceNotice["event"]): void {
    const { name } = this.#config;
    this.#ports.notice?.({ kind: "instance", name, event, state: this.#state.name, priority: this.#core.priority });
  }

  #note(key: string, line: string): void {
    if (this.#limiter.allows(key, this.#ports.clock.nowUs())) this.#log(line);
  }

  #log(line: string): void {
    this.#ports.log(`(${this.#config.name}) ${line}`);
  }
}
