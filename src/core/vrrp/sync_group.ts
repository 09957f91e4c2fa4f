// A `vrrp_sync_group`: what its members want, each for itself, to what all of them do together. Not a state machine of
// the protocol (that is `router.ts`, one for each member): it decides when members may and must move. Sends nothing.

/** The states of a group; all members are in the same one. */
export type GroupStateName = "init" | "fault" | "backup" | "master";

/** A virtual router of the group. */
export interface GroupMember {
  readonly name: string;
  /** Priority 255: it wants to be master without waiting for anybody's silence. */
  readonly owner: boolean;
}

/** The group and what each member would do if it were alone. */
export interface GroupState {
  readonly name: GroupStateName;
  readonly wants: ReadonlyMap<string, GroupStateName>;
}

/** Something that happened to one member. */
export type GroupEvent =
  /** It has no fault any more, and waits for nothing. */
  | { readonly type: "ready"; readonly member: string }
  /** It cannot begin yet: a tracked script has no result. Says nothing once the group has begun. */
  | { readonly type: "waiting"; readonly member: string }
  | { readonly type: "fault"; readonly member: string; readonly reason: string }
  /** No advertisement within its master down interval. */
  | { readonly type: "timed-out"; readonly member: string }
  /** It heard a master that it follows (`sayGoodbye` false), or lost an address (true: peers may take over at once). */
  | { readonly type: "yield"; readonly member: string; readonly reason: string; readonly sayGoodbye: boolean };

/** What to do, in this order. */
export type GroupAction =
  /** To every member, one after the other; one that is there already has nothing to do. */
  | {
    readonly type: "order";
    readonly member: string;
    readonly become: Exclude<GroupStateName, "init">;
    /** Whether a master that leaves sends priority 0. */
    readonly sayGoodbye: boolean;
    readonly reason: string;
  }
  /** The group itself moved: once, for its own notifications. */
  | { readonly type: "transition"; readonly from: GroupStateName; readonly to: GroupStateName; readonly reason: string }
  /** A member could be master but others could not: it begins its master down interval again. */
  | { readonly type: "held"; readonly member: string; readonly waitingFor: readonly string[] };

/** What a step leads to. */
export interface GroupStep {
  readonly state: GroupState;
  readonly actions: readonly GroupAction[];
}

/** A group before any member is ready; `master` when it resumes where a predecessor was master in all members. */
export function startGroup(members: readonly GroupMember[], name: "init" | "master" = "init"): GroupState {
  return { name, wants: new Map(members.map((member) => [member.name, name])) };
}

/**
 * The same group with other members, after a reload. A member that is new takes part in what the group is: the group
 * does not leave master for its sake (keepalived's does).
 */
export function changeMembers(before: GroupState, members: readonly GroupMember[]): GroupStep {
  const wants = new Map(members.map((member) => [member.name, before.wants.get(member.name) ?? joins(before, member)]));
  const reason = "the members of the group changed";
  const added = members.filter((member) => !before.wants.has(member.name));
  const orders = added.flatMap(({ name }) => before.name === "init" ? [] : [order(name, before.name, false, reason)]);
  const moved = settle(members, { name: before.name, wants }, undefined, reason, false);
  return { state: moved.state, actions: moved.actions.length > 0 ? moved.actions : orders };
}

/** A group that routers which run already join, each in its own state: it is where the worst of them is. */
export function gatherGroup(
  members: readonly GroupMember[],
  states: ReadonlyMap<string, GroupStateName>,
): GroupStep {
  const wants = new Map(members.map((member) => {
    const state = states.get(member.name) ?? "init";
    return [member.name, state === "init" ? rest(member) : state] as const;
  }));
  const isMaster = members.every(({ name }) => states.get(name) === "master");
  if (isMaster) return { state: { name: "master", wants }, actions: [] };
  return settle(members, { name: "init", wants }, undefined, "the group is new", false);
}

/**
 * Decides, as keepalived does: one fault is a fault of all; nobody begins before all can; master only when all want to be;
 * otherwise backup. Never throws for any event in any state; a name that is no member's changes nothing.
 */
export function stepGroup(members: readonly GroupMember[], state: GroupState, event: GroupEvent): GroupStep {
  const before = state.wants.get(event.member);
  const member = members.find((candidate) => candidate.name === event.member);
  if (before === undefined || member === undefined) return { state, actions: [] };
  const want = wantAfter(state, member, before, event);
  const wants = new Map(state.wants).set(event.member, want);
  const goodbye = event.type === "yield" && event.sayGoodbye;
  const moved = settle(members, { name: state.name, wants }, event.member, reasonOf(event), goodbye);
  if (event.type !== "timed-out" || moved.state.name !== "backup") return moved;
  const waitingFor = [...moved.state.wants].filter(([, other]) => other !== "master").map(([name]) => name);
  return { state: moved.state, actions: [...moved.actions, { type: "held", member: event.member, waitingFor }] };
}

function wantAfter(state: GroupState, member: GroupMember, before: GroupStateName, event: GroupEvent): GroupStateName {
  const canServe = before !== "fault" && before !== "init";
  switch (event.type) {
    case "ready":
      return canServe ? before : rest(member);
    case "waiting":
      return canServe ? before : "init";
    case "fault":
      return "fault";
    case "timed-out":
      return canServe && state.name === "backup" ? "master" : before;
    case "yield":
      return canServe ? "backup" : before;
    default:
      return event satisfies never;
  }
}

/** Where all wants lead: the worst of them. A group that has begun does not go back to the beginning. */
function target(state: GroupState): GroupStateName {
  const all = [...state.wants.values()];
  if (all.includes("fault")) return "fault";
  if (all.includes("init")) return state.name;
  return all.includes("backup") ? "backup" : "master";
}

/** Moves the group where its members' wants lead. Who is pulled along begins anew: it has not timed out by itself. */
function settle(
  members: readonly GroupMember[],
  state: GroupState,
  cause: string | undefined,
  reason: string,
  sayGoodbye: boolean,
): GroupStep {
  const name = target(state);
  if (name === state.name || name === "init") return { state, actions: [] };
  const because = cause === undefined ? reason : `${cause}: ${reason}`;
  const actions: GroupAction[] = members.map((member) =>
    order(member.name, name, name === "fault" || sayGoodbye, member.name === cause ? reason : because)
  );
  actions.push({ type: "transition", from: state.name, to: name, reason: because });
  if (name === "master") return { state: { name, wants: state.wants }, actions };
  const wants = new Map<string, GroupStateName>();
  for (const member of members) {
    const want = state.wants.get(member.name) ?? rest(member);
    wants.set(member.name, member.name === cause || want === "fault" || want === "init" ? want : rest(member));
  }
  return { state: { name, wants }, actions };
}

/** What a member wants that has not heard anything yet. */
function rest(member: GroupMember): GroupStateName {
  return member.owner ? "master" : "backup";
}

function joins(group: GroupState, member: GroupMember): GroupStateName {
  return group.name === "master" ? "master" : rest(member);
}

function order(
  member: string,
  become: Exclude<GroupStateName, "init">,
  sayGoodbye: boolean,
  reason: string,
): GroupAction {
  return { type: "order", member, become, sayGoodbye, reason };
}

function reasonOf(event: GroupEvent): string {
  switch (event.type) {
    case "ready":
      return "nothing stands against it any more";
    case "waiting":
      return "a tracked script has no result yet";
    case "timed-out":
      return "no advertisement within the master down interval";
    case "fault":
    case "yield":
      return event.reason;
    default:
      return event satisfies never;
  }
}
