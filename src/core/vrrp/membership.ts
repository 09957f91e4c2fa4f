// A member of a sync group does not change its state by itself: what it would do alone is told to the group, whose order
// then moves all members. Pure: from an event and the step it would lead to, to what the group hears.
import type { RouterEvent, RouterState, Step } from "./state.ts";
import type { GroupEvent } from "./sync_group.ts";

/**
 * What the group hears of an event.
 *
 * @param alone where the event would lead a router without a group, from `before`
 * @returns undefined when the event is the router's own business: it takes the step
 */
export function groupEvent(
  member: string,
  before: RouterState,
  event: RouterEvent,
  alone: Step,
): GroupEvent | undefined {
  const isMoving = alone.state.name !== before.name;
  switch (event.type) {
    case "startup":
      return { type: "ready", member };
    case "fault":
      return { type: "fault", member, reason: event.cause };
    case "fault-cleared":
      return before.name === "fault" && isMoving ? { type: "ready", member } : undefined;
    case "timer":
      if (before.name !== "backup" || !(isMoving || wouldFence(alone))) return undefined;
      return { type: "timed-out", member, ...(wouldFence(alone) && { unheard: true }) };
    case "advertisement":
      if (before.name === "master") return isMoving ? yields(member, reasonOf(alone), false) : undefined;
      // A backup that hears its master does not want to be master any more, if it did.
      return before.name === "backup" && event.advertisement.priority > 0 && alone.state !== before
        ? yields(member, "a master is heard", false)
        : undefined;
    case "address-lost":
    case "resign":
      return before.name === "master" ? yields(member, reasonOf(alone), true) : undefined;
    case "resume":
    case "shutdown":
    case "reconfigure":
    case "order":
    case "held":
      return undefined;
    case "fenced":
      return { type: "fenced", member, id: event.id, allowed: event.allowed, reason: event.reason };
    default:
      return event satisfies never;
  }
}

/** The state in which a member waits for the group's answer: what it knows of itself is known, but it does not move. */
export function whileAsking(before: RouterState, event: RouterEvent, alone: Step): RouterState {
  if (wouldFence(alone)) return before;
  if (alone.state.name === before.name) return alone.state;
  return before.name === "fault" && event.type === "fault-cleared" ? { ...before, causes: [] } : before;
}

/** Alone it would have the silent master fenced: that is for the group to do, once for all members. */
function wouldFence({ actions }: Step): boolean {
  return actions.some(({ type }) => type === "fence");
}

function yields(member: string, reason: string, sayGoodbye: boolean): GroupEvent {
  return { type: "yield", member, reason, sayGoodbye };
}

function reasonOf({ actions }: Step): string {
  const transition = actions.find((action) => action.type === "transition");
  return transition?.type === "transition" ? transition.reason : "";
}
