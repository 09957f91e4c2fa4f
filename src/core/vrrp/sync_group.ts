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

/** Why a group takes over, in words that the journal knows. */
const SILENCE = "no advertisement within the master down interval";

/** The group and what each member would do if it were alone. */
export interface GroupState {
  readonly name: GroupStateName;
  readonly wants: ReadonlyMap<string, GroupStateName>;
  /** Members that would take over from a master that they do not hear, where such a one is to be fenced before. */
  readonly unheard?: ReadonlySet<string>;
  /** The attempt that all members wait for, and until when. */
  readonly fencing?: { readonly id: number; readonly untilUs: number };
}

/** As configured: a silent master is fenced before the group takes over from it. */
export interface GroupFencing {
  readonly timeoutUs: number;
  readonly nowUs: number;
}

/** Something that happened to one member. */
export type GroupEvent =
  /** It has no fault any more, and waits for nothing. */
  | { readonly type: "ready"; readonly member: string }
  /** It cannot begin yet: a tracked script has no result. Says nothing once the group has begun. */
  | { readonly type: "waiting"; readonly member: string }
  | { readonly type: "fault"; readonly member: string; readonly reason: string }
  /** No advertisement within its master down interval; `unheard`: nor that the master leaves, so that it is to be fenced. */
  | { readonly type: "timed-out"; readonly member: string; readonly unheard?: boolean }
  /** What came of an attempt to fence the silent master: whichever member hears it first says so. */
  | {
    readonly type: "fenced";
    readonly member: string;
    readonly id: number;
    readonly allowed: boolean;
    readonly reason: string;
  }
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
  /** A member could be master but others could not, or `reason` forbids it: it begins its master down interval again. */
  | { readonly type: "held"; readonly member: string; readonly waitingFor: readonly string[]; readonly reason?: string }
  /** Have the silent master fenced, once for all members; the answer is `fenced` with that id, in time or not at all. */
  | { readonly type: "fence"; readonly id: number };

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
 *
 * @param fences a silent master is to be fenced: then nobody's silence from before makes the group master
 */
export function changeMembers(before: GroupState, members: readonly GroupMember[], fences = false): GroupStep {
  const wants = new Map(members.map((member) => {
    const want = before.wants.get(member.name) ?? joins(before, member);
    return [member.name, fences && want === "master" && before.name !== "master" ? rest(member) : want] as const;
  }));
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
export function stepGroup(
  members: readonly GroupMember[],
  state: GroupState,
  event: GroupEvent,
  fencing?: GroupFencing,
): GroupStep {
  const before = state.wants.get(event.member);
  const member = members.find((candidate) => candidate.name === event.member);
  if (before === undefined || member === undefined) return { state, actions: [] };
  if (event.type === "fenced") return hearFenced(members, state, event);
  const want = wantAfter(state, member, before, event);
  const wants = new Map(state.wants).set(event.member, want);
  const goodbye = event.type === "yield" && event.sayGoodbye;
  const heard = {
    name: state.name,
    wants,
    ...unheardAfter(state, event),
    ...(state.fencing && { fencing: state.fencing }),
  };
  const moved = settle(members, heard, event.member, reasonOf(event), goodbye, fencing);
  const isHeld = moved.actions.some((action) => action.type === "held");
  if (event.type !== "timed-out" || moved.state.name !== "backup" || isHeld) return moved;
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
    case "fenced":
      return before;
    default:
      return event satisfies never;
  }
}

/** Whose silence counts: every other event of a member makes an end of its own. */
function unheardAfter({ unheard = new Set() }: GroupState, event: GroupEvent): Pick<GroupState, "unheard"> {
  const after = new Set(unheard);
  if (event.type === "timed-out" && event.unheard === true) after.add(event.member);
  else after.delete(event.member);
  return after.size === 0 ? {} : { unheard: after };
}

/** The silent master has been fenced, or could not be. An answer to an attempt that nobody waits for any more is no news. */
function hearFenced(
  members: readonly GroupMember[],
  state: GroupState,
  { id, allowed, reason }: GroupEvent & { type: "fenced" },
): GroupStep {
  if (state.fencing?.id !== id) return { state, actions: [] };
  return allowed
    ? settle(members, state, undefined, `${SILENCE}, and fencing succeeded`, false)
    : refuse(members, reason);
}

/** All want to be master, and nobody has heard of the one that was: it is fenced, once, and all wait. */
function fence(
  members: readonly GroupMember[],
  state: GroupState,
  { nowUs, timeoutUs }: GroupFencing,
): GroupStep {
  if (state.fencing !== undefined && nowUs < state.fencing.untilUs) return { state, actions: [] };
  if (state.fencing !== undefined) return refuse(members, "fencing has had no answer in time");
  return {
    state: { ...state, fencing: { id: nowUs, untilUs: nowUs + timeoutUs } },
    actions: [{ type: "fence", id: nowUs }],
  };
}

/** All members wait for another master down interval, and may try again then. */
function refuse(members: readonly GroupMember[], reason: string): GroupStep {
  const wants = new Map(members.map((member) => [member.name, rest(member)] as const));
  const actions = members.map(({ name }) => ({ type: "held", member: name, waitingFor: [], reason }) as const);
  return { state: { name: "backup", wants }, actions };
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
  fencing?: GroupFencing,
): GroupStep {
  const name = target(state);
  if (name === state.name || name === "init") {
    const { fencing: _, ...waiting } = state;
    return { state: waiting, actions: [] };
  }
  if (name === "master" && fencing !== undefined && isUnheard(state)) return fence(members, state, fencing);
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

/** Nobody in the group has heard of the master: whoever hears it, or that it leaves, speaks for all. */
function isUnheard({ wants, unheard }: GroupState): boolean {
  return [...wants.keys()].every((member) => unheard?.has(member) === true);
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
      return SILENCE;
    case "fault":
    case "yield":
    case "fenced":
      return event.reason;
    default:
      return event satisfies never;
  }
}
