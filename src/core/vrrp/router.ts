// The VRRP state machine: (config, state, event, time) to (state, actions). One per interface, VRID and address family.
// RFC 9568 section 6.4, RFC 3768 section 6.4, and keepalived where the RFC is silent. Knows no packets and no addresses.
import type { HeardAdvertisement, RouterAction, RouterConfig, RouterEvent, RouterState, Step } from "./state.ts";
import { reconfigureBackup, reconfigureMaster } from "./reconfigure.ts";
import { masterDownIntervalUs, onBeat, skewTimeUs } from "./timing.ts";
import { bannedBecause } from "./witness.ts";

/** What happens to a router itself, not to its sync group. */
type OwnEvent = Exclude<RouterEvent, { readonly type: "order" | "held" }>;

/** Decides. Never throws for any event in any state. */
export function step(config: RouterConfig, state: RouterState, event: RouterEvent, nowUs: number): Step {
  if (event.type === "order") return obey(config, state, event, nowUs);
  if (event.type === "held") return hold(config, state, event.reason, nowUs);
  switch (state.name) {
    case "init":
      return stepInit(config, state, event, nowUs);
    case "fault":
      return stepFault(config, state, event, nowUs);
    case "backup":
      return stepBackup(config, state, event, nowUs);
    case "master":
      return stepMaster(config, state, event, nowUs);
    default:
      return state satisfies never;
  }
}

/** The earliest deadline in a state, or undefined when it waits for events only. */
export function nextDeadlineUs(state: RouterState): number | undefined {
  if (state.name === "backup") return state.masterDownTimerUs;
  if (state.name !== "master") return undefined;
  return Math.min(state.adverTimerUs, state.announceTimerUs ?? Infinity, state.refreshTimerUs ?? Infinity);
}

function stepInit(
  config: RouterConfig,
  state: RouterState & { name: "init" },
  event: OwnEvent,
  nowUs: number,
): Step {
  switch (event.type) {
    case "startup":
      if (config.priority === 255) {
        const banned = bannedBecause(config.ban, undefined) ?? (config.fencing && "it listens first, and fences then");
        if (banned === undefined) return becomeMaster(config, state, "address owner (priority 255)", nowUs);
        return forbidden(
          enterBackup(state, "startup", startDeadline(config, nowUs), config.advertisementIntervalUs),
          banned,
        );
      }
      return enterBackup(state, "startup", startDeadline(config, nowUs), config.advertisementIntervalUs);
    case "resume":
      return becomeMaster(config, state, "resuming as master", nowUs);
    case "fault":
      return enterFault(state, [event.cause], []);
    case "shutdown":
    case "reconfigure":
    case "timer":
    case "advertisement":
    case "fault-cleared":
    case "address-lost":
    case "resign":
    case "fenced":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

/** `state MASTER` waits for one advertisement instead of three. */
function startDeadline(config: RouterConfig, nowUs: number): number {
  const interval = config.advertisementIntervalUs;
  if (config.initialState === "backup") return nowUs + masterDownIntervalUs(config, interval);
  return nowUs + interval + skewTimeUs(config, interval);
}

function stepFault(
  config: RouterConfig,
  state: RouterState & { name: "fault" },
  event: OwnEvent,
  nowUs: number,
): Step {
  switch (event.type) {
    case "fault":
      if (state.causes.includes(event.cause)) return unchanged(state);
      return { state: { ...state, causes: [...state.causes, event.cause] }, actions: [] };
    case "fault-cleared": {
      const causes = state.causes.filter((cause) => cause !== event.cause);
      if (causes.length > 0) return { state: { ...state, causes }, actions: [] };
      const interval = config.advertisementIntervalUs;
      return enterBackup(state, `${event.cause}: cleared`, nowUs + masterDownIntervalUs(config, interval), interval);
    }
    case "shutdown":
      return { state: { name: "init" }, actions: [transition(state, "init", "shutdown")] };
    case "startup":
    case "resume":
    case "reconfigure":
    case "timer":
    case "advertisement":
    case "address-lost":
    case "resign":
    case "fenced":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

function stepBackup(
  config: RouterConfig,
  state: RouterState & { name: "backup" },
  event: OwnEvent,
  nowUs: number,
): Step {
  switch (event.type) {
    case "timer":
      if (nowUs < state.masterDownTimerUs) return unchanged(state);
      return listenAgain(state, event.heard, nowUs) ?? takeOver(config, state, event.heard, nowUs);
    case "advertisement":
      return hearAsBackup(config, notFencing(config, state, event.advertisement, nowUs), event.advertisement, nowUs);
    case "fenced":
      return event.id === state.fencingId ? hearFenced(config, state, event, nowUs) : unchanged(state);
    case "fault":
      return enterFault(state, [event.cause], []);
    case "shutdown":
      return { state: { name: "init" }, actions: [transition(state, "init", "shutdown")] };
    case "reconfigure":
      return { state: reconfigureBackup(config, state, event.previous, nowUs), actions: [] };
    case "startup":
    case "resume":
    case "fault-cleared":
    case "address-lost":
    case "resign":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

/** A timer that runs out this much too late, and half an advertisement interval, means that the host was not awake. */
const ASLEEP_US = 50_000;

/**
 * A host that slept through its deadline does not know whether its master is silent, or slept as well (both may share a
 * machine, or its storage): it listens for one more advertisement, once. Neither RFC 9568 nor keepalived do so.
 *
 * @returns undefined when it was awake, or has listened again already
 */
function listenAgain(
  state: RouterState & { name: "backup" },
  heard: (RouterEvent & { type: "timer" })["heard"],
  nowUs: number,
): Step | undefined {
  const lateUs = nowUs - state.masterDownTimerUs;
  if (heard !== undefined || lateUs < Math.max(ASLEEP_US, state.masterAdverIntervalUs / 2)) return undefined;
  if (state.listensUntilUs === state.masterDownTimerUs) return undefined;
  const untilUs = nowUs + state.masterAdverIntervalUs;
  const reason = `this host was not awake for ${Math.round(lateUs / 1000)} ms, and listens for one more advertisement`;
  return forbidden(unchanged({ ...state, masterDownTimerUs: untilUs, listensUntilUs: untilUs }), reason);
}

/** Nobody is heard, or it preempts: master, unless witnesses forbid it. */
function takeOver(
  config: RouterConfig,
  state: RouterState & { name: "backup" },
  heard: (RouterEvent & { type: "timer" })["heard"],
  nowUs: number,
): Step {
  const banned = bannedBecause(config.ban, heard);
  if (banned !== undefined) return forbidden(waitAgain(config, state, nowUs), banned);
  if (config.fencing === undefined || heard !== undefined) return becomeMaster(config, state, SILENCE, nowUs);
  if (state.fencingId !== undefined) {
    return forbidden(waitAgain(config, state, nowUs), "fencing has had no answer in time");
  }
  const masterDownTimerUs = nowUs + config.fencing.timeoutUs;
  return { state: { ...state, masterDownTimerUs, fencingId: nowUs }, actions: [{ type: "fence", id: nowUs }] };
}

/** The master that was silent has been fenced, or could not be. Witnesses may have changed their minds meanwhile. */
function hearFenced(
  config: RouterConfig,
  state: RouterState & { name: "backup" },
  { allowed, reason }: RouterEvent & { type: "fenced" },
  nowUs: number,
): Step {
  const against = allowed ? bannedBecause(config.ban, undefined) : reason;
  if (against !== undefined) return forbidden(waitAgain(config, state, nowUs), against);
  return becomeMaster(config, state, `${SILENCE}, and fencing succeeded`, nowUs);
}

/** Whoever is heard need not be fenced: a router that waits for that goes on as one whose master was heard just now. */
function notFencing(
  config: RouterConfig,
  state: RouterState & { name: "backup" },
  heard: HeardAdvertisement,
  nowUs: number,
): RouterState & { name: "backup" } {
  if (state.fencingId === undefined) return state;
  const { fencingId: _, ...rest } = state;
  if (heard.priority === 0) return rest;
  return { ...rest, masterDownTimerUs: nowUs + masterDownIntervalUs(config, state.masterAdverIntervalUs) };
}

/** Why a backup takes over, in words that the journal knows. */
const SILENCE = "no advertisement within the master down interval";

function forbidden({ state, actions }: Step, reason: string): Step {
  return { state, actions: [...actions, { type: "forbidden", reason }] };
}

/** RFC 9568 section 6.4.2, with keepalived's preempt_delay. */
function hearAsBackup(
  config: RouterConfig,
  state: RouterState & { name: "backup" },
  heard: HeardAdvertisement,
  nowUs: number,
): Step {
  const interval = state.masterAdverIntervalUs;
  if (heard.priority === 0) {
    // The interval already learned counts, not the one in the packet of a router that leaves.
    return { state: { ...state, masterDownTimerUs: nowUs + skewTimeUs(config, interval) }, actions: [] };
  }
  if (heard.priority >= config.priority || !config.preemptMode) {
    return { state: follow(config, heard, nowUs), actions: [] };
  }
  if (config.preemptDelayUs === 0) return unchanged(state); // the timer runs on: we take over when it expires
  const preemptDelayTimerUs = state.preemptDelayTimerUs ?? nowUs + config.preemptDelayUs;
  if (nowUs >= preemptDelayTimerUs) return unchanged(state);
  return { state: { ...follow(config, heard, nowUs), preemptDelayTimerUs }, actions: [] };
}

/** Backup to the master that was heard: its interval counts in version 3, ours in version 2 (they are equal). */
function follow(config: RouterConfig, heard: HeardAdvertisement, nowUs: number): RouterState & { name: "backup" } {
  const interval = config.version === 3 ? heard.advertisementIntervalUs : config.advertisementIntervalUs;
  return {
    name: "backup",
    masterDownTimerUs: nowUs + masterDownIntervalUs(config, interval),
    masterAdverIntervalUs: interval,
  };
}

function stepMaster(
  config: RouterConfig,
  state: RouterState & { name: "master" },
  event: OwnEvent,
  nowUs: number,
): Step {
  switch (event.type) {
    case "timer":
      return masterTimers(config, state, nowUs);
    case "advertisement":
      return hearAsMaster(config, state, event.advertisement, nowUs);
    case "fault":
      return enterFault(state, [event.cause], [{ type: "send-advertisement", priority: 0 }, {
        type: "remove-addresses",
      }]);
    case "shutdown":
      return {
        state: { name: "init" },
        actions: [
          { type: "send-advertisement", priority: 0 },
          { type: "remove-addresses" },
          transition(state, "init", "shutdown"),
        ],
      };
    case "reconfigure":
      return reconfigureMaster(config, state, event, nowUs);
    case "address-lost":
      return resign(config, state, `${event.what} was removed by somebody else`, nowUs);
    case "resign":
      return resign(config, state, event.reason, nowUs);
    case "startup":
    case "resume":
    case "fault-cleared":
    case "fenced":
      return unchanged(state);
    default:
      return event satisfies never;
  }
}

/** Says that it leaves, so that a backup takes over within its skew time, and waits to hear that one. */
function resign(config: RouterConfig, state: RouterState & { name: "master" }, reason: string, nowUs: number): Step {
  const interval = config.advertisementIntervalUs;
  const entered = enterBackup(state, reason, nowUs + masterDownIntervalUs(config, interval), interval);
  return {
    state: entered.state,
    actions: [{ type: "send-advertisement", priority: 0 }, { type: "remove-addresses" }, ...entered.actions],
  };
}

function masterTimers(config: RouterConfig, state: RouterState & { name: "master" }, nowUs: number): Step {
  if (isTooLate(config, state, nowUs)) return giveUp(config, state, nowUs);
  const actions: RouterAction[] = [];
  let { adverTimerUs, announceTimerUs, announceRepeat, refreshTimerUs } = state;
  if (nowUs >= adverTimerUs) {
    actions.push({ type: "send-advertisement", priority: config.priority });
    // Keep the beat; after a long stall start a new one instead of sending a burst.
    adverTimerUs = onBeat(adverTimerUs + config.advertisementIntervalUs, config.advertisementIntervalUs);
    if (adverTimerUs <= nowUs) adverTimerUs = nowUs + config.advertisementIntervalUs;
  }
  if (announceTimerUs !== undefined && nowUs >= announceTimerUs) {
    actions.push({ type: "announce-addresses", repeat: announceRepeat ?? config.announcements.repeat });
    announceTimerUs = announceRepeat = undefined;
  }
  if (refreshTimerUs !== undefined && nowUs >= refreshTimerUs) {
    actions.push({ type: "announce-addresses", repeat: config.announcements.refreshRepeat });
    refreshTimerUs = nowUs + config.announcements.refreshUs;
  }
  const { rivalOwner } = state;
  const next = masterState(adverTimerUs, announceTimerUs, announceRepeat, refreshTimerUs);
  return { state: rivalOwner === undefined ? next : { ...next, rivalOwner }, actions };
}

/** Whether the advertisement that is due comes after a peer of the configured priority has taken over for want of it. */
function isTooLate(config: RouterConfig, state: RouterState & { name: "master" }, nowUs: number): boolean {
  const { timerExpiredBackup: priority, advertisementIntervalUs: intervalUs } = config;
  if (priority === undefined) return false;
  return nowUs >= state.adverTimerUs - intervalUs + masterDownIntervalUs({ ...config, priority }, intervalUs);
}

function giveUp(config: RouterConfig, state: RouterState & { name: "master" }, nowUs: number): Step {
  const interval = config.advertisementIntervalUs;
  const reason = `our advertisement is ${nowUs - state.adverTimerUs} us late: another router will have taken over`;
  const entered = enterBackup(state, reason, nowUs + masterDownIntervalUs(config, interval), interval);
  return { state: entered.state, actions: [{ type: "remove-addresses" }, ...entered.actions] };
}

/** RFC 9568 section 6.4.3; keepalived answers a lower master and announces the addresses again. */
function hearAsMaster(
  config: RouterConfig,
  state: RouterState & { name: "master" },
  heard: HeardAdvertisement,
  nowUs: number,
): Step {
  if (heard.priority === 0) {
    return {
      state: { ...state, adverTimerUs: nowUs + config.advertisementIntervalUs },
      actions: [{ type: "send-advertisement", priority: config.priority }],
    };
  }
  const order = heard.priority - config.priority || heard.senderOrder;
  if (order > 0) {
    const backup = follow(config, heard, nowUs);
    const reason = heard.priority > config.priority
      ? `advertisement of higher priority ${heard.priority}`
      : `advertisement of equal priority ${heard.priority} from a greater address`;
    const last: RouterAction[] = config.advertisesBeforeGivingWay
      ? [{ type: "send-advertisement", priority: config.priority }]
      : [];
    return { state: backup, actions: [...last, { type: "remove-addresses" }, transition(state, "backup", reason)] };
  }
  if (order === 0) {
    const text = `advertisement of equal priority ${heard.priority} from our own address: is it configured twice?`;
    return { state, actions: [{ type: "note", text }] };
  }
  if (heard.priority === 255) return meetRivalOwner(config, state, heard, nowUs);
  return forceElection(config, state, heard, nowUs);
}

/**
 * Two routers claim to own the addresses. The one with the lower address gives way at once; if it does not, it may not
 * hear us, and we give way after two more advertisements of ours, as long as it is there. keepalived's rule.
 */
function meetRivalOwner(
  config: RouterConfig,
  state: RouterState & { name: "master" },
  heard: HeardAdvertisement,
  nowUs: number,
): Step {
  const intervalUs = Math.max(config.advertisementIntervalUs, heard.advertisementIntervalUs);
  const known = state.rivalOwner;
  // It was silent for longer than its interval: what comes now is a new story.
  const sinceUs = known !== undefined && nowUs - known.lastUs <= 1.2 * intervalUs ? known.sinceUs : nowUs;
  if (nowUs - sinceUs > 2 * config.advertisementIntervalUs + 0.2 * intervalUs) {
    const reason = "another address owner of priority 255 does not give way: is the address configured twice?";
    const leave = [{ type: "remove-addresses" }, transition(state, "backup", reason)] as const;
    return { state: follow(config, heard, nowUs), actions: leave };
  }
  const answered = forceElection(config, state, heard, nowUs);
  return { ...answered, state: { ...(answered.state as typeof state), rivalOwner: { sinceUs, lastUs: nowUs } } };
}

function forceElection(
  config: RouterConfig,
  state: RouterState & { name: "master" },
  heard: HeardAdvertisement,
  nowUs: number,
): Step {
  const { lowerPriorityRepeat: repeat, lowerPriorityDelayUs: delayUs } = config.announcements;
  const actions: RouterAction[] = [
    { type: "note", text: `advertisement of lower priority ${heard.priority}, forcing new election` },
  ];
  if (!config.silentTowardsLower) actions.push({ type: "send-advertisement", priority: config.priority });
  const adverTimerUs = config.silentTowardsLower ? state.adverTimerUs : nowUs + config.advertisementIntervalUs;
  if (repeat === 0) return { state: { ...state, adverTimerUs }, actions };
  actions.push({ type: "announce-addresses", repeat });
  // Every such advertisement asks for its own second set; one that is already due is kept, so that a stubborn peer
  // cannot push it away for ever.
  if (delayUs === 0 || state.announceTimerUs !== undefined) return { state: { ...state, adverTimerUs }, actions };
  return { state: { ...state, adverTimerUs, announceTimerUs: nowUs + delayUs, announceRepeat: repeat }, actions };
}

/** A sync group's order. A state that it is in already stays as it is, timers and all. */
function obey(config: RouterConfig, state: RouterState, event: RouterEvent & { type: "order" }, nowUs: number): Step {
  const { become, sayGoodbye, reason } = event;
  if (state.name === become) return unchanged(state);
  const goodbye: RouterAction[] = sayGoodbye ? [{ type: "send-advertisement", priority: 0 }] : [];
  const leaving: RouterAction[] = state.name === "master" ? [...goodbye, { type: "remove-addresses" }] : [];
  if (become === "master") return becomeMaster(config, state, reason, nowUs);
  if (become === "fault") {
    const actions = [...leaving, transition(state, "fault", reason)];
    return { state: { name: "fault", causes: [], group: reason }, actions };
  }
  const interval = config.advertisementIntervalUs;
  const deadline = state.name === "init"
    ? startDeadline(config, nowUs)
    : nowUs + masterDownIntervalUs(config, interval);
  const { state: backup, actions } = enterBackup(state, reason, deadline, interval);
  return { state: backup, actions: [...leaving, ...actions] };
}

function hold(config: RouterConfig, state: RouterState, reason: string | undefined, nowUs: number): Step {
  const waiting = waitAgain(config, state, nowUs);
  return reason === undefined ? waiting : forbidden(waiting, reason);
}

function waitAgain(config: RouterConfig, state: RouterState, nowUs: number): Step {
  if (state.name !== "backup") return unchanged(state);
  const masterDownTimerUs = nowUs + masterDownIntervalUs(config, state.masterAdverIntervalUs);
  const { fencingId: _, ...rest } = state;
  return { state: { ...rest, masterDownTimerUs }, actions: [] };
}

/** RFC 9568 section 6.4.2 (110): advertise first, so that others know before the addresses move. */
function becomeMaster(config: RouterConfig, from: RouterState, reason: string, nowUs: number): Step {
  const { repeat, delayUs, refreshUs } = config.announcements;
  return {
    state: masterState(
      nowUs + config.advertisementIntervalUs,
      delayUs > 0 ? nowUs + delayUs : undefined,
      delayUs > 0 ? repeat : undefined,
      refreshUs > 0 ? nowUs + refreshUs : undefined,
    ),
    actions: [
      { type: "send-advertisement", priority: config.priority },
      { type: "add-addresses" },
      { type: "announce-addresses", repeat },
      transition(from, "master", reason),
    ],
  };
}

function enterBackup(
  from: RouterState,
  reason: string,
  masterDownTimerUs: number,
  masterAdverIntervalUs: number,
): Step {
  return {
    state: { name: "backup", masterDownTimerUs, masterAdverIntervalUs },
    actions: [transition(from, "backup", reason)],
  };
}

function enterFault(from: RouterState, causes: readonly string[], leaving: readonly RouterAction[]): Step {
  return { state: { name: "fault", causes }, actions: [...leaving, transition(from, "fault", causes.join(", "))] };
}

function masterState(
  adverTimerUs: number,
  announceTimerUs: number | undefined,
  announceRepeat: number | undefined,
  refreshTimerUs: number | undefined,
): RouterState & { name: "master" } {
  return {
    name: "master",
    adverTimerUs,
    ...(announceTimerUs === undefined ? {} : { announceTimerUs }),
    ...(announceRepeat === undefined ? {} : { announceRepeat }),
    ...(refreshTimerUs === undefined ? {} : { refreshTimerUs }),
  };
}

function transition(from: RouterState, to: RouterState["name"], reason: string): RouterAction {
  return { type: "transition", from: from.name, to, reason };
}

function unchanged(state: RouterState): Step {
  return { state, actions: NO_ACTIONS };
}

const NO_ACTIONS: readonly RouterAction[] = [];
