// One BFD session in asynchronous mode: its state and its moves (RFC 5880 section 6). Knows no sockets, no clock and no
// addresses: which session a packet belongs to, and its TTL, are judged before (`hops.ts`). No authentication, no echo.
import type { BfdState, ControlPacket } from "../../wire/bfd.ts";
import {
  DIAGNOSTIC_ADMINISTRATIVELY_DOWN,
  DIAGNOSTIC_DETECTION_TIME_EXPIRED,
  DIAGNOSTIC_NEIGHBOR_SIGNALED_DOWN,
  DIAGNOSTIC_NONE,
} from "../../wire/bfd.ts";
import { controlPacket, sendsPeriodically, stateAfter } from "./rules.ts";
import type { BfdAction, BfdConfig, BfdEvent, BfdSession, BfdStep, Moment, Poll, Remote } from "./state.ts";
import { detectionTimeUs, jitteredUs, leastIdleTxUs, transmitIntervalUs } from "./timing.ts";

/** bfd.RemoteMinRxInterval is 1 until the neighbor says otherwise (RFC 5880 section 6.8.1). */
const UNHEARD: Remote = { discriminator: 0, state: "down", demand: false, minRxUs: 1, minTxUs: 0, detectMult: 0 };

/** A session that begins: Down, first packet due at once unless it is passive. */
export function startSession(config: BfdConfig, nowUs: number): BfdSession {
  const desiredMinTxUs = leastIdleTxUs(config);
  return {
    state: "down",
    diagnostic: DIAGNOSTIC_NONE,
    remote: UNHEARD,
    desiredMinTxUs,
    requiredMinRxUs: config.minRxUs,
    actingMinTxUs: desiredMinTxUs,
    actingMinRxUs: config.minRxUs,
    poll: "none",
    lastSentUs: -Infinity,
    transmitTimerUs: config.passive ? Infinity : nowUs,
    detectionTimerUs: Infinity,
  };
}

/** The earliest deadline of a session; Infinity: it waits for events only. */
export function nextDeadlineUs(session: BfdSession): number {
  return Math.min(session.transmitTimerUs, session.detectionTimerUs);
}

/**
 * Decides. Never throws for any event in any state. After a stall of our own, packets that have arrived must be given
 * before the timer: they show that the neighbor was not silent.
 */
export function stepSession(config: BfdConfig, session: BfdSession, event: BfdEvent, moment: Moment): BfdStep {
  switch (event.type) {
    case "timer":
      return timers(config, session, moment);
    case "packet":
      return hear(config, session, event.packet, moment);
    case "reconfigured":
      return { session: reconfigure(config, session, moment), actions: [] };
    case "disable":
      if (session.state === "admin-down") return { session, actions: [] };
      return move(config, session, "admin-down", DIAGNOSTIC_ADMINISTRATIVELY_DOWN, moment);
    case "enable":
      if (session.state !== "admin-down") return { session, actions: [] };
      return move(config, { ...session, remote: UNHEARD }, "down", DIAGNOSTIC_NONE, moment);
    default:
      return event satisfies never;
  }
}

function timers(config: BfdConfig, before: BfdSession, moment: Moment): BfdStep {
  let session = before;
  if (moment.nowUs >= session.detectionTimerUs) {
    session = { ...session, remote: UNHEARD, poll: "none", detectionTimerUs: Infinity };
    if (session.state === "init" || session.state === "up") {
      return move(config, session, "down", DIAGNOSTIC_DETECTION_TIME_EXPIRED, moment);
    }
    session = schedule(config, session, before, moment);
  }
  return moment.nowUs < session.transmitTimerUs ? { session, actions: [] } : send(config, session, moment);
}

/** Reception (RFC 5880 section 6.8.6), after the rules that need no session. */
function hear(config: BfdConfig, before: BfdSession, packet: ControlPacket, moment: Moment): BfdStep {
  if (packet.yourDiscriminator !== 0 && packet.yourDiscriminator !== config.localDiscriminator) {
    return { session: before, actions: [] };
  }
  if (before.state === "admin-down") return { session: before, actions: [] };
  let session: BfdSession = { ...before, remote: remoteOf(packet) };
  if (packet.final) session = confirmed(session);
  const actions: BfdAction[] = [];
  const to = stateAfter(session.state, packet.state);
  if (to !== session.state) {
    const diagnostic = to === "down" ? DIAGNOSTIC_NEIGHBOR_SIGNALED_DOWN : DIAGNOSTIC_NONE;
    actions.push({ type: "transition", from: session.state, to, diagnostic });
    session = announce(config, { ...session, state: to, diagnostic });
  }
  session = { ...session, detectionTimerUs: moment.nowUs + detectionTimeUs(session) };
  session = schedule(config, session, before, moment);
  // The answer to a Poll is sent at once, and is no periodic packet (RFC 5880 section 6.5).
  if (packet.poll) {
    return { session, actions: [...actions, { type: "send", packet: controlPacket(config, session, true) }] };
  }
  if (to === before.state || session.transmitTimerUs === Infinity) return { session, actions };
  // News travels ahead of the schedule (RFC 5880 section 6.8.7).
  const sent = send(config, session, moment);
  return { session: sent.session, actions: [...actions, ...sent.actions] };
}

/** Announces the new parameters. A neighbor that is allowed to be slower may be so from its next packet on. */
function reconfigure(config: BfdConfig, before: BfdSession, moment: Moment): BfdSession {
  const session = announce(config, before);
  const longerUs = detectionTimeUs(session) - detectionTimeUs(before);
  const detectionTimerUs = Math.max(before.detectionTimerUs + longerUs, moment.nowUs);
  return schedule(config, { ...session, detectionTimerUs }, before, moment);
}

/** A change of state by ourselves, told at once. */
function move(config: BfdConfig, before: BfdSession, to: BfdState, diagnostic: number, moment: Moment): BfdStep {
  const transition: BfdAction = { type: "transition", from: before.state, to, diagnostic };
  let session = announce(config, { ...before, state: to, diagnostic });
  if (to === "admin-down") session = { ...session, detectionTimerUs: Infinity };
  session = schedule(config, session, before, moment);
  if (session.transmitTimerUs === Infinity) return { session, actions: [transition] };
  const sent = send(config, session, moment);
  return { session: sent.session, actions: [transition, ...sent.actions] };
}

/** A periodic packet now, and the time of the next one. */
function send(config: BfdConfig, session: BfdSession, moment: Moment): BfdStep {
  const packet = controlPacket(config, session, false);
  const poll: Poll = session.poll === "gap" ? "asking" : session.poll;
  const sent: BfdSession = { ...session, poll, lastSentUs: moment.nowUs, transmitTimerUs: Infinity };
  return { session: schedule(config, sent, session, moment), actions: [{ type: "send", packet }] };
}

/** Sets the transmission timer when it does not run yet, or the interval is another; it then counts from the last packet. */
function schedule(config: BfdConfig, session: BfdSession, before: BfdSession, moment: Moment): BfdSession {
  if (!sendsPeriodically(config, session)) return { ...session, transmitTimerUs: Infinity };
  const same = transmitIntervalUs(session) === transmitIntervalUs(before);
  if (same && session.transmitTimerUs !== Infinity) return session;
  const dueUs = session.lastSentUs + jitteredUs(config, transmitIntervalUs(session), moment.random);
  return { ...session, transmitTimerUs: Math.max(dueUs, moment.nowUs) };
}

/** Announces what state and configuration ask for; a change is confirmed by a Poll Sequence (RFC 5880 section 6.8.3). */
function announce(config: BfdConfig, session: BfdSession): BfdSession {
  const up = session.state === "up";
  const desiredMinTxUs = up ? config.minTxUs : leastIdleTxUs(config);
  const requiredMinRxUs = config.minRxUs;
  const acting = {
    actingMinTxUs: up ? Math.min(desiredMinTxUs, session.actingMinTxUs) : desiredMinTxUs,
    actingMinRxUs: up ? Math.max(requiredMinRxUs, session.actingMinRxUs) : requiredMinRxUs,
  };
  const changed = desiredMinTxUs !== session.desiredMinTxUs || requiredMinRxUs !== session.requiredMinRxUs;
  const nobodyAnswers = session.remote.discriminator === 0 || session.state === "admin-down";
  const poll = nobodyAnswers ? "none" : changed ? pollAgain(session.poll) : session.poll;
  return { ...session, ...acting, desiredMinTxUs, requiredMinRxUs, poll };
}

function pollAgain(poll: Poll): Poll {
  switch (poll) {
    case "none":
      return "asking";
    case "asking":
    case "changed":
      return "changed";
    case "gap":
      return "gap";
    default:
      return poll satisfies never;
  }
}

/** The neighbor answered our Poll. */
function confirmed(session: BfdSession): BfdSession {
  if (session.poll === "changed") return { ...session, poll: "gap" };
  if (session.poll !== "asking") return session;
  return {
    ...session,
    poll: "none",
    actingMinTxUs: session.desiredMinTxUs,
    actingMinRxUs: session.requiredMinRxUs,
  };
}

function remoteOf(packet: ControlPacket): Remote {
  return {
    discriminator: packet.myDiscriminator,
    state: packet.state,
    demand: packet.demand,
    minRxUs: packet.requiredMinRxUs,
    minTxUs: packet.desiredMinTxUs,
    detectMult: packet.detectMult,
  };
}
