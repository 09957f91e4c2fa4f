// How a real server stands in the table besides its health: draining, slow start, an operator's word. Pure; knows neither
// checks nor quorum.

/** What an operator said about a real server; it holds until `ready`, through reloads and restarts of the health role. */
export interface Override {
  /** `drain`: no new connections; `maint`: out of the table at once. Undefined: only the weight is meant. */
  readonly mode?: "drain" | "maint";
  /** In place of the configured weight. */
  readonly weight?: number;
  /** In place of what its checks say. */
  readonly health?: "up" | "down";
  readonly author: string;
  readonly reason?: string;
  /** Wall clock. */
  readonly atMs: number;
  /** Wall clock; then it is taken back, all of it. Undefined: it holds until then. */
  readonly untilMs?: number;
}

/** How patient the configuration is. Durations in microseconds. */
export interface PresenceTerms {
  /** The weight rises for so long after the server has come back (`slow_start`), 0: at once. */
  readonly slowStartUs: number;
  /** A draining server leaves after so long, connections or not (`drain_timeout`); undefined: when they have ended. */
  readonly drainTimeoutUs: number | undefined;
}

/** One real server. Times are monotonic microseconds. */
export type Presence =
  /** Gets connections; with `risingSinceUs`, fewer than its weight says. */
  | { readonly name: "present"; readonly risingSinceUs?: number }
  /** In the table at weight 0, until its connections have ended or its time is up. */
  | { readonly name: "draining"; readonly sinceUs: number }
  /** Out of the table: drained, or in maintenance. */
  | { readonly name: "out"; readonly drained: "ended" | "deadline" | "maint" };

/** What happens to it. */
export type PresenceEvent =
  /** Its checks are good again, or it is new. */
  | { readonly type: "recovered" }
  /** It shall get nothing new. */
  | { readonly type: "drain" }
  | { readonly type: "maint" }
  /** It may get connections again. */
  | { readonly type: "ready" }
  /** Time passes; `connections` are those that it has, undefined while they are not known. */
  | { readonly type: "tick"; readonly connections: number | undefined };

/** A server that is there, with its whole weight. */
export const PRESENT: Presence = { name: "present" };

/**
 * A drain takes at least so long: a connection that was being made when it began is counted only once it is established,
 * and the kernel's counts are read once a second.
 */
export const LEAST_DRAIN_US = 5_000_000;

/** The weight rises in so many steps: each is an edit of the table, and for some schedulers not a small one. */
const STEPS = 20;

/** The presence after an event. */
export function stepPresence(
  terms: PresenceTerms,
  presence: Presence,
  event: PresenceEvent,
  nowUs: number,
): Presence {
  switch (event.type) {
    case "recovered":
      return presence.name === "present" ? rising(terms, nowUs) : presence;
    case "drain":
      return presence.name === "present" ? { name: "draining", sinceUs: nowUs } : presence;
    case "maint":
      return { name: "out", drained: "maint" };
    case "ready":
      return presence.name === "present" ? presence : rising(terms, nowUs);
    case "tick":
      return tick(terms, presence, event.connections, nowUs);
    default:
      return event satisfies never;
  }
}

/** Whether it changes by itself, so that `tick` is to be called. */
export function isMoving(presence: Presence): boolean {
  return presence.name === "draining" || (presence.name === "present" && presence.risingSinceUs !== undefined);
}

/** The weight in the table of a server that is there, for its whole weight: at least 1 while it rises. */
export function risenWeight(terms: PresenceTerms, presence: Presence, weight: number, nowUs: number): number {
  if (presence.name !== "present" || presence.risingSinceUs === undefined || weight <= 1) return weight;
  const share = Math.min(1, Math.max(0, nowUs - presence.risingSinceUs) / terms.slowStartUs);
  return Math.max(1, Math.floor(weight * Math.floor(share * STEPS) / STEPS));
}

/** When it leaves at the latest; undefined: when its connections have ended. */
export function drainDeadlineUs(terms: PresenceTerms, presence: Presence): number | undefined {
  if (presence.name !== "draining" || terms.drainTimeoutUs === undefined) return undefined;
  return presence.sinceUs + terms.drainTimeoutUs;
}

function rising({ slowStartUs }: PresenceTerms, nowUs: number): Presence {
  return slowStartUs > 0 ? { name: "present", risingSinceUs: nowUs } : PRESENT;
}

function tick(
  terms: PresenceTerms,
  presence: Presence,
  connections: number | undefined,
  nowUs: number,
): Presence {
  switch (presence.name) {
    case "present": {
      const { risingSinceUs } = presence;
      return risingSinceUs !== undefined && nowUs >= risingSinceUs + terms.slowStartUs ? PRESENT : presence;
    }
    case "draining": {
      const deadlineUs = drainDeadlineUs(terms, presence);
      if (deadlineUs !== undefined && nowUs >= deadlineUs) return { name: "out", drained: "deadline" };
      const hasEnded = connections === 0 && nowUs >= presence.sinceUs + LEAST_DRAIN_US;
      return hasEnded ? { name: "out", drained: "ended" } : presence;
    }
    case "out":
      return presence;
    default:
      return presence satisfies never;
  }
}
