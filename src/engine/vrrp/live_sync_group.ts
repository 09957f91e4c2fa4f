// A sync group at work: holds its state, lets the core decide, passes the orders on to its members.
import { same } from "../../base/same.ts";
import type { SyncGroup } from "../../config/config_vrrp.ts";
import {
  changeMembers,
  gatherGroup,
  type GroupAction,
  type GroupEvent,
  type GroupFencing,
  type GroupMember,
  type GroupState,
  startGroup,
  stepGroup,
} from "../../core/vrrp/sync_group.ts";
import { bannedBecause } from "../../core/vrrp/witness.ts";
import type { VirtualRouterPorts } from "./surroundings.ts";
import type { VirtualRouter } from "./virtual_router.ts";

/** A `vrrp_sync_group` with the routers of this host that are in it. */
export class LiveSyncGroup {
  readonly #ports: Pick<VirtualRouterPorts, "clock" | "log" | "transition" | "observe" | "fence">;
  #config: SyncGroup;
  #members: readonly VirtualRouter[];
  #state: GroupState;
  /** Of the members, as the state knows them. */
  #names: ReadonlyMap<VirtualRouter, string> = new Map();

  constructor(config: SyncGroup, members: readonly VirtualRouter[], ports: VirtualRouterPorts) {
    this.#ports = ports;
    this.#config = config;
    this.#members = members;
    this.#state = startGroup(this.#list());
    this.#admit();
  }

  /** What it does now. */
  get config(): SyncGroup {
    return this.#config;
  }

  /** The routers that move together. */
  get members(): readonly VirtualRouter[] {
    return this.#members;
  }

  /** Before the members start. @param resumed all of them were master a moment ago, and still are */
  begin(resumed: boolean): void {
    this.#state = startGroup(this.#list(), resumed ? "master" : "init");
  }

  /** After the members have ended. */
  stop(): void {
    const { name } = this.#state;
    this.#state = startGroup(this.#list());
    if (name !== "init") this.#transition(name, "init", "shutdown");
  }

  /** Goes over to another configuration, after the routers have; members that are new join in. */
  reconfigure(config: SyncGroup, members: readonly VirtualRouter[], started: boolean): void {
    const isNew = this.#members.length === 0;
    const isSame = same(this.#config, config, "location") && members.length === this.#members.length &&
      members.every((router, index) => router === this.#members[index]);
    const wants = this.#wantsOf(members);
    this.#config = config;
    this.#members = members;
    this.#admit();
    if (isSame || !started) return;
    const states = new Map(members.map((router) => [router.config.name, router.stateName]));
    const before = { name: this.#state.name, wants };
    const fences = this.#fencing !== undefined;
    this.#take(isNew ? gatherGroup(this.#list(), states) : changeMembers(before, this.#list(), fences));
    for (const router of members) router.restate();
  }

  /** What routers that were members before want, by the names that they have now; another router may have an old name. */
  #wantsOf(members: readonly VirtualRouter[]): GroupState["wants"] {
    return new Map(members.flatMap((router) => {
      const want = this.#state.wants.get(this.#names.get(router) ?? "");
      return want === undefined ? [] : [[router.config.name, want] as const];
    }));
  }

  #admit(): void {
    this.#names = new Map(this.#members.map((router) => [router, router.config.name]));
    const membership = { config: this.#config, tell: (event: GroupEvent) => this.#hear(event) };
    for (const router of this.#members) router.join(membership);
  }

  #list(): GroupMember[] {
    // An owner that witnesses forbid to be master at once waits as others do, and one that fences listens first.
    return this.#members.map(({ config: { name, priority }, orders }) => {
      return { name, owner: priority === 255 && orders.ban === undefined && orders.fencing === undefined };
    });
  }

  get #fencing(): GroupFencing | undefined {
    const timeoutUs = this.#members.find(({ orders }) => orders.fencing)?.orders.fencing?.timeoutUs;
    return timeoutUs === undefined ? undefined : { timeoutUs, nowUs: this.#ports.clock.nowUs() };
  }

  #hear(event: GroupEvent): void {
    this.#take(stepGroup(this.#list(), this.#state, this.#withBans(event), this.#fencing));
  }

  /** Witnesses have the last word after fencing. */
  #withBans(event: GroupEvent): GroupEvent {
    if (event.type !== "fenced" || !event.allowed) return event;
    const bans = this.#members.map(({ orders }) => bannedBecause(orders.ban, undefined));
    const reason = bans.find((ban) => ban !== undefined);
    return reason === undefined ? event : { ...event, allowed: false, reason };
  }

  #take({ state, actions }: { readonly state: GroupState; readonly actions: readonly GroupAction[] }): void {
    this.#state = state;
    // Who is told hears of a group's beginning before its members', and of every later move after theirs, as of keepalived.
    const isBeginning = (action: GroupAction): boolean => action.type === "transition" && action.from === "init";
    for (const action of actions.filter(isBeginning)) this.#carryOut(action);
    for (const action of actions) if (!isBeginning(action)) this.#carryOut(action);
  }

  #carryOut(action: GroupAction): void {
    if (action.type === "transition") {
      this.#ports.log(`VRRP_Group(${this.#config.name}) Syncing instances to ${action.to.toUpperCase()} state`);
      return this.#transition(action.from, action.to, action.reason);
    }
    if (action.type === "fence") return this.#fence(action.id);
    const router = this.#members.find(({ config }) => config.name === action.member);
    if (action.type === "held") {
      const { reason } = action;
      return router?.obey({ type: "held", ...(reason !== undefined && { reason }) });
    }
    const { become, sayGoodbye, reason } = action;
    router?.obey({ type: "order", become, sayGoodbye, reason });
  }

  /** Of what the members have heard, the last counts: they had one master. */
  #fence(id: number): void {
    const { name } = this.#config;
    const heard = this.#members.flatMap((router) => router.snapshot().peer ?? []);
    const [peer] = heard.toSorted((left, right) => right.heardMs - left.heardMs);
    this.#ports.log(
      `VRRP_Group(${name}) has ${peer?.address ?? "a master that was never heard"} fenced before it takes over`,
    );
    this.#ports.fence?.({ kind: "group", name, id, ...(peer && { address: peer.address }) });
  }

  #transition(from: GroupState["name"], to: GroupState["name"], reason: string): void {
    const transition = { kind: "group", name: this.#config.name, from, to, priority: 0 } as const;
    this.#ports.observe?.({ type: "transition", ...transition, reason });
    this.#ports.transition?.(transition);
  }
}
